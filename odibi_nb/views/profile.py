"""A result's columns summed up, as a view model."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BarView", "ColumnProfileView", "ProfileView"]


@dataclass(frozen=True, slots=True)
class BarView:
    """How many values there are of a kind; label: the value, or where its bin begins and ends."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class ColumnProfileView:
    """One column, all as texts: "3 (10%)" NULLs, "≈ 1,200" distinct values.

    bins: of equal width, in order. top: the most frequent values. notes: what else there is to say.
    """

    name: str
    type: str
    nulls: str
    distinct: str
    low: str = ""
    high: str = ""
    mean: str = ""
    bins: tuple[BarView, ...] = ()
    top: tuple[BarView, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileView:
    """A node's result by its columns; rows: its number of rows. notes: what to know of the result itself."""

    name: str
    rows: int
    columns: tuple[ColumnProfileView, ...]
    notes: tuple[str, ...] = ()
