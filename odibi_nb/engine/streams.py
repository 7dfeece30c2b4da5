"""Rows that go out of the database and come in batch by batch, never all of them in Python."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa

from odibi_nb.engine.base import Batches
from odibi_nb.engine.session import Cursor, Leaf, Place, Session
from odibi_nb.engine.types import canonical_table
from odibi_nb.exceptions import EngineError
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    pass

__all__ = ["BATCH_ROWS", "RowStream", "store_chunks", "streamed_place"]

T = TypeVar("T")

BATCH_ROWS = 122_880  # a row group of DuckDB's

_KIND = re.compile(r"([A-Z][\w ]*?) Error: ")
_numbers = itertools.count(1)


class RowStream(Batches):
    """The rows of a table or view, computed as they are asked for, on a cursor of its own.

    explaining: turns DuckDB's errors into ours.
    """

    def __init__(
        self,
        session: Session,
        place: Place,
        leaves: Iterable[Leaf],
        explaining: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._session, self._explaining = session, explaining
        self._cursor = session.relation_cursor(leaves)
        self._open = True
        rows = self._pull(lambda cursor: _reader(cursor, f"FROM {place}"))
        schema = canonical_table(rows.schema.empty_table(), keep_nanoseconds=True).schema
        super().__init__(pa.RecordBatchReader.from_batches(schema, self._batches(rows)), self._close)

    def _close(self) -> None:
        self._open = False
        self._cursor.raw.close()

    def _batches(self, rows: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        while (batch := self._pull(lambda _: _next(rows))) is not None:
            yield from canonical_table(pa.Table.from_batches([batch]), keep_nanoseconds=True).to_batches()

    def _pull(self, work: Callable[[Cursor], T]) -> T:
        if not self._open:
            raise EngineError("these batches ended with the node that they were given to", hint="read them within it")
        with self._explaining():
            return self._session.call_on(self._cursor, work)


def _reader(cursor: Cursor, query: str) -> pa.RecordBatchReader:
    relation: Any = cursor.relation(query)
    # DuckDB 1 has it under its old name alone.
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
    reader: pa.RecordBatchReader = read(BATCH_ROWS)
    return reader


def _next(rows: pa.RecordBatchReader) -> pa.RecordBatch | None:
    """Return the next batch, or None; DuckDB's errors come disguised as pyarrow's."""
    try:
        return next(rows, None)
    except (OSError, pa.ArrowException) as exc:
        kind = found[1].replace(" ", "") if (found := _KIND.match(str(exc))) else ""
        raise getattr(duckdb, f"{kind}Exception", duckdb.Error)(str(exc)) from exc


def streamed_place(schema: str, name: str) -> Place:
    """Return a place for the rows of node `name` that no other result has, nor had."""
    return Place(schema, f"{name} batches {next(_numbers)}", "TABLE")


def store_chunks(session: Session, place: Place, enter: Callable[[Cursor], None], chunks: Iterable[pa.Table]) -> int:
    """Make a table of Arrow tables, one at a time, and return its rows; it may spill."""
    rows = 0
    for chunk in chunks:
        statement = f"INSERT INTO {place}" if rows else f"CREATE OR REPLACE TABLE {place} AS"
        session.call(partial(_take, enter=enter, statement=statement, chunk=chunk))
        rows += chunk.num_rows
        del chunk  # before the next one is made
    return rows


def _take(cursor: Cursor, enter: Callable[[Cursor], None], statement: str, chunk: pa.Table) -> None:
    enter(cursor)
    cursor.raw.register(_CHUNK, chunk)
    try:
        cursor.run(f"{statement} FROM {quote_name(_CHUNK)}")
    finally:
        cursor.raw.unregister(_CHUNK)


_CHUNK = "odibi chunk"
