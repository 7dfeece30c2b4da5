"""Runs a graph of nodes: in order or in parallel, a failure stopping only what depends on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from odibi_nb.runner.processes import Processes

__all__ = ["RunOptions", "Runner"]

_LET_GO = ("pending", "completed", "failed")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run.

    workers: nodes at once; 1 keeps Python nodes on the calling thread. write: names that write to their
    targets (None: all). fail_fast: start nothing after a failure. in_full: evaluate leaves in full, not only
    as far as their preview. preview: rows to fetch of each result, at once (0: on demand). processes: Python nodes
    that say nothing of it run in processes, if they return rows.
    """

    workers: int = 1
    write: frozenset[str] | None = None
    fail_fast: bool = False
    in_full: bool = True
    preview: int = 0
    processes: bool = False
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
        self._done = {task.name: task for task in done}
        self._fusion = Fusion((*self._done, *self._tasks))
        self._at_fault: dict[str, str] = {}
        self._doomed: dict[str, str] = {}
        self._processes: Processes | None = None
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
                workers: Workers[NodeResult] = Workers(self._options.workers, self._stop, self._engine.serve)
                with capturing(), ExitStack() as around, workers:
                    self._start_processes(around)
                    self._run_all(workers)
                    self._confirm_rest()
                self._tell_in_order()
        except KeyboardInterrupt:
            outcome.interrupted = True
            self._cancel_rest()
        outcome.duration = time.perf_counter() - start
        self._tell(RunFinished(outcome))
        return outcome

    def _start_processes(self, around: ExitStack) -> None:
        if expected := sum(map(self._is_elsewhere, self._tasks.values())):
            from odibi_nb.runner.processes import Processes

            self._processes = around.enter_context(Processes(self._options.workers, expected=expected))

    def _is_elsewhere(self, task: NodeTask) -> bool:
        """Whether a node's Python runs in a process of its own, which ends when it is told to."""
        asked = self._options.processes if task.process is None else task.process
        return asked and task.is_python and task.returns != "object"

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
        is_python = task.is_python and not self._is_elsewhere(task)
        workers.start(name, lambda: self._run_node(task), is_python=is_python)

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
            processes=self._processes if self._is_elsewhere(task) else None,
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
        if name in self._doomed and result.rows_written is None:  # who is at fault was found while it ran
            self._skip([name], self._doomed[name])
            return
        self._results[name] = result
        if result.status == "failed":
            self._fail(name)
        elif result.status == "completed":
            self._complete(name)
        else:
            self._finish(name)
            self._skip_below(name, f"'{name}' was {result.status}", name)

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
            self._share_time(self._results[name], self._results[fused])
            self._finish(fused)
        self._fusion.discard(name)
        self._finish(name)

    def _share_time(self, reader: NodeResult, fused: NodeResult) -> None:
        """Give a fused node its part of the time that its reader has taken."""
        assert fused.dataset is not None  # noqa: S101 - lazy results are results
        share = min(fused.dataset.seconds, reader.duration)
        reader.duration -= share
        fused.duration += share

    def _fail(self, name: str) -> None:
        """Fail the node at fault: with fused queries that may be one further up."""
        at_fault = self._found_at_fault(name)
        self._skip_below(at_fault, f"'{at_fault}' failed", name)
        if self._options.fail_fast or (at_fault in self._tasks and self._tasks[at_fault].fail_fast):
            self._skip(self._pending(), f"fail-fast: '{at_fault}' failed")

    def _found_at_fault(self, name: str) -> str:
        """Return the node to blame for an error that came up in `name`; it has failed, and was told of, only once."""
        error = self._results[name].error
        assert error is not None  # noqa: S101 - failed results carry one
        fault = first_fault(self._engine, self._fusion.suspects(name), error)
        if fault is None:
            self._finish(name)
            return name
        at_fault, reason = fault
        self._results[name] = NodeResult(name, "pending", self._results[name].duration)
        if at_fault not in self._at_fault:
            self._blame(at_fault, reason)
            self._finish(at_fault)
        return at_fault

    def _blame(self, name: str, error: OdibiException) -> None:
        task = self._tasks.get(name) or self._done[name]
        result = self._results.setdefault(name, NodeResult(name))  # of an earlier run, which saw only some rows
        result.status, result.error, result.fused_into = "failed", about_rows(error, task), ()
        self._fusion.discard(name)

    def _skip_below(self, name: str, reason: str, found_by: str) -> None:
        """Skip what depends on a node, but for what comes before `found_by`: one by one, that would have run already.

        What a later one has computed meanwhile is let go, unless it is written.
        """
        self._at_fault.setdefault(name, reason)
        below = self._schedule.since(found_by, self._schedule.below(name))
        self._doomed.update((one, reason) for one in below if one not in self._doomed)
        unwritten = (self._results[one] for one in below if self._results[one].rows_written is None)
        self._skip([one.node_name for one in unwritten if one.status in _LET_GO], reason)

    def _skip(self, names: Iterable[str], reason: str) -> None:
        for name in names:
            self._fusion.discard(name)
            self._at_fault.pop(name, None)
            self._results[name] = NodeResult(name, "skipped", reason=reason)
            self._finish(name)

    def _pending(self) -> list[str]:
        return [name for name, result in self._results.items() if result.status == "pending"]

    def _confirm_rest(self) -> None:
        """Settle fused nodes that nobody evaluated: their readers failed or were skipped, or they are leaves."""
        self._skip_unevaluated()
        for name in reversed(self._fusion.unconfirmed):  # what reads comes before what it reads
            if name not in self._fusion:
                continue
            if not self._options.in_full:
                self._note_preview(self._results[name])
            elif (error := self._fault_of(name)) is not None:
                self._results[name].status, self._results[name].error = "failed", error
                at_fault = self._found_at_fault(name)
                self._at_fault.setdefault(at_fault, f"'{at_fault}' failed")
                self._skip_unevaluated()
                continue
            self._confirm(name)

    def _skip_unevaluated(self) -> None:
        """Skip lazy results below a node at fault, as far as no query that has come through evaluated them."""
        if not self._at_fault:
            return
        evaluated = self._fusion.first_readers(self._evaluating())
        for name, reason in list(self._at_fault.items()):
            below = [one for one in self._schedule.below(name) if self._fusion.is_lazy(one) and one not in evaluated]
            open_ones = [one for one in below if self._results[one].status in ("pending", "completed")]
            self._skip([one for one in open_ones if self._results[one].rows_written is None], reason)

    def _evaluating(self) -> list[str]:
        """Return the nodes whose own queries have computed rows."""
        done = (name for name, one in self._results.items() if one.status == "completed" and not one.fused_into)
        return [name for name in done if name not in self._fusion]

    def _tell_in_order(self) -> None:
        """Name who is at fault, and who evaluated what was fused, as a run of one node at a time would."""
        for name in reversed(self._schedule.in_order(self._at_fault.keys() & self._tasks.keys())):
            for below in self._schedule.below(name):
                if self._results[below].status == "skipped" and below not in self._at_fault:
                    self._results[below].reason = self._at_fault[name]
        for name, reader in self._fusion.first_readers(self._evaluating()).items():
            if (fused := self._results.get(name)) is not None and fused.fused_into:
                fused.fused_into = (reader,)

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
        if self._processes is not None:
            self._processes.stop()

    def _cancel_rest(self) -> None:
        for name, result in self._results.items():
            if result.status in ("pending", "running") or name in self._fusion:
                in_thread = self._tasks[name].is_python and not self._is_elsewhere(self._tasks[name])
                late = result.status == "running" and self._options.workers > 1 and in_thread
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
