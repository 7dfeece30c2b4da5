"""Pictures that stay alive: graphs on the page follow runs and edits, and their buttons act."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from odibi_nb.commands.base import Call
from odibi_nb.commands.table import find_command
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner import Event, NodeFinished, NodeStarted, RunFinished, RunStarted

if TYPE_CHECKING:
    from odibi_nb.runner import NodeResult
    from odibi_nb.views import DagNodeView, DagView
    from odibi_nb.widgets.dag import DagWidget
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["LiveGraphs"]

_INTERVAL_S = 0.1
_MOST_GRAPHS = 8  # on a page; older ones keep what they show
_MOST_CARDS = 200  # that are sent without being asked for
_ACTS = {"run": "run {}", "downstream": "run {}+", "mock": "run {} --mock", "plan": "plan {}"}


class LiveGraphs:
    """The graphs that a kernel's cells have shown; called with each event of a run."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._graphs: dict[str, _LiveGraph] = {}

    def graph(self, names: Callable[[], list[str]], cell: str | None) -> DagWidget:
        """Return a widget of the graph of some nodes, to be displayed; its `twin` is the id of its static picture.

        names: which nodes they are, asked again whenever nodes may have come or gone. cell: the id of the cell that
        asks; what it has shown before is no longer on the page.
        """
        graph = _LiveGraph(self._workspace, names)
        self._close(cell or "")
        while len(self._graphs) >= _MOST_GRAPHS:
            self._close(next(iter(self._graphs)))
        self._graphs[cell or graph.widget.model_id] = graph
        return graph.widget

    def __call__(self, event: Event) -> None:
        for graph in self._graphs.values():
            graph.follow(event)

    def refresh(self) -> None:
        """Show everything as it is now; done after each cell."""
        for graph in self._graphs.values():
            graph.refresh()

    def close(self) -> None:
        """Let the graphs keep what they show."""
        for key in list(self._graphs):
            self._close(key)

    def _close(self, key: str) -> None:
        if (graph := self._graphs.pop(key, None)) is not None:
            graph.rows.close()
            graph.widget.close()


class _LiveGraph:
    """One graph; what a run tells is sent at most ten times a second, and the last of it always."""

    def __init__(self, workspace: Workspace, names: Callable[[], list[str]]) -> None:
        from odibi_nb.notebook.rows import RowsAnswers
        from odibi_nb.widgets.dag import DagWidget

        self.rows = RowsAnswers(workspace)
        self._workspace, self._names = workspace, names
        self._lock = threading.RLock()
        self._running: dict[str, DagNodeView] = {}
        self._made: dict[str, _Made] = {}
        self._timer: threading.Timer | None = None
        self._sent_s = 0.0
        self._view = self._look()
        self.widget: DagWidget = DagWidget(self._view, self._answer, twin=_twin(self._view))
        self._show_cards()

    def follow(self, event: Event) -> None:
        """Take in what a run tells of a node."""
        with self._lock:
            match event:
                case RunStarted(names=names):
                    self._running = {n.name: replace(n, status="pending") for n in self._view.nodes if n.name in names}
                case NodeStarted(name=name) if name in self._running:
                    self._running[name] = replace(self._running[name], status="running", rows="", time="")
                case NodeFinished(result=result) if result.node_name in self._running:
                    from odibi_nb.views.build import outcome_view

                    outcome = outcome_view(self._workspace, result.node_name, result)
                    self._running[result.node_name] = replace(
                        self._running[result.node_name], status=outcome.status, rows=outcome.rows, time=outcome.time
                    )
                case RunFinished():
                    self._send()
                    return
            self._send_soon()

    def refresh(self) -> None:
        """Show what holds now that no run goes on; nodes that it was asked for by name may be gone meanwhile."""
        with self._lock:
            self._running.clear()
            with suppress(OdibiException):
                self._view = self._look()
            self._send()
            self._show_cards()
        for view, news in self.rows.news().items():
            self.widget.send({"what": "rows.news", "view": view, **news})

    def _look(self) -> DagView:
        from odibi_nb.views.build import dag_view  # its imports are left to the first graph

        return dag_view(self._workspace, self._names())

    def _send_soon(self) -> None:
        wait_s = self._sent_s + _INTERVAL_S - time.monotonic()
        if wait_s <= 0:
            self._send()
        elif self._timer is None:
            self._timer = threading.Timer(wait_s, self._send)
            self._timer.daemon = True
            self._timer.start()

    def _send(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._sent_s = time.monotonic()
            nodes = tuple(self._running.get(node.name, node) for node in self._view.nodes)
            self.widget.show_graph(replace(self._view, nodes=nodes))

    def _show_cards(self) -> None:
        """Send the cards that are others now; what changed in a node's rows is left to those who open its card."""
        from odibi_nb.views.build import node_view

        ws, before, cards = self._workspace, self._made, {}
        self._made = {}
        for node in [node for node in self._view.nodes if node.name in ws.nodes][:_MOST_CARDS]:
            name = node.name
            made = self._made[name] = _Made(ws.nodes[name], ws.result(name), (node.status, *ws.nodes.missing_for(name)))
            if not made.is_same(before.get(name)):
                with suppress(OdibiException):  # rows that can't be looked at any more: the last card stays
                    cards[name] = node_view(ws, name, compare=False)
        if cards:
            self.widget.show_cards(cards)

    def _answer(self, question: Mapping[str, Any]) -> Mapping[str, Any] | Future[Mapping[str, Any]]:
        """Do what the page asks for, and return what it is to show."""
        if question["what"].startswith("rows."):
            return self.rows(question)
        what, name = question["what"], question["node"]
        return {"html": self._act(what, name) if what in _ACTS else self._open(name)}

    def _act(self, what: str, name: str) -> str:
        """Do what a button says, and return the answer as HTML."""
        try:
            command, _, words = _ACTS[what].format(name).partition(" ")
            found = find_command(command, "cell")
            parsed = found.parser("cell").parse(words)
            shown = found.run(Call("cell", parsed.words, parsed.values, self._workspace))
        except OdibiException as exc:
            return _error_html(exc)
        finally:
            self.refresh()
        return (shown.html or shown.text) if shown.error is None else _with_error(shown.html or "", shown.error)

    def _open(self, name: str) -> str:
        """Send the whole card of a node that somebody has opened; return what keeps it from being made."""
        from odibi_nb.views.build import node_view

        try:
            self.widget.show_cards({name: node_view(self._workspace, name)})
        except OdibiException as exc:
            return _error_html(exc)
        return ""


class _Made(NamedTuple):
    """What a card was made of; said: what else may change it."""

    node: DeclaredNode
    result: NodeResult | None
    said: tuple[str, ...]

    def is_same(self, other: _Made | None) -> bool:
        """Whether both are of the same objects; to compare these would take long."""
        same = other is not None and self.node is other.node and self.result is other.result
        return same and other is not None and self.said == other.said


def _twin(view: DagView) -> str:
    """Return an id that a picture of the same nodes has in every session: saved outputs don't change for nothing."""
    names = "\n".join(node.name for node in view.nodes)
    return blake2b(names.encode(), digest_size=8).hexdigest()


def _with_error(html: str, error: BaseException) -> str:
    return html + (_error_html(error) if isinstance(error, OdibiException) else "")


def _error_html(error: OdibiException) -> str:
    from odibi_nb.pictures.card import error_html
    from odibi_nb.views.build import error_view

    return str(error_html(error_view(error)))
