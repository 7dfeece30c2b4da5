"""What tables on the page ask for: pages of a node's rows, answered in threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import NodeCancelled, OdibiException
from odibi_nb.paging import Order, WrongFilters
from odibi_nb.pictures.text import visible
from odibi_nb.workspaces.paging import Paging

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["RowsAnswers"]

_MOST_TABLES = 8  # that are open at once; who asks an older one is told to open it again
_MOST_ROWS, _MOST_COLUMNS = 1_000, 1_000  # in one answer

Question = Mapping[str, Any]
Told = Mapping[str, Any]


class RowsAnswers:
    """Answers questions whose `what` begins with "rows"; `view` tells the tables of one page from each other.

    rows.open: which columns and how many rows `node` has. rows.page, rows.csv, rows.value: cells, in the order of
    `sort` and `filters`. rows.summaries: what columns hold. rows.close. An answer may say instead: `problem`, `wrong`
    (filters, by column), `superseded` by a later question, or `closed`, to be opened again.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._views: dict[str, _View] = {}
        self._pool = ThreadPoolExecutor(_MOST_TABLES, thread_name_prefix="odibi-rows")
        self._ways: dict[str, Callable[[_View, Question], Told]] = {
            "rows.open": _open,
            "rows.page": _page,
            "rows.csv": _csv,
            "rows.value": _value,
            "rows.summaries": _summaries,
        }

    def __call__(self, question: Question) -> Future[Told]:
        """Return what will be the answer."""
        what, key = question["what"], question["view"]
        if what in ("rows.open", "rows.close"):
            self._close(key)
        if what == "rows.open":
            while len(self._views) >= _MOST_TABLES:
                self._close(next(iter(self._views)))
            self._views[key] = _View(self._workspace, question["node"])
        if (view := self._views.get(key)) is None:
            return _done({"closed": True})
        view.want(_order(question))
        return self._pool.submit(_told, self._ways[what], view, question)

    def news(self) -> dict[str, dict[str, str]]:
        """Return, by view, what has changed of the results that are shown; none is said twice."""
        changed = ((key, view.changes()) for key, view in list(self._views.items()))
        return {key: news for key, news in changed if news is not None}

    def close(self) -> None:
        """Give back all that tables hold; those on the page keep what they show."""
        for key in list(self._views):
            self._close(key)
        self._pool.shutdown(wait=False)

    def _close(self, key: str) -> None:
        if (view := self._views.pop(key, None)) is not None:
            self._pool.submit(view.close)


class _View:
    """A table on the page; its result is taken when it is first asked for."""

    def __init__(self, workspace: Workspace, node: str) -> None:
        self._workspace, self._node = workspace, node
        self._lock = threading.Lock()
        self._paging: Paging | None = None
        self._wanted = Order()
        self._said: dict[str, str] = {}

    @property
    def paging(self) -> Paging:
        with self._lock:
            if self._paging is None:
                self._paging = Paging(self._workspace, self._node)
                self._paging.want(self._wanted)
            return self._paging

    def want(self, order: Order) -> None:
        self._wanted = order
        if self._paging is not None:
            self._paging.want(order)

    def news(self) -> dict[str, str]:
        self._said = {"news": self.paging.news, "stale": self.paging.why_stale}
        return self._said

    def changes(self) -> dict[str, str] | None:
        before = self._said
        return None if self._paging is None or self.news() == before else self._said

    def close(self) -> None:
        with self._lock:
            if self._paging is not None:
                self._paging.close()


def _told(way: Callable[[_View, Question], Told], view: _View, question: Question) -> Told:
    try:
        return way(view, question)
    except NodeCancelled:
        return {"superseded": True}
    except WrongFilters as exc:
        return {"wrong": {str(number): message for number, message in exc.messages.items()}}
    except OdibiException as exc:
        return {"problem": str(exc)}
    except Exception as exc:  # noqa: BLE001 - there is no cell that would show it
        return {"problem": f"{type(exc).__name__}: {exc}"}


def _open(view: _View, question: Question) -> Told:
    from odibi_nb.views.build_paging import rows_view

    paging = view.paging
    return {**asdict(rows_view(paging.result, paging.columns, paging.count())), **view.news()}


def _page(view: _View, question: Question) -> Told:
    from odibi_nb.views.build_paging import page_view

    paging, first, columns = view.paging, _whole(question["first"]), _columns(view, question)
    total, rows = paging.page(_order(question), first, _rows(question), columns)
    page = page_view(paging.result, rows, first=first, column=columns.start, total=total)
    shown = [[None if cell is None else visible(cell) for cell in row] for row in page.rows]
    return {**asdict(page), "rows": shown, "news": paging.news}


def _csv(view: _View, question: Question) -> Told:
    paging = view.paging
    rows = paging.whole(_order(question), _whole(question["first"]), _rows(question), range(len(paging.columns)))
    return {"csv": "".join(_lines([[column.name for column in paging.columns], *rows]))}


def _value(view: _View, question: Question) -> Told:
    rows = view.paging.whole(_order(question), _whole(question["first"]), 1, [_whole(question["column"])])
    return {"value": rows[0][0] if rows else None}


def _summaries(view: _View, question: Question) -> Told:
    from odibi_nb.views.build_profile import profile_view

    columns = [_whole(number) for number in question["columns"]][:_MOST_COLUMNS]
    shown = profile_view("", view.paging.summaries(columns)).columns
    return {"summaries": {str(number): asdict(one) for number, one in zip(columns, shown, strict=True)}}


def _order(question: Question) -> Order:
    sort = tuple((_whole(column), bool(falls)) for column, falls in question.get("sort", ()))
    filters = question.get("filters", {})
    return Order(sort, tuple((int(column), str(text)) for column, text in filters.items() if str(text).strip()))


def _columns(view: _View, question: Question) -> range:
    first, last = _whole(question["column"]), len(view.paging.columns)
    return range(first, min(last, first + min(_whole(question["columns"]), _MOST_COLUMNS)))


def _rows(question: Question) -> int:
    return min(_whole(question["rows"]), _MOST_ROWS)


def _whole(number: Any) -> int:
    return max(0, int(number))


def _lines(rows: Iterable[Sequence[str | None]]) -> Iterator[str]:
    """Yield lines of CSV (RFC 4180); NULL is nothing, an empty text is quoted."""
    for row in rows:
        yield ",".join("" if cell is None else _quoted(cell) for cell in row) + "\r\n"


def _quoted(cell: str) -> str:
    if cell and not any(char in cell for char in ',"\r\n'):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def _done(answer: Told) -> Future[Told]:
    done: Future[Told] = Future()
    done.set_result(answer)
    return done
