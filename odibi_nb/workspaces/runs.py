"""How a workspace runs: what has to run, on which engine, and which results are kept."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.engine import create_engine, engine_version
from odibi_nb.exceptions import UsageError
from odibi_nb.expectations import broken
from odibi_nb.runner import Listener, NodeResult, NodeTask, Runner, RunOutcome
from odibi_nb.store import LIMIT_BYTES, ResultStore
from odibi_nb.workspaces.beginnings import Beginnings
from odibi_nb.workspaces.early import EarlyKeeping
from odibi_nb.workspaces.fingerprinting import Fingerprints, Look
from odibi_nb.workspaces.forms import with_forms
from odibi_nb.workspaces.freshness import Freshness
from odibi_nb.workspaces.history import History
from odibi_nb.workspaces.jobs import Job, RunRequest
from odibi_nb.workspaces.kept import KeptResults
from odibi_nb.workspaces.known_schemas import KnownSchemas
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.plan import Plan
from odibi_nb.workspaces.preparing import Preparing
from odibi_nb.workspaces.recollection import Recollection
from odibi_nb.workspaces.recording import Recorder
from odibi_nb.workspaces.rereading import Rereading
from odibi_nb.workspaces.sharing import note_shared
from odibi_nb.workspaces.source_snapshots import Around, SourceSnapshots
from odibi_nb.workspaces.targets import target_stamp, target_text
from odibi_nb.workspaces.telling import told_of
from odibi_nb.workspaces.turns import Turns

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.base import Dataset, Engine

__all__ = ["Runs"]


class Runs(Preparing):
    """Runs nodes, one run at a time, and keeps their results.

    listeners: told of every run on real rows. lock: the workspace's. Preparing and keeping are short and want it;
    executing is long and must be done without it: a node may well look at the workspace, from any thread.
    folder: where results outlive the session; None: nowhere. owner: the name of the notebook or project there;
    known_as: the same, but "" as long as it is only guessed; owners: the names of those whose nodes are used here, by
    node.
    """

    def __init__(self, nodes: Nodes, lock: threading.RLock, folder: Path | None = None) -> None:
        self._nodes, self._lock = nodes, lock
        self._engine: Engine | None = None
        self._scratch: Engine | None = None
        self._project: ProjectConfig | None = None
        self._running = threading.Lock()
        self.listeners: list[Listener] = []
        self.results = KeptResults()
        self._history = History(self.results)
        self.schemas = KnownSchemas()
        self._standing: dict[str, tuple[Dataset, str]] = {}
        self._renamed: dict[str, str] = {}
        self._fingerprints = Fingerprints(nodes)
        self.owner = self.known_as = ""
        self.owners: dict[str, str] = {}
        self.recollection = Recollection(
            nodes,
            self.results,
            lambda: self.engine,
            self.owner_of,
            self.schemas.learn,
            self._fingerprints.stamps,
        )
        self.freshness = Freshness(nodes, self.results, self._fingerprints, self.recollection)
        self.snapshots = SourceSnapshots(self._around_snapshots())
        self.recorder = Recorder(nodes)
        self._folder, self._keeps = folder, True
        self.turns = Turns(
            lambda: self._folder, lambda: self.owner, lambda: not self.known_as or self._running.locked()
        )
        self.configure(None)

    @property
    def engine(self) -> Engine:
        """The engine, made when it is first needed."""
        if self._engine is None:
            self._engine = create_engine(*_engine_of(self._project), root=self._nodes.root)
            self._engine.snapshots = self.snapshots
            self._engine.keep_files(lambda: store.new_rows() if (store := self.recollection.store) else None)
        return self._engine

    @property
    def scratch(self) -> Engine:
        """Another engine of the same settings, for looks that are no part of a run: one may be going on."""
        if self._scratch is None:
            self._scratch = create_engine(*_engine_of(self._project), root=self._nodes.root)
        return self._scratch

    @property
    def is_going_on(self) -> bool:
        """Whether a run does, or what keeps runs away."""
        return self._running.locked()

    def owner_of(self, name: str) -> str:
        """Return the name of the notebook or project that a node's results are known by; its own cell makes it ours."""
        is_used = name in self._nodes and self._nodes[name].origin.file is not None
        return self.owners.get(name, self.owner) if is_used else self.owner

    def move(self, folder: Path) -> None:
        """Let results outlive the session in another folder."""
        self._folder = folder
        self.configure(self._project)

    def configure(self, project: ProjectConfig | None) -> None:
        """Run by a project's settings; another engine means that all results are lost."""
        if _engine_of(project) != _engine_of(self._project):
            self.close()
        self._project = project
        name, settings = _engine_of(project)
        said = [f"{key}={value}" for key, value in settings.items() if key.casefold() not in _OF_THE_MACHINE]
        self._fingerprints.engine = ", ".join([engine_version(name), *said])
        self._fingerprints.stamps.by_content = project is not None and project.settings.source_files == "content"
        enabled = self._keeps and self._folder is not None and (project is None or project.settings.store.enabled)
        self.recollection.store = self.stored() if enabled else None
        reports = enabled or (self._keeps and project is not None and project.story is not None)
        self.recorder.configure(self._folder if reports else None, project)

    def keep_nothing(self) -> None:
        """Keep results within this session, whatever the project says, and take up none of another."""
        self._keeps, self.recollection.store = False, None
        self.recorder.configure(None, self._project)

    def stored(self) -> ResultStore:
        """Return the folder where results outlive a session, whether or not those of this one do."""
        assert self._folder is not None  # noqa: S101 - a workspace has one
        limit_gb = self._project.settings.store.limit_gb if self._project is not None else None
        return ResultStore(self._folder, limit_bytes=int(limit_gb * 1e9) if limit_gb is not None else LIMIT_BYTES)

    def rename(self, old: str, new: str) -> None:
        """Give what is known of a node's results to the name that it has now; those of a run going on come later."""
        self._renamed = {**{was: new if now == old else now for was, now in self._renamed.items()}, old: new}
        self.results.rename(old, new)
        self.schemas.rename(old, new)
        self.recollection.forget([old, new])
        if old in self._standing:
            self._standing[new] = self._standing.pop(old)

    def drop(self, name: str) -> None:
        """Set a node's results aside: the node may be brought back."""
        self._standing.pop(name, None)
        self.results.set_aside(name)
        self.schemas.forget(name)
        self.recollection.forget([name])

    def close(self, *, lose: bool = False) -> None:
        """Give back the engine's memory and threads, and with them all results; lose: also those still to be kept."""
        with self.exclusively():
            self.snapshots.end()
            if lose:
                self.recollection.abandon()
            try:
                self.recollection.settle()
            except KeyboardInterrupt:
                self.snapshots.give_up()
                raise
            self.snapshots.clear()
            self.recorder.close()
            for engine in filter(None, (self._engine, self._scratch)):
                engine.close()
            self._engine = self._scratch = None
            self.results.clear()
            self.recollection.clear()
            self._fingerprints.forget_outside()
            self.schemas.clear()
            self._standing.clear()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keep other runs away; raises UsageError while one goes on.

        Waiting for it would never end where the one who asks is a node of that run.
        """
        if not self._running.acquire(blocking=False):
            raise UsageError("a run is going on in this workspace", hint="wait until it has finished")
        try:
            yield
        finally:
            self._running.release()

    def run(self, prepare: Callable[[], Job], listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run what `prepare` returns, and keep the results; failures and an interrupt are in the outcome.

        Raises what a listener has raised, but only once the results are kept.
        """
        with self.exclusively():
            self.snapshots.run_begins()
            self._nodes.set_up()
            with self._lock:
                self._renamed.clear()
                job = prepare()
            appended = _appended(job)
            with self.recollection.appending(appended):
                if appended:  # by now another session may have done it, and computed what is appended
                    with self._lock:
                        self.recollection.forget([task.name for task in job.tasks])
                        job = prepare()
                record = self.recorder.begins(job)
                outcome = self.execute(job, (*self.listeners, *listeners, self.recorder))
                with self._lock:
                    self.keep(job, outcome)
                    outcome.report = self.recorder.ends(record, job, outcome)
            self.snapshots.run_ends(in_full=job.options.in_full)
        if outcome.listener_error is not None:
            if outcome.report is not None:  # nobody else will come to it
                outcome.report.write()
            raise outcome.listener_error
        return outcome

    def run_beside(
        self, task: NodeTask, rows: int, *, standing: Collection[str] = (), listeners: Iterable[Listener] = ()
    ) -> NodeResult:
        """Return the result of a task that is no node, or of the node that failed above it; see `prepare_beside`."""
        return self.run(lambda: self.prepare_beside(task, rows, standing), listeners).of(task.name)

    def result(self, name: str) -> NodeResult | None:
        """Return a node's last result, be it of another session; None: it has none."""
        if self.results.get(name) is None:
            self.freshness.statuses([name])
        return self.results.get(name)

    def foresee(self, names: Collection[str], request: RunRequest) -> Plan:
        """Return what a run of the named nodes would do, and what it would make of their results."""
        job = self._job(names, request)
        return with_forms(job, self.engine, self.results)

    def rows_stand(self, name: str) -> bool:
        """Whether a node has rows at hand that are those of now, whatever its data tests say of them."""
        result = self.results.get(name)
        if result is None or result.dataset is None or result.dataset.lazy:
            return False
        if (status := self.freshness.statuses([name])[name]) in ("completed", "cached"):
            return True
        dataset, digest = self._standing.get(name, (None, ""))
        at_fault = broken(result.expectations) is not None or result.write_failed
        return (status == "failed" and at_fault) or (
            dataset is result.dataset and digest == self.freshness.digest(name) != ""
        )

    def let_rows_stand(self, name: str) -> None:
        """Remember that only the data tests of a node have changed since its rows were computed."""
        if (result := self.results.get(name)) is not None and result.dataset is not None:
            self._standing[name] = (result.dataset, self.freshness.digest(name))

    def keep_checked(self, result: NodeResult) -> None:
        """Take in how the data tests of a node have come out on the rows that it has."""
        name = result.node_name
        look = self._fingerprints.look(self._nodes.with_upstream([name]))
        if (fingerprint := look.fingerprint(name)) is not None:
            self.results.keep(result, fingerprint, in_full=True, rows_of=self.results.kept(name))
        self.let_rows_stand(name)

    def execute(self, job: Job, listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run; failures and an interrupt are in the outcome."""
        self.engine.begin()
        if job.look is not None and job.options.write:
            rereading = Rereading(job.tasks, job.options.write, job.look)
            identity = partial(self._identity, job)
            listeners = (
                rereading,
                Beginnings(job.tasks, job.options.write, self.recollection, identity),
                *listeners,
            )
        if job.look is not None and job.plan:
            listeners = (EarlyKeeping(job, self.results, self.recollection), *listeners)
        runner = Runner(
            self.engine,
            job.tasks,
            given=job.given,
            done=job.done,
            options=job.options,
            listeners=listeners,
        )
        outcome = runner.run()
        if job.plan:
            results = told_of(job.plan, outcome.results, self.results, self._nodes)
            outcome.results = {one.node_name: one for one in results}
            outcome.notes = job.notes
        return outcome

    def _identity(self, job: Job, name: str) -> str:
        """Return the identity of the rows that a node has, or will have, in a run."""
        is_there = any(one.name == name and one.action == "cached" for one in job.plan)
        kept = self.results.kept(name) if is_there else None
        assert job.look is not None  # noqa: S101 - asked only of runs that are kept
        return kept.identity if kept is not None else job.look.rows(name)

    def keep(self, job: Job, outcome: RunOutcome) -> None:
        """Take in the results of a run; those of nodes dropped meanwhile are let go, what they wrote is noted."""
        if job.look is None:
            return
        cached = {one.name for one in job.plan if one.action == "cached" or one.spared}
        has_read = any(task.name not in cached for task in job.tasks)
        look = job.look.after_run(has_read=has_read) if job.tasks else job.look
        targets = {task.name: task.target for task in job.tasks}
        note_shared(outcome, job.look, look)
        for told, result in outcome.results.items():
            name = self._renamed.get(told, told)
            result.node_name = name
            if name in self._nodes and (told not in cached or self._is_spoilt(result)):
                self._keep(job, look, result, told)
            target = targets.get(told)
            if result.write_failed:
                self.results.note_unwritten(name, result.error)
            elif result.rows_written is not None and target is not None:
                self.results.note_written(name, target_text(target), target_stamp(target), identity=look.rows(told))
                self.recollection.note_written(name)
        self.recollection.save(self._renamed.get(told, told) for told in outcome.results)

    def _around_snapshots(self) -> Around:
        return Around(
            store=lambda: self.recollection.store,
            engine=lambda: self.engine,
            another=lambda: create_engine(*_engine_of(self._project), root=self._nodes.root),
            settings=lambda: self._fingerprints.engine,
            stamps=self._fingerprints.stamps,
            results=lambda: filter(None, map(self.results.kept, list(self._nodes))),
            beside=self.recollection.beside,
        )

    def _keep(self, job: Job, look: Look, result: NodeResult, told: str) -> None:
        """Take in a node's result; told: its name when the run began."""
        self.schemas.learn(result)
        if (fingerprint := look.fingerprint(told)) is not None:
            rows = result.dataset
            in_full = job.options.in_full or (rows is not None and (not rows.lazy or rows.seen_whole))
            identity = job.identities.get(told) or (uuid.uuid4().hex if look.varies(told) else "")
            self._standing.pop(result.node_name, None)
            self.results.keep(result, fingerprint, in_full=in_full, identity=identity)

    def _is_spoilt(self, result: NodeResult) -> bool:
        """Whether rows that were taken for good have turned out to be at fault, once all were computed."""
        return result.error is not None and not result.write_failed and self.engine.is_about_rows(result.error)


_OF_THE_MACHINE = frozenset(
    {"external_threads", "max_memory", "max_temp_directory_size", "memory_limit", "temp_directory", "threads"}
    | {"worker_threads"}
)
"""DuckDB settings that change no rows."""


def _appended(job: Job) -> set[str]:
    """Return the targets that a run appends to."""
    targets = (task.target for task in job.tasks if task.name in (job.options.write or ()))
    return {target_text(target) for target in targets if target is not None and target.mode == "append"}


def _engine_of(project: ProjectConfig | None) -> tuple[str, dict[str, Any]]:
    return (str(project.engine), dict(project.settings.duckdb)) if project else ("duckdb", {})
