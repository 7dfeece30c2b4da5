"""How a workspace runs: what has to run, on which engine, and which results are kept."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.engine import create_engine
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.pipeline.setup import attempts_of
from odibi_nb.runner import Listener, NodeTask, Runner, RunOptions, RunOutcome, Status
from odibi_nb.workspaces.freshness import bases
from odibi_nb.workspaces.kept import KeptResults
from odibi_nb.workspaces.known_schemas import KnownSchemas
from odibi_nb.workspaces.nodes import Nodes

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.base import Dataset, Engine

__all__ = ["Job", "RunRequest", "Runs"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run, and how.

    selectors: none means every node. params: values for this run alone. workers: nodes at once.
    preview: rows of each result to fetch at once. mock: run on mock rows; "auto" makes up those that nobody has given.
    """

    selectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 1
    fail_fast: bool = False
    preview: int = 0
    mock: Literal["given", "auto"] | None = None


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
        self.schemas = KnownSchemas()

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
            self.schemas.clear()

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
        above = self._nodes.with_upstream([name])
        now = self._bases(above)
        found: dict[str, None] = {}
        for one in above[:-1]:
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

    def execute(self, job: Job, listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run; failures and an interrupt are in the outcome."""
        self.engine.begin()
        return Runner(self.engine, job.tasks, given=job.given, options=job.options, listeners=listeners).run()

    def keep(self, job: Job, outcome: RunOutcome) -> None:
        """Take in the results of a run; those of nodes dropped meanwhile are let go."""
        for name, result in outcome.results.items():
            if name in self._nodes:
                self.results.keep(result, job.bases.get(name, ""))
                self.schemas.learn(result)

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
