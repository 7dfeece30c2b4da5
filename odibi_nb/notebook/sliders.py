"""Inputs for parameters: moved, they set values of the session and run what depends on them, in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from odibi_nb.notebook.latest import Cancelled, LatestWork
from odibi_nb.notebook.on_page import Cell, OnPage
from odibi_nb.notebook.panel import LivePanel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from odibi_nb.widgets.params import ParametersPanel
    from odibi_nb.workspaces import Workspace

__all__ = ["LiveParameters"]

_QUIET_S = 0.2  # without a move, before other pictures follow
_PAUSED = "paused while a cell runs"


class LiveParameters:
    """The inputs that a kernel's cells have shown.

    Whatever moves is set and run on another thread; the latest value wins, and cells come before it. Nothing is
    written. then: called some time after a run, to let other pictures follow. around: what is open while nodes run.
    """

    def __init__(
        self,
        workspace: Workspace,
        then: Callable[[], None] = lambda: None,
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._workspace, self._then, self._around = workspace, then, around
        self._panels = OnPage[LivePanel](LivePanel.close)
        self._following: threading.Timer | None = None
        self.work = LatestWork(self._run, self._interrupt)

    def panel(self, names: Callable[[], list[str]], cell: Cell | None) -> ParametersPanel:
        """Return inputs for the parameters of some nodes; its `twin` is the id of its static table.

        names, cell: as for `LiveGraphs.graph`.
        """
        panel = LivePanel(self._workspace, names, self._moved, self._stopped)
        self._panels.put(panel, cell)
        return panel.widget

    def before_cell(self) -> None:
        """Let a cell come first: wait for the end of what goes on, and set what was said but not set yet."""
        self.work.pause()
        self._end_following()
        for panel in self._panels:
            if panel.is_behind:
                panel.widget.show_state("paused", _PAUSED)
            panel.set_values()

    def after_cell(self) -> None:
        """Go on, and show what holds now."""
        try:
            for panel in self._panels:
                panel.refresh()
        finally:
            self.work.resume()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let something else run first."""
        try:
            self.before_cell()
            yield
        finally:
            self.after_cell()

    def close(self) -> None:
        """Take the inputs off the page."""
        self.work.stop()
        self._end_following()
        self._panels.close()

    def _interrupt(self) -> None:
        self._workspace.engine.interrupt()

    def _moved(self, panel: LivePanel) -> None:
        if self.work.is_paused:
            panel.widget.show_state("paused", _PAUSED)
        self.work.ask()

    def _stopped(self) -> None:
        """Let the work of one panel be; what was moved in others goes on."""
        self.work.drop()
        if any(panel.is_behind for panel in self._panels):
            self.work.ask()

    def _run(self, is_vain: Cancelled) -> None:
        panels = list(self._panels)
        behind = [panel for panel in panels if panel.is_behind]
        with self._around():
            for panel in behind:
                panel.run(is_vain)
        if not is_vain():
            for panel in panels:
                if panel not in behind:
                    panel.refresh()
            self._end_following()
            self._following = threading.Timer(_QUIET_S, self._then)
            self._following.start()

    def _end_following(self) -> None:
        """Let nothing look at the workspace that is about to change, and wait for what does."""
        following, self._following = self._following, None
        if following is not None:
            following.cancel()
            following.join()
