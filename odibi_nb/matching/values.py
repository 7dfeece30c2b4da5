"""Whether a value of a result is the one that a test expects."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

__all__ = ["Sameness", "distance", "is_null", "stable_key"]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Sameness:
    """Tells whether an expected value, as YAML gives it, and a result's value, as Arrow gives it, are the same.

    tolerance: how far apart two numbers may be; None: floats by what rounding does (1e-9, also relatively),
    whole numbers and decimals not at all. strict: a whole number is only that, 12 is not 12.0.
    NULL is the same as NaN. A text stands for the date, time or decimal that it spells.
    """

    tolerance: float | None = None
    strict: bool = False

    def __call__(self, expected: Any, got: Any) -> bool:
        if is_null(expected) or is_null(got):
            return is_null(expected) and is_null(got)
        if isinstance(expected, bool) or isinstance(got, bool):
            return expected is got
        if _is_number(expected) and _is_number(got):
            return self._numbers(expected, got)
        if isinstance(expected, str) and not isinstance(got, str):
            return _spells(expected, got)
        return self._nested(expected, got)

    def _nested(self, expected: Any, got: Any) -> bool:
        if isinstance(expected, Mapping):
            return self._mappings(expected, got)
        if _is_list(expected) and _is_list(got):
            return len(expected) == len(got) and all(map(self, expected, got))
        return bool(expected == got)

    def _numbers(self, expected: Any, got: Any) -> bool:
        if self.strict and isinstance(expected, int) != isinstance(got, int):
            return False
        if self.tolerance is None and not isinstance(expected, float) and not isinstance(got, float):
            return bool(expected == got)
        allowed = _ROUNDING if self.tolerance is None else self.tolerance
        try:
            return math.isclose(expected, got, rel_tol=min(allowed, _ROUNDING), abs_tol=allowed)
        except OverflowError:  # a whole number that no float holds
            return bool(expected == got)

    def _mappings(self, expected: Mapping[Any, Any], got: Any) -> bool:
        """Arrow gives a STRUCT as a dict, a MAP as a list of pairs."""
        if _is_list(got) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in got):
            got = dict(got)
        if not isinstance(got, Mapping):
            return False
        by_text = {str(key): value for key, value in got.items()}
        if by_text.keys() != set(map(str, expected)):
            return False
        return all(self(value, by_text[str(key)]) for key, value in expected.items())


def is_null(value: Any) -> bool:
    """Whether a value is NULL or NaN, which say the same: that there is none."""
    return value is None or (isinstance(value, float | Decimal) and math.isnan(value))


def distance(expected: Any, got: Any) -> float:
    """Return how far apart two different values are, in 0–1; 1 for all but numbers."""
    if not (_is_number(expected) and _is_number(got)) or is_null(expected) or is_null(got):
        return 1.0
    try:
        one, other = float(expected), float(got)
    except OverflowError:
        return 1.0
    size = abs(one) + abs(other)
    return abs(one - other) / size if 0 < size < math.inf else 1.0


def stable_key(value: Any) -> tuple[str, Any] | None:
    """Return a key that two values share only if they are the same by any rule; None where none does."""
    if is_null(value):
        return "null", None
    for kind in (bool, int, str):
        if isinstance(value, kind):
            return kind.__name__, value
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _spells(text: str, got: Any) -> bool:
    """Whether a text is an ISO date or time, or a decimal, that is `got`; for other numbers YAML has its own."""
    try:
        return next((is_it(text, got) for kind, is_it in _SPELLED if isinstance(got, kind)), text == str(got))
    except (ValueError, ArithmeticError):
        return False


def _is_moment(text: str, got: dt.datetime) -> bool:
    """A text without a time zone is taken to be in UTC, as everything is that has one in a result."""
    moment = dt.datetime.fromisoformat(text)
    return moment == got if moment.tzinfo or not got.tzinfo else moment.replace(tzinfo=dt.UTC) == got


_SPELLED: Sequence[tuple[Any, Callable[[str, Any], bool]]] = (
    (dt.datetime, _is_moment),
    (dt.date, lambda text, got: dt.datetime.fromisoformat(text) == dt.datetime.combine(got, dt.time())),
    (dt.time, lambda text, got: dt.time.fromisoformat(text) == got),
    (Decimal, lambda text, got: Decimal(text) == got),
    (bytes, lambda text, got: text == got.decode()),
    ((int, float), lambda text, got: False),
)
