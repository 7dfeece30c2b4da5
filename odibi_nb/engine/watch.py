"""Files that a result is still to be read from, and whether they are still as they were."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from odibi_nb.exceptions import OdibiException

__all__ = ["Watched", "literal_stamps"]


@dataclass(frozen=True, slots=True)
class Watched:
    """Files by the name that they were read under; look: tells what is there now. seen: what it told first."""

    name: str
    look: Callable[[], object]
    seen: object

    @property
    def changed(self) -> bool:
        try:
            return self.look() != self.seen
        except OdibiException:  # they are gone, or can't be reached
            return True


def literal_stamps(path: str) -> object:
    """Return what tells whether the files of a literal in SQL have changed; a URL is taken to stay as it is."""
    place = str(Path(path).expanduser())
    found = [place] if Path(place).exists() else sorted(glob.glob(place, recursive=True))  # noqa: PTH207 - absolute
    try:
        return [(file, Path(file).stat().st_size, Path(file).stat().st_mtime_ns) for file in found]
    except OSError as exc:  # the run will say it; here the file is just another one than before
        return str(exc)
