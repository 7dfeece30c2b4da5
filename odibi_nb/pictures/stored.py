"""What outlives a session, as HTML and text: a line a result."""

from __future__ import annotations

from odibi_nb.pictures.markup import tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import listing_html, listing_text
from odibi_nb.pictures.text import visible
from odibi_nb.views.stored import StoreView

__all__ = ["store_html", "store_text"]

_HEADER, _RIGHT = ("result", "rows", "size", "computed", "last used"), (False, True, True)


def store_html(view: StoreView) -> str:
    """Return the store, without scripts or network."""
    head = tag("div", tag("b", view.summary), f" · {view.folder}", class_="odibi-head")
    table = [listing_html(_HEADER, _rows(view), right_aligned=_RIGHT)] if view.results else []
    return framed(head, *table, *(tag("div", problem, class_="odibi-muted") for problem in view.problems))


def store_text(view: StoreView) -> str:
    """Return the store for terminals and logs."""
    table = [listing_text(_HEADER, _rows(view), right_aligned=_RIGHT)] if view.results else []
    return "\n".join([visible(f"{view.summary} · {view.folder}"), *table, *map(visible, view.problems)])


def _rows(view: StoreView) -> list[tuple[str, ...]]:
    return [(one.name, one.rows, one.size, one.computed, one.used) for one in view.results]
