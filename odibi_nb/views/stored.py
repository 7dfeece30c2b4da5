"""The results that outlive a session, as a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import plural
from odibi_nb.workspaces.plan import clock

if TYPE_CHECKING:
    from odibi_nb.store import Entry
    from odibi_nb.workspaces import Workspace

__all__ = ["StoreView", "StoredView", "size_text", "store_view"]

_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000


@dataclass(frozen=True, slots=True)
class StoredView:
    """A stored result. size: of its rows, "" where they are computed anew from others'. computed, used: times."""

    name: str
    rows: str
    size: str
    computed: str
    used: str


@dataclass(frozen=True, slots=True)
class StoreView:
    """The store. problems: why results of this session are not in it, a sentence each."""

    folder: str
    summary: str
    results: tuple[StoredView, ...]
    problems: tuple[str, ...] = ()


def store_view(workspace: Workspace) -> StoreView:
    """Return what is in a workspace's store, what was used last first."""
    store = workspace.store
    results = tuple(_stored(entry) for entry in store.entries() if _is_kept(entry))
    summary = (
        f"{plural(len(results), 'result')}, {size_text(store.size_bytes())} of at most {size_text(store.limit_bytes)}"
    )
    waiting = workspace.waiting_to_be_kept
    summary += f", {waiting} more being kept" if waiting else ""
    problems = tuple(f"{name} is not kept: {why}" for name, why in workspace.store_problems.items())
    return StoreView(str(store.folder), summary, results, problems)


def size_text(size: float) -> str:
    """Return a size in bytes as "114 MB"."""
    unit = 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 or size >= 10 else f"{size:.1f} {_UNITS[unit]}"


def _stored(entry: Entry) -> StoredView:
    name, rows, at = _said(entry.record)
    size = size_text(entry.size_bytes) if entry.rows is not None else ""
    return StoredView(name, f"{rows:,}" if rows is not None else "", size, clock(at), clock(entry.used))


def _said(record: Mapping[str, Any]) -> tuple[str, int | None, float]:
    """Return a result's name, its rows and its time; that of a source file is its place."""
    if (source := record.get("snapshot")) is not None:
        return source["path"], source["rows"], source["at"]
    return record["result"]["node_name"], record["rows"]["rows"], record["kept"]["at"]


def _is_kept(entry: Entry) -> bool:
    """Whether there are rows behind an entry: of a source it may say only that it was parsed once."""
    return entry.rows is not None or "snapshot" not in entry.record
