"""Files that a result is still to be read from, and whether they are still as they were."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from odibi_nb.exceptions import OdibiException

__all__ = ["Watched", "literal_paths", "literal_size", "literal_stamps"]


@dataclass(frozen=True, slots=True)
class Watched:
    """Files by the name that they were read under; look: tells what is there now. seen: what it told first.

    size_bytes: of all of them; None: not known. paths: where each was. parsed: they are text, to be parsed whenever
    they are read. ours: it is where rows are kept, and nobody should touch it.
    """

    name: str
    look: Callable[[], object]
    seen: object
    size_bytes: int | None = None
    paths: tuple[str, ...] = ()
    parsed: bool = False
    ours: bool = False

    @classmethod
    def stored(cls, path: Path, name: str = "its stored rows") -> Self:
        """Return the watch over a file in which rows are kept."""
        look = partial(literal_stamps, str(path))
        return cls(name, look, look(), literal_size(str(path)), ours=True)

    @property
    def changed(self) -> bool:
        try:
            return self.look() != self.seen
        except OdibiException:  # they are gone, or can't be reached
            return True


def literal_stamps(path: str) -> object:
    """Return what tells whether the files of a literal in SQL have changed; a URL is taken to stay as it is."""
    try:
        return [(file, Path(file).stat().st_size, Path(file).stat().st_mtime_ns) for file in _files(path)]
    except OSError as exc:  # the run will say it; here the file is just another one than before
        return str(exc)


def literal_paths(path: str) -> tuple[str, ...]:
    """Return the files of a literal; of a URL none."""
    return tuple(map(str, _files(path)))


def literal_size(path: str) -> int | None:
    """Return the size of a literal's files in bytes; None where it can't be told."""
    try:
        return sum(Path(file).stat().st_size for file in _files(path)) or None
    except OSError:
        return None


def _files(path: str) -> list[str]:
    place = str(Path(path).expanduser())
    return [place] if Path(place).exists() else sorted(glob.glob(place, recursive=True))  # noqa: PTH207 - absolute
