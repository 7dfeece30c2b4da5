"""Results that live in memory: what Python nodes return, as handles with the type table's types."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from odibi_nb.engine.base import PREVIEW_CHARACTERS, PREVIEW_COLUMNS, PREVIEW_ROWS, Dataset, FrameKind, Head
from odibi_nb.engine.schema import Column, Schema, check_names
from odibi_nb.engine.types import canonical_table, schema_of, string_dtype, to_pandas
from odibi_nb.exceptions import NotAFrameError, ValidationError, article

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ObjectDataset",
    "ValueDataset",
    "batch_rows",
    "publish_value",
    "python_values",
    "table_to_frame",
    "value_text",
]


# Up to here a second form of the rows is worth keeping: copying a frame is ten times as fast as making one.
_SMALL_ROWS = 10_000
_BATCH_ROWS = 122_880
_INFINITE = (2**31 - 1, 2**63 - 1)
"""Days and microseconds that stand for `infinity`."""


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

    def head(self, rows: int = PREVIEW_ROWS) -> Head:
        shown = self.first(rows).select(range(min(len(self.schema), PREVIEW_COLUMNS)))
        texts = ([value_text(value) for value in python_values(column)] for column in shown.columns)
        return tuple(zip(*texts, strict=True))

    def first(self, rows: int) -> pa.Table:
        if self._table is not None:
            return self._table.slice(0, rows)
        return _frame_to_table(self._frame.head(rows))  # type: ignore[union-attr]

    def arrow(self) -> pa.Table:
        with self._lock:
            if self._table is None:
                self._table = _frame_to_table(self._frame)
            return self._table

    def passing_arrow(self) -> pa.Table:
        table = self._table
        return table if table is not None else _frame_to_table(self._frame)

    def frame(self, kind: FrameKind = "pandas") -> Any:
        if kind != "pandas":
            return table_to_frame(self.arrow(), kind)
        frame = self._frame
        if frame is None:
            frame = to_pandas(self.arrow())
            if len(frame) > _SMALL_ROWS:
                return frame
            self._frame = frame
        # A deep copy: copy-on-write doesn't guard the arrays behind `.values` and `.array`.
        return frame.copy()


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

    def head(self, rows: int = PREVIEW_ROWS) -> Head:
        return ()

    def first(self, rows: int) -> pa.Table:
        return pa.table({})

    def arrow(self) -> pa.Table:
        message = f"the result is {article(type(self.value).__name__)}, not rows"
        hint = "only Python nodes can read it; what is written, tested or read by SQL is a DataFrame"
        raise NotAFrameError(message, hint=hint)

    def frame(self, kind: FrameKind = "pandas") -> Any:
        return self.value


def python_values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values; dates and times that Python's have no room for (`infinity`, 20000-01-01) as texts."""
    try:
        values: list[Any] = column.to_pylist()
    except OverflowError:
        return [_python_value(one) for one in column]
    return values


def _python_value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except OverflowError:
        if pa.types.is_nested(scalar.type):
            return "out of range"
        if abs(scalar.value) in _INFINITE:
            return "infinity" if scalar.value > 0 else "-infinity"
        return scalar.cast(pa.string()).as_py()


def value_text(value: Any) -> str | None:
    """Return a value of Arrow's as DuckDB would write it, cut as `Head` says; None for NULL."""
    return None if value is None else _text(value)[: PREVIEW_CHARACTERS + 1]


def _text(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case bytes():
            return "".join(chr(b) if 31 < b < 127 and b != 92 else f"\\x{b:02X}" for b in value[:PREVIEW_CHARACTERS])
        case dict():
            return "{" + ", ".join(f"'{key}': {_text(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_text, value)) + "]"
    return str(value)


def table_to_frame(table: pa.Table, kind: FrameKind) -> Any:
    """Return the rows as another library's frame, the caller's own."""
    if kind == "arrow":
        return table
    if kind == "batches":
        return table.to_reader(_BATCH_ROWS)
    if kind == "polars":
        import polars as pl

        return pl.from_arrow(table)
    if kind == "relation":
        import duckdb

        return duckdb.connect().from_arrow(table)
    return to_pandas(table)


def publish_value(value: Any, name: str, *, input_rows: int = 0) -> ValueDataset:
    """Return a handle on what node `name` returned, with canonical types; input_rows: see `Engine.publish`.

    Raises NotAFrameError for what is no frame, ValidationError naming the column at fault.
    """
    if isinstance(value, _pandas_frame()):
        return _publish_pandas(value, input_rows)
    table = _as_table(value)
    if table is None:
        raise _not_a_frame(value, name)
    check_names(table.column_names)
    table = canonical_table(table)
    return ValueDataset(table=table, schema=schema_of(table))


def batch_rows(value: Any) -> tuple[pa.Table, tuple[str, ...]] | None:
    """Return a frame that is one of many as a canonical table, with notes; None: it is no frame.

    Nanoseconds stay, where Arrow says so: whether microseconds do is not the same for all batches.
    """
    if isinstance(value, _pandas_frame()):
        frame, notes = _index_to_columns(value, sys.maxsize)  # any integers number rows of some batch
        check_names(list(frame.columns))
        return _frame_to_table(frame), notes
    if (table := _as_table(value)) is None:
        return None
    check_names(table.column_names)
    return canonical_table(table, keep_nanoseconds=True), ()


def _pandas_frame() -> Any:
    """Return pandas' class of frames; () where none can be there, as when another thread just imports pandas."""
    return getattr(sys.modules.get("pandas"), "DataFrame", ())


def _as_table(value: Any) -> pa.Table | None:
    """Return what is a frame of any library but pandas as an Arrow table."""
    library = type(value).__module__.partition(".")[0]
    if isinstance(value, pa.Table):
        return value
    if library in ("duckdb", "_duckdb") and hasattr(value, "to_arrow_table"):
        return value.to_arrow_table()
    if library == "polars" and hasattr(type(value), "columns"):  # a LazyFrame warns when it is asked itself
        return (value.collect() if hasattr(value, "collect") else value).to_arrow()
    batches = [value] if isinstance(value, pa.RecordBatch) else value
    if isinstance(batches, list | tuple) and batches and all(isinstance(batch, pa.RecordBatch) for batch in batches):
        return pa.Table.from_batches(batches)
    return None


def _publish_pandas(value: pd.DataFrame, input_rows: int) -> ValueDataset:
    frame, notes = _index_to_columns(value, input_rows)
    names = list(frame.columns)
    check_names(names)
    # A copy that the node's own references can't reach.
    frame = frame.copy()
    known = _canonical_dtypes()
    types = [known.get(dtype) for dtype in frame.dtypes]
    if all(types):
        schema = tuple(map(Column, names, types))  # type: ignore[arg-type]
        return ValueDataset(frame=frame, schema=schema, notes=notes)
    table = _frame_to_table(frame)
    return ValueDataset(table=table, schema=schema_of(table), notes=notes)


@lru_cache(maxsize=1)
def _canonical_dtypes() -> Mapping[Any, str]:
    """Return the DuckDB types of dtypes whose way to Arrow and back changes nothing.

    datetime64[s], a DATE's, isn't one: it may hold a time of day.
    """
    import pandas as pd

    names = {
        **{f"Int{bits}": kind for bits, kind in ((8, "TINYINT"), (16, "SMALLINT"), (32, "INTEGER"), (64, "BIGINT"))},
        **{f"UInt{bits}": f"U{kind}" for bits, kind in ((8, "TINYINT"), (16, "SMALLINT"), (32, "INTEGER"))},
        "UInt64": "UBIGINT",
        "boolean": "BOOLEAN",
        "float32": "FLOAT",
        "float64": "DOUBLE",
        "datetime64[us]": "TIMESTAMP",
        "datetime64[us, UTC]": "TIMESTAMP WITH TIME ZONE",
    }
    dtypes = {pd.api.types.pandas_dtype(name): kind for name, kind in names.items()}
    return {**dtypes, string_dtype(): "VARCHAR"}


def _index_to_columns(frame: pd.DataFrame, input_rows: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Named index levels become columns; another index is dropped, with a note unless it only numbers rows."""
    import pandas as pd

    index = frame.index
    if type(index) is pd.RangeIndex and index.name is None:
        return frame, ()
    unnamed = [level for level, name in enumerate(index.names) if name is None]
    if len(unnamed) < index.nlevels:
        _check_levels([name for name in index.names if name is not None], frame)
        kept = frame.reset_index(level=unnamed, drop=True) if unnamed else frame
        return kept.reset_index(), (_dropped("an unnamed level of the index"),) if unnamed else ()
    notes = () if _numbers_rows(index, input_rows) else (_dropped("an unnamed index"),)
    return frame.reset_index(drop=True), notes


def _check_levels(names: list[Any], frame: pd.DataFrame) -> None:
    check_names(names)
    for name in names:
        if name in frame.columns:
            hint = "leave the index out: df.reset_index(drop=True), or rename it"
            raise ValidationError(f"the index and a column are both named '{name}'", hint=hint)


def _dropped(what: str) -> str:
    return f"{what} was dropped; name it to keep it as a column"


def _numbers_rows(index: pd.Index[Any], input_rows: int) -> bool:
    """Whether an index can only be what filtering, sorting and concatenating leave behind of row numbers."""
    if len(index) == 0:
        return True
    return index.dtype.kind in "iu" and index.min() >= 0 and index.max() < input_rows


def _frame_to_table(frame: Any) -> pa.Table:
    columns = [_series_to_arrow(frame[name], name) for name in frame.columns]
    table = pa.Table.from_arrays(columns, names=list(frame.columns))
    return canonical_table(table)


def _series_to_arrow(series: pd.Series[Any], name: str) -> pa.ChunkedArray:
    try:
        array = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as exc:
        raise _unstorable(series, name, exc) from exc
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    if series.dtype == "datetime64[s]":
        return _dates_or_timestamps(chunked)
    return chunked


def _unstorable(series: pd.Series[Any], name: str, exc: Exception) -> ValidationError:
    kinds = sorted({type(value).__name__ for value in series.dropna().head(10_000)})
    problem = "mixes types that no column can hold together" if len(kinds) > 1 else "holds what no column can"
    return ValidationError(
        f"column '{name}' {problem}: {', '.join(kinds)} ({exc})",
        hint=f"give it one type, for example df['{name}'] = df['{name}'].astype(str)",
    )


def _dates_or_timestamps(seconds: pa.ChunkedArray) -> pa.ChunkedArray:
    """Days where every value is a midnight, else timestamps (see the type table)."""
    days = seconds.cast(pa.date32(), safe=False)
    return days if days.cast(pa.timestamp("s")).equals(seconds) else seconds


def _not_a_frame(value: Any, name: str) -> NotAFrameError:
    what = "None" if value is None else article(type(value).__name__)
    frame = "pd.DataFrame(…) of it" if isinstance(value, list | dict) else "a DataFrame"
    hint = f"return {frame}, or declare `--returns object` (any value) or `--returns none` (a side effect)"
    if type(value).__name__ == "Series":
        hint = "call .to_frame() on it, or .reset_index() where it is grouped"
    return NotAFrameError(f"node '{name}' returned {what} where a frame is needed", hint=hint)
