"""The graph as a widget: it follows runs, opens a node's card on a click, and asks the kernel to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import traitlets

from odibi_nb.pictures.card import card_html
from odibi_nb.pictures.drawing import facts, place, second_line, shown_name
from odibi_nb.pictures.symbols import STATUSES, kind_path, known
from odibi_nb.views import DagNodeView, DagView, NodeView
from odibi_nb.widgets.base import Answer, LiveWidget, module, styles
from odibi_nb.widgets.table import TABLE

__all__ = ["DagWidget", "graph_of", "state_of"]

_MARKS = {status: one.path for status, one in STATUSES.items()}
_ROOM = 150.0  # pixels: "completed · 1,234,567 rows" becomes longer while a run goes on


class DagWidget(LiveWidget):
    """The graph of some nodes, in the browser.

    graph: what runs don't change: places, edges, icons. states: what they do change, by node. cards: each node's
    card as HTML without scripts, so that a click needs no kernel; a card that isn't there is asked for.
    """

    _esm = module(*TABLE, "dag")
    _css = styles("table", "dag")
    graph = traitlets.Dict().tag(sync=True)
    states = traitlets.Dict().tag(sync=True)
    cards = traitlets.Dict().tag(sync=True)

    def __init__(self, view: DagView, answer: Answer, *, twin: str = "") -> None:
        """Show a graph.

        answer: does `what` a button says to do with a `node`, and returns an answer with its `html`.
        """
        super().__init__(answer, graph=graph_of(view), states=_states(view.nodes), twin=twin)
        self._shape = _shape(view)

    def show_graph(self, view: DagView) -> None:
        """Show the graph as it is now; what is as it was isn't sent again."""
        if (shape := _shape(view)) != self._shape:
            self.graph, self._shape = graph_of(view), shape
        self.states = _states(view.nodes)

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


def _states(nodes: Iterable[DagNodeView]) -> dict[str, dict[str, str]]:
    return {node.name: state_of(node) for node in nodes}


def _shape(view: DagView) -> tuple[Any, ...]:
    return view.title, tuple((node.name, node.kind, node.tags) for node in view.nodes), view.edges
