"""Values in place of those that nobody is to see."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

__all__ = ["Mask"]


class Mask:
    """Gives the same value the same stand-in, of the same type, for as long as it lives.

    A secret goes into it that is kept nowhere: without it a stand-in could be traced back by trying all names.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)

    def column(self, values: Sequence[Any], arrow: pa.DataType) -> list[Any]:
        """Return stand-ins for a column's values; NULL stays, and what has no stand-in (flags, lists) becomes it."""
        make = next((make for applies, make in _STAND_INS if applies(arrow)), None)
        return [None if value is None or make is None else self._other(value, make, arrow) for value in values]

    def _other(self, value: Any, make: Callable[[int, Any], Any], arrow: pa.DataType) -> Any:
        number = self._number(value)
        stand_in = make(number, arrow)
        return stand_in if stand_in != value else make(number + 1, arrow)

    def _number(self, value: Any) -> int:
        digest = hashlib.blake2b(str(value).encode(), key=self._secret, digest_size=8).digest()
        return int.from_bytes(digest)


def _whole(number: int, arrow: pa.DataType) -> int:
    return 1 + number % {8: 100, 16: 30_000}.get(int(arrow.bit_width), 10**9)


def _decimal(number: int, arrow: pa.Decimal128Type) -> Decimal:
    return Decimal(number % 10 ** min(int(arrow.precision), 9)).scaleb(-int(arrow.scale))


def _date(number: int, arrow: pa.DataType) -> dt.date:
    return dt.date(2000, 1, 1) + dt.timedelta(days=number % 9_000)


def _timestamp(number: int, arrow: pa.DataType) -> dt.datetime:
    return dt.datetime.combine(_date(number, arrow), dt.time(), dt.UTC if arrow.tz else None)


_STAND_INS: Sequence[tuple[Callable[[pa.DataType], bool], Callable[[int, Any], Any]]] = (
    (pa.types.is_integer, _whole),
    (pa.types.is_floating, lambda number, arrow: number % 100_000 / 100),
    (pa.types.is_decimal, _decimal),
    (pa.types.is_string, lambda number, arrow: f"masked_{number % 2**32:08x}"),
    (pa.types.is_date, _date),
    (pa.types.is_timestamp, _timestamp),
)
