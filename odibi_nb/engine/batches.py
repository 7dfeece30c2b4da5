"""Rows that Python nodes give batch by batch: each checked, all of one schema, gathered into chunks worth storing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from odibi_nb.engine.schema import Schema
from odibi_nb.engine.types import duckdb_type, schema_of
from odibi_nb.engine.values import ValueDataset, batch_rows
from odibi_nb.exceptions import NotAFrameError, ValidationError, article

__all__ = ["Incoming"]

_CHUNK_ROWS, _CHUNK_BYTES = 1_000_000, 32_000_000


class Incoming:
    """The batches that node `name` gives: record batches, or frames of any library.

    schema: the first batch's, which all others must have; () before it came.
    """

    def __init__(self, values: Iterator[Any], name: str) -> None:
        self._values, self._name = values, name
        self._fields: pa.Schema | None = None
        self.schema: Schema = ()
        self.notes: dict[str, None] = {}

    def chunks(self) -> Iterator[pa.Table]:
        """Yield canonical tables of a million rows or 32 MB, the last of fewer; of no rows only where there are none.

        Raises NotAFrameError for what is no frame and where nothing comes, and ValidationError naming batch and column.
        """
        waiting: list[pa.Table] = []
        rows, size, given = 0, 0, False
        for table in self._tables():
            waiting.append(table)
            rows, size = rows + table.num_rows, size + table.nbytes
            if rows >= _CHUNK_ROWS or size >= _CHUNK_BYTES:
                yield pa.concat_tables(waiting)
                waiting.clear()
                rows, size, given = 0, 0, True
        if waiting and (rows or not given):
            yield pa.concat_tables(waiting)

    def collected(self) -> ValueDataset:
        """Return all rows as one result in memory."""
        return self.of(self.chunks())

    def of(self, chunks: Iterable[pa.Table]) -> ValueDataset:
        """Return the rows of chunks as a result in memory."""
        table = pa.concat_tables(chunks)
        return ValueDataset(table=table, schema=self.schema, notes=self.notes)

    def _tables(self) -> Iterator[pa.Table]:
        number = 0
        for number, value in enumerate(self._values, start=1):
            yield self._checked(value, number)
        if number == 0 and isinstance(self._values, pa.RecordBatchReader):
            yield self._checked(self._values.schema.empty_table(), 1)
        elif number == 0:
            raise NotAFrameError(f"node '{self._name}' gave no batch, so that its columns aren't known", hint=_ONE)

    def _checked(self, value: Any, number: int) -> pa.Table:
        try:
            found = batch_rows(value)
        except ValidationError as exc:
            exc.message = f"batch {number}: {exc.message}"
            raise
        if found is None:
            what = "None" if value is None else article(type(value).__name__)
            raise NotAFrameError(f"node '{self._name}' gave {what} as batch {number}", hint=_GIVE)
        table, notes = found
        self.notes.update(dict.fromkeys(notes))
        if self._fields is None:
            # Names and types alone: one batch may say that a column has no NULLs, another one not.
            self._fields = pa.schema([(field.name, field.type) for field in table.schema])
            self.schema = schema_of(table)
        return self._conformed(table, number)

    def _conformed(self, table: pa.Table, number: int) -> pa.Table:
        """Return a batch with the first one's schema; what holds nothing but NULLs takes any type."""
        fields = self._fields
        assert fields is not None  # noqa: S101 - the first batch has set them
        if table.column_names != fields.names:
            found, first = (", ".join(map(repr, names)) for names in (table.column_names, fields.names))
            raise ValidationError(
                f"batch {number} has the columns {found}, and batch 1 {first}", hint="give all batches the same"
            )
        columns = [_of_type(column, field, number) for column, field in zip(table.columns, fields, strict=True)]
        return pa.Table.from_arrays(columns, schema=fields)


def _of_type(column: pa.ChunkedArray, field: pa.Field, number: int) -> pa.ChunkedArray:
    if column.type == field.type:
        return column
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), field.type)])
    raise ValidationError(
        f"batch {number}: column '{field.name}' is {duckdb_type(column.type)}, and was {duckdb_type(field.type)}"
        " in batch 1",
        hint="cast it to one type in every batch; a column of NULLs alone has a type of its own only by a cast",
    )


_ONE = "give one batch even without rows: pa.RecordBatch.from_pylist([], schema=…)"
_GIVE = "give record batches (or frames), all with the same columns"
