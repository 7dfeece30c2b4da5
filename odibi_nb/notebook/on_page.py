"""Live views that cells have shown, and are still on the page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

__all__ = ["Cell", "OnPage"]

T = TypeVar("T")
Cell = tuple[str, str]
"""The id of a cell, and the number that it had when it ran."""

_MOST = 8


class OnPage(Generic[T]):
    """The live views of one kind, at most eight; older ones keep what they show.

    close: lets go of a view. They may be gone through while a cell on another thread shows more.
    """

    def __init__(self, close: Callable[[T], None]) -> None:
        self._close = close
        self._lock = threading.Lock()
        self._views: list[tuple[Cell | None, T]] = []

    def __iter__(self) -> Iterator[T]:
        with self._lock:
            return iter([view for _, view in self._views])

    def put(self, view: T, cell: Cell | None) -> None:
        """Take in what a cell shows; what it has shown when it ran before is no longer on the page."""
        with self._lock:
            kept = [one for one in self._views if not _is_before(one[0], cell)][-(_MOST - 1) :]
            gone = [one for _, one in self._views if all(one is not other for _, other in kept)]
            self._views = [*kept, (cell, view)]
        for one in gone:
            self._close(one)

    def close(self) -> None:
        """Let go of all; they keep what they show."""
        with self._lock:
            gone, self._views = self._views, []
        for _, view in gone:
            self._close(view)


def _is_before(shown: Cell | None, cell: Cell | None) -> bool:
    """Whether one cell is an earlier run of another."""
    return shown is not None and cell is not None and shown[0] == cell[0] and shown[1] != cell[1]
