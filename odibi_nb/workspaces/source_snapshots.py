"""Source files parsed once per version: found in the store by what tells it, kept there beside what goes on."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet, WeakValueDictionary

from odibi_nb import __version__
from odibi_nb.engine.base import Dataset, Engine, Readers, Source
from odibi_nb.engine.schema import Column
from odibi_nb.engine.snapshots import Snapshot
from odibi_nb.exceptions import NodeCancelled, OdibiException
from odibi_nb.store import why_not_kept
from odibi_nb.workspaces.idle import IdleWork

if TYPE_CHECKING:
    from odibi_nb.connections.base import FileStamp
    from odibi_nb.store import ResultStore
    from odibi_nb.store.objects import Held
    from odibi_nb.workspaces.kept import Kept
    from odibi_nb.workspaces.stamps import Stamps

__all__ = ["Around", "SourceSnapshots"]

_ASK_AGAIN_S = 0.05
_LAZY = Readers(overrule="view")
_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class Around:
    """What snapshots need of a workspace.

    store: where they are kept; None: nowhere. engine: that of the runs. another: makes one of its kind, to parse beside
    it. settings: names the engine with its version and settings. results: all that are there. beside: has work done in
    the thread that keeps results, after them.
    """

    store: Callable[[], ResultStore | None]
    engine: Callable[[], Engine]
    another: Callable[[], Engine]
    settings: Callable[[], str]
    stamps: Stamps
    results: Callable[[], Iterable[Kept]]
    beside: Callable[[Callable[[], object]], None]


@dataclass(slots=True)
class _Parsed:
    """A source that was parsed. computed: its rows, if they are there; lazy: results that parse it whenever read."""

    source: Source
    computed: Dataset | None = None
    lazy: WeakSet[Dataset] = field(default_factory=WeakSet)


class SourceSnapshots:
    """The source files of a workspace that were parsed before, in whatever session.

    Rows that are there are kept at once. For a view of files they are parsed once more, which takes twice as long as
    a run: when nothing goes on; or, once a second run has parsed the same version, without waiting for that.
    problems: why a source could not be kept, by its place.
    """

    def __init__(self, around: Around) -> None:
        self._around, self.problems = around, dict[str, str]()
        self._parsed: dict[str, _Parsed] = {}
        self._failed: set[str] = set()
        self._held: WeakValueDictionary[str, Held] = WeakValueDictionary()
        self._lock, self._keeping = threading.Lock(), threading.Lock()
        self._parser: Engine | None = None
        self._gives_way = False
        self._idle = IdleWork(self._keep_all, self._give_way)

    def find(self, source: Source, files: Sequence[FileStamp]) -> Snapshot | None:
        """Return the rows of files; see `Snapshots`."""
        store = self._around.store()
        if store is None or source.format.snapshot_bytes is None or (key := self._key(source, files)) is None:
            return None
        return self._find(store, key)

    def note_parsed(self, source: Source, files: Sequence[FileStamp], data: Dataset) -> None:
        """Take note of a dataset that was parsed from files; see `Snapshots`."""
        store, least = self._around.store(), source.format.snapshot_bytes
        size = sum(file.size_bytes for file in files)
        if store is None or least is None or not least <= size <= store.limit_bytes:
            return
        key = self._key(source, files)
        if key is None or key in self._failed or not (data.lazy or self._is_now(source, key)):
            return
        with self._lock:
            parsed = self._parsed.setdefault(key, _Parsed(source))
            if data.lazy:
                parsed.lazy.add(data)
            else:
                parsed.computed = data

    def run_begins(self) -> None:
        """Let nothing that can wait be in the way."""
        self._idle.hold()

    def run_ends(self, *, in_full: bool) -> None:
        """Keep what the run has parsed, now or later. in_full: it has read files to their end."""
        store = self._around.store()
        if store is None or not self._parsed:
            return
        with self._lock:
            parsed = dict(self._parsed)
        now = [key for key, one in parsed.items() if one.computed is not None or (in_full and self._again(store, key))]
        for key in now:
            self._around.beside(partial(self._keep, key))
        if now:
            self._around.beside(store.make_room)
        if len(now) < len(parsed):
            self._idle.start()

    def end(self) -> None:
        """End what goes on while nothing else does, and wait for its end."""
        self._idle.end()

    def give_up(self) -> None:
        """Stop what would be waited for, as somebody has lost patience."""
        with self._lock:
            self._parsed.clear()
        while not self._keeping.acquire(timeout=_ASK_AGAIN_S):
            self._interrupt()
        self._keeping.release()

    def clear(self) -> None:
        """Forget what was parsed and is not kept."""
        with self._lock:
            self._parsed.clear()
        self._failed.clear()
        self.problems.clear()

    def _find(self, store: ResultStore, key: str) -> Snapshot | None:
        entry = store.find(key)
        if entry is None or entry.rows is None:
            return None
        held = self._held.get(entry.rows.digest)
        if held is None and (held := store.hold(entry)) is not None:
            self._held[entry.rows.digest] = held  # as long as it is held, its bytes needn't be checked again
        return _snapshot_of(entry.record["snapshot"], held) if held is not None else None

    def _key(self, source: Source, files: Sequence[FileStamp]) -> str | None:
        """Return what tells these rows from all others; None where it can't be told."""
        form, given = source.format, _given(source)
        if not _is_plain(given):
            return None
        try:
            versions = self._around.stamps.of_files(files, source)
        except OdibiException:  # whoever reads them will tell
            return None
        parsers = (__version__, self._around.settings(), *map(_package, form.packages))
        said = repr((form.name, type(form).__qualname__, parsers, given, versions))
        return f"source-{blake2b(said.encode(), digest_size=16).hexdigest()}"

    def _is_now(self, source: Source, key: str) -> bool:
        """Whether the files are still those that a key stands for."""
        try:
            return self._key(source, source.files()) == key
        except OdibiException:  # they are gone
            return False

    def _again(self, store: ResultStore, key: str) -> bool:
        """Whether files were read to their end before, and not kept; the store remembers that they were now."""
        if store.find(key) is not None:
            return True
        try:
            store.save(key, {"snapshot": _said(self._parsed[key].source)})
        except OSError as exc:
            self._fail(key, exc)
        return False

    def _keep_all(self, wanted: Callable[[], bool]) -> None:
        """Keep one source after the other as long as nothing else goes on."""
        while wanted() and (key := self._first()) is not None:
            self._keep(key, wanted)
        if wanted() and (store := self._around.store()) is not None:
            store.make_room()

    def _first(self) -> str | None:
        with self._lock:
            return next(iter(self._parsed), None)

    def _give_way(self) -> None:
        if self._gives_way:
            self._interrupt()

    def _interrupt(self) -> None:
        if (parser := self._parser) is not None:
            parser.interrupt()

    def _keep(self, key: str, wanted: Callable[[], bool] | None = None) -> None:
        """Keep a source unless it is kept; what goes wrong costs only that it is parsed again."""
        with self._keeping:
            store, parsed = self._around.store(), self._parsed.get(key)
            if store is None or parsed is None:
                return
            try:
                kept = self._find(store, key)
                if kept is None and self._is_now(parsed.source, key):
                    self._save(store, key, parsed, wanted)
                    kept = self._find(store, key)
                for data in list(parsed.lazy):
                    if kept is not None:
                        self._around.engine().adopt(data, kept)
            except NodeCancelled:  # another time
                return
            except (OdibiException, OSError) as exc:
                self._fail(key, exc)
            with self._lock:
                self._parsed.pop(key, None)

    def _save(self, store: ResultStore, key: str, parsed: _Parsed, wanted: Callable[[], bool] | None) -> None:
        source, said = parsed.source, _said(parsed.source)

        def write(path: Path) -> None:
            data = parsed.computed
            if data is not None:
                self._write(store, data, path)
                schema, rows, notes = data.schema, data.count(), data.notes
            else:
                schema, rows, notes = self._parse(source, path, wanted)
            if not self._is_now(source, key):
                raise OdibiException("the files have changed while they were parsed")
            said.update(schema=schema, rows=rows, notes=notes)  # the store asks for it once the rows are there

        store.save(key, {"snapshot": said}, write)

    def _write(self, store: ResultStore, data: Dataset, path: Path) -> None:
        """Write rows that are there, or copy them where they are a node's result, which is kept."""
        digest = next((one.fingerprint.digest for one in self._around.results() if one.result.dataset is data), "")
        entry = store.find(digest) if digest else None
        if entry is not None and (held := store.hold(entry)) is not None:
            shutil.copyfile(held.path, path)
        else:
            self._around.engine().save(data, path)

    def _parse(self, source: Source, path: Path, wanted: Callable[[], bool] | None) -> tuple[Any, int, Any]:
        """Parse files into a file of rows; return their schema, their number, and notes on them."""
        parser = self._around.another()
        try:
            self._parser, self._gives_way = parser, wanted is not None
            data = parser.read(source, "source", _LAZY)
            if wanted is not None and not wanted():
                raise NodeCancelled("a run has begun")
            parser.save(data, path)
            return data.schema, parser.load(path, data.schema, None).count(), data.notes
        finally:
            self._parser = None
            parser.close()

    def _fail(self, key: str, error: Exception) -> None:
        self._failed.add(key)
        if (parsed := self._parsed.get(key)) is not None:
            self.problems[_place(parsed.source)] = why_not_kept(error)


def _said(source: Source) -> dict[str, Any]:
    """Return what the store's readers are told of a source whose rows aren't kept yet."""
    given = blake2b(repr(_given(source)).encode(), digest_size=8).hexdigest()
    return {"path": _place(source), "given": given, "format": source.format.name, "rows": None, "at": time.time()}


def _given(source: Source) -> list[Any]:
    """Return the options of a source: of one file there may be several snapshots, say of a workbook's sheets."""
    return [dict(source.options), dict(source.types) if source.types is not None else None]


def _snapshot_of(said: dict[str, Any], held: Held) -> Snapshot:
    schema = tuple(Column(*column) for column in said["schema"])
    return Snapshot(said["path"], held.path, schema, said["rows"], tuple(said["notes"]), held)


def _place(source: Source) -> str:
    name = source.connection.name
    return f"{name}:{source.path}" if name else source.path


def _is_plain(value: Any) -> bool:
    """Whether a value's text tells it from all others."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(one) for key, one in value.items())
    return all(map(_is_plain, value)) if isinstance(value, list | tuple) else isinstance(value, _PLAIN)


@lru_cache
def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:  # reading will tell
        return name
