"""Parameters as HTML and text: a line each, with who gives the value and who uses it."""

from __future__ import annotations

from odibi_nb.pictures.markup import tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import listing_html, listing_text
from odibi_nb.pictures.text import visible
from odibi_nb.views import ParametersView, ParameterView

__all__ = ["parameters_html", "parameters_text", "users_text"]

_HEADER = ("parameter", "value", "from", "default", "used by")


def parameters_html(view: ParametersView) -> str:
    """Return the parameters, without scripts or network."""
    head = tag("div", tag("b", view.title), " · parameters", class_="odibi-head")
    return framed(head, listing_html(_HEADER, list(map(_row, view.parameters))))


def parameters_text(view: ParametersView) -> str:
    """Return the parameters for terminals and logs."""
    listed = listing_text(_HEADER, list(map(_row, view.parameters)))
    return f"{visible(view.title)} · parameters\n{listed}"


def users_text(view: ParameterView, most: int = 4) -> str:
    """Return the nodes that use a parameter, the first ones by name."""
    more = len(view.nodes) - most
    return ", ".join((*view.nodes[:most], *([f"+{more}"] if more > 0 else [])))


def _row(view: ParameterView) -> tuple[str, ...]:
    return view.name, view.shown, view.origin, view.before, ", ".join(view.nodes)
