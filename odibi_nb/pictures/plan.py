"""A plan as HTML and text: a line a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from odibi_nb.exceptions import plural
from odibi_nb.pictures.card import status_html
from odibi_nb.pictures.markup import Markup, tag
from odibi_nb.pictures.style import framed
from odibi_nb.pictures.symbols import look
from odibi_nb.pictures.table import listing_html, listing_text
from odibi_nb.pictures.text import visible
from odibi_nb.views import PlanNodeView, PlanView
from odibi_nb.views.cells import duration_text

__all__ = ["plan_html", "plan_text"]

_HEADER = ("node", "action", "about", "why", "result", "write")
_OPTIONAL = tuple(map(_HEADER.index, ("about", "result", "write")))
_WORTH_TELLING_S = 0.5
# An action looks like the status that it leads to.
_STATUSES = {"run": "running", "cached": "cached", "skip": "skipped"}


def plan_html(view: PlanView) -> str:
    """Return the plan, without scripts or network."""
    header, *rows = _without_empty((n.name, _action_html(n.action), *_told(n)) for n in view.nodes)
    notes = [tag("div", note, class_="odibi-muted") for note in view.notes]
    head = tag("div", tag("b", view.title), f" · {_facts(view)}", class_="odibi-head")
    return framed(head, *([listing_html(header, rows, right_aligned=_right(header))] if rows else []), *notes)


def plan_text(view: PlanView) -> str:
    """Return the plan for terminals and logs."""
    marked = ((n.name, f"{look(_STATUSES[n.action]).mark} {n.action}", *_told(n)) for n in view.nodes)
    header, *rows = _without_empty(marked)
    table = [listing_text(header, rows, right_aligned=_right(header))] if rows else []
    return "\n".join([visible(f"{view.title} · {_facts(view)}"), *table, *map(visible, view.notes)])


def _action_html(action: str) -> Markup:
    return status_html(_STATUSES[action], action)


def _facts(view: PlanView) -> str:
    if not view.nodes:
        return "no nodes yet: start a cell with %%odibi_node NAME"
    counted = Counter(node.action for node in view.nodes)
    writes = sum(node.write == "write" for node in view.nodes)
    parts = [f"{counted[action]} {action}" for action in _STATUSES if counted[action]]
    parts += [f"{writes} to write"] if writes else []
    parts += [f"about {duration_text(seconds)}"] if (seconds := _expected_s(view)) >= _WORTH_TELLING_S else []
    return f"{plural(len(view.nodes), 'node')}: {', '.join(parts)}"


def _expected_s(view: PlanView) -> float:
    """Return how long the nodes that run took together the last time; 0 where one of them never ran."""
    times = [node.expected_s for node in view.nodes if node.action == "run"]
    return 0.0 if None in times else sum(time or 0.0 for time in times)


def _told(node: PlanNodeView) -> tuple[str, ...]:
    seconds = node.expected_s or 0.0
    about = duration_text(seconds) if seconds >= _WORTH_TELLING_S else ""
    return about, node.reason, node.kept, _write(node)


def _without_empty(rows: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the header and the rows, without times, what becomes of results, or of files, where that is nothing."""
    told = list(rows)
    kept = [at for at in range(len(_HEADER)) if at not in _OPTIONAL or any(row[at] for row in told)]
    return [tuple(line[at] for at in kept) for line in (_HEADER, *told)]


def _right(header: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(name == "about" for name in header)


def _write(node: PlanNodeView) -> str:
    if node.write is None:
        return ""
    return f"write: {node.write_reason}" if node.write == "write" else node.write_reason
