"""What each node gives, column by column, and where from; told by declarations and files, no user code runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from odibi_nb.engine.base import Source
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.tasks import FunctionStep, NodeTask, OperationStep, SqlStep, Step
from odibi_nb.sql import analyze
from odibi_nb.sql.lineage import trace
from odibi_nb.sql.operations import ROW_OPERATIONS, operation_sql
from odibi_nb.sql.relations import Flow, Output, Owner, Relation, Rest, leaf
from odibi_nb.sql.rooting import rooted

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig, ReadConfig
    from odibi_nb.engine.describe import Describer
    from odibi_nb.engine.schema import Schema
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["NODE", "SOURCE", "node_relations"]

NODE, SOURCE = "node", "source"


def node_relations(workspace: Workspace, names: Iterable[str]) -> dict[str, Relation]:
    """Return what each of these nodes gives, in terms of what it reads itself.

    names: in the order of the graph, with all that they need.
    """
    from odibi_nb.engine.describe import Describer

    relations: dict[str, Relation] = {}
    with closing(Describer()) as describer:
        files = _Files(workspace, describer)
        statuses = workspace.statuses()
        for name in names:
            result = workspace.result(name)
            schema = result.result_schema if result is not None and result.success else None
            is_fresh = statuses[name] in ("completed", "cached")
            node = _Node(workspace, name, relations, files)
            if schema is not None and is_fresh and node.only_reads is not None:  # no need to look at its files
                relations[name] = leaf([Owner(SOURCE, node.only_reads.place)], schema)
            else:
                relations[name] = _settled(node.relation(), schema, is_fresh=is_fresh)
    return relations


class _Files:
    """Looks at files; with the pandas engine they may have other columns than a look by DuckDB shows."""

    def __init__(self, workspace: Workspace, describer: Describer) -> None:
        self._describer, self._root = describer, workspace.root
        self._reads_with_pandas = workspace.project is not None and str(workspace.project.engine) == "pandas"

    def source(self, read: ReadConfig, source: Source | None) -> Relation:
        """Return what a node reads from a connection."""
        place = read.place
        columns, reason = None, "" if source is not None else "its connection isn't there"
        if source is not None and self._reads_with_pandas:
            reason = "pandas reads it"
        elif source is not None:
            try:
                columns = self._describer.source(source)
            except OdibiException as exc:
                reason = exc.message
        return leaf([Owner(SOURCE, place)], columns, reason=f"the columns of {place} aren't known: {reason}")

    def literal(self, table: str) -> Schema | None:
        """Return the columns of files that SQL names."""
        text = f"FROM {table}"
        try:
            facts = analyze(text)
            if any("://" in file.path for file in facts.files):  # far away
                return None
            return self._describer.table(rooted(text, facts, self._root).removeprefix("FROM "))
        except OdibiException:  # then its columns aren't known, which the lineage says
            return None


class _Node:
    """One node, step by step."""

    def __init__(self, workspace: Workspace, name: str, above: Mapping[str, Relation], files: _Files) -> None:
        self._name, self._above, self._files = name, above, files
        self._config: NodeConfig = workspace.nodes[name].config
        self._problem = workspace.nodes.problem(name)
        self._task = _task(workspace, name)
        self._first = next(iter(self._config.inputs), None) or next(iter(self._task.depends_on), None)

    @property
    def only_reads(self) -> ReadConfig | None:
        """What the node passes on as it is, if that is all it does."""
        return None if self._problem is not None or self._task.steps else self._config.read

    def relation(self) -> Relation:
        """Return what the node gives."""
        if self._problem is not None:
            return _unknown(f"it can't run: {self._problem.message}")
        if self._config.returns != "frame":
            return _unknown(f"it returns {self._config.returns}, not columns")
        current = self._start()
        for number, step in enumerate(self._task.steps):
            current = self._after(step, current, is_first=number == 0)
        return current if current is not None else _unknown("it starts from nothing")

    def _start(self) -> Relation | None:
        if self._config.read is not None:
            return self._files.source(self._config.read, self._task.source)
        return self._input(self._first) if self._first is not None else None

    def _input(self, name: str) -> Relation:
        """Return what a name stands for in this node, as its steps see it."""
        given = self._config.inputs.get(name, name)
        if isinstance(given, str):
            return _as_read(given, self._above.get(given))
        source = self._task.inputs.get(name)
        return self._files.source(given, source if isinstance(source, Source) else None)

    def _after(self, step: Step, current: Relation | None, *, is_first: bool) -> Relation:
        if isinstance(step, SqlStep):
            return self._sql(step, current)
        if isinstance(step, OperationStep):
            return self._operation(step, current)
        return self._function(step, current, is_first=is_first)

    def _sql(self, step: SqlStep, current: Relation | None) -> Relation:
        tables = {alias: self._input(name) for alias, name in step.inputs.items()}
        if step.reads_current and current is not None:
            tables["df"] = current
        # As written: in what is executed the paths of files are absolute.
        return trace(analyze(step.written), tables, self._files.literal)

    def _operation(self, step: OperationStep, current: Relation | None) -> Relation:
        if current is None:
            return _unknown(f"operation '{step.name}' starts from nothing")
        if step.name in ROW_OPERATIONS:
            return current
        nameless = "some have no name of their own" if not all(one.named for one in current.outputs) else ""
        if why_not := current.why_open or nameless:
            return _unknown(f"operation '{step.name}' works on columns that aren't all known: {why_not}")
        # A type that isn't known changes values, not where they come from.
        columns = [(one.name, one.flow.type or "VARCHAR") for one in current.outputs]
        try:
            facts = analyze(operation_sql(step.name, step.params, columns))
        except OdibiException as exc:
            return _unknown(f"operation '{step.name}': {exc.message}")
        return trace(facts, {"df": current}, self._files.literal)

    def _function(self, step: FunctionStep, current: Relation | None, *, is_first: bool) -> Relation:
        names = [argument.node for argument in step.binding.nodes]
        if step.binding.wants_context:
            names += self._task.depends_on
        inputs = {self._shown(name): self._input(name) for name in names}
        if step.binding.wants_current and current is not None:
            inputs[self._current_shown(is_first=is_first)] = current
        reason = f"comes through Python node '{self._name}' (not traced); inputs: {', '.join(inputs) or 'none'}"
        return Relation((Rest(reason, likely_in=tuple(inputs.values())),))

    def _shown(self, name: str) -> str:
        """Return what a name of this node's own stands for, in words."""
        given = self._config.inputs.get(name, name)
        return given if isinstance(given, str) else given.place

    def _current_shown(self, *, is_first: bool) -> str:
        if not is_first or (self._first is None and self._config.read is None):
            return "df"
        return self._config.read.place if self._config.read is not None else self._shown(self._first or "")


def _task(workspace: Workspace, name: str) -> NodeTask:
    try:
        return workspace.nodes.ready(name)
    except OdibiException:  # a node that waits for others, or for a connection: known as far as it goes
        return workspace.nodes.task(name)


def _as_read(name: str, relation: Relation | None) -> Relation:
    """Return a node as its readers see it."""
    owners = [Owner(NODE, name)]
    if relation is None:
        return leaf(owners, None, reason=f"'{name}' is not declared")
    if not relation.is_closed:
        return leaf(owners, None, reason=f"the columns of '{name}' aren't known: {relation.why_open}")
    columns = [(one.name, one.flow.type) for one in relation.outputs]
    return leaf(owners, columns, unnamed=[one.name for one in relation.outputs if not one.named])


def _settled(made: Relation, schema: Schema | None, *, is_fresh: bool) -> Relation:
    """Return what was found out, under the names and types of the node's last result.

    A result of an earlier declaration tells columns only where nothing else does.
    """
    if schema is None or (made.is_closed and not is_fresh):
        return made
    names = [column.name for column in schema]
    if not made.is_closed:
        flows = [made.find(name, unique=True) or Flow(unknown=("the query doesn't name it",)) for name in names]
    elif _agree(made.outputs, names):
        flows = [one.flow for one in made.outputs]
    else:
        found = ", ".join(one.name for one in made.outputs)
        flows = [Flow(unknown=(f"the result has other columns than its query tells: {found}",)) for _ in names]
    typed = (replace(flow, type=column.type) for flow, column in zip(flows, schema, strict=True))
    doubt = () if is_fresh else (Rest("these are of its last result, which is stale"),)
    return Relation((*map(Output, names, typed), *doubt))


def _agree(outputs: Sequence[Output], names: Sequence[str]) -> bool:
    if len(outputs) != len(names):
        return False
    pairs = zip(outputs, names, strict=True)
    return all(not one.named or one.name.casefold() == name.casefold() for one, name in pairs)


def _unknown(reason: str) -> Relation:
    return Relation((Rest(reason),))
