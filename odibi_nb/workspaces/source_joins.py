"""Which columns of sources the SQL of a graph sets equal, whatever they are called where it does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from odibi_nb.engine.base import Source
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.tasks import NodeTask, OperationStep, SqlStep
from odibi_nb.sql import analyze
from odibi_nb.sql.equated import JoinedColumn, joined_columns
from odibi_nb.sql.operations import operation_sql
from odibi_nb.workspaces.key_names import is_key_name

if TYPE_CHECKING:
    from odibi_nb.engine.schema import Schema
    from odibi_nb.sql.relations import Flow, Relation

__all__ = ["Join", "SourceColumn", "joins_of"]

Places = Mapping[str, Mapping[str, str]]


class SourceColumn(NamedTuple):
    """A column of a source, in lower case."""

    source: str
    column: str


class Join(NamedTuple):
    """What two columns that a node sets equal come from."""

    left: tuple[SourceColumn, ...]
    right: tuple[SourceColumn, ...]


def joins_of(tasks: Iterable[NodeTask], places: Places, schemas: Mapping[str, Schema]) -> list[Join]:
    """Return what the SQL of nodes sets equal.

    tasks: in topological order. places: the sources by node and by their names in it. schemas: of each source.
    """
    tasks = list(tasks)
    steps = [step for task in tasks for step in task.steps if isinstance(step, SqlStep)]
    merges = any(task.is_python and len(task.depends_on) > 1 for task in tasks)
    if not merges and not any(_joins(step) for step in steps):  # then none is traced: that takes its time
        return []
    tracer = _Tracer(places, schemas)
    return list(dict.fromkeys(join for task in tasks for join in tracer.joins(task)))


class _Tracer:
    """Follows columns from the sources down, node by node."""

    def __init__(self, places: Places, schemas: Mapping[str, Schema]) -> None:
        self._places, self._schemas = places, schemas
        self._relations: dict[str, Relation] = {}
        self._above: dict[str, dict[str, None]] = {}

    def joins(self, task: NodeTask) -> Iterator[Join]:
        """Yield what a node sets equal; the nodes that it reads come first."""
        from odibi_nb.sql.lineage import trace

        own = [*self._places.get(task.name, {}).values()]
        above = (source for name in task.depends_on for source in self._above.get(name, ()))
        self._above[task.name] = dict.fromkeys([*own, *above])
        current = self._input(task, task.name if task.source is not None else next(iter(task.depends_on), ""))
        for step in task.steps:
            if isinstance(step, SqlStep):
                tables = {alias: self._input(task, name) for alias, name in step.inputs.items()}
                tables |= {"df": current} if step.reads_current else {}
                yield from self._equated(step, tables, self._above[task.name])
                current = trace(step.facts, tables, lambda _: None)
            elif isinstance(step, OperationStep):
                current = _operated(step, current)
            else:
                inputs = [current, *(self._input(task, name) for name in task.depends_on)]
                yield from self._keys(inputs)
                current = _alike(inputs)
        self._relations[task.name] = current

    def _keys(self, inputs: list[Relation]) -> Iterator[Join]:
        """Yield the keys of one name that code in Python may go by."""
        for left, right in combinations(inputs, 2):
            for one in left.outputs:
                other = right.listed(one.name) if one.named and is_key_name(one.name) else None
                if other is not None:
                    yield Join(_told(one.flow), _told(other.flow))

    def _input(self, task: NodeTask, name: str) -> Relation:
        from odibi_nb.sql.relations import Owner, leaf

        given = task.inputs.get(name, name)
        if isinstance(given, Source) or (name == task.name and task.source is not None):
            place = self._places[task.name][name]
            return leaf([Owner("source", place)], self._schemas[place])
        return self._relations.get(given) or _alike([])

    def _equated(self, step: SqlStep, tables: Mapping[str, Relation], sources: Collection[str]) -> Iterator[Join]:
        from odibi_nb.sql.lineage import trace_parts

        if not _joins(step):
            return
        named = {**tables, **trace_parts(step.facts, tables)}
        for pair in joined_columns(step.facts.statement, named):
            yield Join(*(tuple(dict.fromkeys(self._origins(one, named, sources))) for one in pair))

    def _origins(
        self, column: JoinedColumn, tables: Mapping[str, Relation], sources: Collection[str]
    ) -> list[SourceColumn]:
        """Return what a column comes from; where that can't be told, all columns of its name above."""
        name = column.name.casefold()
        relations = tables.values() if column.table is None else [tables[column.table]]
        flows = [flow for one in relations if (flow := one.find(column.name)) is not None]
        found = [one for flow in flows for one in _told(flow)]
        if found and not any(flow.unknown for flow in flows):
            return found
        has = {source: {one.name.casefold() for one in self._schemas[source]} for source in sources}
        return [*found, *(SourceColumn(source, name) for source in sources if name in has[source])]


def _joins(step: SqlStep) -> bool:
    return bool(joined_columns(step.facts.statement, ()))


def _told(flow: Flow) -> tuple[SourceColumn, ...]:
    return tuple(SourceColumn(str(one.owner), one.column.casefold()) for one in (*flow.origins, *flow.likely))


def _operated(step: OperationStep, current: Relation) -> Relation:
    from odibi_nb.sql.lineage import trace

    if not current.is_closed:
        return _alike([current])
    try:
        columns = [(one.name, one.flow.type or "VARCHAR") for one in current.outputs]
        facts = analyze(operation_sql(step.name, step.params, columns))
    except OdibiException:  # running it will tell
        return _alike([current])
    return trace(facts, {"df": current}, lambda _: None)


def _alike(inputs: list[Relation]) -> Relation:
    """Return what isn't traced: its columns are likely those of the same names in its inputs."""
    from odibi_nb.sql.relations import Relation, Rest

    return Relation((Rest("not traced", likely_in=tuple(inputs)),))
