"""Where DuckDB puts what doesn't fit its memory: a folder of one database, gone with it or with its process."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from odibi_nb.engine.machine import free_bytes, is_in_memory
from odibi_nb.exceptions import EngineError

__all__ = ["SpillFolder", "spill_place"]

_PREFIX = "odibi_nb_spill_"
_LOCK = "in_use"
# Below this the temporary folder is too small a place if the project's disk has more room.
_ENOUGH_BYTES = 20_000_000_000
_SHARE = 0.8


class SpillFolder:
    """A new folder in `place`, locked for as long as it is used; DuckDB makes `path` in it once it needs it.

    limit_bytes: what may be written there, so that the disk isn't filled.
    """

    def __init__(self, place: Path) -> None:
        try:
            place.mkdir(parents=True, exist_ok=True)
            remove_leftovers(place)
            folder, lock = _made(place)
        except OSError as exc:
            raise EngineError(
                f"{place}: {exc.strerror}", hint="point temp_directory in settings.duckdb to a folder on a disk"
            ) from exc
        self.path = folder / "duckdb"
        self.limit_bytes = int(free_bytes(folder) * _SHARE)
        self.remove = weakref.finalize(self, _remove, folder, lock, os.getpid())


def spill_place(root: Path | None) -> Path:
    """Return where a spill folder is made: among the temporary files, or beside the project where that is better.

    It is where the temporary files are in memory, or on a disk that is nearly full. root: the project's folder.
    """
    temporary = Path(tempfile.gettempdir())
    if root is None or is_in_memory(root):
        return temporary
    if is_in_memory(temporary) or free_bytes(temporary) < min(_ENOUGH_BYTES, free_bytes(root)):
        return root / ".odibi" / "spill"
    return temporary


@lru_cache(maxsize=16)
def remove_leftovers(place: Path) -> None:
    """Remove the spill folders of processes that were killed; once for each place."""
    for name in os.listdir(place):  # noqa: PTH208 - among many files that take longer as paths
        if not name.startswith(_PREFIX):
            continue
        folder = place / name
        with suppress(OSError):  # another user's, or just being removed
            if (lock := _lock(folder, make=False)) is not None:
                _remove(folder, lock, os.getpid())


def _made(place: Path) -> tuple[Path, int | None]:
    """Return a new folder and its lock; it has its name only once it is locked, or it would be taken for a leftover."""
    unnamed = Path(tempfile.mkdtemp(prefix=".odibi_nb_", dir=place))
    (unnamed / ".gitignore").write_text("*\n", encoding="utf-8")  # it may be beside a notebook
    lock = _lock(unnamed)
    return unnamed.rename(unnamed.with_name(_PREFIX + unnamed.name.removeprefix(".odibi_nb_"))), lock


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
