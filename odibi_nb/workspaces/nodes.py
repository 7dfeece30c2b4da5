"""The nodes declared so far, each compiled once, and the rules for declaring them again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from odibi_nb.exceptions import DependencyError, OdibiException, UnknownNameError, UsageError, did_you_mean
from odibi_nb.graph import DependencyGraph
from odibi_nb.pipeline.compiler import Compiler, connected
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.runner.tasks import Dependency, NodeTask
from odibi_nb.workspaces.declared import DeclaredNode
from odibi_nb.workspaces.functions import CellFunction

__all__ = ["Nodes", "Surroundings"]


@dataclass
class Surroundings:
    """What nodes are compiled among.

    namespace: gives the globals of Python nodes. is_variable: whether a name is a variable of the
    notebook, is_frame: whether that is a DataFrame. params: values by name.
    """

    root: Path
    namespace: Callable[[], dict[str, Any]]
    is_variable: Callable[[str], bool] = lambda name: False
    is_frame: Callable[[str], bool] = lambda name: False
    functions: Functions = field(default_factory=lambda: Functions(FunctionRegistry.functions))
    connections: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)


class Nodes(Mapping[str, DeclaredNode]):
    """Declared nodes by name, in the order of their first declaration."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._nodes: dict[str, DeclaredNode] = {}
        self._tasks: dict[str, NodeTask] = {}
        self._problems: dict[str, OdibiException] = {}
        self._graph: DependencyGraph | None = None

    def __getitem__(self, name: str) -> DeclaredNode:
        if name not in self._nodes:
            raise UnknownNameError(
                f"there is no node '{name}'",
                hint=did_you_mean(name, self._nodes) or f"nodes: {', '.join(self._nodes) or 'none yet'}",
            )
        return self._nodes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    def put(self, node: DeclaredNode) -> DeclaredNode:
        """Add a node or replace the one of its name; refused, the old one stays.

        Raises DependencyError for a cycle and for names that differ only in case, UsageError for a name
        that a parameter has.
        """
        before = self._nodes.get(node.name)
        self._check_name(node)
        if before is not None:
            node = replace(node, version=before.version + (not before.same_as(node)))
        kept = dict(self._nodes), dict(self._tasks), dict(self._problems)
        self._nodes[node.name] = node
        self._forget_mentions(node.name)
        try:
            self._check_cycle(node.name)
        except DependencyError as exc:
            self._nodes, self._tasks, self._problems = kept
            raise exc.at(**node.place.locate(None)) from None
        return node

    def remove(self, name: str) -> DeclaredNode:
        """Remove a node and return it."""
        node = self[name]
        del self._nodes[name]
        self._forget_mentions(name)
        return node

    def recompile(self) -> None:
        """Forget everything compiled: parameters, functions or connections have changed."""
        self._tasks.clear()
        self._problems.clear()
        self._graph = None

    def task(self, name: str) -> NodeTask:
        """Return a node's task, without source and target; one with a problem has `depends_on` at most."""
        if name not in self._tasks:
            self._compile(self[name])
        return self._tasks[name]

    def problem(self, name: str) -> OdibiException | None:
        """Return what is wrong with a node by itself."""
        self.task(name)
        return self._problems.get(name)

    def ready(self, name: str) -> NodeTask:
        """Return a node's task with everything looked up; raises what is wrong with it."""
        if (problem := self.problem(name)) is not None:
            raise problem
        task = self.task(name)
        for dependency in task.dependencies:
            if dependency.name not in self._nodes:
                raise self._unresolved(task, dependency)
        return connected(task, self[name].config, self._around.connections)

    @property
    def graph(self) -> DependencyGraph:
        """All nodes; names not declared are in its `unresolved`."""
        if self._graph is None:
            self._graph = DependencyGraph({name: self.task(name) for name in self._nodes}, allow_missing=True)
        return self._graph

    def waits_for(self, name: str) -> list[str]:
        """Return the names that this node, or one above it, reads and nobody has declared."""
        above = [name, *self.graph.get_dependencies(name)]
        return sorted({d.name for one in above for d in self.task(one).dependencies if d.name not in self._nodes})

    def _check_name(self, node: DeclaredNode) -> None:
        if node.name in self._around.params:
            raise UsageError(
                f"'{node.name}' is a parameter already", hint="give the node another name", node=node.name
            )
        if node.name.casefold() == "df":
            raise UsageError("a node can't be named 'df': that is the current frame in SQL", node=node.name)
        for other in self._nodes:
            if other != node.name and other.casefold() == node.name.casefold():
                raise DependencyError(
                    f"'{node.name}' and '{other}' differ only in case, and DuckDB takes them for one name",
                    hint="rename one of them",
                    node=node.name,
                    **node.place.locate(None),
                )

    def _check_cycle(self, name: str) -> None:
        """Walk up from `name`; only a cycle through it can be new."""
        stack, seen = [d.name for d in self.task(name).dependencies], set[str]()
        while stack:
            above = stack.pop()
            if above == name:
                self._graph = None
                _ = self.graph  # raises with the whole cycle, in order
            if above in self._nodes and above not in seen:
                seen.add(above)
                stack.extend(d.name for d in self.task(above).dependencies)

    def _forget_mentions(self, name: str) -> None:
        """Forget the compiled form of a node, and of those whose meaning depends on whether it exists."""
        fold = name.casefold()
        for other, task in list(self._tasks.items()):
            mentioned = any(d.name.casefold() == fold for d in task.dependencies)
            body = self._nodes[other].body if other in self._nodes else None
            in_code = body is not None and any(read.name == name for read in body.reads)
            if other == name or mentioned or in_code or other not in self._nodes:
                del self._tasks[other]
                self._problems.pop(other, None)
        self._graph = None

    def _compile(self, node: DeclaredNode) -> None:
        around = self._around
        functions = Functions(around.functions)
        if node.function is not None:
            functions.register(node.function, node.name)
        elif node.body is not None:
            functions.register(self._cell_function(node), node.name)
        compiler = Compiler(
            functions, self._nodes, around.params, around.root, open_names=True, is_frame=around.is_frame
        )
        try:
            self._tasks[node.name] = compiler.compile(node.config, node.place, bodies=node.body_places)
            self._problems.pop(node.name, None)
        except OdibiException as exc:
            named = tuple(Dependency(name, "depends_on") for name in node.config.depends_on)
            self._tasks[node.name] = NodeTask(node.name, "pass", named, place=node.place)
            self._problems[node.name] = exc

    def _cell_function(self, node: DeclaredNode) -> CellFunction:
        body = node.body
        assert body is not None  # noqa: S101 - only called for Python cells
        inputs = {
            read.name: read.line
            for read in body.reads
            if read.name != node.name and (read.name in self._nodes or not self._around.is_variable(read.name))
        }
        return CellFunction(body, node.body_places[0], self._around.namespace, inputs, self._around.params)

    def _unresolved(self, task: NodeTask, dependency: Dependency) -> DependencyError:
        others: Collection[str] = [name for name in self._nodes if name != task.name]
        return DependencyError(
            f"node '{task.name}' reads '{dependency.name}', which is not declared ({dependency.reason})",
            hint=did_you_mean(dependency.name, others) or f"declare it: %%odibi_node {dependency.name}",
            node=task.name,
            **task.place.locate(None),
        )
