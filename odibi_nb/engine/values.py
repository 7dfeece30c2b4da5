"""Results that live in memory: what Python nodes return, as handles with the type table's types."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from odibi_nb.engine.base import PREVIEW_ROWS, Dataset, FrameKind
from odibi_nb.engine.types import Column, Schema, canonical_table, schema_of, to_pandas
from odibi_nb.exceptions import NotAFrameError, ValidationError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ObjectDataset", "ValueDataset", "check_names", "publish_value", "table_to_frame"]


class ValueDataset(Dataset):
    """Rows in memory: a canonical Arrow table, a canonical pandas frame, or both once both were asked for."""

    def __init__(
        self, *, table: pa.Table | None = None, frame: pd.DataFrame | None = None, schema: Schema, notes: Any = ()
    ) -> None:
        self._table, self._frame = table, frame
        self.schema = schema
        self.notes = tuple(notes)
        self._lock = threading.Lock()

    @property
    def lazy(self) -> bool:
        return False

    @property
    def known_rows(self) -> int:
        return self._table.num_rows if self._table is not None else len(self._frame)  # type: ignore[arg-type]

    def count(self) -> int:
        return self.known_rows

    def head(self, rows: int = PREVIEW_ROWS) -> pa.Table:
        if self._table is not None:
            return self._table.slice(0, rows)
        return _frame_to_table(self._frame.head(rows))  # type: ignore[union-attr]

    def arrow(self) -> pa.Table:
        with self._lock:
            if self._table is None:
                self._table = _frame_to_table(self._frame)
            return self._table

    def frame(self, kind: FrameKind = "pandas") -> Any:
        if kind == "pandas" and self._frame is not None:
            # A deep copy: copy-on-write doesn't guard the arrays behind `.values` and `.array`.
            return self._frame.copy()
        return table_to_frame(self.arrow(), kind)


class ObjectDataset(Dataset):
    """Any value of a node with `returns: object` (or None of one with `returns: none`); it has no rows."""

    schema: Schema = ()

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def lazy(self) -> bool:
        return False

    @property
    def known_rows(self) -> int:
        return 0

    def count(self) -> int:
        return 0

    def head(self, rows: int = PREVIEW_ROWS) -> pa.Table:  # noqa: ARG002
        return pa.table({})

    def arrow(self) -> pa.Table:
        raise NotAFrameError(
            f"the result is a {type(self.value).__name__}, not rows", hint="only Python nodes can read it"
        )

    def frame(self, kind: FrameKind = "pandas") -> Any:  # noqa: ARG002
        return self.value


def table_to_frame(table: pa.Table, kind: FrameKind) -> Any:
    """Return the rows as another library's frame, the caller's own."""
    if kind == "arrow":
        return table
    if kind == "batches":
        return iter(table.to_batches())
    if kind == "polars":
        import polars as pl

        return pl.from_arrow(table)
    if kind == "relation":
        import duckdb

        return duckdb.connect().from_arrow(table)
    return to_pandas(table)


def publish_value(value: Any, name: str) -> ValueDataset:
    """Return a handle on what node `name` returned, with canonical types.

    Raises NotAFrameError for what is no frame, ValidationError naming the column at fault.
    """
    kind = type(value).__module__.partition(".")[0]
    if kind == "pandas":
        return _publish_pandas(value, name)
    if isinstance(value, pa.Table | pa.RecordBatch | pa.RecordBatchReader):
        return _publish_table(_as_table(value))
    if kind in ("duckdb", "_duckdb") and hasattr(value, "to_arrow_table"):
        return _publish_table(value.to_arrow_table())
    if kind == "polars" and hasattr(value, "to_arrow"):
        return _publish_table(value.to_arrow())
    if kind == "polars" and hasattr(value, "collect"):
        return _publish_table(value.collect().to_arrow())
    if isinstance(value, Iterator | list | tuple) and (batches := _batches(value)) is not None:
        return _publish_table(pa.Table.from_batches(batches))
    raise _not_a_frame(value, name)


def _publish_table(table: pa.Table) -> ValueDataset:
    check_names(table.column_names)
    table = canonical_table(table)
    return ValueDataset(table=table, schema=schema_of(table))


def _publish_pandas(value: Any, name: str) -> ValueDataset:
    import pandas as pd

    if not isinstance(value, pd.DataFrame):
        hint = "call .to_frame(), or .reset_index() on a grouped one" if isinstance(value, pd.Series) else None
        raise _not_a_frame(value, name, hint)
    frame, notes = _index_to_columns(value)
    names = list(frame.columns)
    check_names(names)
    types = [_TYPE_OF_DTYPE.get(str(dtype)) for dtype in frame.dtypes]
    if all(types):
        # Canonical already: no conversion, and a copy that the node's own references can't reach.
        schema = tuple(Column(n, t) for n, t in zip(names, types, strict=True))  # type: ignore[arg-type]
        return ValueDataset(frame=frame.copy(), schema=schema, notes=notes)
    table = _frame_to_table(frame)
    return ValueDataset(table=table, schema=schema_of(table), notes=notes)


# dtypes whose way to Arrow and back changes nothing. datetime64[s] isn't one: it may hold a time of day.
_TYPE_OF_DTYPE = {
    **{f"Int{bits}": name for bits, name in ((8, "TINYINT"), (16, "SMALLINT"), (32, "INTEGER"), (64, "BIGINT"))},
    **{f"UInt{bits}": name for bits, name in ((8, "UTINYINT"), (16, "USMALLINT"), (32, "UINTEGER"), (64, "UBIGINT"))},
    "boolean": "BOOLEAN",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "str": "VARCHAR",
    "datetime64[us]": "TIMESTAMP",
    "datetime64[us, UTC]": "TIMESTAMP WITH TIME ZONE",
}


def _index_to_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Named index levels become columns; another index is dropped, with a note unless it only counts rows."""
    import pandas as pd

    index = frame.index
    named = [name for name in index.names if name is not None]
    if named:
        unnamed = [level for level, name in enumerate(index.names) if name is None]
        kept = frame.reset_index(level=unnamed, drop=True) if unnamed else frame
        return kept.reset_index(), ()
    if isinstance(index, pd.RangeIndex):
        return frame, ()
    # Filtering and sorting leave an integer index behind; that one carries nothing to tell of.
    only_counts = pd.api.types.is_integer_dtype(index.dtype) or len(index) == 0
    notes = () if only_counts else ("an unnamed index was dropped; name it to keep it as a column",)
    return frame.reset_index(drop=True), notes


def check_names(names: list[Any]) -> None:
    """Raise ValidationError for a name that is no text, or that another column has too."""
    for name in names:
        if not isinstance(name, str):
            raise ValidationError(
                f"column {name!r} has a name that is no text", hint="rename it: df.columns = df.columns.map(str)"
            )
    doubled = [name for name, n in Counter(map(str.casefold, names)).items() if n > 1]
    if doubled:
        both = [name for name in names if name.casefold() == doubled[0]]
        raise ValidationError(
            f"two columns are named {' and '.join(repr(n) for n in both[:2])} (case does not count)",
            hint="rename or drop one of them before returning the frame",
        )


def _frame_to_table(frame: Any) -> pa.Table:
    columns = [_series_to_arrow(frame[name], name) for name in frame.columns]
    table = pa.Table.from_arrays(columns, names=list(frame.columns))
    return canonical_table(table)


def _series_to_arrow(series: pd.Series, name: str) -> pa.ChunkedArray:
    try:
        array = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as exc:
        kinds = sorted({type(value).__name__ for value in series.dropna().head(10_000)})
        raise ValidationError(
            f"column '{name}' mixes types that no column can hold together: {', '.join(kinds)} ({exc})",
            hint=f"give it one type, for example df['{name}'] = df['{name}'].astype(str)",
        ) from exc
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    if series.dtype == "datetime64[s]":
        return _dates_or_timestamps(chunked)
    return chunked


def _dates_or_timestamps(seconds: pa.ChunkedArray) -> pa.ChunkedArray:
    """Days where every value is a midnight, else timestamps (see the type table)."""
    days = seconds.cast(pa.date32(), safe=False)
    return days if days.cast(pa.timestamp("s")).equals(seconds) else seconds


def _as_table(value: Any) -> pa.Table:
    if isinstance(value, pa.RecordBatch):
        return pa.Table.from_batches([value])
    return value.read_all() if isinstance(value, pa.RecordBatchReader) else value


def _batches(value: Any) -> list[pa.RecordBatch] | None:
    batches = list(value)
    return batches if batches and all(isinstance(batch, pa.RecordBatch) for batch in batches) else None


def _not_a_frame(value: Any, name: str, hint: str | None = None) -> NotAFrameError:
    what = "None" if value is None else f"a {type(value).__name__}"
    return NotAFrameError(
        f"node '{name}' returned {what} where a frame is needed",
        hint=hint
        or "return a DataFrame, or declare `--returns object` (any value) or `--returns none` (a side effect)",
    )
