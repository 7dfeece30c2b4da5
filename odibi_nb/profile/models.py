"""What is known of a result's columns."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bin", "ColumnProfile", "Profile", "TopValue"]


@dataclass(frozen=True, slots=True)
class Bin:
    """How many values there are from `low` up to `high`, numbers or ISO texts; only a last bin holds its `high`."""

    low: float | str
    high: float | str
    count: int


@dataclass(frozen=True, slots=True)
class TopValue:
    """A frequent value as text, and how often it is there."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column.

    distinct: how many different values there are, NULL left out; distinct_is_exact: counted, not estimated.
    low, high: the least and the greatest value as texts. not_finite: how many floats are NaN or infinite; they count
    for nothing else. bins: of numbers and moments, of equal width. top: of texts and flags, the most frequent first.
    """

    name: str
    type: str
    nulls: int
    distinct: int
    distinct_is_exact: bool = True
    low: str | None = None
    high: str | None = None
    mean: float | None = None
    not_finite: int = 0
    bins: tuple[Bin, ...] = ()
    top: tuple[TopValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A result's columns, in their order, and its number of rows."""

    rows: int
    columns: tuple[ColumnProfile, ...]
