"""The graph of a pipeline as SVG, HTML and text: one card a node, left to right."""

from __future__ import annotations

from collections import Counter

from odibi_nb.exceptions import plural
from odibi_nb.graph import arrow_from
from odibi_nb.pictures.card import status_html
from odibi_nb.pictures.drawing import draw, facts
from odibi_nb.pictures.markup import Markup, data_uri, tag
from odibi_nb.pictures.style import with_style
from odibi_nb.pictures.symbols import STATUSES, mark
from odibi_nb.pictures.table import listing_html
from odibi_nb.pictures.text import aligned, row_count, visible
from odibi_nb.views import DagNodeView, DagView

__all__ = ["counts", "dag_html", "dag_svg", "dag_text"]

_LARGE = 300
_DESCRIBED = 40
_SMALLEST_SCALE = 0.75  # a wide picture shrinks to this, then scrolls


def dag_svg(view: DagView) -> str:
    """Return the graph as a stand-alone SVG, which follows the reader's light or dark colour scheme."""
    return draw(view, _summary(view))[0]


def dag_html(view: DagView) -> str:
    """Return the graph as an image without scripts or network, with its nodes as a folded table."""
    if not view.nodes:
        return with_style(tag("div", dag_text(view), class_="odibi-static"))
    svg, width = draw(view, _summary(view))
    scaling = f"max-width:100%;min-width:{width * _SMALLEST_SCALE:.0f}px;height:auto"
    image = tag("img", src=data_uri(svg), alt=_described(view), width=f"{width:.0f}", style=scaling)
    parts = [
        tag("div", image, class_="odibi-scroll", style="overflow:auto;max-height:640px"),
        *([tag("div", note, class_="odibi-muted")] if (note := _size_note(view)) else []),
        tag("details", tag("summary", _summary(view)), _table(view)),
    ]
    return with_style(tag("div", *parts, class_="odibi-static"))


def dag_text(view: DagView) -> str:
    """Return the graph as text: a line a node in topological order, with arrows from what it reads."""
    if not view.nodes:
        return f"{visible(view.title)}: no nodes yet"
    upstream = _upstream(view)
    rows = [
        (mark(node.status), node.name, node.kind, _count(node), node.time, arrow_from(upstream[node.name]))
        for node in view.nodes
    ]
    start = 0 if any(node.status for node in view.nodes) else 1
    lines = aligned([row[start:] for row in rows], (False, False, False, True, True)[start:])
    return "\n".join(filter(None, [visible(_summary(view)), *(f"  {line}" for line in lines), _size_note(view)]))


def counts(statuses: list[str]) -> str:
    """Return how many nodes have each status: "3 completed, 1 failed"."""
    found = Counter(filter(None, statuses))
    known = [status for status in STATUSES if found[status]]
    return ", ".join(f"{found[status]} {status}" for status in (*known, *sorted(set(found) - set(known))))


def _summary(view: DagView) -> str:
    groups = sum(bool(node.members) for node in view.nodes)
    if groups:
        total = sum(len(node.members) or 1 for node in view.nodes)
        return f"{view.title}: {plural(total, 'node')}, {len(view.nodes)} shown, {plural(groups, 'group')} of them"
    found = counts([node.status for node in view.nodes])
    return f"{view.title}: {plural(len(view.nodes), 'node')}{', ' if found else ''}{found}"


def _size_note(view: DagView) -> str:
    if len(view.nodes) <= _LARGE:
        return ""
    return f"{len(view.nodes):,} nodes are many for one picture: scroll it, or select some (%odibi graph +NAME)"


def _described(view: DagView) -> str:
    """Say in words what the image shows, for those who can't see it; of large graphs only the sum."""
    if len(view.nodes) > _DESCRIBED:
        return _summary(view)
    return f"{_summary(view)}. {'; '.join(facts(node) for node in view.nodes)}"


def _table(view: DagView) -> Markup:
    upstream = _upstream(view)
    rows = [
        (node.name, node.kind, status_html(node.status), _size(node), node.time, arrow_from(upstream[node.name]))
        for node in view.nodes
    ]
    header = ("node", "kind", "status", "rows", "time", "")
    return listing_html(header, rows, right_aligned=(False, False, False, True, True))


def _count(node: DagNodeView) -> str:
    return _size(node) if node.members else row_count(node.rows)


def _size(node: DagNodeView) -> str:
    """Return how many rows a node has, or how many nodes a group."""
    return plural(len(node.members), "node") if node.members else node.rows


def _upstream(view: DagView) -> dict[str, list[str]]:
    upstream: dict[str, list[str]] = {node.name: [] for node in view.nodes}
    for tail, head in view.edges:
        upstream[head].append(tail)
    return upstream
