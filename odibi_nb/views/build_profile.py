"""Profiles → view models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from odibi_nb.views.cells import cell_text
from odibi_nb.views.profile import BarView, ColumnProfileView, ProfileView

if TYPE_CHECKING:
    from odibi_nb.profile import ColumnProfile, Profile

__all__ = ["profile_view"]


def profile_view(name: str, profile: Profile, *, notes: Sequence[str] = ()) -> ProfileView:
    """Return a profile of a node's result for the eye."""
    columns = tuple(_column(column, profile.rows) for column in profile.columns)
    return ProfileView(name, profile.rows, columns, tuple(notes))


def _column(column: ColumnProfile, rows: int) -> ColumnProfileView:
    return ColumnProfileView(
        name=column.name,
        type=column.type,
        nulls=_counted(column.nulls, rows) if column.nulls else "",
        distinct=f"{'' if column.distinct_is_exact else '≈ '}{column.distinct:,}",
        low=cell_text(column.low) or "",
        high=cell_text(column.high) or "",
        mean="" if column.mean is None else f"{column.mean:.6g}",
        bins=tuple(BarView(f"{_edge(one.low)} – {_edge(one.high)}", one.count) for one in column.bins),
        top=tuple(BarView(cell_text(one.value) or "", one.count) for one in column.top),
        notes=tuple(_notes(column)),
    )


def _notes(column: ColumnProfile) -> Iterator[str]:
    if column.not_finite:
        yield f"{column.not_finite:,} not finite"


def _counted(count: int, rows: int) -> str:
    """Return "3 (10%)"; no part that is there is 0%, and none that isn't all is 100%."""
    percent = 100 * count / rows
    if percent < 1:
        return f"{count:,} (<1%)"
    return f"{count:,} ({min(round(percent), 99) if count < rows else 100}%)"


def _edge(edge: float | str) -> str:
    return edge if isinstance(edge, str) else f"{edge:.6g}"
