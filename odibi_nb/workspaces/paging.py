"""A node's last result, looked at page by page, sorted and filtered, from any thread, beside whatever runs."""

from __future__ import annotations

import itertools
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from odibi_nb.exceptions import NodeCancelled, OdibiException, UnknownNameError
from odibi_nb.paging import Compiled, Order, WrongFilters, compile_order
from odibi_nb.profile import Profile, summarize
from odibi_nb.workspaces.computed import has_rows

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Head
    from odibi_nb.engine.row_table import Chosen, RowTable
    from odibi_nb.engine.schema import Schema
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["Paging", "has_pages"]

T = TypeVar("T")

_WAIT_S = 0.05
_WHOLE = 1_000_000  # characters of a value that are handed out

_numbers = itertools.count(1)
_known: weakref.WeakKeyDictionary[Dataset, int] = weakref.WeakKeyDictionary()


def has_pages(ws: Workspace, name: str) -> bool:
    """Whether a node has a result whose rows can be looked at."""
    data = _rows_of(ws, name)
    return data is not None and data.lost is None


class Paging:
    """The rows of the result that a node has now; of a later one it tells only that there is one.

    One question is answered at a time. One of another order than the last that was wanted is given up: it raises
    NodeCancelled. `close` gives back what was made for it.
    """

    def __init__(self, ws: Workspace, name: str) -> None:
        """Take a node's result; raises UnknownNameError where there is none to be looked at."""
        with ws.lock:
            self._data = _rows_or_error(ws, name)
            self._engine = ws.engine
        self._ws, self._name = ws, name
        self.columns: Schema = self._data.schema
        self.result = _known.setdefault(self._data, next(_numbers))
        self._lock = threading.Lock()
        self._table: RowTable | None = None
        self._ready = self._closed = False
        self._wanted = self._asked = self._order = Order()
        self._chosen: Chosen | None = None

    def want(self, order: Order) -> None:
        """Say which order is wanted from now on; what goes on for another one is stopped."""
        if order != self._wanted:
            self._wanted = order
            self._stop()

    def count(self) -> int:
        """Return the exact number of all rows; computes those of a lazy result. Raises what is wrong with them."""
        return self._answer(self._wanted, lambda table: table.prepare().count())

    def page(self, order: Order, first: int, rows: int, columns: Sequence[int]) -> tuple[int, Head]:
        """Return how many rows there are in an order, and some of them as texts, cut as those of a preview are.

        Raises WrongFilters.
        """

        def work(table: RowTable) -> tuple[int, Head]:
            chosen = self._choose(table, order)
            self._check_wanted(order)
            return chosen.rows, table.texts(chosen, first, rows, columns)

        return self._answer(order, work)

    def whole(self, order: Order, first: int, rows: int, columns: Sequence[int]) -> Head:
        """Return rows as texts, each value in full, up to a million characters."""

        def work(table: RowTable) -> Head:
            return table.texts(self._choose(table, order), first, rows, columns, characters=_WHOLE)

        return self._answer(order, work)

    def summaries(self, columns: Sequence[int]) -> Profile:
        """Return what some columns hold, over all rows, whatever filters say; pages are answered meanwhile."""
        order = self._wanted
        table = self._answer(order, lambda table: table)
        names = [table.schema[at].name for at in columns]
        return self._unless_given_up(order, lambda: summarize(self._engine, table.prepare(), names))

    @property
    def news(self) -> str:
        """What has become of the result: "replaced", "gone", or "" while it is the node's last one."""
        ws, name = self._ws, self._name
        with ws.lock:
            data = _rows_of(ws, name) if name in ws.nodes else None
        return "" if data is self._data else "gone" if data is None else "replaced"

    @property
    def why_stale(self) -> str:
        """Why the result is stale; "" where it isn't."""
        with self._ws.lock:
            return self._ws.why_stale(self._name) if self._name in self._ws.nodes else ""

    def close(self) -> None:
        """Give back what was made to page through the rows; a question that goes on is stopped."""
        self._closed = True
        with self._turn():
            self._table = self._chosen = None
        if self._ws.engine is self._engine:
            self._engine.inspect_many({}, lambda tables, run: None)  # any query drops what is held no more

    def _answer(self, order: Order, work: Callable[[RowTable], T]) -> T:
        with self._turn(order):
            self._asked = order
            return self._unless_given_up(order, lambda: work(self._prepared()))

    def _unless_given_up(self, order: Order, work: Callable[[], T]) -> T:
        """Return what `work` does; an interrupt that was meant for a run makes it begin anew."""
        while True:
            self._check_wanted(order)
            try:
                return work()
            except NodeCancelled:
                time.sleep(_WAIT_S)  # who interrupts a run does so until it ends

    def _prepared(self) -> RowTable:
        if self._ws.engine is not self._engine:
            raise UnknownNameError(f"the rows of '{self._name}' are gone: all results were dropped", node=self._name)
        try:
            if self._table is None:
                self._table = self._engine.row_table(self._data)
            self._table.prepare()
        except NodeCancelled:
            raise
        except OdibiException as exc:
            raise self._ws.blamed(self._name, exc) from exc.__cause__
        self._ready = True
        return self._table

    def _choose(self, table: RowTable, order: Order) -> Chosen:
        """Return the rows in an order; those of the last one are kept, and no others."""
        if self._chosen is None or order != self._order:
            compiled = compile_order(order, table.schema)
            self._check_values(table, compiled)
            self._check_wanted(order)
            self._chosen = None  # even where the next one isn't found in the end
            self._chosen, self._order = table.choose(compiled.where, compiled.by, compiled.values), order
        return self._chosen

    def _check_values(self, table: RowTable, compiled: Compiled) -> None:
        """Find the boxes whose values are none of their column's type."""
        wrong = dict[int, str]()
        for number, condition in compiled.conditions.items():
            for name, sql in condition.checks.items():
                value = condition.values[name]
                try:
                    table.check(sql, {name: value})
                except NodeCancelled:
                    raise
                except OdibiException:
                    wrong[number] = f"'{value}' is no {self.columns[number].type}"
        if wrong:
            raise WrongFilters(wrong)

    @contextmanager
    def _turn(self, order: Order | None = None) -> Iterator[None]:
        """Wait until the question before is answered, or stopped where it isn't wanted any more."""
        while not self._lock.acquire(timeout=_WAIT_S):
            if self._closed or self._asked != self._wanted:
                self._stop()  # again: what was just about to start isn't reached
            if order is not None:
                self._check_wanted(order)
        try:
            yield
        finally:
            self._lock.release()

    def _check_wanted(self, order: Order) -> None:
        if self._closed or order != self._wanted:
            raise NodeCancelled("superseded")

    def _stop(self) -> None:
        """Stop what goes on, but for the computing of rows that every order needs."""
        if (table := self._table) is not None and (self._ready or self._closed):
            table.stop()


def _rows_of(ws: Workspace, name: str) -> Dataset | None:
    result = ws.result(name)
    if result is None or not has_rows(result) or ws.status(name) == "pending":
        return None
    return result.dataset if result.dataset is not None and result.dataset.schema else None


def _rows_or_error(ws: Workspace, name: str) -> Dataset:
    data, hint = _rows_of(ws, name), f"run it: %odibi run +{name}"
    if data is None:
        raise UnknownNameError(f"node '{name}' has no rows to look at: it is {ws.status(name)}", hint=hint, node=name)
    if (lost := data.lost) is not None:
        problem = f"the last result of '{name}' is gone: it was {lost}"
        raise UnknownNameError(problem, hint=hint, node=name)
    return data
