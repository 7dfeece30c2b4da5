"""One node, from its inputs to its result: read, steps, data tests, write."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from odibi_nb.context import Context
from odibi_nb.engine.base import Dataset, Engine, Query, Readers, Source
from odibi_nb.exceptions import NodeCancelled, NotAFrameError, OdibiException, UnknownNameError, Where, did_you_mean
from odibi_nb.expectations import ExpectationResult, check_rows
from odibi_nb.runner.errors import from_user_code
from odibi_nb.runner.tasks import FunctionStep, NodeTask, OperationStep, SqlStep
from odibi_nb.sql import analyze
from odibi_nb.sql.operations import operation_sql
from odibi_nb.sql.rooting import written_column

__all__ = ["Executed", "NodeExecution", "Results"]

Results = Callable[[str], Dataset]
"""Gives a finished node's result by name; raises KeyError."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What a node has done; rows_written: None when it wrote nothing."""

    dataset: Dataset
    rows_written: int | None = None
    expectations: tuple[ExpectationResult, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeExecution:
    """A node about to run.

    upstream: results of the nodes above it. visible: names that `context.get` may give. write: whether it
    writes to its target. cancelled: once set, nothing more is started or written.
    """

    task: NodeTask
    engine: Engine
    upstream: Results
    visible: Callable[[], frozenset[str]]
    readers: Readers
    write: bool
    cancelled: threading.Event

    def run(self) -> Executed:
        current = self._start()
        last = len(self.task.steps) - 1
        for number, step in enumerate(self.task.steps):
            self._go_on()
            current = self._step(step, current, final=number == last)
        if current is None:
            raise NotAFrameError(f"node '{self.task.name}' has nothing to pass on", hint="give it a read or an input")
        expectations = check_rows(self.engine, current, self.task.checks)
        self._go_on()
        if any(not result.passed and result.severity == "fail" for result in expectations):
            return Executed(current, None, expectations)
        return Executed(current, self._write(current), expectations)

    def _start(self) -> Dataset | None:
        """Return what the first step starts from: the source, else the first input's or dependency's result."""
        task = self.task
        if task.source is not None:
            return self._read(task.source, task.name if not task.steps else "df", final=not task.steps)
        if task.inputs:
            return self._input(next(iter(task.inputs)))
        return self.upstream(task.dependencies[0].name) if task.dependencies else None

    def _read(self, source: Source, name: str, *, final: bool) -> Dataset:
        return self.engine.read(source, name, self.readers if final else replace(self.readers, keep=False))

    def _step(self, step: SqlStep | OperationStep | FunctionStep, current: Dataset | None, *, final: bool) -> Dataset:
        try:
            if isinstance(step, SqlStep):
                return self._sql(step, current, final=final)
            if isinstance(step, OperationStep):
                return self._operation(step, current, final=final)
        except OdibiException as exc:
            raise _placed(exc, step) from exc.__cause__
        return self._function(step, current)

    def _sql(self, step: SqlStep, current: Dataset | None, *, final: bool) -> Dataset:
        inputs = {alias: self._input(node) for alias, node in step.inputs.items()}
        private = any(alias.casefold() != node.casefold() for alias, node in step.inputs.items())
        if step.reads_current and current is not None:
            inputs["df"] = current
        return self._query(Query(self._name(final), step.facts, inputs, step.params), final, "df" in inputs or private)

    def _operation(self, step: OperationStep, current: Dataset | None, *, final: bool) -> Dataset:
        if current is None:
            raise NotAFrameError(f"operation '{step.name}' has no rows to work on", hint="give the node a read first")
        facts = analyze(operation_sql(step.name, step.params, current.schema))
        return self._query(Query(self._name(final), facts, {"df": current}), final, True)

    def _query(self, query: Query, final: bool, private: bool) -> Dataset:
        # Only the node's last result has the node's readers; what comes before it has one, the next step.
        readers = self.readers if final else Readers(count=1)
        return self.engine.query(replace(query, readers=readers, private=private or not final))

    def _function(self, step: FunctionStep, current: Dataset | None) -> Dataset:
        binding = step.binding
        frames = {arg.parameter: self._input(arg.node).frame(arg.kind) for arg in binding.nodes}
        if binding.wants_current and current is not None:
            frames[binding.wants_current] = current.frame(binding.current_kind)
        context = RunContext(self._input, self.visible) if binding.wants_context else None
        with from_user_code(step, self.task):
            value = _awaited(binding.call(step.function, frames, context))
        if self.task.returns != "frame":
            from odibi_nb.engine.values import ObjectDataset  # pyarrow's import is left to the first node

            return ObjectDataset(value)
        return self.engine.publish(value, self.task.name)

    def _input(self, name: str) -> Dataset:
        given = self.task.inputs.get(name, name)
        if isinstance(given, Source):
            return self.engine.read(given, name, Readers(count=1))
        return self.upstream(given)

    def _write(self, data: Dataset) -> int | None:
        if self.task.target is None or not self.write:
            return None
        return self.engine.write(data, self.task.target)

    def _name(self, final: bool) -> str:
        return self.task.name if final else "step"

    def _go_on(self) -> None:
        if self.cancelled.is_set():
            raise NodeCancelled("stopped before its end", node=self.task.name)


class RunContext(Context):
    """The `context` of a transform function: the results of the nodes above its own, as pandas frames.

    What is registered here is seen by this function alone.
    """

    def __init__(self, upstream: Results, visible: Callable[[], frozenset[str]]) -> None:
        self._upstream, self._visible = upstream, visible
        self._own: dict[str, Any] = {}

    def register(self, name: str, frame: Any) -> None:
        self._own[name] = frame

    def get(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        if name not in self._visible():
            names = ", ".join(self.list_names()) or "none"
            raise UnknownNameError(
                f"'{name}' not found in context; there are: {names}",
                hint=did_you_mean(name, self.list_names()) or "add it to depends_on",
            )
        return self._upstream(name).frame("pandas")

    def has(self, name: str) -> bool:
        return name in self._own or name in self._visible()

    def list_names(self) -> list[str]:
        return sorted({*self._own, *self._visible()})

    def clear(self) -> None:
        self._own.clear()


def _awaited(value: Any) -> Any:
    """Run a coroutine to its end, in a thread of its own: the kernel's loop is busy with this very cell."""
    if not inspect.iscoroutine(value):
        return value
    with ThreadPoolExecutor(1, thread_name_prefix="odibi-await") as pool:
        return pool.submit(asyncio.run, value).result()


def _placed(exc: OdibiException, step: SqlStep | OperationStep) -> OdibiException:
    """Give an error its place in the cell or file: its line so far is the statement's own."""
    where = exc.where
    if where.cell is None and where.file is None:
        place = step.place.locate(where.line)
        column = _column(where, place.get("source"), step) if isinstance(step, SqlStep) else where.column
        exc.where = replace(where, **{**place, "column": column})
    return exc


def _column(where: Where, source: str | None, step: SqlStep) -> int | None:
    """Return the column in the line as the user wrote it.

    File literals are longer when they are executed; SQL within YAML is indented.
    """
    written, executed = step.written.split("\n"), step.facts.statement.split("\n")
    if where.line is None or where.column is None or not 0 < where.line <= min(len(written), len(executed)):
        return where.column
    own, run = written[where.line - 1], executed[where.line - 1]
    indent = source.find(own) if source is not None else 0
    return written_column(own, run, where.column) + indent if indent >= 0 else None
