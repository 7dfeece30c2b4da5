"""Values of mock rows: one as a column's type wants it, and the type of a column that nobody has told."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from odibi_nb.engine.types import canonical_type, duckdb_type

__all__ = ["Misfit", "fitted", "inferred_type", "kind_of_value"]

_WHOLE = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|[-+]?inf|nan", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[-+]\d\d(?::?\d\d)?)?")
_FLAGS = {"true": True, "false": False}
_NULL_TYPES = ("NAType", "NaTType")


class Misfit(ValueError):
    """A value that doesn't fit its column; its text is a hint, or nothing."""


def fitted(value: Any, arrow: pa.DataType) -> Any:
    """Return a value as Arrow takes it for the type; nothing is rounded or cut.

    A text stands for the number, flag, date or time that it spells. Raises Misfit.
    """
    if _is_null(value):
        return None
    fit = next((fit for applies, fit in _FITS if applies(arrow)), _as_is)
    try:
        found = fit(value, arrow)
        pa.scalar(found, arrow)
    except Misfit:
        raise
    except (pa.ArrowException, ValueError, TypeError, ArithmeticError) as exc:
        raise Misfit from exc
    return found


def inferred_type(values: Iterable[Any], *, all_texts: bool = False) -> pa.DataType:
    """Return the type that holds all values; raises ValueError, with what is mixed as its text.

    all_texts: numbers and flags are spelled out too, as in CSV. Texts that are all ISO dates or times are taken
    for these, as a reader of files takes them.
    """
    present = [value for value in values if not _is_null(value)]
    kinds = {kind_of_value(value) for value in present}
    if kinds == {"text"}:
        return _spelled_type(present, all_texts)
    if kinds <= {"whole number", "number"}:
        return pa.float64() if "number" in kinds else pa.int64() if kinds else pa.string()
    if len(kinds) > 1 and kinds != {"whole number", "decimal"}:
        raise ValueError(f"mixes {' and '.join(sorted(kinds))}")
    try:
        return canonical_type(pa.array(present).type)
    except (pa.ArrowException, OverflowError) as exc:
        raise ValueError(f"mixes types that no column can hold together ({exc})") from exc


def _is_null(value: Any) -> bool:
    is_nan = isinstance(value, float) and math.isnan(value)
    return value is None or is_nan or type(value).__name__ in _NULL_TYPES


def kind_of_value(value: Any) -> str:
    """Return what to call a value as it is written by hand: "text", "whole number", …"""
    return next((kind for types, kind in _KINDS if isinstance(value, types)), type(value).__name__)


_KINDS: Sequence[tuple[Any, str]] = (
    (bool, "true/false"),
    (int, "whole number"),
    (float, "number"),
    (Decimal, "decimal"),
    (dt.datetime, "timestamp"),
    (dt.date, "date"),
    (str, "text"),
    (Mapping, "mapping"),
    ((list, tuple), "list"),
)


def _spelled_type(texts: Sequence[str], all_texts: bool) -> pa.DataType:
    for spells, arrow in _SPELLED if all_texts else _SPELLED[-3:]:
        if all(map(spells, texts)):
            return arrow
    return pa.string()


def _is_moment(text: str, *, zoned: bool) -> bool:
    found = _MOMENT.fullmatch(text)
    return found is not None and bool(found[1]) == zoned


_SPELLED: Sequence[tuple[Callable[[str], object], pa.DataType]] = (
    (_WHOLE.fullmatch, pa.int64()),
    (_NUMBER.fullmatch, pa.float64()),
    (lambda text: text.lower() in _FLAGS, pa.bool_()),
    (_DATE.fullmatch, pa.date32()),
    (lambda text: _is_moment(text, zoned=False), pa.timestamp("us")),
    (lambda text: _is_moment(text, zoned=True), pa.timestamp("us", tz="UTC")),
)


def _as_is(value: Any, arrow: pa.DataType) -> Any:
    """A text is as DuckDB spells such a value."""
    return _by_duckdb(value, arrow) if isinstance(value, str) else value


def _integer(value: Any, arrow: pa.DataType) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, bool | str) or value != int(value):
        raise Misfit
    return int(value)


def _float(value: Any, arrow: pa.DataType) -> float:
    number = _number(value)
    if isinstance(number, int) and int(float(number)) != number:
        raise Misfit
    return float(number)


def _decimal(value: Any, arrow: pa.DataType) -> Decimal:
    number = _number(value)
    return Decimal(repr(number) if isinstance(number, float) else number)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        raise Misfit
    return value


def _boolean(value: Any, arrow: pa.DataType) -> bool:
    found = _FLAGS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise Misfit
    return found


def _text(value: Any, arrow: pa.DataType) -> str:
    if not isinstance(value, str):
        raise Misfit(f"quote it: '{value}'")
    return value


def _date(value: Any, arrow: pa.DataType) -> Any:
    found = dt.date.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(found, dt.datetime) and found.time() == dt.time() and found.tzinfo is None:
        return found.date()
    return _one_of(found, dt.date, but=dt.datetime)


def _timestamp(value: Any, arrow: pa.DataType) -> Any:
    if isinstance(value, str):
        has_zone = _is_moment(value, zoned=True)
        found = pa.scalar(value).cast(pa.timestamp(arrow.unit, tz="UTC" if has_zone else None)).as_py()
    else:
        found = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    if arrow.tz is not None and found.tzinfo is None:
        return found.replace(tzinfo=dt.UTC)
    if arrow.tz is None and found.tzinfo is not None:
        raise Misfit("leave out its time zone")
    return found


def _time(value: Any, arrow: pa.DataType) -> Any:
    return _one_of(dt.time.fromisoformat(value) if isinstance(value, str) else value, dt.time)


def _one_of(value: Any, kind: type, *, but: type | tuple[()] = ()) -> Any:
    """Return a value of this kind: Arrow would take a number for days or microseconds."""
    if not isinstance(value, kind) or isinstance(value, but):
        raise Misfit
    return value


def _list(value: Any, arrow: pa.DataType) -> Any:
    if not isinstance(value, list | tuple):
        return _as_is(value, arrow)
    return [fitted(item, arrow.value_type) for item in value]


def _struct(value: Any, arrow: pa.StructType) -> Any:
    if not isinstance(value, Mapping):
        return _as_is(value, arrow)
    types = {field.name: field.type for field in arrow}
    if unknown := [key for key in value if key not in types]:
        raise Misfit(f"'{unknown[0]}' is none of its fields: {', '.join(types)}")
    return {key: fitted(item, types[key]) for key, item in value.items()}


def _map(value: Any, arrow: pa.MapType) -> Any:
    if isinstance(value, str):
        return _as_is(value, arrow)
    pairs = value.items() if isinstance(value, Mapping) else value
    return [(fitted(key, arrow.key_type), fitted(item, arrow.item_type)) for key, item in pairs]


def _by_duckdb(text: str, arrow: pa.DataType) -> Any:
    import duckdb

    try:
        with duckdb.connect() as database:
            query = f"SELECT CAST($text AS {duckdb_type(arrow)}) AS value"
            return database.sql(query, params={"text": text}).to_arrow_table()["value"][0].as_py()
    except duckdb.Error as exc:
        raise Misfit from exc


_FITS: Sequence[tuple[Callable[[pa.DataType], bool], Callable[[Any, Any], Any]]] = (
    (pa.types.is_integer, _integer),
    (pa.types.is_floating, _float),
    (pa.types.is_decimal, _decimal),
    (pa.types.is_boolean, _boolean),
    (pa.types.is_string, _text),
    (pa.types.is_date, _date),
    (pa.types.is_timestamp, _timestamp),
    (pa.types.is_time, _time),
    (pa.types.is_map, _map),  # Arrow calls a map a list too
    (lambda arrow: pa.types.is_list(arrow) or pa.types.is_fixed_size_list(arrow), _list),
    (pa.types.is_struct, _struct),
)
