"""Locks between sessions; each goes with the process that holds it, however that ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows, where sessions don't wait for each other, and an open file can't be removed
    fcntl = None  # type: ignore[assignment]

__all__ = ["alone", "share", "take"]

_PAUSE_S, _PATIENCE_S = 0.05, 1.0


@contextmanager
def alone(paths: Iterable[Path], waits: Callable[[], None]) -> Iterator[None]:
    """Hold the locks of these names, once nobody else does; in one order everywhere, so that all get on.

    waits: called once if that takes more than a second.
    """
    start, told = time.monotonic(), False
    with ExitStack() as held:
        for path in sorted(paths):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = held.enter_context(path.open("w"))
            while not take(file):
                if not told and time.monotonic() - start > _PATIENCE_S:
                    told = True
                    waits()
                time.sleep(_PAUSE_S)  # in small steps, for Ctrl-C
        yield


def share(file: IO[Any]) -> None:
    """Hold a file together with whoever holds it too."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_SH)


def take(file: IO[Any]) -> bool:
    """Hold a file alone; False where somebody else holds it."""
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
