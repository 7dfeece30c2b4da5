"""A result's rows as a table in which each has a number: any page of them is found at once, in any order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from odibi_nb.engine.base import PREVIEW_CHARACTERS, ROW, Head, text_sql
from odibi_nb.engine.duckdb_dataset import DuckDataset, Names, Origin
from odibi_nb.engine.schema import Column, Schema
from odibi_nb.engine.session import Place
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.engine.session import Cursor, Session

__all__ = ["Chosen", "RowTable"]

T = TypeVar("T")
_Over = Callable[[Callable[["Cursor"], Any]], Any]

_HIDING = "rowid"  # a column of this name hides DuckDB's own number of a row
_NUMBER = f"{ROW}.{_HIDING}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows that were chosen and put in an order; table: of their numbers, "" where it is all of them as they stand."""

    rows: int
    table: str = ""


class RowTable:
    """The rows of a result, computed once; its queries run one at a time, and any thread may stop them.

    place: the result's. over: runs work on a cursor that sees it. names: a schema for what is made here, dropped with
    it.
    """

    def __init__(self, session: Session, data: Dataset, place: str, names: Names, over: _Over) -> None:
        self._session, self._data, self._place, self._names, self._over = session, data, place, names, over
        self._lock = threading.Lock()
        self._busy: Cursor | None = None
        self._count = 0
        self._orders: list[str] = []  # tables of chosen rows: those of the last choice, or what it left when stopped
        hides_number = any(column.name.casefold() == _HIDING for column in data.schema)
        has_numbers = isinstance(data, DuckDataset) and data.place.kind == "TABLE" and not hides_number
        self._table = data if has_numbers else None
        self.schema = _with_numbers(data.schema) if hides_number else data.schema

    def prepare(self) -> Dataset:
        """Compute the rows that are still to be computed, and return them; raises what is wrong with them."""
        if self._table is None:
            self._table = self._run(self._copy)
        return self._table

    def choose(self, where: str, order: str, params: Mapping[str, Any]) -> Chosen:
        """Find the rows for which `where` is true ("": all), in an order ("": their own); drops the choice before.

        params: values of the `$name`s in `where`. Rows that `order` doesn't tell apart stay in their own order.
        """
        table, rows = self._made(), self.prepare().count()
        small = "UINTEGER" if rows < 2**32 else "BIGINT"
        self._count += 1
        name = f'{self._names.schema}."order {self._count}"'
        condition = f" WHERE {where}" if where else ""
        by = ", ".join(filter(None, (order, _NUMBER)))

        def work(cursor: Cursor) -> Chosen:
            while self._orders:
                cursor.run(f"DROP TABLE IF EXISTS {self._orders[-1]}")
                self._orders.pop()
            if not where and not order:
                return Chosen(rows)
            self._names.enter(cursor)
            self._orders.append(name)
            made = f"CREATE TABLE {name} AS SELECT CAST({_NUMBER} AS {small}) AS chosen FROM {table} AS {ROW}"
            ((found,),) = cursor.run(f"{made}{condition} ORDER BY {by}", params)
            return Chosen(found, name)

        return self._run(work)

    def texts(
        self, chosen: Chosen, first: int, rows: int, columns: Sequence[int], *, characters: int = PREVIEW_CHARACTERS + 1
    ) -> Head:
        """Return some of the chosen rows as texts, cut as those of a preview are unless `characters` says otherwise."""
        texts = ", ".join(text_sql(f"{ROW}.{quote_name(self.schema[at].name)}", characters) for at in columns)
        query = f"SELECT {texts} FROM {self._made()} AS {ROW}"
        page = f"{_HIDING} >= {int(first)} AND {_HIDING} < {int(first) + int(rows)}"
        if chosen.table:
            some = f"(SELECT {_HIDING} AS place, chosen FROM {chosen.table} WHERE {page}) AS page"
            query = f"{query} JOIN {some} ON {_NUMBER} = page.chosen ORDER BY page.place"
        else:
            query = f"{query} WHERE {page} ORDER BY {_NUMBER}"
        return tuple(self._run(lambda cursor: cursor.run(query)))

    def check(self, sql: str, params: Mapping[str, Any]) -> None:
        """Raise what DuckDB finds wrong with an expression of values alone."""
        self._run(lambda cursor: cursor.run(f"SELECT {sql}", params))

    def stop(self) -> None:
        """Stop the query that runs now; it raises NodeCancelled there. One that is about to start may be missed."""
        with self._lock:
            if self._busy is not None:
                self._busy.raw.interrupt()

    def _made(self) -> str:
        table = self.prepare()
        assert isinstance(table, DuckDataset)  # noqa: S101 - `prepare` makes no other
        return str(table.place)

    def _copy(self, cursor: Cursor) -> DuckDataset:
        pairs = zip(self._data.schema, self.schema, strict=True)
        columns = ", ".join(f"{quote_name(old.name)} AS {quote_name(new.name)}" for old, new in pairs)
        place = Place(self._names.schema, "rows", "TABLE")
        self._names.enter(cursor)
        # One that was stopped late may have left it.
        ((rows,),) = cursor.run(f"CREATE OR REPLACE TABLE {place} AS SELECT {columns} FROM {self._place}")
        return DuckDataset(self._session, place, self.schema, Origin(self._names, ""), rows)

    def _run(self, work: Callable[[Cursor], T]) -> T:
        def stoppable(cursor: Cursor) -> T:
            with self._lock:
                self._busy = cursor
            try:
                return work(cursor)
            finally:
                with self._lock:
                    self._busy = None

        made: T = self._over(stoppable)
        return made


def _with_numbers(schema: Schema) -> Schema:
    """Return the columns under names that leave DuckDB's own number of a row its name."""
    taken = {column.name.casefold() for column in schema}
    free = next(name for name in (f"{_HIDING} {n}" for n in range(len(schema) + 1)) if name not in taken)
    return tuple(Column(free, c.type) if c.name.casefold() == _HIDING else c for c in schema)
