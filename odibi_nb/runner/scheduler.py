"""Runs a graph of nodes: in order or in parallel, a failure stopping only what depends on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from odibi_nb.capture import NodeOutput, capturing, for_node
from odibi_nb.engine.base import Dataset, Engine, Measured
from odibi_nb.exceptions import NodeCancelled, OdibiException
from odibi_nb.expectations import broken
from odibi_nb.runner.blame import first_fault
from odibi_nb.runner.cancelling import Cancelling
from odibi_nb.runner.errors import about_rows, as_error
from odibi_nb.runner.events import Event, Listener, NodeFinished, NodeStarted, RunFinished, RunStarted
from odibi_nb.runner.execute import Executed, NodeExecution, Surroundings
from odibi_nb.runner.fusion import Fusion
from odibi_nb.runner.overlap import targets_of
from odibi_nb.runner.reading import readers_of, writes_in
from odibi_nb.runner.results import NodeResult, RunOutcome
from odibi_nb.runner.retry import Attempts
from odibi_nb.runner.schedule import Schedule
from odibi_nb.runner.tasks import NodeTask
from odibi_nb.runner.workers import Workers

__all__ = ["RunOptions", "Runner"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run.

    workers: nodes at once; 1 keeps Python nodes on the calling thread. write: names that write to their
    targets (None: all). fail_fast: start nothing after a failure. in_full: evaluate leaves in full, not only
    as far as their preview. preview: rows to fetch of each result, at once (0: on demand).
    """

    workers: int = 1
    write: frozenset[str] | None = None
    fail_fast: bool = False
    in_full: bool = True
    preview: int = 0
    attempts: Attempts = field(default_factory=Attempts)
    before: Mapping[str, Measured] = field(default_factory=dict)


class Runner:
    """One run of some nodes.

    tasks: in topological order. given: results there already, of nodes that don't run. done: the tasks that gave
    them, in topological order, as far as they may be to blame for what reads them.
    """

    def __init__(
        self,
        engine: Engine,
        tasks: Iterable[NodeTask],
        *,
        given: Mapping[str, Dataset] | None = None,
        done: Sequence[NodeTask] = (),
        options: RunOptions = RunOptions(),
        listeners: Iterable[Listener] = (),
    ) -> None:
        self._engine, self._options = engine, options
        self._tasks = {task.name: task for task in tasks}
        self._given = dict(given or {})
        self._listeners = list(listeners)
        self._results = {name: NodeResult(name) for name in self._tasks}
        self._outcome = RunOutcome(self._results)
        self._schedule = Schedule(tuple(self._tasks.values()), done)
        self._fusion = Fusion()
        self._done = {task.name: task for task in done}
        for task in done:
            if self._given[task.name].lazy:
                self._fusion.add_given(task.name, self._given[task.name], task.depends_on)
        self._cancelled = threading.Event()
        self._cancelling = Cancelling(self._stop)
        self._targets = targets_of(task for task in self._tasks.values() if writes_in(task, options))

    def run(self) -> RunOutcome:
        """Run everything that can run; failures, of listeners too, are in the outcome, not raised."""
        outcome = self._outcome
        outcome.started, start = time.time(), time.perf_counter()
        try:
            with self._cancelling.here():
                self._tell(RunStarted(tuple(self._tasks), self._options.workers, self._cancelling.cancel))
                workers: Workers[NodeResult] = Workers(self._options.workers, self._stop)
                with capturing(), workers:
                    self._run_all(workers)
                    self._confirm_rest()
        except KeyboardInterrupt:
            outcome.interrupted = True
            self._cancel_rest()
        outcome.duration = time.perf_counter() - start
        self._tell(RunFinished(outcome))
        return outcome

    def _run_all(self, workers: Workers[NodeResult]) -> None:
        while True:
            while workers.free and (name := self._schedule.next()) is not None:
                self._start(name, workers)
            done = workers.finished()
            if self._cancelled.is_set():
                raise KeyboardInterrupt
            if not done:
                return
            for name in self._schedule.in_order(done):
                self._settle(name, done[name])

    def _start(self, name: str, workers: Workers[NodeResult]) -> None:
        task = self._tasks[name]
        if self._results[name].status != "pending":
            return
        if not task.enabled:
            self._settle(name, NodeResult(name, "skipped", reason="disabled (enabled: false)"))
            return
        self._tell(NodeStarted(name))
        self._results[name].status = "running"
        workers.start(name, lambda: self._run_node(task), is_python=task.is_python)

    def _run_node(self, task: NodeTask) -> NodeResult:
        output = NodeOutput()
        result = NodeResult(task.name, output=output)
        execution = NodeExecution(task, self._surroundings(task))
        start = time.perf_counter()
        try:
            with for_node(output):
                done = self._options.attempts.call(execution.run, sleep=self._cancelled.wait)
                self._fill(result, done, task)
        except NodeCancelled as exc:
            result.status, result.reason = "cancelled", exc.message
        except KeyboardInterrupt:
            raise
        except BaseException as exc:  # noqa: BLE001 - a failing node is isolated here, whatever it raised
            result.status, result.error = "failed", as_error(execution.at_fault(as_error(exc, task)), task)
            self._keep_unwritten(result, execution.unwritten)
        result.duration = time.perf_counter() - start
        return result

    def _surroundings(self, task: NodeTask) -> Surroundings:
        name = task.name
        return Surroundings(
            self._engine,
            upstream=lambda wanted: self._read(name, wanted),
            visible=lambda: (*task.inputs, *self._schedule.above(name)),
            readers=readers_of(task, self._schedule, self._options, self._targets),
            writes=writes_in(task, self._options),
            cancelled=self._cancelled,
        )

    def _read(self, reader: str, name: str) -> Dataset:
        """Give a node's result to a node below it."""
        dataset = self._given[name] if name in self._given else self._results[name].dataset
        if dataset is None:  # skipped meanwhile: a query that it was fused into has found a fault above it
            raise NodeCancelled(f"'{name}' has no result any more", node=reader)
        if dataset.lazy:
            self._fusion.note_read(reader, name)
        return dataset

    def _fill(self, result: NodeResult, done: Executed, task: NodeTask) -> None:
        # First of all: rows that can't be computed are no result.
        if self._options.preview and (self._options.in_full or not self._schedule.readers(task.name)):
            done.dataset.head(self._options.preview)
        self._take(result, done)
        if done.rows_written is not None and task.target is not None:
            result.rows_written = done.rows_written
            result.written = f"{task.target.connection.name}:{task.target.path}"
        if (error := broken(done.expectations)) is not None:
            raise error
        result.status = "completed"

    def _keep_unwritten(self, result: NodeResult, done: Executed | None) -> None:
        """Let rows stand that only could not be written; lazy ones may be at fault themselves."""
        error = result.error
        if done is None or error is None or (done.dataset.lazy and self._engine.is_about_rows(error)):
            return
        self._take(result, done)
        result.write_failed = True

    def _take(self, result: NodeResult, done: Executed) -> None:
        result.dataset, result.expectations = done.dataset, done.expectations
        result.notes, result.read = done.dataset.notes, done.read

    def _settle(self, name: str, result: NodeResult) -> None:
        """Take in a node's outcome: who may run now, who is skipped, who was evaluated with it."""
        self._results[name] = result
        if result.status == "failed":
            self._fail(name)
        elif result.status == "completed":
            self._complete(name)
        else:
            self._finish(name)
            self._skip_below(name, f"'{name}' was {result.status}")

    def _complete(self, name: str) -> None:
        result = self._results[name]
        if result.dataset is not None and result.dataset.lazy:
            self._fusion.add(name, result.dataset)
        if name not in self._fusion or result.rows_written is not None:
            self._confirm(name)
        self._schedule.release(name)

    def _confirm(self, name: str) -> None:
        """Finish a node whose rows were computed, and the lazy ones that were computed with it."""
        for fused in self._fusion.confirm_above(name):
            self._results[fused].fused_into = (name,)
            self._finish(fused)
        self._fusion.discard(name)
        self._finish(name)

    def _fail(self, name: str) -> None:
        """Fail the node at fault: with fused queries that may be one further up."""
        error = self._results[name].error
        assert error is not None  # noqa: S101 - failed results carry one
        fault = first_fault(self._engine, self._fusion.suspects(name), error)
        if fault is not None:
            at_fault, reason = fault
            self._results[name] = NodeResult(name, "pending", self._results[name].duration)
            self._blame(at_fault, reason)
            name = at_fault
        self._finish(name)
        self._skip_below(name, f"'{name}' failed")
        if self._options.fail_fast or (name in self._tasks and self._tasks[name].fail_fast):
            self._skip(self._pending(), f"fail-fast: '{name}' failed")

    def _blame(self, name: str, error: OdibiException) -> None:
        task = self._tasks.get(name) or self._done[name]
        result = self._results.setdefault(name, NodeResult(name))  # of an earlier run, which saw only some rows
        result.status, result.error = "failed", about_rows(error, task)
        self._fusion.discard(name)

    def _skip_below(self, name: str, reason: str) -> None:
        unfinished = (
            n for n in self._schedule.below(name) if self._results[n].status == "pending" or n in self._fusion
        )
        self._skip(list(unfinished), reason)

    def _skip(self, names: Iterable[str], reason: str) -> None:
        for name in names:
            self._fusion.discard(name)
            self._results[name] = NodeResult(name, "skipped", reason=reason)
            self._finish(name)

    def _pending(self) -> list[str]:
        return [name for name, result in self._results.items() if result.status == "pending"]

    def _confirm_rest(self) -> None:
        """Settle fused nodes that nobody evaluated: their readers failed or were skipped, or they are leaves."""
        for name in reversed(self._fusion.unconfirmed):  # what reads comes before what it reads
            if name not in self._fusion:
                continue
            if not self._options.in_full:
                self._note_preview(self._results[name])
            elif (error := self._fault_of(name)) is not None:
                self._results[name].status, self._results[name].error = "failed", error
                self._fail(name)
                continue
            self._confirm(name)

    def _note_preview(self, result: NodeResult) -> None:
        if result.dataset is not None and not result.dataset.seen_whole:
            result.notes += ("preview; rows not all checked",)

    def _fault_of(self, name: str) -> OdibiException | None:
        dataset = self._results[name].dataset
        assert dataset is not None  # noqa: S101 - lazy results are results
        try:
            self._engine.verify(dataset)
        except NodeCancelled:
            raise KeyboardInterrupt from None
        except OdibiException as exc:
            return about_rows(exc, self._tasks[name])
        return None

    def _stop(self) -> None:
        """Let nothing start any more, and stop what can be stopped; asked again until all has stopped."""
        self._cancelled.set()
        self._engine.interrupt()

    def _cancel_rest(self) -> None:
        for name, result in self._results.items():
            if result.status in ("pending", "running") or name in self._fusion:
                late = result.status == "running" and self._options.workers > 1 and self._tasks[name].is_python
                reason = "still finishing in its thread; its result is discarded" if late else "interrupted"
                self._results[name] = NodeResult(name, "cancelled", reason=reason)
                self._finish(name)

    def _finish(self, name: str) -> None:
        self._tell(NodeFinished(self._results[name]))

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception as exc:  # noqa: BLE001 - a run goes on, whoever looks on; its outcome has the error
                self._listeners.remove(listener)
                self._outcome.listener_error = self._outcome.listener_error or exc
