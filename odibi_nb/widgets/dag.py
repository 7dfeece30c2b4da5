"""The graph as a widget: it follows runs, opens a node's card on a click, and asks the kernel to run."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import traitlets

from odibi_nb.pictures.card import card_html
from odibi_nb.pictures.drawing import facts, place, second_line, shown_name
from odibi_nb.pictures.symbols import STATUSES, kind_path, known
from odibi_nb.views import DagNodeView, DagView, LineageView, NodeView, RunProgressView
from odibi_nb.views.grouping import GROUPINGS, collapsed
from odibi_nb.widgets.base import Answer, LiveWidget, module, styles
from odibi_nb.widgets.run import progress_of
from odibi_nb.widgets.table import TABLE

__all__ = ["DagWidget", "graph_of", "state_of", "trace_of"]

_MARKS = {status: one.path for status, one in STATUSES.items()}
_ROOM = 150.0  # pixels: "completed · 1,234,567 rows" becomes longer while a run goes on


class DagWidget(LiveWidget):
    """The graph of some nodes, in the browser.

    graph: what runs don't change: places, edges, icons. states: what they do change, by node. cards: each node's
    card as HTML without scripts, so that a click needs no kernel; a card that isn't there is asked for. grouping: by
    what nodes are collapsed into groups, and which of these are expanded; the page says. progress: how far the last run
    is, see `progress_of`.
    """

    _esm = module("progress", *TABLE, "picture", "dag")
    _css = styles("progress", "table", "dag")
    graph = traitlets.Dict().tag(sync=True)
    states = traitlets.Dict().tag(sync=True)
    cards = traitlets.Dict().tag(sync=True)
    grouping = traitlets.Dict().tag(sync=True)
    progress = traitlets.Dict().tag(sync=True)

    def __init__(self, view: DagView, answer: Answer, *, twin: str = "", collapse: str = "") -> None:
        """Show a graph.

        answer: does `what` a button says to do with a `node`, and returns an answer with its `html`. collapse: by what
        nodes are collapsed at first: tag, layer, pipeline or "".
        """
        super().__init__(answer, twin=twin, grouping={"by": collapse, "expanded": []})
        self._drawing = threading.RLock()  # runs and questions come on threads of their own
        self._view, self._drawn = view, ()
        self._said: dict[str, tuple[DagNodeView, dict[str, str]]] = {}
        self.show_graph(view)
        self.observe(lambda change: self.show_graph(self._view), "grouping")

    def show_graph(self, view: DagView) -> None:
        """Show the graph as it is now; what is as it was isn't sent again."""
        with self._drawing:
            self._view, by = view, self.grouping.get("by", "")
            shown = collapsed(view, by, expanded=self.grouping.get("expanded", ())) if by in GROUPINGS else view
            self._say_states(view.nodes if shown is view else (*view.nodes, *shown.nodes))
            if (drawn := _shape(shown)) != self._drawn:
                self.graph = {**graph_of(shown), "groupings": _groupings(view)}
                self._drawn = drawn
                names = {node.name for node in view.nodes}
                self.cards = {name: card for name, card in self.cards.items() if name in names}

    def _say_states(self, nodes: Iterable[DagNodeView]) -> None:
        """Send how nodes stand; a run changes few of them at a time, and the words for the others stay."""
        before, self._said = self._said, {}
        for node in nodes:
            known_node, state = before.get(node.name, (None, {}))
            self._said[node.name] = (node, state if node is known_node else state_of(node))
        self.states = {name: state for name, (_, state) in self._said.items()}

    def show_run(self, view: RunProgressView) -> None:
        """Show how far a run is."""
        self.progress = progress_of(view)

    def show_cards(self, cards: Mapping[str, NodeView]) -> None:
        """Put the cards of nodes in the place of those that they had."""
        self.cards = {**self.cards, **{name: str(card_html(view)) for name, view in cards.items()}}


def graph_of(view: DagView) -> dict[str, Any]:
    """Return a graph's places, edges and icons as plain values."""
    placed = place(view, room=_ROOM)
    nodes = [
        {
            "name": node.name,
            "shown": shown_name(node.name),
            "kind": node.kind,
            "icon": kind_path(node.kind),
            "tags": list(node.tags),
            "members": list(node.members),
            "x": round(placed.nodes[node.name][0], 1),
            "y": round(placed.nodes[node.name][1], 1),
        }
        for node in view.nodes
    ]
    return {
        "title": view.title,
        "size": [round(placed.width), round(placed.height)],
        "card": list(placed.card),
        "nodes": nodes,
        "edges": [list(edge) for edge in placed.edges],
        "marks": _MARKS,
    }


def state_of(node: DagNodeView) -> dict[str, str]:
    """Return what a run changes of a node: its status, and the line below its name; said: all of it in words."""
    return {"status": known(node.status), "line": second_line(node), "said": facts(node)}


def trace_of(view: LineageView) -> dict[str, Any]:
    """Return the columns of each node, and the edges between nodes, that a lineage passes."""
    columns: dict[str, list[str]] = {}
    for one in view.columns:
        columns.setdefault(one.owner, []).append(one.column)
    owners = [one.owner for one in view.columns]
    edges = dict.fromkeys((owners[edge.upstream], owners[edge.downstream]) for edge in view.edges)
    return {"columns": columns, "edges": [list(edge) for edge in edges]}


def _groupings(view: DagView) -> list[str]:
    """Return what makes groups of a graph."""
    return [by for by in GROUPINGS if len(collapsed(view, by).nodes) < len(view.nodes)]


def _shape(view: DagView) -> tuple[Any, ...]:
    return view.title, tuple((node.name, node.kind, node.tags, node.members) for node in view.nodes), view.edges
