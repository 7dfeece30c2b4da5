"""Column lineage through the graph: from a node's column up to files and down to targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from odibi_nb.exceptions import UnknownNameError, did_you_mean
from odibi_nb.sql.relations import Flow, Origin, Owner, Relation
from odibi_nb.workspaces.columns import NODE, node_relations

if TYPE_CHECKING:
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["Edge", "Lineage", "column_lineage"]

TARGET = "target"


@dataclass(frozen=True, slots=True)
class Edge:
    """A value goes from one column into another; likely: perhaps."""

    upstream: Origin
    downstream: Origin
    likely: bool = False


@dataclass(slots=True)
class Lineage:
    """What is found about some columns of a node.

    columns: those asked for. edges: each once, from these columns on, first upwards, then downwards.
    unknown: why a column may have more origins. unseen: why it may go elsewhere too. constant: those that come
    from no column. note: why not all columns of the node are known.
    """

    node: str
    columns: tuple[Origin, ...]
    edges: dict[Edge, None] = field(default_factory=dict)
    unknown: dict[Origin, tuple[str, ...]] = field(default_factory=dict)
    unseen: dict[Origin, tuple[str, ...]] = field(default_factory=dict)
    constant: set[Origin] = field(default_factory=set)
    note: str = ""


def column_lineage(workspace: Workspace, node: str, column: str | None = None) -> Lineage:
    """Return where a node's column comes from and goes to; without a column, of each one a step up and down.

    Nothing is run. Raises UnknownNameError with the nearest name.
    """
    with workspace.lock:
        _ = workspace.nodes[node]  # raises
        graph = workspace.graph
        below = {node, *graph.get_dependents(node)}
        relations = node_relations(workspace, workspace.nodes.with_upstream(below))
        targets = {name: _target(workspace, name) for name in below}
    readers: dict[str, list[str]] = {name: [] for name in below}
    for name in relations:  # in the order of the graph
        for upstream in below.intersection(graph.direct_dependencies(name)) if name in below else ():
            readers[upstream].append(name)
    walk = _Walk(relations, readers, targets)
    relation = relations[node]
    if column is None:
        return walk.one_step(Lineage(node, _columns(node, relation), note=relation.why_open))
    return walk.all_the_way(Lineage(node, (_column(node, relation, column),)))


def _columns(node: str, relation: Relation) -> tuple[Origin, ...]:
    return tuple(Origin(Owner(NODE, node), one.name) for one in relation.outputs)


def _column(node: str, relation: Relation, column: str) -> Origin:
    """Return the column as the node spells it; one that nobody can deny is taken at its word."""
    folded = column.casefold()
    spelled = next((one.name for one in relation.outputs if one.name.casefold() == folded), None)
    if spelled is None and relation.is_closed:
        names = [one.name for one in relation.outputs]
        hint = did_you_mean(column, names) or f"columns: {', '.join(names)}"
        raise UnknownNameError(f"node '{node}' has no column '{column}'", hint=hint, node=node)
    return Origin(Owner(NODE, node), spelled or column)


def _target(workspace: Workspace, name: str) -> Owner | None:
    write = workspace.nodes[name].config.write
    return Owner(TARGET, write.place) if write is not None else None


class _Walk:
    """Follows columns from node to node.

    readers: for each node at or below the one asked for, those that read it.
    """

    def __init__(
        self,
        relations: Mapping[str, Relation],
        readers: Mapping[str, list[str]],
        targets: Mapping[str, Owner | None],
    ) -> None:
        self._relations, self._readers, self._targets = relations, readers, targets
        self._uses: dict[str, _Uses] = {}
        self._spelled: dict[tuple[Owner, str], Origin] = {}

    def one_step(self, lineage: Lineage) -> Lineage:
        """Add what is next to the columns asked for."""
        for column in lineage.columns:
            self._up(column, lineage)
            self._down(column, lineage)
        return lineage

    def all_the_way(self, lineage: Lineage) -> Lineage:
        """Add all that is above them, then all that is below them."""
        for step in (self._up, self._down):
            waiting, seen = list(lineage.columns), set()
            while waiting:
                column = waiting.pop()
                if column.key not in seen:
                    seen.add(column.key)
                    waiting += step(column, lineage)
        return lineage

    def _up(self, column: Origin, lineage: Lineage) -> list[Origin]:
        """Add what a column comes from; return it."""
        if column.owner.kind != NODE:
            return []
        relation = self._relations.get(column.owner.name)
        if relation is None:
            lineage.unknown[column] = (f"'{column.owner.name}' is not declared",)
            return []
        flow = self._flow(relation, column.column)
        if flow.unknown:
            lineage.unknown[column] = flow.unknown
        elif not flow.origins:
            lineage.constant.add(column)
        above = [(self._one(origin), False) for origin in flow.origins]
        above += [(self._one(origin), True) for origin in flow.likely]
        lineage.edges |= {Edge(origin, column, likely): None for origin, likely in above}
        return [origin for origin, _ in above]

    def _flow(self, relation: Relation, column: str) -> Flow:
        labelled = (one.flow for one in relation.outputs if not one.named and one.name.casefold() == column.casefold())
        found = next(labelled, None) or relation.find(column, unique=True)
        return found or Flow(unknown=(f"there is no column '{column}'",))

    def _one(self, origin: Origin) -> Origin:
        """Return one spelling of a column, its node's own where that is known: queries may write it otherwise."""
        if origin.key not in self._spelled:
            relation = self._relations.get(origin.owner.name) if origin.owner.kind == NODE else None
            listed = relation.listed(origin.column) if relation is not None else None
            self._spelled[origin.key] = Origin(origin.owner, listed.name) if listed is not None else origin
        return self._spelled[origin.key]

    def _down(self, column: Origin, lineage: Lineage) -> list[Origin]:
        """Add what a column goes into; return it."""
        if column.owner.kind != NODE:
            return []
        name, below, unseen = column.owner.name, list[Edge](), dict[str, None]()
        for reader in self._readers[name]:
            uses = self._uses_of(reader)
            below += [Edge(column, self._one(origin), likely) for origin, likely in uses.of(column)]
            unseen |= {f"in '{reader}': {reason}": None for reason in uses.doubts(column)}
        if (target := self._targets[name]) is not None:
            below.append(Edge(column, Origin(target, column.column)))
        lineage.edges |= dict.fromkeys(below)
        if unseen:
            lineage.unseen[column] = tuple(unseen)
        return [edge.downstream for edge in below]

    def _uses_of(self, reader: str) -> _Uses:
        if reader not in self._uses:
            self._uses[reader] = _Uses(reader, self._relations[reader])
        return self._uses[reader]


class _Uses:
    """What a node makes of the columns that it reads."""

    def __init__(self, node: str, relation: Relation) -> None:
        self._owner, self._relation = Owner(NODE, node), relation
        self._into: dict[tuple[Owner, str], list[tuple[str, bool]]] = {}
        for one in relation.outputs:
            for origin in one.flow.origins:
                self._into.setdefault(origin.key, []).append((one.name, False))
            for origin in one.flow.likely:
                self._into.setdefault(origin.key, []).append((one.name, True))
        self._doubtful = [one.flow for one in relation.outputs if one.flow.unknown]

    def of(self, column: Origin) -> Iterator[tuple[Origin, bool]]:
        """Yield what a column goes into, each with whether that is but likely."""
        for name, likely in self._into.get(column.key, ()):
            yield Origin(self._owner, name), likely
        for rest in self._relation.rests:
            if self._relation.listed(column.column) is None and rest.may_have(column.column):
                flow = rest.flow(column.column)
                if column.key in _keys((*flow.origins, *flow.likely)):
                    yield Origin(self._owner, column.column), not flow.origins

    def doubts(self, column: Origin) -> Iterator[str]:
        """Yield why a column may go into others, too."""
        for flow in self._doubtful:
            if column.key not in _keys(flow.origins):
                yield from flow.unknown
        yield from (rest.reason for rest in self._relation.rests if not rest.owners)


def _keys(origins: Iterable[Origin]) -> set[tuple[Owner, str]]:
    return {origin.key for origin in origins}
