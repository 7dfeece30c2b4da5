"""Files for rows that are too many to stay in memory; each goes with whoever holds it."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["RowsFile", "RowsFiles", "link_or_copy"]


class RowsFile:
    """A file that is removed when nobody holds this any more, and at the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        weakref.finalize(self, _remove, path, os.getpid())


class RowsFiles:
    """Gives files for rows.

    spill: tells where DuckDB spills, beside which they are, unless `place` gives the path of a new file.
    """

    def __init__(self, spill: Callable[[], str]) -> None:
        self._spill = spill
        self.place: Callable[[], Path | None] = lambda: None
        self._numbers = itertools.count(1)
        self._made: Path | None = None
        self._lock = threading.Lock()

    def new(self) -> RowsFile:
        """Return a file that is still to be written."""
        return RowsFile(self.place() or self._folder() / f"{next(self._numbers)}.parquet")

    def close(self) -> None:
        """Remove the folder with all files in it."""
        if self._made is not None:
            _remove(self._made, os.getpid())

    def _folder(self) -> Path:
        with self._lock:  # two nodes may be the first
            if self._made is None:
                self._made = Path(f"{self._spill() or Path(tempfile.gettempdir()) / f'odibi_nb_{os.getpid()}'}_rows")
                self._made.mkdir(parents=True, exist_ok=True)
                weakref.finalize(self, _remove, self._made, os.getpid())
            return self._made


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, in place of what is there; on another disk that takes a copy."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _remove(path: Path, owner: int) -> None:
    if os.getpid() != owner:  # a fork that ends leaves its parent's files alone
        return
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink(missing_ok=True)
