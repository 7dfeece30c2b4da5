"""Runs of one node that don't wait for what is above it: on last results, or on a few source rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from odibi_nb.engine.base import Readers, Source
from odibi_nb.exceptions import OdibiException, UnknownNameError
from odibi_nb.pipeline.mocks import redirected
from odibi_nb.runner import Listener, NodeTask, RunOptions, RunOutcome
from odibi_nb.runner.overlap import literals_of
from odibi_nb.workspaces.jobs import Job
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.plan import clock
from odibi_nb.workspaces.runs import Runs
from odibi_nb.workspaces.source_joins import joins_of
from odibi_nb.workspaces.source_sampling import SourceSampler

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset

__all__ = ["SAMPLE", "SAMPLE_ROWS", "STALE_INPUT", "Shortcuts", "Upstream"]

Upstream = Literal["fresh", "stored", "sample"]

SAMPLE, STALE_INPUT = "SAMPLE", "STALE INPUT"
SAMPLE_ROWS = 10_000
_BYTES_A_ROW = 50
_UNITS = (("day", 86_400), ("h", 3_600), ("min", 60))


@dataclass(slots=True)
class _Sampling:
    """The graph above a node with its sources, before any row of them is chosen.

    sources, by the name that the run will have for their rows: the files, and the node that reads them. places: by node
    and input, that name. given: results that needn't be sampled.
    """

    tasks: list[NodeTask] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    places: dict[str, dict[str, str]] = field(default_factory=dict)
    given: dict[str, Dataset] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Shortcuts:
    """Tries nodes on what isn't their real input; nothing of it is kept, written, or passes for a result."""

    def __init__(self, nodes: Nodes, runs: Runs, lock: threading.RLock) -> None:
        self._nodes, self._runs, self._lock = nodes, runs, lock

    def late(self, name: str) -> list[str]:
        """Return the nodes that a node reads and that would have to run first."""
        with self._lock:
            outdated = set(self._runs.freshness.outdated(name))
            return [one for one in self._nodes.task(name).depends_on if one in outdated]

    def on_stored(self, name: str, rows: int, listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run a node on the last results of those that it reads, be they of another session.

        rows: of its own to fetch. Raises UnknownNameError for one that has no result.
        """
        with self._runs.exclusively():
            self._nodes.set_up()
            with self._lock:
                task, late = self._nodes.ready(name), self.late(name)
                given = {one: self._last(one, name) for one in task.depends_on}
                notes = [self._about(one) for one in late]
            return self._execute(name, Job((task,), _options(rows), given), (STALE_INPUT, notes), listeners)

    def on_sample(
        self, name: str, rows: int, listeners: Iterable[Listener] = (), *, size: int = SAMPLE_ROWS
    ) -> RunOutcome:
        """Run a node, and all above it, on a few rows of each source. rows: of its own to fetch."""
        with self._runs.exclusively():
            self._nodes.set_up()
            with self._lock:
                sampling = self._sampling(name)
            chosen, notes = self._choose(sampling, size)
            tasks = tuple(self._sampled(task, sampling.places.get(task.name, {})) for task in sampling.tasks)
            job = Job(tasks, _options(rows), {**sampling.given, **chosen})
            return self._execute(name, job, (SAMPLE, notes), listeners)

    def _execute(
        self, name: str, job: Job, said: tuple[str, Iterable[str]], listeners: Iterable[Listener]
    ) -> RunOutcome:
        """Run; what it gave bears a badge, and says what stood for its input."""
        outcome = self._runs.execute(job, listeners)
        badge, notes = said
        for result in outcome.results.values():
            result.badges = (badge,)
        result = outcome.results[name]
        result.notes = (*notes, *result.notes)
        if outcome.listener_error is not None:
            raise outcome.listener_error
        return outcome

    def _last(self, name: str, reader: str) -> Dataset:
        """Return the rows of a node's last result; raises UnknownNameError."""
        if self._nodes[name].config.returns == "none":
            return _nothing()
        self._runs.result(name)  # of another session too
        self._runs.recollection.lose_damaged([name])
        result = self._runs.results.get(name)
        if result is None or result.dataset is None or not result.rows_stand:
            problem = f"'{name}' has no result that '{reader}' could take"
        elif (lost := result.dataset.lost) is not None:
            problem = f"the last result of '{name}' is gone: it was {lost}"
        else:
            return result.dataset
        hint = f"run it: %odibi run +{name}, or try --upstream sample"
        raise UnknownNameError(problem, hint=hint, node=reader, **self._nodes[reader].place.locate(1))

    def _about(self, name: str) -> str:
        """Say how old a result is, and why it is no longer the one of now."""
        kept = self._runs.results.kept(name)
        if kept is None:
            return f"{name} is not performed"
        return f"{name} is of {clock(kept.at)}, {_age(time.time() - kept.at)} ago: {self._runs.reason(name)}"

    def _sampling(self, name: str) -> _Sampling:
        found = _Sampling()
        names = self._nodes.with_upstream([name])
        late = set(self._runs.freshness.outdated(name))
        for one in names:
            task, config = self._nodes.ready(one), self._nodes[one].config
            if config.returns == "none" and one != name:
                found.given[one] = _nothing()
                continue
            reads = {one: task.source} if task.source is not None else {}
            reads |= {alias: given for alias, given in task.inputs.items() if isinstance(given, Source)}
            if task.is_python and not reads and not task.depends_on and one not in late and one != name:
                found.given[one] = self._last(one, name)
                continue
            for alias, source in reads.items():
                place = one if alias == one else f"{one} {alias}"
                found.sources[place] = source
                found.places.setdefault(one, {})[alias] = f"{place} rows"
            found.notes += [f"{one} reads {file} in full: it stands in its SQL" for file in literals_of(task)]
            found.tasks.append(task)
        return found

    def _choose(self, sampling: _Sampling, size: int) -> tuple[dict[str, Dataset], list[str]]:
        """Return the chosen rows, by the names that the run has for them, and what there is to say of them."""
        engine, view = self._runs.engine, Readers(overrule="view")
        data: dict[str, Dataset] = {}
        for place, source in sampling.sources.items():
            with self._blaming(place):
                data[place] = engine.read(source, f"{place} source", view)
        places = {
            name: {alias: place.removesuffix(" rows") for alias, place in own.items()}
            for name, own in sampling.places.items()
        }
        joins = joins_of(sampling.tasks, places, {place: rows.schema for place, rows in data.items()})
        sizes = {place: _size(source, data[place]) for place, source in sampling.sources.items()}
        sampler = SourceSampler(engine, data, joins, sizes, rows=size, blaming=self._blaming)
        chosen = {f"{place} rows": rows for place, rows in sampler.choose().items()}
        return chosen, [*sampler.notes, *sampling.notes]

    @contextmanager
    def _blaming(self, place: str) -> Iterator[None]:
        """Give what reading a source raises the place of the node that reads it."""
        node = place.partition(" ")[0]
        try:
            yield
        except OdibiException as exc:
            raise self._nodes[node].place.of(exc, node) from exc.__cause__

    def _sampled(self, task: NodeTask, places: Mapping[str, str]) -> NodeTask:
        """Return a task that reads chosen rows; its data tests only report: they may well be about all rows."""
        task = redirected(task, self._nodes[task.name].config, places)
        checks = tuple((check, False) for check, _ in task.checks)
        return replace(task, checks=checks, queries=tuple(replace(one, fails=False) for one in task.queries))


def _options(rows: int) -> RunOptions:
    return RunOptions(write=frozenset(), in_full=False, preview=max(1, rows))


def _size(source: Source, data: Dataset) -> float:
    """Return about how many rows there are."""
    if data.known_rows is not None:
        return data.known_rows
    try:
        return sum(file.size_bytes for file in source.files()) / _BYTES_A_ROW
    except OdibiException:  # reading it will say what is wrong
        return 0


def _age(seconds: float) -> str:
    for unit, length in _UNITS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return "less than a minute"


def _nothing() -> Dataset:
    """Return what a node that isn't performed gives to those that read it."""
    from odibi_nb.engine.values import ObjectDataset

    return ObjectDataset(None)
