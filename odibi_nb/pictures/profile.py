"""A result's columns summed up, as HTML and text: one line each, with small bars."""

from __future__ import annotations

from collections.abc import Sequence

from odibi_nb.exceptions import plural, shortened
from odibi_nb.pictures.markup import Markup, data_uri, join, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import listing_html, listing_text
from odibi_nb.pictures.text import join_facts, visible
from odibi_nb.views import BarView, ColumnProfileView, ProfileView

__all__ = ["profile_html", "profile_text"]

_HEADER = ("column", "type", "nulls", "distinct", "min", "max", "mean", "spread")
_RIGHT = (False, False, True, True, True, True, True)
_BLOCKS = "▁▂▃▄▅▆▇█"
_BAR_WIDTH, _HEIGHT = 8, 18
_MOST_VALUES, _LABEL = 3, 20


def profile_text(view: ProfileView) -> str:
    """Return the profile for terminals and plain-text readers."""
    rows = [(*_facts(column), join_facts(_spread(column), *column.notes)) for column in view.columns]
    notes = (f"note: {visible(note)}" for note in view.notes)
    return "\n".join([visible(_title(view)), *notes, listing_text(_HEADER, rows, right_aligned=_RIGHT)])


def profile_html(view: ProfileView) -> str:
    """Return the profile, without scripts or network."""
    rows = [(*_facts(column), _spread_html(column)) for column in view.columns]
    notes = [tag("ul", *(tag("li", note) for note in view.notes), class_="odibi-notes")] if view.notes else []
    head = tag("div", tag("b", _title(view)), class_="odibi-head")
    return framed(head, *notes, listing_html(_HEADER, rows, right_aligned=_RIGHT))


def _title(view: ProfileView) -> str:
    return join_facts(view.name, plural(view.rows, "row"), plural(len(view.columns), "column"))


def _facts(column: ColumnProfileView) -> tuple[str, ...]:
    return column.name, column.type, column.nulls, column.distinct, column.low, column.high, column.mean


def _spread(column: ColumnProfileView) -> str:
    if column.bins:
        return _blocks(column.bins)
    return ", ".join(f"{shortened(bar.label, _LABEL)} {bar.count:,}" for bar in column.top[:_MOST_VALUES])


def _spread_html(column: ColumnProfileView) -> Markup:
    spread = _bars(column.bins) if column.bins else _spread(column)
    return join([spread, *(tag("span", f" · {note}", class_="odibi-muted") for note in column.notes)])


def _bars(bins: Sequence[BarView]) -> Markup:
    described = "\n".join(f"{one.label}: {one.count:,}" for one in bins)
    return tag("img", src=data_uri(_bars_svg(bins)), alt=_blocks(bins), title=described, class_="odibi-bars")


def _blocks(bins: Sequence[BarView]) -> str:
    """Return a character for each bin, as high as it is full; a blank for an empty one."""
    most = max(one.count for one in bins)
    return "".join(_BLOCKS[(one.count * len(_BLOCKS) - 1) // most] if one.count else " " for one in bins)


def _bars_svg(bins: Sequence[BarView]) -> str:
    """Return bars on one ground line, in a colour that shows on light and dark."""
    most, width = max(one.count for one in bins), _BAR_WIDTH * len(bins)
    heights = [max(1, round(_HEIGHT * one.count / most)) if one.count else 0 for one in bins]
    bars = (
        tag("rect", x=_BAR_WIDTH * n, y=_HEIGHT - height, width=_BAR_WIDTH - 1, height=height, fill="#4c8fd6")
        for n, height in enumerate(heights)
    )
    ground = tag("rect", x=0, y=_HEIGHT, width=width - 1, height=1, fill="#8b949e")
    return tag("svg", *bars, ground, xmlns="http://www.w3.org/2000/svg", width=width, height=_HEIGHT + 1)
