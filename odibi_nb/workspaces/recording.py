"""Every run on real rows written down, and what its story needs held until that is made."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from odibi_nb.history import NodeRecord, RunHistory, RunRecord, commit_of
from odibi_nb.pipeline.finished import FinishedRun, Said, node_record, rows_in, versions
from odibi_nb.pipeline.secrets import shown_parameter
from odibi_nb.pipeline.story_place import story_place
from odibi_nb.runner import NodeStarted

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.connections import BaseConnection
    from odibi_nb.fingerprints import Fingerprint
    from odibi_nb.runner import Event, NodeResult, NodeTask, RunOutcome
    from odibi_nb.workspaces.jobs import Job
    from odibi_nb.workspaces.nodes import Nodes

__all__ = ["About", "Recorder"]


class About(NamedTuple):
    """Whose runs they are: the name that results are known by, a title for people, the file."""

    owner: str
    title: str
    target: str


class Recorder:
    """Writes runs down.

    about: says whose they are. connections: gives those of the project, by name. params: gives all parameters.
    target: the file that was loaded, where the session has none of its own.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self.about: Callable[[], About] = lambda: About("", "", "")
        self.connections: Callable[[], Mapping[str, BaseConnection]] = dict
        self.params: Callable[[], Mapping[str, Any]] = dict
        self.history: RunHistory | None = None
        self._project: ProjectConfig | None = None
        self._folder = Path()
        self._began: dict[str, float] = {}
        self.target = ""

    def __call__(self, event: Event) -> None:
        """Take in when a node begins."""
        if isinstance(event, NodeStarted):
            self._began.setdefault(event.name, time.time())

    def configure(self, folder: Path | None, project: ProjectConfig | None) -> None:
        """Write runs down in a folder, by a project's settings; None: write none down."""
        if self.history is None or folder != self._folder:
            self.close()
            self.history = RunHistory(folder) if folder is not None else None
        self._folder, self._project = folder or Path(), project

    def close(self) -> None:
        """Let go of the file; it is opened again where it is needed."""
        if self.history is not None:
            self.history.close()

    def begins(self, job: Job) -> RunRecord | None:
        """Write down that a run has begun, which may be killed; None for what is no run of nodes."""
        names = [one.name for one in job.plan] or [task.name for task in job.tasks if task.name in self._nodes]
        if self.history is None or job.look is None or not names:
            return None
        about, request = self.about(), job.request
        self._began = {}
        record = RunRecord(
            id=str(uuid.uuid4()),
            owner=about.owner,
            title=about.title,
            kind="run" if request is not None else "cell",
            door=request.door if request is not None else "cell",
            started=time.time(),
            target=about.target or self.target,
            selectors=request.selectors if request is not None else (names[-1],),
            exclude=request.exclude if request is not None else (),
            workers=job.options.workers,
            process=os.getpid(),
            commit=commit_of(self._nodes.root),
        )
        if request is not None:
            self.history.begin(record)
        return record

    def ends(self, record: RunRecord | None, job: Job, outcome: RunOutcome) -> FinishedRun | None:
        """Write a run down; return what its story is made of, where it is to leave one."""
        if record is None or self.history is None or job.look is None:
            return None
        cached = tuple(_idle(job, outcome))
        told = {name: outcome.results[name] for name in outcome.results if name in self._nodes}
        for name in cached:
            told.pop(name, None)
        fingerprints = {name: found for name in told if (found := job.look.fingerprint(name)) is not None}
        record = replace(
            record,
            started=outcome.started,
            duration_s=outcome.duration,
            status=outcome.status,
            versions=versions(),
            parameters=self._parameters(job, fingerprints.values()),
        ).ended(tuple(self._records(job, outcome, told, fingerprints)), cached)
        self.history.end(record)
        return self._finished(record, job, outcome) if record.kind == "run" else None

    def durations(self, names: Collection[str]) -> dict[str, float]:
        """Return the seconds that nodes took in their last run in full, in whatever session."""
        return self.history.durations(self.about().owner, names) if self.history is not None and names else {}

    def _records(
        self, job: Job, outcome: RunOutcome, told: Mapping[str, NodeResult], fingerprints: Mapping[str, Fingerprint]
    ) -> Iterator[NodeRecord]:
        planned = {one.name: (one.action, one.reason) for one in job.plan}
        tasks = {task.name: task for task in job.tasks}
        for name, result in told.items():
            names = self._nodes.task(name).depends_on if name in tasks else ()
            above = [outcome.results.get(one) or job.given.get(one) for one in names]
            record = node_record(result, planned.get(name, ("run", "")), rows_in(above))
            known = fingerprints.get(name)
            yield record if known is None else replace(record, fingerprint=known.digest, code=_digest(known.code))

    def _parameters(self, job: Job, fingerprints: Collection[Fingerprint]) -> dict[str, str]:
        """Return all parameters, with those that functions have by themselves, and those of this run alone."""
        used = {name: value.shown for one in fingerprints for name, value in one.params.items()}
        given = dict(job.request.params) if job.request is not None else {}
        return {name: shown_parameter(name, value) for name, value in {**used, **self.params(), **given}.items()}

    def _finished(self, record: RunRecord, job: Job, outcome: RunOutcome) -> FinishedRun:
        tasks = {task.name: task for task in job.tasks}
        running = {one.name for one in job.plan if one.action == "run"}

        def task_of(name: str) -> NodeTask:
            if name in running and name in tasks:
                return tasks[name]
            target = tasks[name].target if name in tasks else None  # of a result that was there already
            return replace(self._nodes.task(name), target=target)

        return FinishedRun(
            record,
            {name: result for name, result in outcome.results.items() if name in self._nodes},
            task_of,
            self._said,
            self._nodes.root,
            self._folder,
            self.history,
            story_place(self._project, self.connections(), self._folder),
            outcome.notes,
            self._began,
        )

    def _said(self, name: str) -> Said:
        node = self._nodes[name]
        return Said(node.config, node.code, node.language, node.pipeline or "")


def _idle(job: Job, outcome: RunOutcome) -> Iterator[str]:
    """Yield the nodes that have taken no part but that their results were there: the many of which nothing is told."""
    for one in job.plan:
        result = outcome.results.get(one.name)
        if one.action == "cached" and result is not None and result.status == "cached" and not result.written:
            yield one.name


def _digest(code: str) -> str:
    return blake2b(code.encode("utf-8", "replace"), digest_size=6).hexdigest()
