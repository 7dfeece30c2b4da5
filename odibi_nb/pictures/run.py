"""A run as HTML and text: its sum in a line, its nodes in a table, its errors below."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from odibi_nb.exceptions import plural, shortened
from odibi_nb.pictures.card import error_html, error_text, fold, status_html
from odibi_nb.pictures.dag import counts
from odibi_nb.pictures.expectation import broken_html, broken_text
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.symbols import mark
from odibi_nb.pictures.table import listing_html, listing_text
from odibi_nb.pictures.text import join_facts, visible
from odibi_nb.views import ExpectationView, NodeView, RunView

__all__ = ["run_html", "run_text"]

_HEADER = ("node", "kind", "status", "rows", "time", "")
_RIGHT = (False, False, False, True, True)
_MOST_LINES = 10  # that a node has printed, in a text, where nothing folds


def run_html(view: RunView) -> str:
    """Return the run, without scripts or network."""
    summary = tag("div", tag("b", view.title), " ", status_html(view.status), f" · {_facts(view)}", class_="odibi-head")
    rows = [(n.name, n.kind, status_html(n.status), n.rows, n.time, _remark(n)) for n in view.nodes]
    errors = [
        tag("div", tag("b", node.name), error_html(node.error), class_="odibi-failure")
        for node in view.nodes
        if node.error
    ]
    broken = [
        tag("div", tag("b", name), *map(broken_html, ones), class_="odibi-failure")
        for name, ones in groupby(_broken(view), key=attrgetter("node"))
    ]
    notes = [tag("div", note, class_="odibi-muted") for note in view.notes]
    table = listing_html(_HEADER, rows, right_aligned=_RIGHT)
    printed = [
        one for node in view.nodes if node.output for one in fold(f"output of {node.name}", tag("pre", node.output))
    ]
    return framed(summary, table, *printed, *notes, *broken, *errors, *_story_html(view))


def run_text(view: RunView) -> str:
    """Return the run for terminals and logs."""
    rows = [(n.name, n.kind, mark(n.status), n.rows, n.time, _remark(n)) for n in view.nodes]
    errors = [f"\n{visible(shortened(node.name))}\n{error_text(node.error)}" for node in view.nodes if node.error]
    summary = visible(f"{view.title} {mark(view.status)} · {_facts(view)}")
    broken = [broken_text(one, with_node=True) for one in _broken(view)]
    notes = [visible(f"note: {note}") for note in view.notes]
    story = [f"story: %odibi story show {visible(view.story[0])}"] if view.story else []
    printed = [line for node in view.nodes for line in _printed(node)]
    table = listing_text(_HEADER, rows, right_aligned=_RIGHT)
    return "\n".join([summary, table, *printed, *notes, *broken, *errors, *story])


def _printed(node: NodeView) -> list[str]:
    """Return what a node has printed, under its name as in a shell."""
    lines = [visible(f"{node.name} | {line}") for line in node.output.splitlines()]
    more = f"{visible(node.name)} | … {plural(len(lines) - _MOST_LINES, 'more line')}: %odibi show {visible(node.name)}"
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], more]


def _story_html(view: RunView) -> list[Markup]:
    """Say where the story is: not every front end may open files, hence the command that shows it."""
    if view.story is None:
        return []
    run_id, address = view.story
    command = tag("code", f"%odibi story show {run_id}")
    return [
        tag("div", tag("a", "story", href=address, target="_blank"), " · ", command, class_="odibi-muted odibi-story")
    ]


def _broken(view: RunView) -> list[ExpectationView]:
    """What doesn't hold and fails no node, or has bad rows to show; the rest is in the node's error."""
    return [one for node in view.nodes for one in node.expectations if one.status == "warning" or one.sample]


def _facts(view: RunView) -> str:
    nodes = plural(len(view.nodes), "node")
    return join_facts(f"{nodes}: {counts([node.status for node in view.nodes])}" if view.nodes else nodes, view.time)


def _remark(node: NodeView) -> str:
    """Badges, and what was written; else why there is no result: a skipped node says so in its first note."""
    without_result = node.notes[0] if node.notes and node.status in {"skipped", "cancelled"} else ""
    return join_facts(*node.badges, node.written or without_result)
