"""How often the page is told of what goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Pace"]

_INTERVAL_S = 0.1
_SETTLING_S = 0.02  # one node ends, the next one starts: what comes together is shown together
_IDLE_S = 2.0


class Pace:
    """Calls `send` at most ten times a second, and always after the last thing that there was to tell.

    send: tells what holds when it is called; may be called from several threads, some time after `soon`.
    settling_s: seconds that it waits at least for what comes next.
    """

    def __init__(self, send: Callable[[], None], *, settling_s: float = _SETTLING_S) -> None:
        self._send, self._settling_s = send, settling_s
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._thread: threading.Thread | None = None
        self._sent_s = 0.0

    def soon(self) -> None:
        """Send when enough time has gone by since the last time, from another thread."""
        if self._asked.is_set():  # what there is to tell now is told then too
            return
        with self._lock:
            self._asked.set()
            if self._thread is None:
                # One for many times: ipykernel makes a socket for each thread that sends, which costs 1 ms.
                self._thread = threading.Thread(target=self._work, name="odibi-pace", daemon=True)
                self._thread.start()

    def now(self) -> None:
        """Send, whenever the last time was."""
        self._asked.clear()
        self._sent_s = time.monotonic()
        self._send()

    def _work(self) -> None:
        try:
            while not self._is_idle():
                time.sleep(max(self._sent_s + _INTERVAL_S - time.monotonic(), self._settling_s))
                if self._asked.is_set():
                    self.now()
        except BaseException:
            with self._lock:
                self._asked.clear()  # the next time it is tried again
                self._thread = None
            raise

    def _is_idle(self) -> bool:
        """Wait for something to tell; whether there was nothing for long, and the thread ends."""
        self._asked.wait(_IDLE_S)
        with self._lock:
            if not self._asked.is_set():
                self._thread = None
            return not self._asked.is_set()
