"""The folder `.odibi/store`: which rows there are, what they stand for, and when they were last of use."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from odibi_nb.store.locks import alone
from odibi_nb.store.objects import Held, Object, Objects
from odibi_nb.store.records import keep_private, read_record, sweep, write_record

__all__ = ["LIMIT_BYTES", "Entry", "ResultStore"]

LIMIT_BYTES = 10_000_000_000
_VERSION = 1
_SUFFIX = ".json"
_ROOM = 0.9
"""How full the store is once room was made: not for each result anew."""
_ABANDONED_S = 60.0
"""Rows without a record are somebody's who is about to write it, for so long."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A result in the store.

    key: the digest of what it stands for. record: what was said of it. rows: the file that has them; None: they are
    computed from those of others. used: seconds since 1970.
    """

    key: str
    record: dict[str, Any]
    rows: Object | None
    used: float

    @property
    def size_bytes(self) -> int:
        return self.rows.size_bytes if self.rows is not None else 0


class ResultStore:
    """Results below a folder, used by any number of processes at once; nothing of it is made before it is needed.

    limit_bytes: of all rows; beyond it those that were of no use for longest go.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = folder / "store"
        self.limit_bytes = limit_bytes
        self._objects = Objects(self.folder / "rows")
        self._results = self.folder / "results"

    def new_rows(self) -> Path | None:
        """Return the path of a file to be written, on the disk where `save` keeps rows; None where none can be made."""
        try:
            self._make_folder()
            path = self._objects.new()
        except OSError:
            return None
        return path if os.access(path.parent, os.W_OK) else None

    def find(self, key: str) -> Entry | None:
        """Return the result that stands for `key`, which counts as a use; None where its rows aren't there any more."""
        path = self._result(key)
        entry = _entry(path)
        if entry is None or not self._is_whole(entry):
            return None
        with suppress(OSError):  # others may use it too, without the right to write
            os.utime(path)
        return entry

    def keys(self) -> set[str]:
        """Return the keys that have a record: quicker than asking for many that mostly have none."""
        try:
            with os.scandir(self._results) as found:
                return {one.name.removesuffix(_SUFFIX) for one in found}
        except OSError:
            return set()

    def last(self, owner: str, node: str) -> Entry | None:
        """Return the result that a node had last, whatever it stands for."""
        record = read_record(self._of_node("last", owner, node))
        return self.find(record["key"]) if record is not None else None

    def count_last(self, owner: str) -> int:
        """Return of how many nodes the last result has a record; whether its rows are whole is for `find` to say."""
        pointers = map(read_record, (self.folder / "last").glob(f"{_hash(owner)}-*{_SUFFIX}"))
        return sum(one is not None and self._result(one["key"]).exists() for one in pointers)

    def save(self, key: str, record: dict[str, Any], write: Callable[[Path], None] | None = None) -> None:
        """Keep a result; write: makes the file of its rows. Raises what that raises, and OSError."""
        self._make_folder()
        rows = self._objects.put(write) if write is not None else None
        write_record(self._result(key), {"version": _VERSION, "rows": rows, "record": record})

    def note_last(self, owner: str, node: str, key: str) -> None:
        """Remember which result a node of a notebook or project had last."""
        self._make_folder()
        write_record(self._of_node("last", owner, node), {"owner": owner, "node": node, "key": key})

    def last_keys(self) -> set[str]:
        """Return the keys of the last result of every node of every notebook or project here."""
        found = map(read_record, (self.folder / "last").glob(f"*{_SUFFIX}"))
        return {record["key"] for record in found if record is not None}

    def written(self, target: str) -> dict[str, Any] | None:
        """Return what was said of the last write to a target."""
        return read_record(self._pointer("written", target))

    def note_written(self, target: str, record: dict[str, Any]) -> None:
        """Remember a write to a target."""
        self._make_folder()
        write_record(self._pointer("written", target), record)

    def failures(self, owner: str, nodes: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return what was said of those nodes of a notebook or project that failed the last time, by node."""
        there = {path.stem for path in (self.folder / "failed").glob(f"{_hash(owner)}-*{_SUFFIX}")}
        paths = {node: self._of_node("failed", owner, node) for node in nodes} if there else {}
        found = {node: read_record(path) for node, path in paths.items() if path.stem in there}
        return {node: said["record"] for node, said in found.items() if said and said["version"] == _VERSION}

    def note_failed(self, owner: str, node: str, record: dict[str, Any]) -> None:
        """Remember that a node has failed."""
        self._make_folder()
        write_record(self._of_node("failed", owner, node), {"version": _VERSION, "record": record})

    def forget_failed(self, owner: str, node: str) -> None:
        """Forget that a node has failed; raises OSError."""
        self._of_node("failed", owner, node).unlink(missing_ok=True)

    def forget_failures(self) -> None:
        """Forget which nodes have failed, of every notebook and project here; raises OSError."""
        for path in (self.folder / "failed").glob(f"*{_SUFFIX}"):
            path.unlink(missing_ok=True)

    @contextmanager
    def writing(self, targets: Iterable[str], waits: Callable[[], None]) -> Iterator[None]:
        """Keep other sessions from writing to these targets meanwhile; wait for those that do, and call `waits`."""
        self._make_folder()
        with alone((self._pointer("written", target).with_suffix(".lock") for target in targets), waits):
            yield

    def hold(self, entry: Entry) -> Held | None:
        """Return a hold on an entry's rows, every byte checked; None, and they are gone, where they aren't whole."""
        return self._objects.hold(entry.rows) if entry.rows is not None else None

    def entries(self) -> list[Entry]:
        """Return all results whose rows are there, the one used last first."""
        return sorted(filter(self._is_whole, self._all()), key=lambda entry: -entry.used)

    def size_bytes(self) -> int:
        """Return how many bytes all rows take."""
        return sum(kept.size_bytes for kept in self._objects)

    def lost(self) -> int:
        """Return how many results can't be used: their record isn't whole, or their rows haven't their full length."""
        return len(self._torn()) + sum(not self._is_whole(entry) for entry in self._all())

    def make_room(self) -> None:
        """Remove what was of no use for longest, if there is more than the limit allows, and what crashes have left."""
        self._sweep()
        if self.size_bytes() <= self.limit_bytes:
            return
        self._remove_unused()
        size = self.size_bytes()
        if size <= self.limit_bytes:
            return
        oldest = sorted(self._all(), key=lambda entry: entry.used)
        for entry in self._removed(oldest):
            size -= entry.size_bytes
            if size <= self.limit_bytes * _ROOM:
                return

    def damaged(self) -> list[Entry]:
        """Return the results whose rows aren't as they were written; every byte is read, and they are gone then."""
        held = ((entry, self.hold(entry)) for entry in self.entries() if entry.rows is not None)
        return [entry for entry, hold in held if hold is None]

    def prune(self, unwanted: Callable[[Entry], bool]) -> list[Entry]:
        """Remove results, what crashes have left, and rows of no result; return the results that are gone."""
        going = [entry for entry in self._all() if unwanted(entry) or not self._is_whole(entry)]
        removed = list(self._removed(going))
        for path in self._torn():
            with suppress(OSError):
                path.unlink(missing_ok=True)
        self._sweep()
        self._forget_gone()
        self._remove_unused()
        return removed

    def _removed(self, entries: Collection[Entry]) -> Iterator[Entry]:
        """Remove results one by one and yield those that are gone; rows that somebody uses stay, and so do they."""
        users = Counter(entry.rows.digest for entry in self._all() if entry.rows is not None)
        for entry in entries:
            if entry.rows is not None and users[entry.rows.digest] == 1:
                self._objects.remove(entry.rows.digest)
                if self._objects.has(entry.rows):
                    continue
            with suppress(OSError):
                self._result(entry.key).unlink(missing_ok=True)
            if entry.rows is not None:
                users[entry.rows.digest] -= 1
            yield entry

    def _remove_unused(self) -> None:
        """Remove rows of no result; those that are new may be of one that is just being kept."""
        wanted = {entry.rows.digest for entry in self._all() if entry.rows is not None}
        for kept in self._objects:
            with suppress(OSError):
                age = time.time() - self._objects.path(kept.digest).stat().st_mtime
                if kept.digest not in wanted and age > _ABANDONED_S:
                    self._objects.remove(kept.digest)

    def _sweep(self) -> None:
        for kind in ("rows", "results", "last", "failed", "written"):
            sweep(self.folder / kind)

    def _forget_gone(self) -> None:
        """Remove what points to a result that is gone."""
        for path in (self.folder / "last").glob(f"*{_SUFFIX}"):
            record = read_record(path)
            if record is None or not self._result(record["key"]).exists():
                path.unlink(missing_ok=True)

    def _all(self) -> Iterator[Entry]:
        for path in self._results.glob(f"*{_SUFFIX}"):
            if (entry := _entry(path)) is not None:
                yield entry

    def _torn(self) -> list[Path]:
        return [path for path in self._results.glob(f"*{_SUFFIX}") if read_record(path) is None]

    def _is_whole(self, entry: Entry) -> bool:
        return entry.rows is None or self._objects.has(entry.rows)

    def _result(self, key: str) -> Path:
        return self._results / f"{key}{_SUFFIX}"

    def _pointer(self, kind: str, name: str) -> Path:
        return self.folder / kind / f"{_hash(name)}{_SUFFIX}"

    def _of_node(self, kind: str, owner: str, node: str) -> Path:
        return self.folder / kind / f"{_hash(owner)}-{_hash(node)}{_SUFFIX}"

    def _make_folder(self) -> None:
        keep_private(self.folder.parent)
        self.folder.mkdir(exist_ok=True)


def _hash(name: str) -> str:
    return blake2b(name.encode(), digest_size=16).hexdigest()


def _entry(path: Path) -> Entry | None:
    """Return what a record says; None for one that isn't whole, or of another version."""
    said = read_record(path)
    if said is None or said.get("version") != _VERSION:
        return None
    try:
        used = path.stat().st_mtime
    except OSError:  # removed just now
        return None
    rows = Object(*said["rows"]) if said["rows"] is not None else None
    return Entry(path.stem, said["record"], rows, used)
