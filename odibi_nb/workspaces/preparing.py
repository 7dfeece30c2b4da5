"""What has to run for what is asked, and with which results that are there already."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from odibi_nb.exceptions import UsageError
from odibi_nb.pipeline.setup import attempts_of
from odibi_nb.runner import Dependency, Listener, NodeTask, RunOptions
from odibi_nb.runner.overlap import reads_any, targets_of
from odibi_nb.workspaces.crossings import crossings_in
from odibi_nb.workspaces.fingerprinting import Fingerprints, Look
from odibi_nb.workspaces.freshness import Freshness
from odibi_nb.workspaces.history import History
from odibi_nb.workspaces.jobs import Job, RunRequest
from odibi_nb.workspaces.kept import KeptResults
from odibi_nb.workspaces.last_run import LastRun, Noting, begun_run, nothing_to_resume, read_last_run
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.plan import Overruled, Plan, Planner
from odibi_nb.workspaces.recollection import Recollection
from odibi_nb.workspaces.rereading import overlaps_below
from odibi_nb.workspaces.selectors import named_in
from odibi_nb.workspaces.turns import Turns

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.base import Dataset

__all__ = ["Preparing"]


class Preparing:
    """The part of `Runs` that decides what runs; all but `begun` wants the workspace's lock."""

    results: KeptResults
    freshness: Freshness
    recollection: Recollection
    _nodes: Nodes
    _project: ProjectConfig | None
    _fingerprints: Fingerprints
    _history: History
    _lock: threading.RLock
    turns: Turns

    def reason(self, name: str) -> str:
        """Return why a node would run again; "" when it wouldn't."""
        plan = self.plan([name], RunRequest())
        return plan[-1].reason if plan[-1].action == "run" else ""

    def last(self) -> LastRun | None:
        """Return the last run of this notebook or project; None: nothing tells of one."""
        return read_last_run(self.turns.path(".run"))

    @contextmanager
    def begun(self, request: RunRequest, env: str | None) -> Iterator[tuple[RunRequest, Listener]]:
        """Have the turn to run; yield what is asked, with what it resumes looked up, and what notes how far it is."""
        with self.turns.taken(request.wait_s):
            resumed = self.last() if request.resume else None
            if request.resume and resumed is None:
                raise nothing_to_resume()
            if resumed is not None:
                request = resumed.over(request)
                with self._lock:
                    self._fingerprints.go_on_as(resumed.process)
            begun = begun_run(request, self._fingerprints.process, env)
            # Without a store there is nothing to go on from.
            path = self.turns.path(".run") if self.recollection.store is not None else None
            yield request, Noting(path, begun, self._digest)

    def _digest(self, name: str) -> str:
        with self._lock:
            return self.freshness.digest(name)

    def plan(self, names: Collection[str], request: RunRequest) -> Plan:
        """Return what a run of the named nodes would do."""
        return self._planned(names, request)[0]

    def prepare(self, names: Collection[str], request: RunRequest) -> Job:
        """Return the run of the named nodes, which write, and of all that they need, which doesn't."""
        job = self._job(names, request)
        damaged = self.recollection.lose_damaged(self._read_by(job.tasks, job.given))
        return self.prepare(names, request) if damaged else job

    def _job(self, names: Collection[str], request: RunRequest) -> Job:
        plan, look = self._planned(names, request)
        running = [self._nodes.ready(one.name) for one in plan if one.action == "run"]
        cached = [one.name for one in plan if one.action == "cached"]
        given = self.results.datasets(cached)
        writing = [one.name for one in plan if one.action == "cached" and one.write == "write" and one.name in given]
        above = frozenset(task.name for task in running)
        tasks = {task.name: task for task in (*running, *(self._write_only(name, above) for name in writing))}
        options = RunOptions(
            workers=request.workers,
            write=frozenset(one.name for one in plan if one.write == "write"),
            fail_fast=request.fail_fast,
            preview=request.preview,
            processes=request.processes,
            attempts=attempts_of(self._project.retry if self._project else None),
            before=self._history.of(one.name for one in plan) if tasks else {},
        )
        ordered = tuple(tasks[one.name] for one in plan if one.name in tasks)
        notes = crossings_in(plan, self._nodes)
        return Job(ordered, options, given, self._done(given), look, plan, notes, request)

    def prepare_cell(self, name: str, rows: int) -> Job:
        """Return the run of one node as far as a card of `rows` rows shows it; nothing is written."""
        names = self._nodes.with_upstream([name])
        tasks = [self._nodes.ready(one) for one in names]
        running = {*self.freshness.outdated(name), name}
        for one in running:
            if self._nodes[one].config.returns == "none":
                raise UsageError(f"'{one}' is a side effect, which only a run performs", hint=f"%odibi run {one}")
        given = self.results.datasets(task.name for task in tasks if task.name not in running)
        before = self._history.of(names)
        options = RunOptions(write=frozenset(), in_full=False, preview=max(1, rows), before=before)
        to_run = tuple(task for task in tasks if task.name in running)
        if self.recollection.lose_damaged(self._read_by(to_run, given)):
            return self.prepare_cell(name, rows)
        return Job(to_run, options, given, self._done(given), self._fingerprints.look(names))

    def prepare_beside(self, task: NodeTask, rows: int, standing: Collection[str]) -> Job:
        """Return the run of a task that is no node, and of what it reads that isn't fresh; nothing is written.

        standing: nodes whose rows are taken as they are.
        """
        read = [name for name in task.depends_on if name not in standing]
        names = self._nodes.with_upstream(read)
        running = set(self.freshness.outdated_among(read)).difference(standing)
        given = self.results.datasets([*standing, *(one for one in names if one not in running)])
        options = RunOptions(write=frozenset(), in_full=False, preview=rows, before=self._history.of(names))
        to_run = (*(self._nodes.ready(one) for one in names if one in running), task)
        if self.recollection.lose_damaged(self._read_by(to_run, given)):
            return self.prepare_beside(task, rows, standing)
        return Job(to_run, options, given, self._done(given), self._fingerprints.look(names))

    def _planned(self, names: Collection[str], request: RunRequest) -> tuple[Plan, Look]:
        needed = self._nodes.with_upstream(names)
        look = self.freshness.look(needed)
        asked = named_in(request.selectors)
        overruled = Overruled(request.force, request.append_again, request.again, asked, request.done)
        plan = Planner(self._nodes, self.results, look, names, overruled).plan(needed)
        if again := self._read_late(plan):
            overruled = replace(overruled, again={**overruled.again, **again})
            plan = Planner(self._nodes, self.results, look, names, overruled).plan(needed)
        return plan, look

    def _read_late(self, plan: Plan) -> dict[str, str]:
        """Return, with the reason, the cached results that would read a file only after this run has replaced it.

        So are those that are below its writer, which was computed without being written.
        """
        writing = frozenset(one.name for one in plan if one.write == "write")
        tasks = [self._nodes.ready(one.name) for one in plan if one.action != "skip"] if writing else []
        targets = targets_of(task for task in tasks if task.name in writing)
        below = {one.reader for one in overlaps_below(tasks, writing)}
        cached, found = {one.name for one in plan if one.action == "cached"}, dict[str, str]()
        for task in tasks if targets else ():
            kept = self.results.get(task.name)
            if task.name not in cached or kept is None or kept.dataset is None:
                continue
            is_late = kept.dataset.lazy and (reads_any(task, targets) or not found.keys().isdisjoint(task.depends_on))
            if is_late or task.name in below:
                found[task.name] = "it reads a file that this run writes"
        return found

    def _write_only(self, name: str, running: Collection[str]) -> NodeTask:
        """Return a task that writes the result that a node has already, unless one of `running` above it fails."""
        task = self._nodes.ready(name)
        above = [one for one in self._nodes.with_upstream([name]) if one in running]
        waits = (Dependency(name, "cached"), *(Dependency(one, "runs above") for one in above))
        return replace(task, source=None, inputs={}, steps=(), checks=(), queries=(), dependencies=waits)

    def _read_by(self, tasks: Iterable[NodeTask], given: Collection[str]) -> list[str]:
        """Return the results at hand that tasks read."""
        return list(dict.fromkeys(name for task in tasks for name in task.depends_on if name in given))

    def _done(self, given: Mapping[str, Dataset]) -> tuple[NodeTask, ...]:
        return tuple(self._nodes.ready(name) for name in self._nodes.with_upstream(given) if name in given)
