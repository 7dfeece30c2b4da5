"""One node, from its inputs to its result: read, steps, data tests, write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from odibi_nb.context import LazyContext
from odibi_nb.engine.base import Dataset, Engine, Query, Readers, Source
from odibi_nb.exceptions import NodeCancelled, NotAFrameError, OdibiException, ValidationError, did_you_mean
from odibi_nb.expectations import ExpectationResult, broken, check_rows, look_at_bad_rows, no_column
from odibi_nb.runner.advice import about_column
from odibi_nb.runner.awaiting import awaited
from odibi_nb.runner.blame import first_fault
from odibi_nb.runner.errors import about_result, about_test, as_error, at_step, from_user_code
from odibi_nb.runner.streaming import refuse_generator, stepwise
from odibi_nb.runner.tasks import BadRowsQuery, FunctionStep, NodeTask, OperationStep, SqlStep, Step
from odibi_nb.sql import analyze
from odibi_nb.sql.errors import unknown_column
from odibi_nb.sql.operations import operation_sql

if TYPE_CHECKING:
    from odibi_nb.engine.schema import Schema
    from odibi_nb.runner.processes import Processes

__all__ = ["Executed", "NodeExecution", "Surroundings"]

Current = Callable[[], Dataset]
"""Gives the frame that a step starts from; it counts as read only once it is asked for."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What a node has done; rows_written: None when it wrote nothing. read: the columns of what it read, by name."""

    dataset: Dataset
    rows_written: int | None = None
    expectations: tuple[ExpectationResult, ...] = ()
    read: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a node finds around it.

    upstream: gives the result of a node above it. visible: yields the names that `context.get` may give.
    readers: who will read its result. writes: whether it writes to its target. cancelled: once set, nothing
    more is started or written. processes: where its Python runs; None: here.
    """

    engine: Engine
    upstream: Callable[[str], Dataset]
    visible: Callable[[], Iterable[str]]
    readers: Readers
    writes: bool
    cancelled: threading.Event
    processes: Processes | None = None


class NodeExecution:
    """A node that runs once, or again after a failure.

    unwritten: what it had done when it failed in writing; None: it has not.
    """

    def __init__(self, task: NodeTask, around: Surroundings) -> None:
        self._task, self._around, self._engine = task, around, around.engine
        self._sources: dict[str, Dataset] = {}
        self._made: list[tuple[Step | None, Dataset]] = []
        self._input_rows = 0
        self.unwritten: Executed | None = None

    def run(self) -> Executed:
        self._made.clear()
        self.unwritten = None
        self._go_on()
        current = self._start()
        for number, step in enumerate(self._task.steps, start=1):
            self._go_on()
            current = self._make(step, self._step(step, current, number))
        if current is None:
            raise NotAFrameError(f"node '{self._task.name}' has nothing to pass on", hint="give it a read or an input")
        data = self._put_away(current())
        expectations = self._expectations(data)
        self._go_on()
        read = {name: source.schema for name, source in self._sources.items()}
        done = Executed(data, None, expectations, read)
        if self._task.target is None or not self._around.writes or broken(expectations):
            return done
        self.unwritten = done
        done = replace(done, rows_written=self._engine.write(data, self._task.target))
        self.unwritten = None
        return done

    def at_fault(self, error: OdibiException) -> OdibiException:
        """Return the error at the step whose rows were being computed when it came."""
        suspects = [(step, data) for step, data in self._made if data.lazy]
        fault = first_fault(self._engine, suspects, error)
        if fault is None:
            return error
        step, found = fault
        return at_step(found, step) if step is not None else found

    def _start(self) -> Current | None:
        """Return what the first step starts from: the source, else the first input's or dependency's result."""
        task = self._task
        if task.source is not None:
            self._sources[task.name] = self._read(task.source, "source", final=not task.steps)
            return self._make(None, self._sources[task.name])
        first = next(iter(task.inputs), None) or next(iter(task.depends_on), None)
        return partial(self._input, first) if first is not None else None

    def _make(self, step: Step | None, data: Dataset) -> Current:
        self._made.append((step, data))
        return lambda: data

    def _read(self, source: Source, what: str, *, final: bool) -> Dataset:
        return self._engine.read(source, self._name(what, final=final), self._readers(final=final))

    def _step(self, step: Step, current: Current | None, number: int) -> Dataset:
        final = number == len(self._task.steps)
        if isinstance(step, FunctionStep):
            return self._function(step, current)
        try:
            if isinstance(step, SqlStep):
                return self._sql(step, current, number, final=final)
            return self._operation(step, current, number, final=final)
        except OdibiException as exc:
            raise at_step(exc, step) from exc.__cause__

    def _sql(self, step: SqlStep, current: Current | None, number: int, *, final: bool) -> Dataset:
        inputs = {alias: self._input(node) for alias, node in step.inputs.items()}
        private = any(
            node in self._task.inputs or alias.casefold() != node.casefold() for alias, node in step.inputs.items()
        )
        if step.reads_current and current is not None:
            inputs["df"], private = current(), True
        name = self._name(f"step {number}", final=final)
        readers = self._readers(final=final)
        try:
            return self._engine.query(Query(name, step.facts, inputs, step.params, readers, private, step.numbers))
        except OdibiException as exc:
            raise about_column(exc, step, inputs) from exc.__cause__

    def _operation(self, step: OperationStep, current: Current | None, number: int, *, final: bool) -> Dataset:
        if current is None:
            raise NotAFrameError(f"operation '{step.name}' has no rows to work on", hint="give the node a read first")
        data, readers = current(), self._readers(final=final)
        facts = analyze(operation_sql(step.name, step.params, data.schema))
        name = self._name(f"step {number}", final=final)
        return self._engine.query(Query(name, facts, {"df": data}, step.values, readers, private=True))

    def _function(self, step: FunctionStep, current: Current | None) -> Dataset:
        if self._around.processes is not None:
            return self._in_process(step, current, self._around.processes)
        binding = step.binding
        with ExitStack() as streams:
            frames = {
                argument.parameter: self._frame(self._input(argument.node), argument.kind, streams)
                for argument in binding.nodes
            }
            if binding.wants_current and current is not None:
                frames[binding.wants_current] = self._frame(current(), binding.current_kind, streams)
            context = LazyContext(self._context_frame, self._around.visible) if binding.wants_context else None
            with from_user_code(step, self._task):
                value = awaited(binding.call(step.function, frames, context))
            try:
                return self._published(value, step)
            except OdibiException as exc:
                raise about_result(exc, step) from exc.__cause__

    def _published(self, value: Any, step: FunctionStep) -> Dataset:
        if self._task.returns != "frame":
            from odibi_nb.engine.values import ObjectDataset  # pyarrow's import is left to the first node

            refuse_generator(value, self._task)
            return ObjectDataset(value)
        if not isinstance(value, Iterator):
            return self._engine.publish(value, self._task.name, input_rows=self._input_rows)
        with closing(stepwise(value, step, self._task, self._go_on)) as batches:
            return self._engine.publish(batches, self._task.name)

    def _in_process(self, step: FunctionStep, current: Current | None, processes: Processes) -> Dataset:
        from odibi_nb.engine.values import ObjectDataset

        task, binding = self._task, step.binding
        given = {one.parameter: processes.given(self._input(one.node), one.kind) for one in binding.nodes}
        if binding.wants_current and current is not None:
            given[binding.wants_current] = processes.given(current(), binding.current_kind)
        visible = tuple(self._around.visible()) if binding.wants_context else ()
        with from_user_code(step, task):
            job = processes.job(step, task.name, task.returns, given, visible)
            returned = processes.call(job, lambda name: processes.given(self._input(name), "pandas"))
        if returned.error is not None:
            error = as_error(returned.error, task)
            raise about_result(error, step) from error.__cause__
        if returned.table is None:
            return ObjectDataset(None)
        data = self._engine.publish(returned.table, task.name)
        data.notes = returned.notes
        return data

    def _put_away(self, data: Dataset) -> Dataset:
        """Let a frame go to a file where it shall; what SQL gives has gone there as it was computed."""
        wanted = self._task.materialize == "store" and data.form is None and data.schema
        return self._engine.put_away(data) if wanted else data

    def _expectations(self, data: Dataset) -> tuple[ExpectationResult, ...]:
        checks = self._task.checks
        try:
            results = check_rows(self._engine, data, checks) if checks else ()
        except ValidationError as exc:
            raise about_test(exc, self._task) from exc.__cause__
        return (*results, *(self._bad_rows(test, data, n) for n, test in enumerate(self._task.queries, start=1)))

    def _bad_rows(self, test: BadRowsQuery, data: Dataset, number: int) -> ExpectationResult:
        self._go_on()
        step = test.query
        inputs = {alias: self._input(node) for alias, node in step.inputs.items()} | {test.seen_as: data}
        try:
            name = self._name(f"expectation {number}", final=False)
            readers = Readers(count=1, overrule="view")  # so that counting is all that it costs
            bad_rows = self._engine.query(Query(name, step.facts, inputs, step.params, readers, private=True))
            self._made.append((step, bad_rows))
            return look_at_bad_rows(self._engine, bad_rows, test.name, fails=test.fails, where=test.where)
        except OdibiException as exc:
            error = at_step(exc, step)
            if (column := unknown_column(error.message)) is not None:
                columns = dict.fromkeys(one.name for table in inputs.values() for one in table.schema)
                error.message, hint = no_column(test.name, column, list(columns))
                # What the query itself defines only DuckDB knows.
                error.hint = error.hint if error.hint and not did_you_mean(column, columns) else hint
            raise error from exc.__cause__

    def _frame(self, data: Dataset, kind: Any, streams: ExitStack | None = None) -> Any:
        if kind == "batches" and streams is not None:
            batches = data.batches()
            streams.callback(batches.close)
            return batches.reader
        frame = data.frame(kind)
        if kind == "pandas" and data.known_rows is not None:
            self._input_rows = max(self._input_rows, data.known_rows)
        return frame

    def _context_frame(self, name: str) -> Any:
        return self._frame(self._input(name), "pandas")

    def _input(self, name: str) -> Dataset:
        given = self._task.inputs.get(name, name)
        if isinstance(given, str):
            return self._around.upstream(given)
        if name not in self._sources:
            self._sources[name] = self._read(given, f"input {name}", final=False)
        return self._sources[name]

    def _name(self, what: str, *, final: bool) -> str:
        """Return a name that no other result of the run has: a node's name has no space in it."""
        return self._task.name if final else f"{self._task.name} {what}"

    def _readers(self, *, final: bool) -> Readers:
        """Only the node's last result has the node's readers; what comes before it has one, the next step."""
        readers = self._around.readers
        return readers if final else Readers(count=1, snapshot=readers.snapshot)

    def _go_on(self) -> None:
        if self._around.cancelled.is_set():
            raise NodeCancelled("stopped before its end", node=self._task.name)
