"""All that is alive on the page: graphs, cards with their rows, inputs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from odibi_nb.commands.base import Live, LiveCard, LiveGraph
from odibi_nb.notebook.display import printing_displays
from odibi_nb.notebook.live import LiveGraphs
from odibi_nb.notebook.live_tables import LiveTables
from odibi_nb.notebook.sliders import LiveParameters

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["LiveViews"]


class LiveViews:
    """What the cells of a kernel have shown that is alive; it follows runs, and lets cells come first."""

    def __init__(self, shell: Any, workspace: Workspace) -> None:
        self._workspace = workspace
        self._graphs = LiveGraphs(workspace)
        self._inputs = LiveParameters(workspace, self._follow, partial(printing_displays, shell))
        self._graphs.around.aside = self._inputs.aside
        self._tables = LiveTables(workspace)

    def put_in(self) -> None:
        """Follow runs."""
        self._workspace.listeners.append(self._graphs)

    def take_out(self) -> None:
        """Let all keep what it shows."""
        self._workspace.listeners.remove(self._graphs)
        self._inputs.close()
        self._graphs.close()
        self._tables.close()

    def _follow(self) -> None:
        """Let other pictures follow what inputs have run, on another thread."""
        self._graphs.refresh()
        self._tables.refresh()

    def view(self, live: Live, cell: str | None) -> tuple[Any, str]:
        """Return a widget to be displayed, and the id of the static picture that it replaces.

        cell: the id of the cell that shows it; what it has shown before is no longer on the page.
        """
        if isinstance(live, LiveGraph):
            graph = self._graphs.graph(live.names, cell, collapse=live.collapse)
            return graph, graph.twin
        if isinstance(live, LiveCard):
            card = self._tables.card(live.card, cell)
            return card, card.twin
        panel = self._inputs.panel(live.names, cell)
        return panel.box, panel.outcome.twin

    def before_cell(self) -> None:
        """Let a cell come first."""
        self._inputs.before_cell()
        self._graphs.begin_cell()

    def after_cell(self) -> None:
        """Show what holds now, and do what has waited for the cell's end."""
        try:
            self._graphs.end_cell()
            self._tables.refresh()
        finally:
            self._inputs.after_cell()
