"""The bytes of arrays and frames, whichever library's they are."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

__all__ = ["table_bytes"]

# Some tenths of a second to read; what is larger is known by identity.
_MOST_CELLS = 20_000_000


def table_bytes(value: Any) -> Iterable[bytes] | None:
    """Return what tells an array or frame from others; None for what is none, or is too large to be read."""
    library = type(value).__module__.partition(".")[0]
    reader = {"numpy": _numpy, "pandas": _pandas, "pyarrow": _arrow, "polars": _polars}.get(library)
    return reader(value) if reader is not None and library in sys.modules else None


def _numpy(value: Any) -> Iterable[bytes] | None:
    if not hasattr(value, "dtype") or not hasattr(value, "tobytes") or value.size > _MOST_CELLS:
        return None
    if value.dtype.hasobject or hasattr(value, "mask"):
        return None
    return b"numpy", str(value.dtype).encode(), repr(value.shape).encode(), value.tobytes()


def _pandas(value: Any) -> Iterable[bytes] | None:
    import pandas as pd

    if isinstance(value, pd.Timestamp | pd.Timedelta | pd.Period | pd.Interval) or value is pd.NA or value is pd.NaT:
        return b"pandas", repr(value).encode()
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return b"pandas", str(value).encode()
    if not isinstance(value, pd.DataFrame | pd.Series | pd.Index) or value.size > _MOST_CELLS:
        return None
    columns: list[Any]
    if isinstance(value, pd.DataFrame):
        columns, names = [value.iloc[:, at] for at in range(value.shape[1])], list(value.columns.names)
    else:
        columns, names = [value], []
    if any(one.dtype == object and pd.api.types.infer_dtype(one) not in ("string", "empty") for one in columns):
        return None  # what its cells hold, only they could tell
    index = value if isinstance(value, pd.Index) else value.index
    labels = repr(([(one.name, repr(one.dtype)) for one in columns], names, list(index.names)))
    rows = pd.util.hash_pandas_object(value, index=True).to_numpy().tobytes()
    return b"pandas", type(value).__name__.encode(), labels.encode(), rows


def _arrow(value: Any) -> Iterable[bytes] | None:
    import pyarrow as pa

    if isinstance(value, pa.DataType | pa.Schema | pa.Scalar):
        return b"pyarrow", repr(value).encode()
    if isinstance(value, pa.Array | pa.ChunkedArray):
        value = pa.table({"": value})
    if isinstance(value, pa.RecordBatch):
        value = pa.Table.from_batches([value])
    if not isinstance(value, pa.Table) or value.num_rows * value.num_columns > _MOST_CELLS:
        return None
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, value.schema) as writer:
        writer.write_table(value.combine_chunks())
    return b"pyarrow", sink.getvalue().to_pybytes()


def _polars(value: Any) -> Iterable[bytes] | None:
    import polars as pl

    if isinstance(value, pl.Series):
        return _arrow(value.to_frame().to_arrow())
    return _arrow(value.to_arrow()) if isinstance(value, pl.DataFrame) else None
