"""Work in the background of which only the latest counts; cells come before it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

__all__ = ["Cancelled", "LatestWork"]

_PAUSE_S = 0.05

Cancelled = Callable[[], bool]
"""Tells whether the work that asks has become vain."""


class LatestWork:
    """Does a piece of work on a thread of its own, one at a time; asked again meanwhile, it begins anew.

    work: is told how to find out that it is in vain; it shows its failures itself. interrupt: stops what can be
    stopped of it, and is called again and again: what is about to start isn't reached.
    """

    def __init__(self, work: Callable[[Cancelled], None], interrupt: Callable[[], None]) -> None:
        self._work, self._interrupt = work, interrupt
        self._changed = threading.Condition()
        self._wanted = False
        self._paused = 0
        self._vain: threading.Event | None = None  # of the work that goes on
        self._thread: threading.Thread | None = None

    @property
    def is_paused(self) -> bool:
        return self._paused > 0

    @property
    def is_wanted(self) -> bool:
        """Whether there is work that goes on, or will."""
        return self._wanted or self._vain is not None

    def ask(self) -> None:
        """Let the work be done, from its beginning; returns at once."""
        with self._changed:
            self._wanted = True
            self._cancel()
            self._start()

    def pause(self) -> None:
        """Cancel what goes on and wait for its end; nothing starts before `resume`. Pauses nest."""
        with self._changed:
            self._paused += 1
            self._wanted |= self._vain is not None
            self._cancel()
            self._changed.wait_for(lambda: self._vain is None)

    def resume(self) -> None:
        """Go on, with the work that was cancelled too."""
        with self._changed:
            self._paused = max(0, self._paused - 1)
            self._start()

    def drop(self) -> None:
        """Let the work be, what goes on too; returns at once."""
        with self._changed:
            self._wanted = False
            self._cancel()

    def stop(self) -> None:
        """Cancel everything and wait for its end."""
        self.pause()
        with self._changed:
            self._wanted = False
        self.resume()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is left to do; return whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.is_wanted, timeout_s)

    def _start(self) -> None:
        if self._wanted and not self._paused and self._thread is None:
            # Not a daemon: those are killed in the middle of a query, which may take the process with them.
            self._thread = threading.Thread(target=self._run, name="odibi-latest")
            self._thread.start()

    def _run(self) -> None:
        while (vain := self._next()) is not None:
            try:
                self._work(partial(_is_vain, vain))
            except BaseException:
                self._end(thread=None)
                raise
            self._end(thread=self._thread)

    def _end(self, *, thread: threading.Thread | None) -> None:
        with self._changed:
            self._vain, self._thread = None, thread
            self._changed.notify_all()

    def _next(self) -> threading.Event | None:
        with self._changed:
            if not self._wanted or self._paused or not threading.main_thread().is_alive():
                self._thread = None
                return None
            self._wanted, self._vain = False, threading.Event()
            return self._vain

    def _cancel(self) -> None:
        if (vain := self._vain) is not None and not vain.is_set():
            vain.set()
            threading.Thread(target=self._insist, args=(vain,), name="odibi-cancel").start()

    def _insist(self, vain: threading.Event) -> None:
        with self._changed:
            while self._vain is vain:
                self._interrupt()
                self._changed.wait(_PAUSE_S)


def _is_vain(vain: threading.Event) -> bool:
    return vain.is_set() or not threading.main_thread().is_alive()
