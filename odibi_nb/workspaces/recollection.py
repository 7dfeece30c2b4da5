"""Results that outlive a session: put into a store beside what goes on, and taken up when their nodes are looked at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from odibi_nb.engine.base import Dataset, Engine, Readers
from odibi_nb.engine.recalled import Recalled
from odibi_nb.exceptions import NodeCancelled, OdibiException, UnknownNameError
from odibi_nb.runner.execute import NodeExecution, Surroundings
from odibi_nb.runner.tasks import SqlStep
from odibi_nb.store import Entry, ResultStore, why_not_kept
from odibi_nb.workspaces.failures import Failures
from odibi_nb.workspaces.kept import Kept, KeptResults, Written
from odibi_nb.workspaces.recorded import begun_record, kept_of, record_of, told_of, written_of, written_record
from odibi_nb.workspaces.targets import target_stamp, target_text

if TYPE_CHECKING:
    from odibi_nb.engine.base import Target
    from odibi_nb.runner import NodeResult, NodeTask
    from odibi_nb.workspaces.fingerprinting import Look
    from odibi_nb.workspaces.nodes import Nodes
    from odibi_nb.workspaces.stamps import Stamps

__all__ = ["Recollection"]

_QUICK_S, _FEW_ROWS, _DEEP = 0.005, 10_000, 16
_FEW_RECORDS = 20
"""Records that are asked for one by one."""
_ATTEMPTS = 5
_PAUSE_S = 0.2


class Recollection:
    """What a workspace has in its store.

    engine: gives the one that results live on. owner: gives the name of the notebook or project of a node, by which its
    last result is found though it stands for something else by now. learn: is told of each recalled result. stamps: how
    versions of source files are told apart. store: None keeps nothing beyond the session. problems: why a node's result
    could not be kept, by node.
    """

    def __init__(
        self,
        nodes: Nodes,
        results: KeptResults,
        engine: Callable[[], Engine],
        owner: Callable[[str], str],
        learn: Callable[[NodeResult], None],
        stamps: Stamps,
    ) -> None:
        self._nodes, self._results, self._engine, self._owner = nodes, results, engine, owner
        self._learn, self._stamps = learn, stamps
        self._failures = Failures(results, owner)
        self.store: ResultStore | None = None
        self.problems: dict[str, str] = {}
        self._looked_up: dict[str, str] = {}
        self._depths: dict[str, int] = {}
        self._saver: ThreadPoolExecutor | None = None
        self._saving: set[Future[None]] = set()
        self._saved: WeakKeyDictionary[Dataset, tuple[str, int | None, bool]] = WeakKeyDictionary()
        self._abandoned = Event()

    def recall(self, names: Collection[str], look: Look) -> None:
        """Take up, from the store, results that stand for what nodes say now, and what was written of them.

        names: in topological order, those of `look`. A node without any result gets its last one, stale as it may be.
        Results whose file is gone are forgotten.
        """
        for name, data in self._results.datasets(names).items():
            if data.removed:
                self._results.forget(name)
                self.forget([name])
        if self.store is None:
            return
        new = {name: digest for name, digest in look.digests.items() if self._looked_up.get(name) != digest}
        there = self.store.keys() if len(new) > _FEW_RECORDS else new.values()
        failed = self._failures.of(self.store, new)
        for name, digest in new.items():
            self._looked_up[name] = digest
            self._look_up(self.store, name, digest, there)
            if name in failed and (fingerprint := look.fingerprint(name)) is not None:
                self._failures.take(failed[name], fingerprint)
        for name in names:
            if self._nodes[name].config.write is not None:
                self._recall_write(self.store, name)

    def forget(self, names: Collection[str]) -> None:
        """Look nodes up again when they are asked for."""
        for name in names:
            self._looked_up.pop(name, None)

    def clear(self) -> None:
        self._looked_up.clear()
        self.problems.clear()

    def lose_damaged(self, names: Iterable[str]) -> bool:
        """Fetch the rows of recalled results, and forget those that can't be had; return whether there were any."""
        lost = [name for name in names if not self._can_be_had(name)]
        for name in lost:
            self._results.forget(name)
        return bool(lost)

    def save(self, names: Iterable[str]) -> None:
        """Keep the present results of nodes beyond this session, in a thread: nobody waits for it."""
        names = list(names)
        if self.store is None:
            return
        self._failures.note(self.store, names)
        kept = [one for name in names if (one := self._to_be_saved(name)) is not None]
        work = [(_cells(one), one, self._is_made_anew(one)) for one in kept]
        for _, one, anew in sorted(work, key=itemgetter(0)):  # small ones first: if the process is killed, few are lost
            self._submit_save(self.store, one, anew=anew)
        if kept:
            self._submit(self.store.make_room)

    def save_early(self, kept: Kept) -> None:
        """Keep a result with rows of its own while the run that has given it goes on."""
        if self.store is not None and not kept.result.badges:
            self._submit_save(self.store, kept, anew=False)

    def note_written(self, name: str) -> None:
        """Remember a write beyond this session, at once: what was appended must never be appended again."""
        written = self._results.written(name)
        if self.store is not None and written is not None:
            with suppress(OSError):
                self.store.note_written(written.target, written_record(written))

    @contextmanager
    def appending(self, targets: Collection[str]) -> Iterator[None]:
        """Keep other sessions from appending to these targets meanwhile: what they append has to be known first."""
        with ExitStack() as held:
            if self.store is not None and targets:
                with suppress(OSError):  # nothing can be kept there: then nobody else's is known either
                    held.enter_context(self.store.writing(targets, _tell_waiting))
            yield

    def note_begun(self, name: str, target: Target, identity: str) -> None:
        """Remember that a write begins: should this process end before the write is noted, the file tells the rest."""
        beginning = Written(identity, target_text(target), target_stamp(target), time.time())
        if self.store is not None:
            with suppress(OSError):
                self.store.note_written(beginning.target, begun_record(beginning, self._results.written(name)))

    def beside(self, work: Callable[[], Any]) -> None:
        """Have something done in the thread that keeps results, after those that wait."""
        self._submit(work)

    def count(self, owner: str) -> int:
        """Return how many nodes of a notebook or project have a last result in the store."""
        return self.store.count_last(owner) if self.store is not None else 0

    def abandon(self) -> None:
        """Keep nothing more of what is still to be kept: all results are about to be forgotten."""
        self._abandoned.set()
        for future in tuple(self._saving):
            future.cancel()
        while wait(self._saving, timeout=_PAUSE_S).not_done:
            self._engine().interrupt()
        self._abandoned.clear()

    @property
    def waiting(self) -> int:
        """How many results are still to be kept."""
        return len(self._saving)

    def settle(self) -> None:
        """Wait until everything is kept that is to be."""
        wait(self._saving)

    def _look_up(self, store: ResultStore, name: str, digest: str, there: Container[str]) -> None:
        kept = self._results.kept(name)
        if kept is not None and kept.fingerprint.digest == digest and not _is_unkept(kept):
            return
        entry = store.find(digest) if digest in there else None
        if entry is None and kept is None:
            entry = store.last(self._owner(name), name)
        if entry is not None and (recalled := self._recalled(store, entry, name, digest)) is not None:
            self._results.take(name, recalled)
            self._learn(recalled.result)

    def _recalled(self, store: ResultStore, entry: Entry, name: str, digest: str) -> Kept | None:
        """Return a result of the store; None where the rows that it would be computed from aren't there."""
        kept, told, rows = kept_of(entry.record, name), told_of(entry.record), entry.record["rows"]
        fetch: Callable[[], Dataset] | None = None
        if not rows["anew"]:
            fetch = partial(self._load, store, entry, name)
        elif entry.key == digest:
            task = self._nodes.ready(name)
            given = self._results.datasets(task.depends_on)
            if any(one not in given or not self._has_still(one, kept) for one in task.depends_on):
                return None
            fetch = partial(self._bind, task, given, kept.fingerprint.files)
        data = Recalled(told, fetch, lazy=rows["anew"], notes=tuple(rows["notes"]))
        return replace(kept, result=replace(kept.result, dataset=data))

    def _load(self, store: ResultStore, entry: Entry, name: str) -> Dataset:
        held, told = store.hold(entry), told_of(entry.record)
        if held is None:
            raise self._lost(name)
        return self._engine().load(held.path, told.schema, told.rows, held=held)

    def _lost(self, name: str) -> UnknownNameError:
        """Forget a result whose rows can't be had, and return what to say to whoever asks for them."""
        self._results.forget(name)
        self.forget([name])
        problem = f"the stored rows of '{name}' are damaged or gone"
        return UnknownNameError(problem, hint=f"run it again: %odibi run +{name}", node=name)

    def _has_still(self, above: str, reader: Kept) -> bool:
        """Whether a node has the rows at hand that a result was computed from, not older ones."""
        kept = self._results.kept(above)
        return kept is not None and kept.identity == reader.above.get(above)

    def _open(self, above: str, data: Dataset, *, reader: str) -> None:
        """Have the rows at hand that a lazy result is of; it is lost where they turn out to be."""
        try:
            if isinstance(data, Recalled):
                data.opened  # noqa: B018 - looks for the file
        except UnknownNameError as exc:
            if self._results.kept(above) is None:  # forgotten just now
                raise self._lost(reader) from exc
            raise

    def _bind(self, task: NodeTask, given: dict[str, Dataset], files: Mapping[str, object]) -> Dataset:
        """Return a lazy result anew; nothing is computed for it. files: their versions when it was computed."""
        if files and self._stamps.look().of(task) != files:
            problem = f"the last result of '{task.name}' is gone: what it was read from has changed since"
            raise UnknownNameError(problem, hint=f"run it again: %odibi run +{task.name}", node=task.name)
        for above, data in given.items():
            self._open(above, data, reader=task.name)
        around = Surroundings(
            self._engine().beside(),
            upstream=given.__getitem__,
            visible=lambda: task.depends_on,
            readers=Readers(overrule="view"),
            writes=False,
            cancelled=Event(),
        )
        return NodeExecution(replace(task, checks=(), queries=(), target=None), around).run().dataset

    def _can_be_had(self, name: str) -> bool:
        result = self._results.get(name)
        if result is None or not isinstance(result.dataset, Recalled):
            return True
        above = self._nodes.task(name).depends_on if result.dataset.lazy else ()
        if self.lose_damaged(above):
            return False
        try:
            return result.dataset.opened is not None
        except OdibiException:  # a run will say what is wrong, if it still is
            return False

    def _recall_write(self, store: ResultStore, name: str) -> None:
        """Take up the last write to a node's target, if another session has done it since."""
        try:
            target = self._nodes.ready(name).target
        except OdibiException:  # it can't run, so it doesn't write
            return
        record = store.written(target_text(target)) if target is not None else None
        known = self._results.written(name)
        if target is None or record is None or (known is not None and known.at >= record["at"]):
            return
        if (written := written_of(record, target_stamp(target))) is not None:
            self._results.take_written(name, written)

    def _to_be_saved(self, name: str) -> Kept | None:
        """Return a node's result if it can outlive the session; one that came from the store is there already."""
        kept = self._results.kept(name)
        if kept is None or not kept.result.rows_stand or kept.result.badges:
            return None
        data = kept.result.dataset
        if data is None or not data.schema or isinstance(data, Recalled):
            return None
        return kept if self._saved.get(data) != _told(kept) else None

    def _is_made_anew(self, kept: Kept) -> bool:
        """Whether a result's rows are computed again when they are asked for: they are lazy, or done sooner than kept.

        Of few rows one thread makes the same again, in the same order.
        """
        name, data = kept.result.node_name, kept.result.dataset
        assert data is not None  # noqa: S101 - see `_to_be_saved`
        task = self._nodes.task(name)
        depth = 1 + max((self._depths.get(one, 0) for one in task.depends_on), default=0)
        is_pure = task.kind == "sql" and not _is_volatile(task) and not kept.fingerprint.files
        is_quick = kept.result.duration < _QUICK_S and depth < _DEEP
        is_small = all(map(_has_few_rows, (data, *self._results.datasets(task.depends_on).values())))
        anew = data.lazy or (is_pure and is_quick and is_small)
        self._depths[name] = depth if anew else 0
        return anew

    def _submit_save(self, store: ResultStore, kept: Kept, *, anew: bool) -> None:
        """Have a result kept; it counts as kept from now on, so that the next run doesn't ask once more."""
        data = kept.result.dataset
        assert data is not None  # noqa: S101 - see `_to_be_saved`
        self._saved[data] = _told(kept)
        self._submit(partial(self._save, store, kept, anew=anew))

    def _save(self, store: ResultStore, kept: Kept, *, anew: bool) -> None:
        """Keep one result; what goes wrong costs only that it is computed again in another session."""
        name, data, key = kept.result.node_name, kept.result.dataset, kept.fingerprint.digest
        assert data is not None  # noqa: S101 - see `_to_be_saved`
        write = None if anew else partial(self._write, data)
        try:
            store.save(key, record_of(kept, anew=anew), write)
            store.note_last(self._owner(name), name, key)
            self.problems.pop(name, None)
        except Exception as exc:  # noqa: BLE001 - a result that can't be kept is isolated here, and it is said
            self._saved.pop(data, None)
            self.problems[name] = why_not_kept(exc)

    def _write(self, data: Dataset, path: Path) -> None:
        for _ in range(_ATTEMPTS):
            try:
                self._engine().save(data, path)
            except NodeCancelled:  # a run beside it was interrupted, and every statement with it
                if self._abandoned.wait(_PAUSE_S):
                    break
            else:
                return
        raise NodeCancelled("interrupted")

    def _submit(self, work: Callable[[], Any]) -> None:
        if self._saver is None:
            self._saver = ThreadPoolExecutor(1, thread_name_prefix="odibi-store")
        future = self._saver.submit(work)
        self._saving.add(future)
        future.add_done_callback(self._saving.discard)


def _is_unkept(kept: Kept) -> bool:
    data = kept.result.dataset
    return isinstance(data, Recalled) and data.is_unkept


def _is_volatile(task: NodeTask) -> bool:
    """Whether SQL may give other rows each time, though the node says that its result may be taken for fresh."""
    return any(step.facts.volatile for step in task.steps if isinstance(step, SqlStep))


def _told(kept: Kept) -> tuple[str, int | None, bool]:
    """Return what of a result may have become known, or another thing, since it was kept."""
    data = kept.result.dataset
    return kept.fingerprint.digest, data.known_rows if data is not None else None, kept.in_full


def _cells(kept: Kept) -> int:
    """Return how many values a result has, as far as that is known; a lazy one is no work."""
    data = kept.result.dataset
    return 0 if data is None or data.lazy else (data.known_rows or 0) * len(data.schema)


def _has_few_rows(data: Dataset) -> bool:
    return data.known_rows is not None and data.known_rows <= _FEW_ROWS


def _tell_waiting() -> None:
    sys.stderr.write("waiting for another session, which appends to the same file\n")
    sys.stderr.flush()
