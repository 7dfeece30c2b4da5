"""Runs a graph of nodes: in order or in parallel, a failure stopping only what depends on it."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass

from odibi_nb.capture import NodeOutput, capturing, for_node
from odibi_nb.engine.base import Dataset, Engine, Readers
from odibi_nb.exceptions import NodeCancelled, OdibiException, ValidationError
from odibi_nb.runner.blame import first_fault
from odibi_nb.runner.errors import as_error, is_users_fault
from odibi_nb.runner.events import Event, Listener, NodeFinished, NodeStarted, RunFinished, RunStarted
from odibi_nb.runner.execute import Executed, NodeExecution
from odibi_nb.runner.results import NodeResult, RunOutcome
from odibi_nb.runner.retry import Attempts
from odibi_nb.runner.tasks import NodeTask

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
    attempts: Attempts = Attempts()


class Runner:
    """One run of some nodes.

    tasks: in topological order. given: results there already, of nodes that don't run.
    """

    def __init__(
        self,
        engine: Engine,
        tasks: Iterable[NodeTask],
        *,
        given: Mapping[str, Dataset] | None = None,
        options: RunOptions = RunOptions(),
        listeners: Iterable[Listener] = (),
    ) -> None:
        self._engine, self._options = engine, options
        self._tasks = {task.name: task for task in tasks}
        self._given = dict(given or {})
        self._listeners = tuple(listeners)
        self._results = {name: NodeResult(name) for name in self._tasks}
        self._order = {name: number for number, name in enumerate(self._tasks)}
        self._readers: dict[str, list[str]] = {name: [] for name in self._tasks}
        self._waiting: dict[str, int] = {}
        self._ready: list[int] = []
        self._unconfirmed: dict[str, None] = {}
        self._cancelled = threading.Event()
        self._connect()

    def run(self) -> RunOutcome:
        """Run everything that can run; failures are in the outcome, not raised."""
        outcome = RunOutcome(self._results, time.time())
        start = time.perf_counter()
        self._tell(RunStarted(tuple(self._tasks)))
        try:
            with capturing(), self._pool() as pool:
                self._run_all(pool)
                self._confirm_rest()
        except KeyboardInterrupt:
            outcome.interrupted = True
            self._cancel_rest()
        outcome.duration = time.perf_counter() - start
        self._tell(RunFinished(outcome))
        return outcome

    def _connect(self) -> None:
        for name, task in self._tasks.items():
            inside = {dependency for dependency in task.depends_on if dependency in self._tasks}
            self._waiting[name] = len(inside)
            for dependency in inside:
                self._readers[dependency].append(name)
            if not inside:
                heapq.heappush(self._ready, self._order[name])

    def _run_all(self, pool: ThreadPoolExecutor | None) -> None:
        names = tuple(self._tasks)
        running: dict[Future[NodeResult], str] = {}
        while self._ready or running:
            while self._ready and len(running) < self._options.workers:
                name = names[heapq.heappop(self._ready)]
                if self._results[name].status != "pending":
                    continue
                if not self._tasks[name].enabled:
                    self._settle(name, NodeResult(name, "skipped", reason="disabled (enabled: false)"))
                    continue
                self._tell(NodeStarted(name))
                self._results[name].status = "running"
                if pool is None:
                    self._settle(name, self._run_node(name))
                else:
                    running[pool.submit(self._run_node, name)] = name
            if running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda one: self._order[running[one]]):
                    self._settle(running.pop(future), future.result())

    def _run_node(self, name: str) -> NodeResult:
        task = self._tasks[name]
        output = NodeOutput()
        result = NodeResult(name, output=output)
        start = time.perf_counter()
        try:
            with for_node(output):
                done = self._options.attempts.call(lambda: self._execution(task).run())
                self._fill(result, done, task)
        except NodeCancelled as exc:
            result.status, result.reason = "cancelled", exc.message
        except Exception as exc:  # noqa: BLE001 - a failing node is isolated here, whatever it raised
            result.status, result.error = "failed", as_error(exc, task)
        result.duration = time.perf_counter() - start
        return result

    def _execution(self, task: NodeTask) -> NodeExecution:
        readers = self._readers[task.name]
        count = len(readers) + bool(task.checks)
        writes = task.target is not None and (self._options.write is None or task.name in self._options.write)
        keep = not readers and self._options.in_full
        return NodeExecution(
            task,
            self._engine,
            self._result_of,
            lambda: frozenset(self._above(task.name)),
            Readers(count, sink=writes, keep=keep, overrule=task.materialize),
            writes,
            self._cancelled,
        )

    def _fill(self, result: NodeResult, done: Executed, task: NodeTask) -> None:
        result.dataset, result.expectations = done.dataset, done.expectations
        result.notes = done.dataset.notes
        if done.rows_written is not None and task.target is not None:
            result.rows_written = done.rows_written
            result.written = f"{task.target.connection.name}:{task.target.path}"
        if self._options.preview:
            done.dataset.head(self._options.preview)
        broken = [check for check in done.expectations if not check.passed and check.severity == "fail"]
        if broken:
            raise ValidationError("; ".join(map(str, broken)), hint="the rows are viewable; nothing was written")
        result.status = "completed"

    def _result_of(self, name: str) -> Dataset:
        if name in self._given:
            return self._given[name]
        dataset = self._results[name].dataset
        if dataset is None:
            raise KeyError(name)
        return dataset

    def _settle(self, name: str, result: NodeResult) -> None:
        """Take in a node's outcome: who may run now, who is skipped, who was evaluated with it."""
        self._results[name] = result
        if result.status == "failed":
            self._fail(name)
        elif result.status in ("skipped", "cancelled"):
            self._finish(name)
            self._skip_dependents(name, f"'{name}' was {result.status}")
        else:
            self._complete(name)

    def _complete(self, name: str) -> None:
        result = self._results[name]
        if result.dataset is not None and result.dataset.lazy and result.rows_written is None:
            self._unconfirmed[name] = None
        else:
            self._confirm_below(name)
            self._finish(name)
        for reader in self._readers[name]:
            self._waiting[reader] -= 1
            if not self._waiting[reader]:
                heapq.heappush(self._ready, self._order[reader])

    def _fail(self, name: str) -> None:
        """Fail the node at fault: with fused queries that may be one further up."""
        error = self._results[name].error
        assert error is not None  # noqa: S101 - failed results carry one
        culprit = None if is_users_fault(error) else first_fault(self._engine, self._lazy_above(name), error)
        if culprit is not None:
            at_fault, reason = culprit
            self._results[at_fault].status, self._results[at_fault].error = "failed", as_error(
                reason, self._tasks[at_fault]
            )
            self._results[name] = NodeResult(name, "pending", self._results[name].duration)
            self._unconfirmed.pop(at_fault)
            name = at_fault
        self._finish(name)
        self._skip_dependents(name, f"'{name}' failed")
        if self._options.fail_fast or self._tasks[name].fail_fast:
            self._skip(self._pending(), f"fail-fast: '{name}' failed")

    def _skip_dependents(self, name: str, reason: str) -> None:
        stack, below = [name], dict[str, None]()
        while stack:
            for reader in self._readers[stack.pop()]:
                if reader not in below:
                    below[reader] = None
                    stack.append(reader)
        unfinished = [n for n in below if self._results[n].status == "pending" or n in self._unconfirmed]
        self._skip(unfinished, reason)

    def _skip(self, names: Iterable[str], reason: str) -> None:
        for name in sorted(names, key=self._order.__getitem__):
            self._unconfirmed.pop(name, None)
            self._results[name] = NodeResult(name, "skipped", reason=reason)
            self._finish(name)

    def _pending(self) -> list[str]:
        return [name for name, result in self._results.items() if result.status == "pending"]

    def _lazy_above(self, name: str) -> list[tuple[str, Dataset]]:
        """Return the fused nodes that a query of `name` evaluates, topmost first."""
        stack, found = [name], set[str]()
        while stack:
            for dependency in self._tasks[stack.pop()].depends_on:
                if dependency in self._unconfirmed and dependency not in found:
                    found.add(dependency)
                    stack.append(dependency)
        return [(n, self._result_of(n)) for n in sorted(found, key=self._order.__getitem__)]

    def _confirm_below(self, name: str) -> None:
        for fused, _ in self._lazy_above(name):
            del self._unconfirmed[fused]
            self._results[fused].fused_into = (name,)
            self._finish(fused)

    def _confirm_rest(self) -> None:
        """Settle fused nodes that nobody evaluated: their readers failed or were skipped, or they are leaves."""
        for name in list(self._unconfirmed):
            if name not in self._unconfirmed:
                continue
            if self._options.in_full:
                try:
                    self._engine.verify(self._result_of(name))
                except OdibiException as exc:
                    self._results[name].status, self._results[name].error = "failed", exc
                    self._fail(name)
                    continue
            else:
                self._results[name].notes += ("preview; rows not all checked",)
            self._confirm_below(name)
            self._unconfirmed.pop(name, None)
            self._finish(name)

    def _cancel_rest(self) -> None:
        for name, result in self._results.items():
            if result.status in ("pending", "running") or name in self._unconfirmed:
                late = result.status == "running" and self._options.workers > 1 and self._tasks[name].is_python
                reason = "still finishing in its thread; its result is discarded" if late else "interrupted"
                self._results[name] = NodeResult(name, "cancelled", reason=reason)
                self._finish(name)

    def _above(self, name: str) -> Iterator[str]:
        stack, seen = [name], set[str]()
        while stack:
            above = stack.pop()
            task = self._tasks.get(above)
            for dependency in task.depends_on if task else ():
                if dependency not in seen:
                    seen.add(dependency)
                    stack.append(dependency)
                    yield dependency

    def _finish(self, name: str) -> None:
        self._tell(NodeFinished(self._results[name]))

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor | None]:
        if self._options.workers <= 1:
            yield None
            return
        pool = ThreadPoolExecutor(self._options.workers, thread_name_prefix="odibi-node")
        try:
            yield pool
        except BaseException:
            self._cancelled.set()
            self._engine.interrupt()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown(wait=True)
