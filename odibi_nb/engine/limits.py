"""DuckDB's share of the machine, and what it says when that isn't enough."""

from __future__ import annotations

import re
from pathlib import Path

from odibi_nb.engine.machine import usable_cpus, usable_memory_bytes
from odibi_nb.exceptions import EngineError

__all__ = ["ROOM_IN_STORE", "default_limits", "no_room_for_rows", "out_of_room"]

# Python nodes and their frames live in the same process.
_MEMORY_SHARE = 0.6

_LIMIT = re.compile(r"/([\d.]+ \w+) used\)")
# Those of the store, and those beside the spill folder; not what a node writes.
_ROWS_FILE = re.compile(
    r'Could not write file "([^"]*[/\\](?:rows[/\\][^"]*\.part|[^"]*_rows[/\\]\d+\.parquet))": No space left'
)
_SPILL_FILE = re.compile(r'"([^"]*)duckdb_temp_[^"]*"')


def default_limits() -> dict[str, str | int]:
    """Return the limits of DuckDB, by setting, where the project's settings say nothing else."""
    memory = usable_memory_bytes()
    limit = {"memory_limit": f"{int(memory * _MEMORY_SHARE)} bytes"} if memory else {}
    return {**limit, "threads": usable_cpus()}


def out_of_room(exc: Exception) -> EngineError | None:
    """Return DuckDB's error about memory or its spill folder as ours; None: it is about something else."""
    report = str(exc)
    limit = found[1] if (found := _LIMIT.search(report)) else "its limit"
    if (file := _SPILL_FILE.search(report)) and "No space left" in report:
        return EngineError(
            f"no room is left on the disk of {file[1]}, for what doesn't fit in memory", hint=_OTHER_DISK
        )
    if file := _ROWS_FILE.search(report):
        return no_room_for_rows(file[1])
    if "Out of Memory Error" not in report:
        return None
    if "max_temp_directory_size" in report:
        return EngineError(f"what doesn't fit in memory takes more than {limit} on disk", hint=_MORE_ROOM)
    if "no temporary directory" in report:
        hint = "let it spill to disk: take `temp_directory: ''` out of settings.duckdb"
        return EngineError(f"it needs more memory than {limit}", hint=hint)
    return EngineError(f"it needs more memory than {limit}, even with a spill folder", hint=_MORE_MEMORY)


def no_room_for_rows(path: str | Path) -> EngineError:
    """Return what to say where a result's file can't be written in full."""
    folder = Path(path).parent
    hint = ROOM_IN_STORE if ".odibi" in folder.parts else _OTHER_DISK
    return EngineError(f"no room is left on the disk of '{folder}', for the rows of a stored result", hint=hint)


ROOM_IN_STORE = "free some room there: %odibi store prune, or less in settings: {store: {limit_gb: 10}}"
_OTHER_DISK = "free some room, or let temp_directory in settings.duckdb point to a disk with more"
_MORE_ROOM = f"{_OTHER_DISK}; max_temp_directory_size there sets how much it may take"
_MORE_MEMORY = "raise memory_limit in settings.duckdb or lower threads; lists and texts gathered in one row don't spill"
