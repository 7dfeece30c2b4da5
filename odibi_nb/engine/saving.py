"""Results as Parquet files and back, with every type and value as it was."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import TYPE_CHECKING

from odibi_nb.engine.limits import no_room_for_rows
from odibi_nb.engine.schema import Column, Schema
from odibi_nb.exceptions import FormatError
from odibi_nb.sql.quote import quote_name, quote_text

if TYPE_CHECKING:
    import pyarrow as pa

    from odibi_nb.engine.session import Cursor

__all__ = ["copy_rows", "copy_sql", "lossy", "read_sql", "refuse_lossy", "write_table"]

# Of these DuckDB or Parquet would keep less than there is.
_LOSSY = re.compile(r"\b(?:INTERVAL|BIT|TIME_NS)\b")
_LEVEL = 1


def lossy(schema: Schema) -> str:
    """Say which column would not come back as it is; "" where all would."""
    column = next((column for column in schema if _LOSSY.search(column.type)), None)
    return f"column '{column.name}' is {column.type}, which Parquet doesn't keep whole" if column is not None else ""


def refuse_lossy(schema: Schema) -> None:
    """Raise FormatError for a column that would not come back as it is."""
    if problem := lossy(schema):
        raise FormatError(problem)


def copy_rows(cursor: Cursor, place: str, path: Path) -> None:
    """Write the rows of a view or table, in their order."""
    cursor.run(copy_sql(f"FROM {place}", path))


def copy_sql(query: str, path: Path) -> str:
    """Return the statement that writes a query's rows, in their order, as they are computed."""
    # Who asks for a file clears up after it; DuckDB 1.5 leaves its own temporary file when it is interrupted.
    options = f"FORMAT parquet, USE_TMP_FILE false, COMPRESSION zstd, COMPRESSION_LEVEL {_LEVEL}"
    return f"COPY ({query}) TO {quote_text(str(path))} ({options})"


def write_table(table: pa.Table, path: Path) -> None:
    """Write the rows of an Arrow table, in their order; raises FormatError for a type that Parquet hasn't."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.write_table(table, path, compression="zstd", compression_level=_LEVEL)
    except pa.ArrowException as exc:
        raise FormatError(str(exc)) from exc
    except OSError as exc:
        if exc.errno != errno.ENOSPC:
            raise
        raise no_room_for_rows(path) from exc


def read_sql(cursor: Cursor, path: Path, schema: Schema) -> str:
    """Return the query that gives a file's rows the types they had; raises FormatError where it has other columns."""
    scan = f"read_parquet({quote_text(str(path))}, hive_partitioning = false)"
    relation = cursor.relation(f"FROM {scan}")
    found = tuple(Column(*pair) for pair in zip(relation.columns, map(str, relation.types), strict=True))
    if [column.name for column in found] != [column.name for column in schema]:
        raise FormatError("the file has other columns than were written", file=str(path))
    columns = (
        quote_name(new.name) if old == new else f"CAST({quote_name(new.name)} AS {new.type}) AS {quote_name(new.name)}"
        for old, new in zip(found, schema, strict=True)
    )
    return f"SELECT {', '.join(columns)} FROM {scan}"
