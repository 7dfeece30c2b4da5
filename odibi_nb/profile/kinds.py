"""What can be asked of a column, by its type."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Kind", "kind_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A group of types.

    number: SQL that makes a value a number to be put into bins; "" for none. is_moment: it is seconds since 1970.
    unit: values are whole multiples of this number (0: any). finite: SQL that is false of values that no number stands
    for; "": there are none. mean: SQL of it; "" for none. has_range, has_top: whether a least and greatest value,
    and frequent values tell something.
    """

    number: str = ""
    is_moment: bool = False
    unit: int = 0
    finite: str = ""
    mean: str = ""
    has_range: bool = False
    has_top: bool = False


_DOUBLE = "CAST({} AS DOUBLE)"  # the sum of decimals may overflow

_WHOLE = Kind(number=_DOUBLE, unit=1, mean="avg({})", has_range=True)
_DECIMAL = Kind(number=_DOUBLE, mean=f"avg({_DOUBLE})", has_range=True)
_FLOAT = Kind(number=_DOUBLE, finite="isfinite({})", mean="avg({})", has_range=True)
_DATE = Kind(number="epoch({})", is_moment=True, unit=86_400, finite="isfinite({})", has_range=True)
_MOMENT = Kind(number="epoch({})", is_moment=True, finite="isfinite({})", has_range=True)
_TEXT = Kind(has_range=True, has_top=True)
_FLAG = Kind(has_top=True)

_KINDS = (
    (r"U?(TINY|SMALL|BIG)INT|U?INTEGER", _WHOLE),
    (r"DECIMAL\(.*\)", _DECIMAL),
    (r"FLOAT|DOUBLE", _FLOAT),
    (r"DATE", _DATE),
    (r"TIMESTAMP.*", _MOMENT),
    (r"VARCHAR|UUID|TIME|JSON", _TEXT),
    (r"BOOLEAN|ENUM\(.*", _FLAG),
)


def kind_of(duckdb_type: str) -> Kind:
    """Return what can be asked of values of this type; of nested ones and bytes next to nothing."""
    nested = duckdb_type.endswith("]")
    return next((k for pattern, k in _KINDS if not nested and re.fullmatch(pattern, duckdb_type, re.DOTALL)), Kind())
