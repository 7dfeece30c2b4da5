"""How far a run is, in the last lines of a terminal; what has ended scrolls by above them."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from odibi_nb.exceptions import shortened
from odibi_nb.runner import Event, NodeFinished, NodeResult, RunFinished, RunStarted

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from odibi_nb.views import RunningNodeView, RunProgressView
    from odibi_nb.views.build_progress import RunFollower
    from odibi_nb.workspaces import Workspace

__all__ = ["LiveProgress"]

_INTERVAL_S = 0.1
_LONGEST_BAR, _NARROW = 20, 48
_BELOW = 3  # lines of the terminal that are left for the sum, and for what stood there before
_STYLES = {
    "running": "blue",
    "completed": "green",
    "cached": "cyan",
    "failed": "red",
    "cancelled": "yellow",
    "skipped": "bright_black",
}


class LiveProgress:
    """A listener of runs, and a block at whose end the terminal is as it should be.

    It draws at most ten times a second, from a thread of its own. on_mocks: the nodes run on mock rows.
    """

    def __init__(self, workspace: Workspace, stream: TextIO, *, on_mocks: bool = False) -> None:
        self._workspace, self._stream = workspace, stream
        self._expected = workspace.trials.durations if on_mocks else workspace.durations
        self._lock = threading.RLock()
        self._run: RunFollower | None = None
        self._ended: list[NodeResult] = []
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._live: Live | None = None

    def __call__(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, RunStarted):
                self._begin(event)
            elif self._run is not None:
                self._run.take(event)
            if isinstance(event, NodeFinished):
                self._ended.append(event.result)
        if isinstance(event, RunFinished):
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _begin(self, started: RunStarted) -> None:
        from odibi_nb.views.build_progress import RunFollower

        self._run = RunFollower(self._workspace, started, self._expected) if started.names else None
        if self._run is not None:
            self._over.clear()
            self._thread = threading.Thread(target=self._work, name="odibi-progress", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while not self._over.wait(_INTERVAL_S):
            with self._lock:
                self._draw()

    def _end(self) -> None:
        """Erase what is live, below the last lines of what has ended."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._lock:
            live, self._live = self._live, None
            if live is not None:
                live.stop()
            if self._ended:
                self._scroll(_console(self._stream))

    def _draw(self) -> None:
        if self._run is None:
            return
        if self._live is None:
            self._live = _started(self._stream)
        console = self._live.console
        if self._ended:
            self._scroll(console)
        self._live.update(_picture(self._run.view(), console.width, console.height), refresh=True)

    def _scroll(self, console: Console) -> None:
        lines = [line for result in self._ended for line in _lines(result)]
        self._ended.clear()
        console.print(*lines, sep="\n", soft_wrap=True)


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)


def _started(stream: TextIO) -> Live:
    from rich.live import Live

    live = Live(
        console=_console(stream),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        vertical_overflow="crop",
    )
    live.start()
    live.console.show_cursor()  # a process that is killed can't bring it back
    return live


def _lines(result: NodeResult) -> list[Text]:
    """Return what a node has printed, under its name, and how it has ended."""
    from rich.text import Text

    from odibi_nb.pictures import ended_text
    from odibi_nb.views.build_progress import ended_view

    printed = result.output.text.splitlines() if result.output is not None else []
    said = [Text(f"{result.node_name} | ").append_text(Text.from_ansi(line)) for line in printed]
    return [*said, Text(ended_text(ended_view(result)), style=_STYLES.get(result.status, ""))]


def _picture(view: RunProgressView, width: int, height: int) -> Group:
    """Return a line for each node that runs, as far as there is room, and below them the sum of all."""
    from rich.console import Group
    from rich.text import Text

    room = max(1, height - _BELOW)
    shown = view.running if len(view.running) <= room else view.running[: room - 1]
    lines = [_running(one, width) for one in shown]
    if more := len(view.running) - len(shown):
        lines.append(Text(f"  and {more} more"))
    return Group(*lines, _sum(view, width))


def _running(node: RunningNodeView, width: int) -> Text:
    from rich.text import Text

    from odibi_nb.pictures import time_text

    time = f" · {time_text(node if width >= _NARROW else replace(node, expected_s=None))}"
    name = shortened(node.name, max(8, width - len(time) - len("▶  ")))
    return Text(f"▶ {name}", style=_STYLES["running"], no_wrap=True, overflow="ellipsis").append(time, style="default")


def _sum(view: RunProgressView, width: int) -> Text:
    from rich.text import Text

    from odibi_nb.pictures import progress_facts

    line = Text(no_wrap=True, overflow="ellipsis")
    if width >= _NARROW:
        room = min(_LONGEST_BAR, width // 5)
        done = room * view.done // max(1, view.nodes)
        failed = any(status == "failed" for status, _ in view.finished)
        line.append("━" * done, style=_STYLES["failed" if failed else "completed"])
        line.append("─" * (room - done) + " ", style=_STYLES["skipped"])
    return line.append(progress_facts(view))
