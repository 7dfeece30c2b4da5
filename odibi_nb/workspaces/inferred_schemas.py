"""The columns of inputs that nothing has read yet: files tell them, and SQL on no rows; no user code runs."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from odibi_nb.engine.base import Dataset, Query, Readers, Source
from odibi_nb.exceptions import OdibiException
from odibi_nb.pipeline.mocks import inputs_of, redirected
from odibi_nb.runner.execute import NodeExecution, Surroundings
from odibi_nb.runner.overlap import literals_of
from odibi_nb.runner.tasks import FunctionStep, NodeTask, OperationStep, SqlStep, Step
from odibi_nb.sql import analyze
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig
    from odibi_nb.engine.base import Engine
    from odibi_nb.engine.schema import Schema
    from odibi_nb.workspaces.nodes import Nodes
    from odibi_nb.workspaces.runs import Runs

__all__ = ["InferredSchemas"]

# What columns it has depends on the rows.
_PIVOT = re.compile(r"\bPIVOT(_WIDER)?\b", re.IGNORECASE)


class InferredSchemas:
    """Columns of results and sources as a run would give them, found out anew once a node or file has changed.

    A fresh result tells its columns itself. What can't be inferred (a Python node's result, a file that is far away
    or isn't there) is taken from the last run, if there was one; else it isn't known.
    """

    def __init__(self, nodes: Nodes, runs: Runs) -> None:
        self._nodes, self._runs = nodes, runs
        self._found: dict[tuple[str, str], tuple[list[Any], Schema | None]] = {}
        self._engine: Engine | None = None

    def of_result(self, name: str) -> Schema | None:
        """Return the columns of a node's result; None when they aren't known."""
        return self._looked().result(name)

    def of_source(self, node: str, name: str) -> Schema | None:
        """Return the columns of what a node reads under the name of one of its inputs; None when they aren't known."""
        return self._looked().source(node, name)

    def is_told_by_sql(self, name: str) -> bool:
        """Whether SQL alone tells the columns of a node's result, so that they are the same wherever it is."""
        if name not in self._nodes:
            return False
        above = self._nodes.with_upstream([name])
        reads = any(_reads(self._nodes[one].config) for one in above)
        return not reads and not any(_looks_outside(self._nodes.task(one)) for one in above)

    def forget(self, name: str) -> None:
        """Forget what was found of a node."""
        for key in [key for key in self._found if key[0] == name]:
            del self._found[key]

    def clear(self) -> None:
        self._found.clear()

    def _looked(self) -> _Look:
        if self._runs.scratch is not self._engine:  # another one, of other settings
            self._engine = self._runs.scratch
            self._found.clear()
        return _Look(self._nodes, self._runs, self._found)


class _Look:
    """One look at nodes and files; what it has seen of them it doesn't look at again."""

    def __init__(self, nodes: Nodes, runs: Runs, found: dict[tuple[str, str], tuple[list[Any], Schema | None]]) -> None:
        self._nodes, self._runs, self._found = nodes, runs, found
        self._results: dict[str, Schema | None] = {}

    def result(self, name: str) -> Schema | None:
        if name not in self._nodes:
            return None
        # The order of the graph, since chains may be longer than Python's stack.
        above = self._nodes.with_upstream([name])
        statuses = self._runs.freshness.statuses(above)
        wanted = self._without_fresh(name, statuses)
        for one in above:
            if one in wanted:
                self._results[one] = self._inferred(one) or self._last(one, statuses[one])
        return self._results.get(name)

    def _last(self, name: str, status: str) -> Schema | None:
        """Return the columns that a node had in its last run, unless it has been edited since."""
        found = self._runs.schemas.of_result(name)
        return None if found is not None and status == "stale" and self._runs.freshness.is_modified(name) else found

    def source(self, node: str, name: str) -> Schema | None:
        task = self._ready(node)
        source = None if task is None else task.source if name == node else task.inputs.get(name)
        found = self._described(source, (node, name)) if isinstance(source, Source) else None
        return found or self._runs.schemas.of_source(node, name)

    def _without_fresh(self, name: str, statuses: Mapping[str, str]) -> set[str]:
        """Return the nodes to look at for one; a fresh one has what was last known of it."""
        wanted, stack = set[str](), [name]
        while stack:
            one = stack.pop()
            known = self._runs.schemas.of_result(one) if statuses.get(one) in ("completed", "cached") else None
            if known is not None:
                self._results[one] = known
            elif one in statuses and one not in wanted:
                wanted.add(one)
                stack.extend(self._nodes.task(one).depends_on)
        return wanted

    def _inferred(self, name: str) -> Schema | None:
        task = self._ready(name)
        if task is None or task.returns != "frame" or any(map(_needs_rows, task.steps)):
            return None
        config = self._nodes[name].config
        inputs: dict[str, Schema] = {}
        for one in inputs_of(task, config):
            is_read = one == name or not isinstance(config.inputs.get(one, ""), str)
            schema = self.source(name, one) if is_read else self._results.get(one)
            if schema is None:
                return None
            inputs[one] = schema
        if literals_of(task):  # files that have changed would have to be looked at
            return self._bound(task, inputs)
        return self._remembered((name, ""), [task, inputs], lambda: self._bound(task, inputs))

    def _remembered(self, key: tuple[str, str], state: list[Any], find: Any) -> Schema | None:
        """Return what was found when everything was as it is; else find it out."""
        known = self._found.get(key)
        if known is None or known[0] != state:
            self._found[key] = known = (state, find())
        return known[1]

    def _ready(self, name: str) -> NodeTask | None:
        try:
            return self._nodes.ready(name)
        except OdibiException:  # it can't run: a run would say why
            return None

    def _described(self, source: Source, key: tuple[str, str]) -> Schema | None:
        if self._runs.scratch.name == "pandas":  # which may see other columns than DuckDB
            return None
        try:
            return self._remembered(key, [source, source.files()], lambda: _columns(source))
        except OdibiException:  # there is nothing to look at
            return None

    def _bound(self, task: NodeTask, inputs: Mapping[str, Schema]) -> Schema | None:
        """Let the node run on no rows."""
        engine = self._runs.scratch
        engine.begin()
        try:
            empty = {name: self._empty(schema, name) for name, schema in inputs.items()}
            places = {name: name for name in inputs}
            alone = redirected(task, self._nodes[task.name].config, places)
            around = Surroundings(engine, empty.__getitem__, empty.keys, _VIEW, False, threading.Event())
            return NodeExecution(_untested(alone), around).run().dataset.schema
        except OdibiException:  # the node's own error: a run shows it
            return None

    def _empty(self, schema: Schema, name: str) -> Dataset:
        columns = ", ".join(f"CAST(NULL AS {column.type}) AS {quote_name(column.name)}" for column in schema)
        facts = analyze(f"SELECT {columns} LIMIT 0")
        return self._runs.scratch.query(Query(f"{name} columns", facts, {}, readers=_VIEW, private=True))


_VIEW = Readers(overrule="lazy")


def _columns(source: Source) -> Schema | None:
    from odibi_nb.engine.describe import Describer

    with closing(Describer()) as describer:
        return describer.source(source)


def _needs_rows(step: Step) -> bool:
    """Whether only rows, or the user's code, can tell what columns a step gives."""
    if isinstance(step, SqlStep):
        return _PIVOT.search(step.facts.statement) is not None
    return isinstance(step, FunctionStep) or (isinstance(step, OperationStep) and step.name == "pivot")


def _reads(config: NodeConfig) -> bool:
    return config.read is not None or not all(isinstance(given, str) for given in config.inputs.values())


def _looks_outside(task: NodeTask) -> bool:
    return bool(literals_of(task)) or any(map(_needs_rows, task.steps))


def _untested(task: NodeTask) -> NodeTask:
    return replace(task, checks=(), queries=())
