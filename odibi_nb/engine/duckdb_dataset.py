"""Results in a DuckDB session: views and tables, what they stand on, and what their errors mean."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

import duckdb

from odibi_nb.engine.base import PREVIEW_COLUMNS, PREVIEW_ROWS, Batches, Dataset, FrameKind, Head, text_sql
from odibi_nb.engine.counting import evaluate
from odibi_nb.engine.limits import out_of_room
from odibi_nb.engine.marks import Evaluated, lazy_below
from odibi_nb.engine.policy import Input
from odibi_nb.engine.schema import Schema
from odibi_nb.engine.session import Cursor, Leaf, Place, Session, is_interrupt
from odibi_nb.engine.watch import Watched
from odibi_nb.exceptions import OdibiException
from odibi_nb.sql import explain_sql_error
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    import pyarrow as pa

    from odibi_nb.engine.snapshots import Snapshot
    from odibi_nb.engine.spilled import RowsFile

__all__ = ["DuckDataset", "Explainer", "Names", "Origin"]

T = TypeVar("T")

_LIGHT_ROWS, _LIGHT_BYTES = 1_000_000, 16_000_000

Explainer = Callable[[duckdb.Error], OdibiException | None]
"""Says what an error means to a source's files; None when it isn't about them."""


class Names:
    """A schema of the database, made when it is first used; dropped when no result in it is left."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self._made = False
        self._lock = threading.Lock()

    def enter(self, cursor: Cursor) -> None:
        """Let bare names mean what they mean here."""
        with self._lock:  # two threads may come first
            if not self._made:
                cursor.run(f"CREATE SCHEMA {self.schema}")
                self._made = True
        cursor.use(self.schema)


@dataclass(frozen=True)
class Origin:
    """The query that a result came from.

    inputs, leaves: kept alive as long as the query is still to be evaluated; inputs: by their names in it.
    depth: views below it. scans: how often it reads the same below. files, explainers: the files that evaluating it
    reads, and what their errors mean.
    places: what the names of the inputs stand for, as SQL. same_rows_as: the input that it keeps all rows of, and
    no more. own_macros: it calls functions that only `names` has.
    """

    names: Names
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Dataset] = field(default_factory=dict)
    leaves: frozenset[Leaf] = frozenset()
    depth: int = 0
    scans: int = 1
    files: tuple[Watched, ...] = ()
    explainers: tuple[Explainer, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    same_rows_as: str | None = None
    own_macros: bool = False

    @classmethod
    def of_snapshot(cls, names: Names, text: str, snapshot: Snapshot) -> Self:
        """Return the query of files that were parsed before."""
        return cls(names, text, files=(snapshot.watched,), explainers=(snapshot.explain,))

    @contextmanager
    def explaining(
        self, statement: str = "", *, first_line: int = 1, leave: type[duckdb.Error] | tuple[()] = ()
    ) -> Iterator[None]:
        """Turn DuckDB's errors into ours.

        statement: what DuckDB executes, if positions in it are positions in the query; first_line: the number
        that its first line has there. leave: a kind of error that the caller makes good.
        """
        try:
            yield
        except duckdb.Error as exc:
            if is_interrupt(exc) or isinstance(exc, leave):
                raise
            raise self._explained(exc, statement, first_line) from exc

    @property
    def same_rows(self) -> Dataset | None:
        """The input that the query keeps all rows of, and no more."""
        return self.inputs[self.same_rows_as] if self.same_rows_as is not None else None

    def learn_rows(self, rows: int) -> None:
        """Let the input that has as many rows know how many these are."""
        if isinstance(same := self.same_rows, DuckDataset) and same.known_rows is None:
            same.learn_rows(rows)

    def settled(self) -> Origin:
        """Return this without what only an evaluation needs."""
        return Origin(self.names, self.text)

    def _explained(self, exc: duckdb.Error, statement: str, first_line: int) -> OdibiException:
        if (full := out_of_room(exc)) is not None:
            return full
        about_files = (explain(exc) for explain in self.explainers)
        if (error := next(filter(None, about_files), None)) is not None:
            return error
        return explain_query_error(exc, statement, first_line=first_line)


class DuckDataset(Dataset):
    """A view or table in the session, and the Arrow tables below it.

    rows: the exact count, where it is known. body: a view's text. file: that has its rows, where they were put into
    one.
    """

    def __init__(
        self, session: Session, place: Place, schema: Schema, origin: Origin, rows: int | None, *, body: str = ""
    ) -> None:
        self._session, self.place, self.schema, self.body = session, place, schema, body
        self.origin = origin if place.kind == "VIEW" else origin.settled()
        self._rows = rows
        self._seconds: float | None = None
        self._times = 0
        self._head: Head = ()
        self._looked = 0
        self._settled, self._held = False, object()
        self.file: RowsFile | None = None

    @property
    def lazy(self) -> bool:
        return self.place.kind == "VIEW" and not self._settled

    @property
    def known_rows(self) -> int | None:
        if self._rows is None and (kept := self.origin.same_rows) is not None:
            return kept.known_rows
        return self._rows

    @property
    def head_rows(self) -> int:
        return len(self._head)

    @property
    def seen_whole(self) -> bool:
        return self._looked > 0 and self._rows == len(self._head) and len(self.schema) <= PREVIEW_COLUMNS

    @property
    def depth(self) -> int:
        return self.origin.depth

    @property
    def names(self) -> Names:
        return self.origin.names

    @property
    def as_input(self) -> Input:
        """What the policy wants to know of it where a query reads it."""
        return Input(
            lazy=self.lazy,
            rows=self._rows,
            columns=len(self.schema),
            depth=self.depth,
            scans=self.origin.scans,
            file_bytes=sum(file.size_bytes or 0 for file in self.files),
            parses=any(file.parsed for file in self.files),
        )

    @property
    def leaves(self) -> frozenset[Leaf]:
        return self.origin.leaves

    @property
    def files(self) -> tuple[Watched, ...]:
        return self.origin.files

    @property
    def explainers(self) -> tuple[Explainer, ...]:
        return self.origin.explainers

    @property
    def lost(self) -> str | None:
        file = next((file.name for file in self.files if file.changed), None)
        return f"read from '{file}', which has changed since" if file is not None else None

    @property
    def removed(self) -> bool:
        files = self.origin.files
        return bool(files) and any(file.changed for file in files if file.ours)

    def settle(self, rows: int | None, held: object) -> None:
        """Take this view for rows that are there: those of a file that nobody changes. held: lives as long."""
        self._settled, self._rows, self._held = True, rows, held

    @property
    def seconds(self) -> float:
        return self._seconds or 0.0

    @property
    def seconds_once(self) -> float | None:
        return self._seconds / self._times if self._seconds is not None and self._times else None

    def move(self, origin: Origin, rows: int, held: object) -> None:
        """Take in that the rows come from elsewhere now, and how many they are. held: lives as long."""
        if self.lazy:
            self.origin, self._held, self.body = origin, held, origin.text
        self._rows = rows

    def take_file(self, file: RowsFile) -> None:
        """Let this view of a file be rows that are there, for as long as it lives."""
        self.file = file
        self.origin = replace(self.origin, files=(Watched.stored(file.path),))
        self.settle(self._rows, file)

    @property
    def is_measured(self) -> bool:
        """Whether an evaluation has nothing more to tell of it."""
        return self._seconds is not None and self.known_rows is not None

    def learn_rows(self, rows: int) -> None:
        """Remember an exact count that an evaluation came across."""
        self._rows = rows
        self.origin.learn_rows(rows)

    def learn_seconds(self, seconds: float, times: int) -> None:
        """Remember what evaluating this so many times has taken, as a part of the first query that did.

        times: 0 where its part can't be told from its reader's.
        """
        if self._seconds is None:
            self._seconds, self._times = seconds, times

    @property
    def is_light(self) -> bool:
        """Whether all rows are there, or come from so little that nobody waits for them."""
        if not self.lazy:
            return True
        bytes_read = [file.size_bytes for file in self.files]
        if None in bytes_read or sum(filter(None, bytes_read)) > _LIGHT_BYTES:
            return False
        read = dict.fromkeys(data for view in lazy_below([self]) for data in view.origin.inputs.values())
        return all(data.lazy or data.count() <= _LIGHT_ROWS for data in read)

    def rows_up_to(self, most: int) -> int | None:
        if self._rows is None and self.is_light:
            query = f"SELECT count(*) FROM (FROM {self.place} LIMIT {most + 1})"
            ((rows,),) = self.evaluate(lambda cursor: cursor.run(query))
            self._rows = rows if rows <= most else None
        return self._rows

    def count(self) -> int:
        if (rows := self.known_rows) is None:
            rows = self._rows = self.evaluate(lambda cursor: cursor.run(f"SELECT count(*) FROM {self.place}"))[0][0]
        return rows

    def head(self, rows: int = PREVIEW_ROWS) -> Head:
        if self._looked < rows:
            # Texts made by DuckDB: a pipeline of SQL never imports Arrow, nor copies what no card can show.
            wanted = max(rows, PREVIEW_ROWS)
            texts = ", ".join(text_sql(quote_name(column.name)) for column in self.schema[:PREVIEW_COLUMNS])
            query = f"SELECT {texts} FROM {self.place} LIMIT {wanted + 1}"
            found = self.evaluate(lambda cursor: cursor.run(query))
            if len(found) <= wanted:
                self._rows = len(found)
            self._head, self._looked = tuple(found[:wanted]), wanted
        return self._head[:rows]

    def first(self, rows: int) -> pa.Table:
        return self._arrow(lambda cursor: cursor.arrow(f"FROM {self.place} LIMIT {rows}"))

    def arrow(self) -> pa.Table:
        query = Evaluated(f"FROM {self.place}", "FROM rows", {"rows": self}, {"rows": str(self.place)}, same_rows=self)
        table = self._arrow(lambda cursor: evaluate(cursor, query, cursor.arrow))
        self.learn_rows(table.num_rows)
        return table

    def _arrow(self, work: Callable[[Cursor], pa.Table]) -> pa.Table:
        from odibi_nb.engine.types import canonical_table

        return canonical_table(self.evaluate(work), keep_nanoseconds=True)

    def frame(self, kind: FrameKind = "pandas") -> Any:
        from odibi_nb.engine.values import table_to_frame

        if kind == "batches":
            return self.batches().reader
        if kind == "relation":
            return self._session.relation_cursor(self.leaves).relation(f"FROM {self.place}")
        return table_to_frame(self.arrow(), kind)

    def batches(self) -> Batches:
        from odibi_nb.engine.streams import RowStream

        return RowStream(self._session, self.place, self.leaves, self.origin.explaining)

    def verify(self) -> None:
        """Compute every value of every row and keep their number; an error has its place in the query's text."""
        # The space keeps the row's name from meeting a column's.
        statement = f'SELECT count(*), max(hash("odibi row")) FROM (\n{self.origin.text}\n) AS "odibi row"'

        def work(cursor: Cursor) -> int:
            self.origin.names.enter(cursor)
            with self.origin.explaining(statement, first_line=0):
                return int(cursor.run(statement, self.origin.params)[0][0])

        self.learn_rows(self._session.call(work, self.leaves))

    def evaluate(self, work: Callable[[Cursor], T]) -> T:
        """Run a query over this; errors in a view's text have no place that its reader could tell."""

        def explained(cursor: Cursor) -> T:
            with self.origin.explaining():
                return work(cursor)

        return self._session.call(explained, self.leaves)


def explain_query_error(exc: duckdb.Error, statement: str = "", *, first_line: int = 1) -> OdibiException:
    """Return DuckDB's error as ours; statement, first_line: see `Origin.explaining`."""
    error = explain_sql_error(_unwrapped(exc), statement, first_line=first_line).as_error()
    if not statement or error.where.line == 0:  # in words that nobody wrote: it is about something below them
        error = type(error)(error.message, hint=error.hint)
    if "INT128" in error.message:
        error.hint = "the number doesn't fit a BIGINT: CAST it to DECIMAL(38, 0) or DOUBLE"
    return error


def _unwrapped(exc: duckdb.Error) -> duckdb.Error:
    """DuckDB 1 wraps what goes wrong while rows are fetched."""
    _, wrapper, inner = str(exc).partition("pending query result\nError: ")
    return type(exc)(inner) if wrapper else exc
