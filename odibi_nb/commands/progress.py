"""What a run says in a terminal while it goes on."""

from __future__ import annotations

import os
import shutil
import threading
import time
from typing import TextIO

from odibi_nb.exceptions import plural
from odibi_nb.runner import Event, NodeFinished, NodeStarted, RunFinished, RunStarted

__all__ = ["Lines", "NodeOutputs", "Progress", "is_live", "rewrite_line"]

_INTERVAL_S = 0.1


class NodeOutputs:
    """A listener of a run that passes on what each node printed, once it has finished."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        if not isinstance(event, NodeFinished) or event.result.output is None:
            return
        for line in event.result.output.text.splitlines():
            self._stream.write(f"{event.result.node_name} | {line}\n")
        self._stream.flush()


class Lines:
    """A listener of a run that writes when it begins, and a line for each node that has ended.

    That comes after what the node has printed.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._outputs = stream, NodeOutputs(stream)

    def __call__(self, event: Event) -> None:
        from odibi_nb.pictures import ended_text
        from odibi_nb.views.build_progress import ended_view

        match event:
            case RunStarted(names=names):  # a log holds many nights
                line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} · {plural(len(names), 'node')} to run"
            case NodeFinished(result=result):
                self._outputs(event)
                line = ended_text(ended_view(result))
            case _:
                return
        self._stream.write(f"{line}\n")
        self._stream.flush()


class Progress:
    """A listener of a run that rewrites one line of `stream`, at most ten times a second.

    It comes before `NodeOutputs`, which writes where this one has just erased its line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._running: dict[str, None] = {}
        self._done: set[str] = set()
        self._total = 0
        self._last_s = 0.0
        self._lock = threading.Lock()
        self._later: threading.Timer | None = None

    def __call__(self, event: Event) -> None:
        with self._lock:
            match event:
                case RunStarted(names=names):
                    self._total = len(names)
                case NodeStarted(name=name):
                    self._running[name] = None
                case NodeFinished(result=result):
                    self._running.pop(result.node_name, None)
                    self._done.add(result.node_name)
                    if result.output is not None and result.output.text:
                        self._write("")
                        return
                case RunFinished():
                    self._write("")
                    return
            self._draw_in_time()

    def _draw_in_time(self) -> None:
        """Draw, or have it done as soon as it may be: what starts now may run for long, and is to be named."""
        wait_s = self._last_s + _INTERVAL_S - time.monotonic()
        if wait_s <= 0:
            self._draw()
        elif self._later is None:
            self._later = threading.Timer(wait_s, self._draw_late)
            self._later.daemon = True
            self._later.start()

    def _draw_late(self) -> None:
        with self._lock:
            if self._later is not None:  # else the line has been erased meanwhile
                self._draw()

    def _draw(self) -> None:
        self._last_s = time.monotonic()
        self._write(f"{len(self._done)}/{self._total} · running {', '.join(self._running) or '…'}")

    def _write(self, text: str) -> None:
        later, self._later = self._later, None
        if later is not None:
            later.cancel()
        rewrite_line(self._stream, text)


def is_live(stream: TextIO) -> bool:
    """Whether a stream is a terminal in which lines may be rewritten; the log of a CI job may look like one."""
    is_logged = os.environ.get("CI", "").casefold() not in ("", "0", "false")
    is_utf_8 = (stream.encoding or "").casefold() in ("utf-8", "utf8")
    can_draw = os.environ.get("TERM") not in ("dumb", "unknown") and is_utf_8
    return stream.isatty() and can_draw and not is_logged


def rewrite_line(stream: TextIO, text: str) -> None:
    """Put a text in the place of the line that the cursor of a terminal is in; "" erases it."""
    # What fits into one line: a longer one couldn't be erased again.
    stream.write(f"\r\x1b[2K{text[: _width(stream) - 1]}")
    stream.flush()


def _width(stream: TextIO) -> int:
    """Return the columns of a terminal, whatever stdout is."""
    try:
        own = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):  # it is none
        own = os.terminal_size((80, 24))
    columns = shutil.get_terminal_size(own).columns if "COLUMNS" in os.environ else own.columns
    return columns or 80  # a terminal may not know its size
