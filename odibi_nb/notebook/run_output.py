"""The output of a cell that runs nodes: how far the run is, and in the same place what the cell shows at its end."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from odibi_nb.commands.base import Shown
from odibi_nb.notebook.display import show, show_widget
from odibi_nb.notebook.pacing import Pace
from odibi_nb.runner import Event, Listener, RunFinished, RunStarted

if TYPE_CHECKING:
    from odibi_nb.views import RunProgressView
    from odibi_nb.views.build_progress import RunFollower
    from odibi_nb.widgets.run import RunWidget
    from odibi_nb.workspaces import Workspace

__all__ = ["RunOutput"]

_UNSEEN_S = 0.4  # a run that is shorter shows only its end: to appear costs 30 ms of CPU time, and flickers


class RunOutput:
    """Follows the runs of one cell; a block in which they are, and what it shows.

    live: whether somebody looks on who can be shown more than texts. on_mocks: the nodes run on mock rows.
    """

    def __init__(self, workspace: Workspace, *, live: bool, on_mocks: bool = False) -> None:
        self._workspace, self._live = workspace, live
        self._expected: Callable[[Iterable[str]], Mapping[str, float]] = (
            workspace.trials.durations if on_mocks else workspace.durations
        )
        self._lock = threading.RLock()
        self._pace = Pace(self._send)
        self._timer: threading.Timer | None = None
        self._run: RunFollower | None = None
        self._cancel: Callable[[], None] | None = None
        self._widget: RunWidget | None = None
        self._display_id = ""

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Those who are to be told of the runs."""
        if self._live:
            return (self,)
        if sys.stderr.isatty():
            from odibi_nb.commands.progress import Progress

            return (Progress(sys.stderr),)
        return ()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, RunStarted):
                self._begin(event)
            elif self._run is not None:
                self._run.take(event)
            if isinstance(event, RunFinished):
                self._end()
            elif self._widget is not None:
                self._pace.soon()

    def show(self, shown: Shown) -> None:
        """Display what a command shows in the place of the run; raises its error."""
        display_id, self._display_id = self._display_id, ""
        if display_id and not (shown.text or shown.html):
            self._leave(display_id)
            display_id = ""
        show(shown, replacing=display_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._end()
            if self._display_id:  # it ended without anything to show
                self._leave(self._display_id)
            if self._widget is not None:
                self._widget.close()
                self._widget = None

    def _begin(self, started: RunStarted) -> None:
        if not started.names:
            return
        from odibi_nb.views.build_progress import RunFollower

        self._run, self._cancel = RunFollower(self._workspace, started, self._expected), started.cancel
        if self._widget is None:
            self._timer = threading.Timer(_UNSEEN_S, copy_context().run, (self._appear,))  # the cell's own output
            self._timer.start()

    def _end(self) -> None:
        if self._cancel is None:
            return
        self._cancel = None
        if self._timer is not None:
            self._timer.cancel()
        if self._widget is not None:
            self._pace.now()

    def _appear(self) -> None:
        """Show the run, from another thread: the one that runs it is busy."""
        from odibi_nb.widgets.run import RunWidget

        with self._lock:
            if self._cancel is None or (view := self._view()) is None:
                return
            self._widget = RunWidget(view, self._answer)
            self._display_id = uuid.uuid4().hex
            show_widget(self._widget, _static(view), display_id=self._display_id)

    def _view(self) -> RunProgressView | None:
        return None if self._run is None else self._run.view()

    def _send(self) -> None:
        with self._lock:
            if self._widget is not None and (view := self._view()) is not None:
                self._widget.show_run(view)

    def _answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """End the run that is shown, if it still goes on; the page may ask late."""
        cancel = self._cancel
        if question["what"] == "cancel" and cancel is not None:
            cancel()
        return {}

    def _leave(self, display_id: str) -> None:
        """Let the run stand as it was at its end, in the place where it was live."""
        self._display_id = ""
        if (view := self._view()) is not None:
            show(_static(view), replacing=display_id)


def _static(view: RunProgressView) -> Shown:
    from odibi_nb.pictures import progress_html, progress_text

    return Shown(progress_text(view), progress_html(view))
