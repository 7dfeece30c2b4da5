"""The type table: one meaning of a column's type, the same in every engine.

    DuckDB                    Arrow                pandas                    read back as
    BOOLEAN                   bool                 boolean                   BOOLEAN
    TINYINT … BIGINT          int8 … int64         Int8 … Int64              the same
    UTINYINT … UBIGINT        uint8 … uint64       UInt8 … UInt64            the same
    HUGEINT                   int64                Int64                     BIGINT (an error when it doesn't fit)
    FLOAT, DOUBLE             float, double        float32, float64          the same (NaN is NULL)
    DECIMAL(p, s)             decimal128(p, s)     decimal128(p, s)[pyarrow] the same
    DATE                      date32               datetime64[s]             DATE
    TIMESTAMP                 timestamp[us]        datetime64[us]            TIMESTAMP
    TIMESTAMP_NS              timestamp[ns]        datetime64[ns]            TIMESTAMP; _NS if finer than µs
    TIMESTAMP WITH TIME ZONE  timestamp[us, UTC]   datetime64[us, UTC]       the same
    TIME                      time64[us]           time64[us][pyarrow]       TIME
    INTERVAL                  month_day_nano       month_day_nano[pyarrow]   INTERVAL
    VARCHAR, ENUM, UUID       string               str                       VARCHAR
    BLOB, BIT                 binary               binary[pyarrow]           BLOB
    LIST, STRUCT, MAP         list, struct, map    the same, [pyarrow]       the same

What else SQL gives (UNION, BIGNUM, VARIANT, TIME WITH TIME ZONE) is cast to VARCHAR.
NULL is `pd.NA` (NaN in `str` and floats, NaT in dates and times). A column of nothing but NULLs keeps its type;
one that never had a type (a column of `None`) is VARCHAR. A pandas `datetime64[s]` column with a time of day in
it, which DATE can't hold, becomes TIMESTAMP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from odibi_nb.engine.schema import Column, Schema
from odibi_nb.exceptions import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

__all__ = ["PLAIN_TYPES", "canonical_table", "duckdb_type", "schema_of", "to_pandas"]


PLAIN_TYPES: dict[pa.DataType, str] = {
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.time64("us"): "TIME",
    pa.timestamp("us"): "TIMESTAMP",
    pa.timestamp("ns"): "TIMESTAMP_NS",
    pa.string(): "VARCHAR",
    pa.binary(): "BLOB",
    pa.month_day_nano_interval(): "INTERVAL",
}


def duckdb_type(arrow: pa.DataType) -> str:
    """Return the DuckDB name of a canonical Arrow type, nested ones included."""
    if (plain := PLAIN_TYPES.get(arrow)) is not None:
        return plain
    for applies, spelled in _SPELLINGS:
        if applies(arrow):
            return spelled(arrow)
    raise ValidationError(f"no DuckDB type stands for Arrow's {arrow}", hint="cast it before returning it")


def _struct_type(arrow: pa.StructType) -> str:
    return f"STRUCT({', '.join(f'{_field_name(f.name)} {duckdb_type(f.type)}' for f in arrow)})"


_SPELLINGS: Sequence[tuple[Callable[[pa.DataType], bool], Callable[[Any], str]]] = (
    (pa.types.is_timestamp, lambda t: "TIMESTAMP WITH TIME ZONE"),
    (pa.types.is_decimal, lambda t: f"DECIMAL({t.precision},{t.scale})"),
    (pa.types.is_struct, _struct_type),
    (pa.types.is_map, lambda t: f"MAP({duckdb_type(t.key_type)}, {duckdb_type(t.item_type)})"),
    (pa.types.is_fixed_size_list, lambda t: f"{duckdb_type(t.value_type)}[{t.list_size}]"),
    (pa.types.is_list, lambda t: f"{duckdb_type(t.value_type)}[]"),
)


def schema_of(table: pa.Table) -> Schema:
    """Return names and DuckDB types of a canonical table; raises ValidationError naming the column without one."""
    return tuple(Column(field.name, _type_of(field)) for field in table.schema)


def canonical_table(table: pa.Table, *, keep_nanoseconds: bool = False) -> pa.Table:
    """Cast every column to the table's Arrow type for it; values stay what they are.

    keep_nanoseconds: they were asked for; else they are microseconds wherever those say the same.
    Raises ValidationError naming the column when no type of the table can hold it.
    """
    named = zip(table.columns, table.schema, strict=True)
    columns = [_canonical_column(column, field.name, keep_nanoseconds) for column, field in named]
    if all(new is old for new, old in zip(columns, table.columns, strict=True)):
        return table.replace_schema_metadata(None)
    return pa.Table.from_arrays(columns, names=table.column_names)


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return a frame of the caller's own with the table's pandas types; `table` is canonical."""
    for position, field in enumerate(table.schema):
        if pa.types.is_date(field.type):
            table = table.set_column(position, field.name, table.column(position).cast(pa.timestamp("s")))
    frame: pd.DataFrame = table.to_pandas(types_mapper=pandas_dtype, ignore_metadata=True)
    return frame


def pandas_dtype(arrow: pa.DataType) -> Any:
    """Return the pandas type of an Arrow type; None where pyarrow's own choice is the table's."""
    import pandas as pd

    if (name := _MASKED.get(arrow)) is not None:
        return pd.api.types.pandas_dtype(name)
    if pa.types.is_string(arrow):
        return string_dtype()
    if pa.types.is_floating(arrow) or pa.types.is_timestamp(arrow):
        return None
    return pd.ArrowDtype(arrow)


def string_dtype() -> Any:
    """Return pandas' NaN-valued string type: `str` in pandas 3, its forerunner before."""
    import pandas as pd

    newest = int(pd.__version__.split(".")[0]) >= 3
    return pd.api.types.pandas_dtype("str") if newest else pd.StringDtype("pyarrow_numpy")


_MASKED = {
    pa.bool_(): "boolean",
    pa.int8(): "Int8",
    pa.int16(): "Int16",
    pa.int32(): "Int32",
    pa.int64(): "Int64",
    pa.uint8(): "UInt8",
    pa.uint16(): "UInt16",
    pa.uint32(): "UInt32",
    pa.uint64(): "UInt64",
}


def _type_of(field: pa.Field) -> str:
    try:
        return duckdb_type(field.type)
    except ValidationError as exc:
        raise ValidationError(f"column '{field.name}': {exc.message}", hint=exc.hint) from None


def _field_name(name: str) -> str:
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'


def _canonical_column(column: pa.ChunkedArray, name: str, keep_nanoseconds: bool) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns" and not keep_nanoseconds:
        return _canonical_nanoseconds(column)
    if pa.types.is_duration(column.type):
        return _canonical_duration(column)
    target = canonical_type(column.type)
    if target == column.type:
        return column
    try:
        return column.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
        raise ValidationError(
            f"column '{name}' holds a value that {duckdb_type(target)} can't: {exc}", hint="cast it before returning it"
        ) from exc


def _canonical_nanoseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Microseconds where they say the same: pandas 2 makes every timestamp a nanosecond one."""
    zone = "UTC" if column.type.tz else None
    try:
        return column.cast(pa.timestamp("us", tz=zone))
    except pa.ArrowInvalid:
        if zone:
            return pc.cast(column, pa.timestamp("us", tz=zone), safe=False)
        return column


def _canonical_duration(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Arrow has no such cast of its own; whole days and the rest, so that DuckDB shows "3 days"."""
    day_ns = 86_400_000_000_000
    ticks = column.cast(pa.duration("ns")).cast(pa.int64()).to_pylist()
    pairs = [None if tick is None else (0, *divmod(tick, day_ns)) for tick in ticks]
    return pa.chunked_array([pa.array(pairs, pa.month_day_nano_interval())])


def canonical_type(arrow: pa.DataType) -> pa.DataType:
    """Return the type that the table gives to columns of this Arrow type (see the module's table)."""
    if arrow in PLAIN_TYPES:
        return arrow
    for applies, change in _CHANGES:
        if applies(arrow):
            return change(arrow)
    return arrow


def _canonical_struct(arrow: pa.DataType) -> pa.DataType:
    return pa.struct([pa.field(f.name, canonical_type(f.type)) for f in arrow])


_CHANGES: Sequence[tuple[Any, Any]] = (
    (pa.types.is_null, lambda _: pa.string()),
    (pa.types.is_dictionary, lambda t: canonical_type(t.value_type)),
    (pa.types.is_large_string, lambda _: pa.string()),
    (lambda t: t == pa.string_view(), lambda _: pa.string()),
    (lambda t: isinstance(t, pa.UuidType), lambda _: pa.string()),
    (pa.types.is_large_binary, lambda _: pa.binary()),
    (pa.types.is_fixed_size_binary, lambda _: pa.binary()),
    (lambda t: t == pa.binary_view(), lambda _: pa.binary()),
    (pa.types.is_float16, lambda _: pa.float32()),
    (pa.types.is_date64, lambda _: pa.date32()),
    (pa.types.is_time, lambda _: pa.time64("us")),
    (pa.types.is_timestamp, lambda t: pa.timestamp("us", tz="UTC" if t.tz else None)),
    (pa.types.is_large_list, lambda t: pa.list_(canonical_type(t.value_type))),
    (pa.types.is_decimal, lambda t: pa.decimal128(min(t.precision, 38), t.scale)),
    (pa.types.is_map, lambda t: pa.map_(canonical_type(t.key_type), canonical_type(t.item_type))),
    (pa.types.is_fixed_size_list, lambda t: pa.list_(canonical_type(t.value_type), t.list_size)),
    (pa.types.is_list, lambda t: pa.list_(canonical_type(t.value_type))),
    (pa.types.is_struct, _canonical_struct),
)
