"""How a run is ended from another thread."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Cancelling"]

_PATIENCE_S = 5.0
_PAUSE_S = 0.05


class Cancelling:
    """Ends one run; stop: lets nothing of it start any more, and stops what can be stopped."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._asked = False

    @contextmanager
    def here(self) -> Iterator[None]:
        """Open while the run goes on in this thread."""
        self._thread = threading.current_thread()
        try:
            with self._hearing():
                yield
            with self._lock:  # a signal that is on its way now still belongs to this run
                self._ended.set()
        finally:
            self._ended.set()

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        """Have Ctrl-C come once more where it hits a finalizer or a weakref's callback: what these raise is ignored."""
        before = sys.unraisablehook

        def hear(ignored: sys.UnraisableHookArgs) -> None:
            if issubclass(ignored.exc_type, KeyboardInterrupt):
                threading.Timer(_PAUSE_S, self._interrupt_again).start()  # here it would be ignored again
            else:
                before(ignored)

        if self._thread is not threading.main_thread():
            yield
            return
        sys.unraisablehook = hear
        try:
            yield
        finally:
            sys.unraisablehook = before

    def _interrupt_again(self) -> None:
        with self._lock:
            if not self._ended.is_set():
                _interrupt_main()

    def cancel(self) -> None:
        """End the run, from any thread; what has ended, or was asked to, is left alone."""
        with self._lock:
            if self._asked or self._thread is None or self._ended.is_set():
                return
            self._asked = True
            if self._thread is threading.main_thread():
                _interrupt_main()  # nothing else reaches Python code, least of all code that sleeps
                return
        deadline = time.monotonic() + _PATIENCE_S
        while not self._ended.is_set() and time.monotonic() < deadline:
            self._stop()  # again and again: a statement that is about to start isn't reached
            self._ended.wait(_PAUSE_S)


def _interrupt_main() -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
