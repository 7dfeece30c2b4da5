"""All that is alive on the page: graphs, cards with their rows, inputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from odibi_nb.commands.base import Live, LiveCard, LiveGraph
from odibi_nb.notebook.between_cells import BetweenCells, on_main_thread
from odibi_nb.notebook.display import printing_displays
from odibi_nb.notebook.live import LiveGraphs
from odibi_nb.notebook.live_tables import LiveTables
from odibi_nb.notebook.on_page import Cell
from odibi_nb.notebook.sliders import LiveParameters

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["LiveViews"]

_STILL_FINISHING = "interrupted: what the inputs compute is still finishing; this cell runs without waiting for it"


class LiveViews:
    """What the cells of a kernel have shown that is alive; it follows runs, and lets cells come first."""

    def __init__(self, shell: Any, workspace: Workspace) -> None:
        self._workspace = workspace
        self._between = BetweenCells(partial(on_main_thread, shell))
        self._inputs = LiveParameters(workspace, self._follow, partial(printing_displays, shell))
        self._graphs = LiveGraphs(workspace, self._between, self._aside)
        self._tables = LiveTables(workspace)

    def put_in(self) -> None:
        """Follow runs."""
        self._workspace.listeners.append(self._graphs)

    def take_out(self) -> None:
        """Let all keep what it shows."""
        self._workspace.listeners.remove(self._graphs)
        self._between.close()
        self._inputs.close()
        self._graphs.close()
        self._tables.close()

    def view(self, live: Live, cell: Cell | None) -> tuple[Any, str]:
        """Return a widget to be displayed, and the id of the static picture that it replaces; cell: which shows it."""
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
        self._between.begin_cell()
        try:
            self._inputs.before_cell()
        except KeyboardInterrupt:  # IPython lets nothing keep a cell from running
            print(_STILL_FINISHING)  # noqa: T201 - in the cell that was about to wait

    def after_cell(self) -> None:
        """Show what holds now, and do what has waited for the cell's end."""
        try:
            self._graphs.refresh()
            self._tables.refresh()
        finally:
            try:
                self._inputs.after_cell()
            finally:
                self._between.end_cell()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Let a button come first."""
        try:
            with self._inputs.aside():
                yield
        finally:
            self._tables.refresh()

    def _follow(self) -> None:
        """Let the other pictures show what the inputs have changed."""
        self._graphs.refresh()
        self._tables.refresh()
