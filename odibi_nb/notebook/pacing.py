"""How often the page is told of what goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Pace"]

_INTERVAL_S = 0.1
_SETTLING_S = 0.02  # one node ends, the next one starts: what comes together is shown together


class Pace:
    """Calls `send` at most ten times a second, and always after the last thing that there was to tell.

    send: tells what holds when it is called; may be called from several threads, some time after `soon`.
    settling_s: seconds that it waits at least for what comes next.
    """

    def __init__(self, send: Callable[[], None], *, settling_s: float = _SETTLING_S) -> None:
        self._send, self._settling_s = send, settling_s
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._sent_s = 0.0

    def soon(self) -> None:
        """Send when enough time has gone by since the last time, from another thread."""
        with self._lock:
            if self._timer is None:
                wait_s = max(self._sent_s + _INTERVAL_S - time.monotonic(), self._settling_s)
                self._timer = threading.Timer(wait_s, self.now)
                self._timer.daemon = True
                self._timer.start()

    def now(self) -> None:
        """Send, whenever the last time was."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._sent_s = time.monotonic()
        self._send()
