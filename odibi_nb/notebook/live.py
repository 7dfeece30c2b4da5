"""Pictures that stay alive: graphs on the page follow runs and edits, and their buttons act."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from odibi_nb.commands.base import Call
from odibi_nb.commands.table import find_command
from odibi_nb.exceptions import OdibiException
from odibi_nb.notebook.between_cells import BetweenCells
from odibi_nb.notebook.on_page import Cell, OnPage
from odibi_nb.notebook.pacing import Pace
from odibi_nb.runner import Event, NodeFinished, NodeStarted, RunFinished, RunStarted

if TYPE_CHECKING:
    from odibi_nb.notebook.rows import Question, Told
    from odibi_nb.runner import NodeResult
    from odibi_nb.views import DagNodeView, DagView
    from odibi_nb.views.build_progress import RunFollower
    from odibi_nb.widgets.dag import DagWidget
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["LiveGraphs"]

_Do = Callable[[Callable[[], "Told"]], Future["Told"]]

_MOST_CARDS = 200  # that are sent without being asked for
_ACTS = {"run": "run {}", "downstream": "run {}+", "mock": "run {} --mock"}


class LiveGraphs:
    """The graphs that a kernel's cells have shown; called with each event of a run.

    between: when their buttons act. aside: what is open meanwhile, so that nothing else runs.
    """

    def __init__(
        self,
        workspace: Workspace,
        between: BetweenCells,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._workspace, self._between, self._aside = workspace, between, aside
        self._graphs = OnPage[_LiveGraph](_LiveGraph.close)

    def graph(self, names: Callable[[], list[str]], cell: Cell | None, *, collapse: str = "") -> DagWidget:
        """Return a widget of the graph of some nodes, to be displayed; its `twin` is the id of its static picture.

        names: which nodes they are, asked again whenever nodes may have come or gone. cell: which cell asks. collapse:
        by what nodes are collapsed at first.
        """
        graph = _LiveGraph(self._workspace, names, collapse, self._do)
        self._graphs.put(graph, cell)
        return graph.widget

    def __call__(self, event: Event) -> None:
        for graph in self._graphs:
            graph.follow(event)

    def refresh(self) -> None:
        """Show everything as it is now."""
        for graph in self._graphs:
            graph.refresh()

    def close(self) -> None:
        """Let the graphs keep what they show."""
        self._graphs.close()

    def _do(self, act: Callable[[], Told]) -> Future[Told]:
        def alone() -> Told:
            try:
                with self._aside():
                    return act()
            finally:
                self.refresh()

        return self._between.ask(alone)


class _LiveGraph:
    """One graph; what a run tells is sent at most ten times a second, and the last of it always."""

    def __init__(self, workspace: Workspace, names: Callable[[], list[str]], collapse: str, do: _Do) -> None:
        from odibi_nb.notebook.rows import RowsAnswers
        from odibi_nb.widgets.dag import DagWidget

        self.rows = RowsAnswers(workspace)
        self._workspace, self._names, self._do = workspace, names, do
        self._lock = threading.RLock()
        self._running: dict[str, DagNodeView] = {}
        self._told: dict[str, NodeResult | None] = {}  # since the last sending; None: the node has started
        self._run: RunFollower | None = None
        self._cancel: Callable[[], None] | None = None
        self._made: dict[str, _Made] = {}
        self._pace = Pace(self._send)
        self._view = self._look()
        self.widget: DagWidget = DagWidget(self._view, self._answer, twin=_twin(self._view), collapse=collapse)
        self._show_cards()

    def follow(self, event: Event) -> None:
        """Take in what a run tells of a node."""
        with self._lock:
            if self._run is not None:
                self._run.take(event)
            match event:
                case RunStarted(names=names):
                    self._begin(event)
                    self._running |= {n.name: replace(n, status="pending") for n in self._view.nodes if n.name in names}
                case NodeStarted(name=name):
                    self._told[name] = None
                case NodeFinished(result=result):
                    self._told[result.node_name] = result
                case RunFinished():
                    self._cancel = None
                    self._pace.now()
                    self._run = None
                    return
            self._pace.soon()

    def refresh(self) -> None:
        """Show what holds now, but for what a run tells; nodes that it was asked for by name may be gone meanwhile."""
        with self._lock:
            if not self._workspace.is_running:
                self._running.clear()
                self._told.clear()
            with suppress(OdibiException):
                self._view = self._look()
            self._pace.now()
            self._show_cards()
        for view, news in self.rows.news().items():
            self.widget.send({"what": "rows.news", "view": view, **news})

    def close(self) -> None:
        """Let it keep what it shows."""
        self.rows.close()
        self.widget.close()

    def _begin(self, started: RunStarted) -> None:
        from odibi_nb.views.build_progress import RunFollower

        self._run = RunFollower(self._workspace, started, self._workspace.durations)
        self._cancel = started.cancel

    def _look(self) -> DagView:
        from odibi_nb.views.build import dag_view  # its imports are left to the first graph

        return dag_view(self._workspace, self._names())

    def _send(self) -> None:
        with self._lock:
            self._take_in()
            nodes = tuple(self._running.get(node.name, node) for node in self._view.nodes)
            self.widget.show_graph(replace(self._view, nodes=nodes))
            if self._run is not None:
                self.widget.show_run(self._run.view())

    def _take_in(self) -> None:
        """Let nodes be as the run has told last; what it told in between nobody would see."""
        from odibi_nb.views.build import told_node

        for name, result in self._told.items():
            if name in self._running:
                self._running[name] = told_node(self._running[name], result)
        self._told.clear()

    def _show_cards(self) -> None:
        """Send the cards that are others now; what changed in a node's rows is left to those who open its card."""
        from odibi_nb.views.build import node_view

        ws, before, cards = self._workspace, self._made, {}
        self._made = {}
        for node in [node for node in self._view.nodes if node.name in ws.nodes][:_MOST_CARDS]:
            name = node.name
            tests = ws.tests.statuses(name, ws.nodes[name].declared).values()
            said = (node.status, *ws.nodes.missing_for(name), *tests)
            made = self._made[name] = _Made(ws.nodes[name], ws.result(name), said)
            if not made.is_same(before.get(name)):
                try:
                    cards[name] = node_view(ws, name, compare=False)
                except OdibiException:  # rows that can't be looked at any more, or not now: the last card stays
                    del self._made[name]
        if cards:
            self.widget.show_cards(cards)

    def _answer(self, question: Question) -> Told | Future[Told]:
        """Do what the page asks for, and return what it is to show; that may wait for the end of a cell."""
        what, name = question["what"], question.get("node", "")
        if what.startswith("rows."):
            return self.rows(question)
        if what in _ACTS:
            return self._do(lambda: self._command(_ACTS[what].format(name)))
        told: Told = {}
        try:
            match what:
                case "cancel" if self._cancel is not None:
                    self._cancel()
                case "plan":
                    told = self._command(f"plan {name}")
                case "trace":
                    told = self._trace(name, question["column"])
                case "card":
                    told = self._open(name)
        except OdibiException as exc:
            return {"html": _error_html(exc)}
        return told

    def _command(self, line: str) -> Told:
        """Do what a button says, and return the answer as HTML."""
        from odibi_nb.pictures.markup import tag

        command, _, words = line.partition(" ")
        found = find_command(command, "cell")
        parsed = found.parser("cell").parse(words)
        try:
            shown = found.run(Call("cell", parsed.words, parsed.values, self._workspace))
        except OdibiException as exc:
            return {"html": _error_html(exc)}
        html = shown.html or str(tag("div", shown.text))
        for note in shown.afterwards().notes if shown.afterwards is not None else ():
            html += tag("div", note)
        return {"html": html + (_error_html(shown.error) if isinstance(shown.error, OdibiException) else "")}

    def _open(self, name: str) -> dict[str, Any]:
        """Send the whole card of a node that somebody has opened; return which columns can be traced."""
        from odibi_nb.views.build import node_view

        view = node_view(self._workspace, name)
        self.widget.show_cards({name: view})
        return {"html": "", "columns": [column.name for column in view.schema]}

    def _trace(self, name: str, column: str) -> dict[str, Any]:
        """Return where a column comes from and goes to."""
        from odibi_nb.pictures import lineage_html
        from odibi_nb.views.lineage import lineage_view
        from odibi_nb.widgets.dag import trace_of

        view = lineage_view(self._workspace, name, column)
        return {"html": lineage_html(view), **trace_of(view)}


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


def _error_html(error: OdibiException) -> str:
    from odibi_nb.pictures.card import error_html
    from odibi_nb.views.build import error_view

    return str(error_html(error_view(error)))
