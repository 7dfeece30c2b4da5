"""Rows of a result that are looked at page by page, as view models."""

from __future__ import annotations

from dataclasses import dataclass

from odibi_nb.views.models import ColumnView

__all__ = ["PageView", "RowsView"]


@dataclass(frozen=True, slots=True)
class RowsView:
    """A result that is open to be paged through.

    result: another number for another result. right_aligned: one flag a column (numbers). rows: all of them.
    """

    result: int
    columns: tuple[ColumnView, ...]
    right_aligned: tuple[bool, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class PageView:
    """Some rows from number `first` on, and of them the columns from number `column` on.

    total: how many rows there are for which filters hold. rows: cell texts, None where the value is NULL.
    """

    result: int
    first: int
    column: int
    total: int
    rows: tuple[tuple[str | None, ...], ...]
