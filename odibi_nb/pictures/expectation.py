"""Data tests as HTML and text: on the card of their node, and as cards of their own."""

from __future__ import annotations

from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.table import table_html, table_text
from odibi_nb.pictures.text import join_facts, visible
from odibi_nb.views import ExpectationView

__all__ = ["broken_html", "broken_text", "expectation_html", "expectation_text"]

# A warning has the colour of what is stale: something to look at, and no failure.
_LOOKS = {"passed": ("✓", "completed"), "failed": ("✗", "failed"), "warning": ("!", "stale")}


def expectation_html(view: ExpectationView) -> str:
    """Return the outcome as a card, without scripts or network."""
    facts = [tag("b", view.name, class_="odibi-name"), " · ", _status(view)]
    facts += [f" · {view.detail}"] if view.detail else []
    head = tag("div", *facts, " ", tag("span", f"expectation of {view.node}", class_="odibi-kind"), class_="odibi-head")
    return framed(head, *(tag("div", note, class_="odibi-muted") for note in view.notes), *_sample(view))


def expectation_text(view: ExpectationView) -> str:
    """Return the outcome for terminals and plain-text readers."""
    head = join_facts(f"{view.name} of {view.node}", f"{_LOOKS[view.status][0]} {view.status}", view.detail)
    notes = [f"note: {visible(note)}" for note in view.notes]
    return "\n".join([visible(head), *notes, *([table_text(view.sample)] if view.sample else [])])


def broken_html(view: ExpectationView) -> Markup:
    """Return what doesn't hold as a part of its node's card."""
    return tag("div", _status(view), f" {view.name}: {view.detail}", *_sample(view), class_="odibi-expectation")


def broken_text(view: ExpectationView, *, with_node: bool = False) -> str:
    """Return what doesn't hold, and the bad rows below it; with_node: among the outcomes of several nodes."""
    mark, node = _LOOKS[view.status][0], f"{view.node}: " if with_node else ""
    sample = table_text(view.sample).splitlines() if view.sample else []
    head = visible(f"{mark} {view.status}: {node}{view.name}: {view.detail}")
    return "\n".join([head, *(f"    {line}" for line in sample)])


def _status(view: ExpectationView) -> Markup:
    mark, look = _LOOKS[view.status]
    return tag("span", f"{mark} {view.status}", class_=f"odibi-status odibi-{look}")


def _sample(view: ExpectationView) -> list[Markup]:
    return [table_html(view.sample)] if view.sample else []
