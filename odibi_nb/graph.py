"""The dependency graph of a pipeline: checked when it is made, ordered, walked and drawn.

Nothing here recurses, so that a chain of ten thousand nodes is as good as one of three.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, Protocol

from odibi_nb.exceptions import DependencyError, did_you_mean, plural

if TYPE_CHECKING:
    import graphviz

__all__ = ["DependencyGraph", "arrow_from", "digraph", "node_ids"]

_SHOWN_DEPENDENCIES = 6


class _Node(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def depends_on(self) -> Sequence[str]: ...


class _Picture(Protocol):
    """What of a `views.DagView` is drawn; views are a layer above this one."""

    @property
    def nodes(self) -> Sequence[Any]: ...
    @property
    def edges(self) -> Sequence[tuple[str, str]]: ...


class DependencyGraph:
    """Nodes and what each depends on, without cycles.

    nodes: objects with `name` and `depends_on`; or a mapping of names to such objects or to the names depended on.
    allow_missing: keep names that no node has in `unresolved` instead of refusing them (in a notebook,
        nodes are declared in any order).
    Raises DependencyError for a missing dependency, a name given twice or in two spellings, and a cycle.

    nodes: each name's object, in the order of declaration.
    unresolved: each name that no node has, with the nodes that depend on it.

    >>> DependencyGraph({"load": [], "clean": ["load"]}).topological_sort()
    ['load', 'clean']
    """

    def __init__(self, nodes: Sequence[_Node] | Mapping[str, Any], *, allow_missing: bool = False) -> None:
        self.nodes: dict[str, Any] = dict(nodes) if isinstance(nodes, Mapping) else _by_name(nodes)
        _refuse_case_twins(self.nodes)
        self.unresolved: dict[str, list[str]] = {}
        self._upstream: dict[str, tuple[str, ...]] = {}
        self._downstream: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, node in self.nodes.items():
            self._connect(name, dict.fromkeys(getattr(node, "depends_on", node)))
        if self.unresolved and not allow_missing:
            raise self._missing()
        self._order = self._sorted()

    def _connect(self, name: str, dependencies: Iterable[str]) -> None:
        known = []
        for dependency in dependencies:
            if dependency in self.nodes:
                known.append(dependency)
                self._downstream[dependency].append(name)
            else:
                self.unresolved.setdefault(dependency, []).append(name)
        self._upstream[name] = tuple(known)

    def _missing(self) -> DependencyError:
        dependency, (node, *_) = next(iter(self.unresolved.items()))
        hint = did_you_mean(dependency, self.nodes) or f"declare a node named '{dependency}'"
        return DependencyError(f"node '{node}' depends on '{dependency}', which is not declared", hint=hint, node=node)

    def _sorted(self) -> list[str]:
        """Of all orders that respect the edges, the one nearest to the order of declaration."""
        names = list(self.nodes)
        rank = {name: position for position, name in enumerate(names)}
        sorter = TopologicalSorter(self._upstream)
        try:
            sorter.prepare()
        except CycleError as exc:
            raise _circular(exc.args[1][:-1], rank) from exc
        ready = sorted(rank[name] for name in sorter.get_ready())
        order = []
        while ready:
            order.append(names[heapq.heappop(ready)])
            sorter.done(order[-1])
            for name in sorter.get_ready():
                heapq.heappush(ready, rank[name])
        return order

    @property
    def edges(self) -> list[tuple[str, str]]:
        """(upstream, downstream) of every dependency between declared nodes."""
        return [(dependency, name) for name, upstream in self._upstream.items() for dependency in upstream]

    def topological_sort(self) -> list[str]:
        """Return every name after those it depends on; otherwise in the order of declaration."""
        return list(self._order)

    def get_execution_layers(self) -> list[list[str]]:
        """Return the nodes by depth, the longest path to a root; the nodes of a layer can run in parallel."""
        depth: dict[str, int] = {}
        layers: list[list[str]] = []
        for name in self._order:
            depth[name] = 1 + max((depth[dependency] for dependency in self._upstream[name]), default=-1)
            if depth[name] == len(layers):
                layers.append([])
            layers[depth[name]].append(name)
        return layers

    def get_dependencies(self, name: str) -> set[str]:
        """Return all that `name` depends on, directly or through others; DependencyError if it is not declared."""
        return _reachable(self._checked(name), self._upstream)

    def get_dependents(self, name: str) -> set[str]:
        """Return all that depends on `name`, directly or through others; DependencyError if it is not declared."""
        return _reachable(self._checked(name), self._downstream)

    def direct_dependencies(self, name: str) -> tuple[str, ...]:
        """Return the declared nodes that `name` itself depends on; DependencyError if it is not declared."""
        return self._upstream[self._checked(name)]

    def get_independent_nodes(self) -> list[str]:
        """Return the nodes that depend on no other node."""
        return [name for name, upstream in self._upstream.items() if not upstream]

    def visualize(self) -> str:
        """Return the graph as text: layer by layer, each node with an arrow from what it depends on."""
        lines = []
        for number, layer in enumerate(self.get_execution_layers(), start=1):
            width = max(len(name) for name in layer)
            lines.append(f"Layer {number}")
            lines += [f"  {name:<{width}}  {self._arrow(name)}".rstrip() for name in layer]
        return "\n".join(lines)

    def _arrow(self, name: str) -> str:
        upstream = [*self._upstream[name], *(f"{u} (not declared)" for u, by in self.unresolved.items() if name in by)]
        return arrow_from(upstream)

    def to_graphviz(self, view: _Picture | None = None) -> graphviz.Digraph:
        """Return the graph for Graphviz, left to right.

        view: a `views.DagView` to draw in its stead, with the rows, time and status of each node.
        """
        picture = digraph(self.nodes, self.edges) if view is None else _digraph_of(view)
        picture.node_attr.update(shape="box", style="rounded", fontname="Helvetica", fontsize="11")
        picture.edge_attr.update(arrowsize="0.7", color="#8c959f")
        return picture

    def _checked(self, name: str) -> str:
        if name not in self.nodes:
            raise DependencyError(f"there is no node '{name}'", hint=did_you_mean(name, self.nodes), node=name)
        return name


def arrow_from(upstream: Sequence[str]) -> str:
    """Return "← a, b and 3 more", or "" where nothing is upstream."""
    more = len(upstream) - _SHOWN_DEPENDENCIES
    listed = ", ".join(upstream[:_SHOWN_DEPENDENCIES]) + (f" and {more} more" if more > 0 else "")
    return f"← {listed}" if upstream else ""


def digraph(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> graphviz.Digraph:
    """Return the bare graph, left to right, under the ids of `node_ids`; every picture is made from it."""
    import graphviz

    ids = node_ids(names)
    picture = graphviz.Digraph(graph_attr={"rankdir": "LR"})
    for name, node_id in ids.items():
        # A name is its own label by default; Graphviz would take escapes from any other label.
        picture.node(node_id, **({} if node_id == name else {"label": graphviz.escape(name)}))
    for upstream, downstream in edges:
        picture.edge(ids[upstream], ids[downstream])
    return picture


def node_ids(names: Iterable[str]) -> dict[str, str]:
    """Return each name's id in DOT: the name itself or, where DOT would read more into it, its position."""
    return {
        name: name if name.isascii() and name.isidentifier() else str(position) for position, name in enumerate(names)
    }


def _digraph_of(view: _Picture) -> graphviz.Digraph:
    import graphviz

    names = [node.name for node in view.nodes]
    picture = digraph(names, view.edges)
    ids = node_ids(names)
    for node in view.nodes:
        facts = " · ".join(fact for fact in (plural(node.rows, "row") if node.rows else "", node.time) if fact)
        label = graphviz.escape(node.name) + (f"\\n{graphviz.escape(facts)}" if facts else "")
        dashed = {"style": "rounded,dashed"} if node.status == "unresolved" else {}
        picture.node(ids[node.name], label=label, tooltip=node.status, **{"class": node.status}, **dashed)
    return picture


def _by_name(nodes: Sequence[_Node]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for node in nodes:
        if node.name in named:
            raise DependencyError(
                f"two nodes are named '{node.name}'", hint="rename one of them; names are unique", node=node.name
            )
        named[node.name] = node
    return named


def _refuse_case_twins(names: Iterable[str]) -> None:
    by_fold: dict[str, str] = {}
    for name in names:
        twin = by_fold.setdefault(name.casefold(), name)
        if twin != name:
            raise DependencyError(
                f"nodes '{twin}' and '{name}' differ only in upper and lower case",
                hint="rename one of them; SQL takes both for the same table",
                node=name,
            )


def _circular(cycle: list[str], rank: Mapping[str, int]) -> DependencyError:
    start = cycle.index(min(cycle, key=rank.__getitem__))
    ordered = cycle[start:] + cycle[:start]
    return DependencyError(
        f"nodes depend on each other in a circle: {' -> '.join([*ordered, ordered[0]])}",
        hint=f"remove one of these dependencies, such as that of '{ordered[0]}' on '{ordered[-1]}'",
        node=ordered[0],
        cycle=ordered,
    )


def _reachable(start: str, neighbours: Mapping[str, Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(neighbours[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(neighbours[name])
    return seen
