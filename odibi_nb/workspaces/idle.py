"""Work for when nothing else goes on: it begins after a pause, and never outlives the process."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable

__all__ = ["IdleWork"]

PAUSE_S = 1.0
"""Cells that run one after the other leave less between them."""

_ASK_AGAIN_S = 0.05


class IdleWork:
    """Work that is put off as long as something else goes on.

    work: gets what tells it whether it is still wanted. stop: ends what it does just now, from another thread; what
    is just about to begin may be missed.
    """

    def __init__(self, work: Callable[[Callable[[], bool]], None], stop: Callable[[], None]) -> None:
        self._work, self._stop = work, stop
        self._wanted = threading.Event()
        self._timer: threading.Timer | None = None
        _all.add(self)

    def start(self) -> None:
        """Do it after a pause."""
        self.hold()
        self._wanted = threading.Event()
        self._wanted.set()
        # A daemon: Python's end doesn't wait for the pause; what has begun by then is ended below.
        self._timer = threading.Timer(PAUSE_S, self._work, [self._wanted.is_set])
        self._timer.daemon = True
        self._timer.start()

    def hold(self) -> None:
        """Don't begin, and ask what has begun to end; nobody waits for it."""
        self._wanted.clear()
        if self._timer is not None and self._timer.is_alive():
            self._timer.cancel()
            self._stop()

    def end(self) -> None:
        """Come to an end, and wait for it."""
        while self._timer is not None and self._timer.is_alive():
            self.hold()
            self._timer.join(_ASK_AGAIN_S)


_all: weakref.WeakSet[IdleWork] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """A thread that is inside DuckDB when Python has come to its end takes the process down with it."""
    for one in list(_all):
        one.end()
