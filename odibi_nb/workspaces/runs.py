"""How a workspace runs: what has to run, on which engine, and which results are kept."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from odibi_nb.engine import create_engine
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.expectations import broken
from odibi_nb.pipeline.mocks import as_frame
from odibi_nb.pipeline.setup import attempts_of
from odibi_nb.runner import Listener, NodeResult, NodeTask, Runner, RunOptions, RunOutcome, Status
from odibi_nb.workspaces.freshness import bases
from odibi_nb.workspaces.kept import KeptResults
from odibi_nb.workspaces.nodes import Nodes

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.base import Dataset, Engine

__all__ = ["Job", "RunRequest", "Runs"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run, and how.

    selectors: none means every node. params: values for this run alone. workers: nodes at once.
    preview: rows of each result to fetch at once.
    """

    selectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 1
    fail_fast: bool = False
    preview: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A run with everything looked up.

    given: results of nodes that needn't run. bases: by name; a name without one leaves no fresh result.
    """

    tasks: tuple[NodeTask, ...]
    options: RunOptions
    given: Mapping[str, Dataset] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)


class Runs:
    """Runs nodes, one run at a time, and keeps their results.

    Preparing and keeping are short and want the workspace's lock; executing is long and must be done
    without it: a node may well look at the workspace, from any thread.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._engine: Engine | None = None
        self._project: ProjectConfig | None = None
        self._running = threading.Lock()
        self.results = KeptResults()
        self._standing: dict[str, tuple[Dataset, str]] = {}

    @property
    def engine(self) -> Engine:
        """The engine, made when it is first needed."""
        if self._engine is None:
            self._engine = create_engine(*_engine_of(self._project))
        return self._engine

    def configure(self, project: ProjectConfig | None) -> None:
        """Run by a project's settings; another engine means that all results are lost."""
        if _engine_of(project) != _engine_of(self._project):
            self.close()
        self._project = project

    def close(self) -> None:
        """Give back the engine's memory and threads, and with them all results."""
        with self.exclusively():
            if self._engine is not None:
                self._engine.close()
            self._engine = None
            self.results.clear()
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

    def statuses(self, names: Collection[str]) -> dict[str, Status]:
        """Return each node's status; `stale` when its last result no longer stands for what it says."""
        now = self._bases(self._nodes.with_upstream(names))
        return {name: self.results.status(name, now.get(name, "")) for name in names}

    def outdated(self, name: str) -> list[str]:
        """Return the nodes above one that have to run for it, in order: those not fresh, and what is below them."""
        return self._outdated(self._nodes.with_upstream([name])[:-1])

    def outdated_among(self, names: Collection[str]) -> list[str]:
        """Return those of the nodes, and of all above them, that have to run for something that reads them."""
        return self._outdated(self._nodes.with_upstream(names))

    def _outdated(self, names: Collection[str]) -> list[str]:
        now = self._bases(names)
        found: dict[str, None] = {}
        for one in names:
            is_below = any(dependency in found for dependency in self._nodes.task(one).depends_on)
            if is_below or not self.results.is_fresh(one, now.get(one, "")):
                found[one] = None
        return list(found)

    def prepare(self, names: Collection[str], request: RunRequest) -> Job:
        """Return the run of the named nodes, which write, and of all that they need, which doesn't."""
        tasks = tuple(self._nodes.ready(name) for name in self._nodes.with_upstream(names))
        options = RunOptions(
            workers=request.workers,
            write=frozenset(names),
            fail_fast=request.fail_fast,
            preview=request.preview,
            attempts=attempts_of(self._project.retry if self._project else None),
        )
        return Job(tasks, options, bases={} if request.params else bases(tasks, self._versions()))

    def prepare_cell(self, name: str, rows: int) -> Job:
        """Return the run of one node as far as a card of `rows` rows shows it; nothing is written."""
        tasks = [self._nodes.ready(one) for one in self._nodes.with_upstream([name])]
        running = {*self.outdated(name), name}
        # A view costs nothing to make again, and then a fault in its rows is found at its own node.
        running.update(self.results.lazy(task.name for task in tasks))
        given = self.results.datasets(task.name for task in tasks if task.name not in running)
        options = RunOptions(write=frozenset(), in_full=False, preview=max(1, rows))
        to_run = tuple(task for task in tasks if task.name in running)
        return Job(to_run, options, given, bases(tasks, self._versions()))

    def prepare_beside(self, task: NodeTask, rows: int, standing: Collection[str]) -> Job:
        """Return the run of a task that is no node, and of what it reads that isn't fresh; nothing is written.

        standing: nodes whose rows are taken as they are.
        """
        read = [name for name in task.depends_on if name not in standing]
        above = [self._nodes.ready(one) for one in self._nodes.with_upstream(read)]
        running = {*self.outdated_among(read), *self.results.lazy(one.name for one in above)}.difference(standing)
        given = self.results.datasets([*standing, *(one.name for one in above if one.name not in running)])
        options = RunOptions(write=frozenset(), in_full=False, preview=rows)
        to_run = (*(one for one in above if one.name in running), task)
        return Job(to_run, options, given, bases(above, self._versions()))

    def rows_stand(self, name: str) -> bool:
        """Whether a node has rows at hand that are those of now, whatever its data tests say of them."""
        kept = self.results.get(name)
        if kept is None or kept.dataset is None or kept.dataset.lazy:
            return False
        if (status := self.statuses([name])[name]) in ("completed", "cached"):
            return True
        dataset, basis = self._standing.get(name, (None, ""))
        at_fault = broken(kept.expectations) is not None
        return (status == "failed" and at_fault) or (dataset is kept.dataset and basis == self._basis(name) != "")

    def let_rows_stand(self, name: str) -> None:
        """Remember that only the data tests of a node have changed since its rows were computed."""
        if (kept := self.results.get(name)) is not None and kept.dataset is not None:
            self._standing[name] = (kept.dataset, self._basis(name))

    def keep_checked(self, result: NodeResult) -> None:
        """Take in how the data tests of a node have come out on the rows that it has."""
        self.results.keep(result, self._basis(result.node_name))
        self.let_rows_stand(result.node_name)

    def prepare_trial(self, task: NodeTask, given: Mapping[str, Any]) -> Job:
        """Return the run of a task on given rows alone; given: frames, rows or columns by input."""
        frames = {name: self.engine.publish(as_frame(rows), name) for name, rows in given.items()}
        return Job((task,), RunOptions(write=frozenset()), frames)

    def execute(self, job: Job, listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run; failures and an interrupt are in the outcome."""
        self.engine.begin()
        return Runner(self.engine, job.tasks, given=job.given, options=job.options, listeners=listeners).run()

    def keep(self, job: Job, outcome: RunOutcome) -> None:
        """Take in the results of a run; those of nodes dropped meanwhile are let go."""
        for name, result in outcome.results.items():
            if name in self._nodes:
                self.results.keep(result, job.bases.get(name, ""))

    def _basis(self, name: str) -> str:
        return self._bases(self._nodes.with_upstream([name])).get(name, "")

    def _bases(self, names: Iterable[str]) -> dict[str, str]:
        tasks = []
        for name in names:
            try:
                tasks.append(self._nodes.ready(name))
            except OdibiException:  # such a node has no result that could be fresh; `problems` tells why
                continue
        return bases(tasks, self._versions())

    def _versions(self) -> dict[str, int]:
        return {name: node.version for name, node in self._nodes.items()}


def _engine_of(project: ProjectConfig | None) -> tuple[str, dict[str, Any]]:
    return (str(project.engine), dict(project.settings.duckdb)) if project else ("duckdb", {})
