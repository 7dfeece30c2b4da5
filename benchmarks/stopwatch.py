"""What a contestant costs in a process of its own: its work, and its imports apart."""

from __future__ import annotations

import time

from benchmarks.processes import peak_memory_mb

__all__ = ["Stopwatch"]


class Stopwatch:
    """Started before the imports. `begin` ends them, `stop` ends the work and returns what both have cost."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._import_s = self._idle_mb = self._begun = self._cpu_s = 0.0

    def begin(self) -> None:
        self._idle_mb, self._cpu_s = peak_memory_mb(), time.process_time()
        self._begun = time.perf_counter()
        self._import_s = self._begun - self._started

    def stop(self) -> dict[str, float]:
        """Return seconds and 10^6 bytes; cpu_s: of all threads, which others on the machine change less."""
        return {
            "work_s": time.perf_counter() - self._begun,
            "cpu_s": time.process_time() - self._cpu_s,
            "import_s": self._import_s,
            "idle_mb": self._idle_mb,
            "peak_mb": peak_memory_mb(),
        }
