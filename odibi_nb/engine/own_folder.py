"""Temporary folders of one process, gone with it; those of killed processes go when the next one is made."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

__all__ = ["OwnFolder"]

_UNNAMED = ".odibi_nb_"
_LOCK = "in_use"


class OwnFolder:
    """A new folder in `place`, locked for as long as it is used.

    prefix: what its name begins with; unlocked folders of such names are removed. Raises OSError.
    """

    def __init__(self, place: Path, prefix: str) -> None:
        remove_leftovers(place, prefix)
        self.path, lock = _made(place, prefix)
        self.remove = weakref.finalize(self, _remove, self.path, lock, os.getpid())


@lru_cache(maxsize=16)
def remove_leftovers(place: Path, prefix: str) -> None:
    """Remove the folders of processes that were killed; once for each place."""
    for name in os.listdir(place):  # noqa: PTH208 - among many files that take longer as paths
        if not name.startswith(prefix):
            continue
        folder = place / name
        with suppress(OSError):  # another user's, or just being removed
            if (lock := _lock(folder, make=False)) is not None:
                _remove(folder, lock, os.getpid())


def _made(place: Path, prefix: str) -> tuple[Path, int | None]:
    """Return a new folder and its lock; it has its name only once it is locked, or it would be taken for a leftover."""
    unnamed = Path(tempfile.mkdtemp(prefix=_UNNAMED, dir=place))
    (unnamed / ".gitignore").write_text("*\n", encoding="utf-8")  # it may be beside a notebook
    lock = _lock(unnamed)
    return unnamed.rename(unnamed.with_name(prefix + unnamed.name.removeprefix(_UNNAMED))), lock


def _lock(folder: Path, *, make: bool = True) -> int | None:
    """Return the descriptor of a folder's lock, which ends with the process; None: another one has it."""
    lock = os.open(folder / _LOCK, os.O_RDWR | (os.O_CREAT if make else 0))
    try:
        import fcntl  # absent on Windows

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        os.close(lock)
        return None
    return lock


def _remove(folder: Path, lock: int | None, owner: int) -> None:
    if os.getpid() != owner:  # a fork that ends must leave its parent's folder alone
        return
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)
