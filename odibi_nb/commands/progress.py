"""A line on the terminal that says what runs now; it is gone when the run ends."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

from odibi_nb.runner import Event, NodeFinished, NodeStarted, RunFinished, RunStarted

__all__ = ["Progress"]

_INTERVAL_S = 0.1


class Progress:
    """A listener of a run that rewrites one line of `stream`, at most ten times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._running: dict[str, None] = {}
        self._done = self._total = 0
        self._last_s = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted(names=names):
                self._total = len(names)
            case NodeStarted(name=name):
                self._running[name] = None
            case NodeFinished(result=result):
                self._running.pop(result.node_name, None)
                self._done += 1
            case RunFinished():
                self._write("")
                return
        now_s = time.monotonic()
        if now_s - self._last_s >= _INTERVAL_S:
            self._last_s = now_s
            self._write(f"{self._done}/{self._total} · running {', '.join(self._running) or '…'}")

    def _write(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        # Erase the line, then write what fits into one: a longer one couldn't be erased again.
        self._stream.write(f"\r\x1b[2K{text[:width]}")
        self._stream.flush()
