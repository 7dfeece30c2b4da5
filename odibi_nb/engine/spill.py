"""Where DuckDB puts what doesn't fit its memory: a folder of one database, gone with it or with its process."""

from __future__ import annotations

import tempfile
from pathlib import Path

from odibi_nb.engine.machine import free_bytes, is_in_memory
from odibi_nb.engine.own_folder import OwnFolder
from odibi_nb.exceptions import EngineError

__all__ = ["SpillFolder", "spill_place"]

_PREFIX = "odibi_nb_spill_"
# Below this the temporary folder is too small a place if the project's disk has more room.
_ENOUGH_BYTES = 20_000_000_000
_SHARE = 0.8


class SpillFolder:
    """A folder of its own in `place`; DuckDB makes `path` in it once it needs it.

    limit_bytes: what may be written there, so that the disk isn't filled.
    """

    def __init__(self, place: Path) -> None:
        try:
            place.mkdir(parents=True, exist_ok=True)
            self._folder = OwnFolder(place, _PREFIX)
        except OSError as exc:
            raise EngineError(
                f"{place}: {exc.strerror}", hint="point temp_directory in settings.duckdb to a folder on a disk"
            ) from exc
        self.path = self._folder.path / "duckdb"
        self.limit_bytes = int(free_bytes(self._folder.path) * _SHARE)
        self.remove = self._folder.remove


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
