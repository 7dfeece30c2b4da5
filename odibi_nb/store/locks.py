"""Locks between sessions; each goes with the process that holds it, however that ends."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where sessions don't wait for each other
    fcntl = None  # type: ignore[assignment]

__all__ = ["alone"]

_PAUSE_S = 0.05


@contextmanager
def alone(paths: Iterable[Path]) -> Iterator[None]:
    """Hold the locks of these names, once nobody else does; in one order everywhere, so that all get on."""
    with ExitStack() as held:
        for path in sorted(paths) if fcntl is not None else ():
            path.parent.mkdir(parents=True, exist_ok=True)
            file = held.enter_context(path.open("w"))
            while not _taken(file.fileno()):
                time.sleep(_PAUSE_S)  # in small steps, for Ctrl-C
        yield


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
