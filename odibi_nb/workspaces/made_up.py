"""Plausible rows for columns of which nothing but name and type is known.

A value depends on nothing but its column's name and type and its row's number: so joins of inputs on columns of one
name find their rows, and the rows are the same every time. Keys count from 1, whatever they are called.
"""

from __future__ import annotations

import datetime as dt
import re
import zlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from odibi_nb.engine.type_names import arrow_type
from odibi_nb.workspaces.key_names import is_key_name

if TYPE_CHECKING:
    from odibi_nb.engine.schema import Column, Schema

__all__ = ["made_up_rows"]

_ROWS = 5
_SHARE = re.compile(r".*(rate|ratio|share|percent|pct|discount).*")
_COUNT = re.compile(r"(.*_)?(count|qty|quantity|pieces|items|age|size|days|month|day|hour)")
_TEXTS: Sequence[tuple[re.Pattern[str], Sequence[str]]] = (
    (re.compile(r".*e?mail.*"), ("ada@example.org", "ben@example.org", "cleo@example.org")),
    (re.compile(r".*(region|district|zone|area)"), ("north", "south", "east")),
    (re.compile(r".*country.*"), ("DE", "NO", "US")),
    (re.compile(r".*(city|town)"), ("Berlin", "Oslo", "Boston")),
    (re.compile(r".*currency.*"), ("EUR", "NOK", "USD")),
    (re.compile(r".*(status|state)"), ("new", "paid", "cancelled")),
    (re.compile(r".*phone.*"), ("+49 30 1", "+47 22 2", "+1 617 3")),
    (re.compile(r"(.*_)?(name|customer|person|user|author)"), ("Ada", "Ben", "Cleo", "Dan", "Eva")),
)
_FIRST_DAY = dt.datetime(2024, 1, 1)
_LATE = re.compile(r"(.*_)?(end|ended|until|to|due|closed)(_.*)?")


def made_up_rows(schema: Schema) -> pa.Table:
    """Return five rows with these columns."""
    return pa.table({column.name: _array(column) for column in schema})


def _array(column: Column) -> pa.Array:
    if choices := _choices(column.type):
        return pa.array([choices[row % len(choices)] for row in range(_ROWS)])
    arrow = arrow_type(column.type)
    return pa.array([_value(column.name.lower(), arrow, row) for row in range(_ROWS)], arrow)


def _choices(kind: str) -> list[str]:
    """Return the texts that a column of texts may hold; none where they are not limited."""
    if kind == "UUID":
        return [f"00000000-0000-4000-8000-{row + 1:012}" for row in range(_ROWS)]
    listed = re.findall(r"'((?:[^']|'')*)'", kind) if kind.startswith("ENUM(") else []
    return [text.replace("''", "'") for text in listed]


def _value(name: str, arrow: pa.DataType, row: int) -> Any:
    return next((make(name, arrow, row) for applies, make in _MAKERS if applies(arrow)), None)


def _integer(name: str, arrow: pa.DataType, row: int) -> int:
    if is_key_name(name):
        return row + 1
    if arrow.bit_width == 8 or _COUNT.fullmatch(name):
        return 1 + _hash(name, row) % 20
    return 2020 + row if "year" in name else 10 + _hash(name, row) % 490


def _number(name: str, arrow: pa.DataType, row: int) -> float:
    return _hash(name, row) % 100 / 100 if _SHARE.fullmatch(name) else 10 + _hash(name, row) % 49_000 / 100


def _decimal(name: str, arrow: pa.Decimal128Type, row: int) -> Decimal:
    scale = Decimal(1).scaleb(-int(arrow.scale))
    most = Decimal(10) ** int(arrow.precision - arrow.scale)
    return (Decimal(str(_number(name, arrow, row))) % most).quantize(scale, rounding="ROUND_DOWN")


def _text(name: str, arrow: pa.DataType, row: int) -> str:
    if is_key_name(name):
        return str(row + 1)
    for pattern, texts in _TEXTS:
        if pattern.fullmatch(name):
            return texts[row % len(texts)]
    return f"{name} {row + 1}"


def _moment(name: str, arrow: pa.DataType, row: int) -> dt.datetime:
    days = row + 30 * bool(_LATE.fullmatch(name))
    return _FIRST_DAY + dt.timedelta(days=days, hours=8 + row)


def _struct(name: str, arrow: pa.StructType, row: int) -> dict[str, Any]:
    return {field.name: _value(field.name.lower(), field.type, row) for field in arrow}


def _list(name: str, arrow: Any, row: int) -> list[Any]:
    size = arrow.list_size if pa.types.is_fixed_size_list(arrow) else 1 + row % 2
    return [_value(name, arrow.value_type, row + at) for at in range(size)]


def _hash(name: str, row: int) -> int:
    return zlib.crc32(f"{name} {row}".encode())


_MAKERS: Sequence[tuple[Callable[[pa.DataType], bool], Callable[[str, Any, int], Any]]] = (
    (pa.types.is_integer, _integer),
    (pa.types.is_floating, _number),
    (pa.types.is_decimal, _decimal),
    (pa.types.is_boolean, lambda name, arrow, row: row % 2 == 0),
    (pa.types.is_string, _text),
    (pa.types.is_date, lambda name, arrow, row: _moment(name, arrow, row).date()),
    (pa.types.is_timestamp, _moment),
    (pa.types.is_time, lambda name, arrow, row: _moment(name, arrow, row).time()),
    (pa.types.is_interval, lambda name, arrow, row: dt.timedelta(days=row + 1)),
    (pa.types.is_binary, lambda name, arrow, row: f"{name} {row + 1}".encode()),
    (pa.types.is_map, lambda name, arrow, row: []),
    (lambda arrow: pa.types.is_list(arrow) or pa.types.is_fixed_size_list(arrow), _list),
    (pa.types.is_struct, _struct),
)
