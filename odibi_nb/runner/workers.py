"""Where nodes run: on the calling thread, or several at once in threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from odibi_nb.engine.machine import usable_cpus
from odibi_nb.exceptions import UsageError

__all__ = ["Workers", "worker_count"]

T = TypeVar("T")

_PATIENCE_S = 5.0
_PAUSE_S = 0.05
_MOMENT_S = 0.05


def worker_count(asked: Any) -> int:
    """Return how many nodes may run at once: a number, or one a core for "auto"; raises UsageError."""
    if asked == "auto":
        return usable_cpus()
    if not isinstance(asked, int) or isinstance(asked, bool) or asked < 1:
        raise UsageError(f"workers is a number, 1 or more, or 'auto', not {asked!r}", hint="'auto': one a core")
    return asked


class Workers(Generic[T]):
    """Runs work by name and hands over what is finished.

    count: how many at once; 1 means the calling thread, which Ctrl-C reaches. stop: asked, again and again,
    to end what runs when an exception leaves the block. share: told how many use the cores, once that has lasted
    for a moment; Python in threads has one between them, and is not counted.
    """

    def __init__(self, count: int, stop: Callable[[], None], share: Callable[[int], None]) -> None:
        self._count, self._stop, self._share = count, stop, share
        self._pool: ThreadPoolExecutor | None = None
        self._running: dict[str, Future[T]] = {}
        self._python: set[str] = set()
        self._done: dict[str, T] = {}

    def __enter__(self) -> Self:
        if self._count > 1:
            self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="odibi-node")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandon()
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)
        self._share(1)

    @property
    def free(self) -> bool:
        """Whether one more may start."""
        return len(self._running) + len(self._done) < self._count

    def start(self, name: str, work: Callable[[], T], *, is_python: bool) -> None:
        """Start `work`; without threads, do it now. is_python: nothing can stop it."""
        if self._pool is None:
            self._done[name] = work()
            return
        self._running[name] = self._pool.submit(work)
        if is_python:
            self._python.add(name)

    def finished(self) -> dict[str, T]:
        """Wait until something is finished and return it by name; empty when nothing runs."""
        if self._running:
            self._wait()
            for name in [name for name, future in self._running.items() if future.done()]:
                self._done[name] = self._running.pop(name).result()
        else:
            self._share(1)
        done, self._done = self._done, {}
        return done

    def _wait(self) -> None:
        """Wait for the first one; sharing the cores out anew takes longer than a small node does."""
        done, running = wait(self._running.values(), timeout=_MOMENT_S, return_when=FIRST_COMPLETED)
        if not done:
            self._share(max(1, len(self._running.keys() - self._python)))
            wait(running, return_when=FIRST_COMPLETED)

    def _abandon(self) -> None:
        """Stop what can be stopped, and wait until it has: nothing half-written may be left behind."""
        self._stop()
        deadline = time.monotonic() + _PATIENCE_S
        stoppable = {future for name, future in self._running.items() if name not in self._python}
        while stoppable and time.monotonic() < deadline:
            _, stoppable = wait(stoppable, timeout=_PAUSE_S)
            self._stop()
