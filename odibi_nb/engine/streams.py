"""Rows that go out of the database batch by batch, never all of them in Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from odibi_nb.engine.base import Batches
from odibi_nb.engine.session import Cursor, Leaf, Place, Session
from odibi_nb.engine.types import canonical_table
from odibi_nb.exceptions import EngineError

__all__ = ["BATCH_ROWS", "RowStream"]

T = TypeVar("T")

BATCH_ROWS = 122_880  # a row group of DuckDB's

_KIND = re.compile(r"([A-Z][\w ]*?) Error: ")


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
