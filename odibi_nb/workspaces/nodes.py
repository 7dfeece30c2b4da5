"""The nodes declared so far, each compiled once, and the rules for declaring them again."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import DependencyError, OdibiException, UnknownNameError, UsageError, Where, did_you_mean
from odibi_nb.graph import DependencyGraph
from odibi_nb.pipeline.compiler import Compiler, connected, source_of
from odibi_nb.registry import Functions
from odibi_nb.runner.tasks import Dependency, FunctionStep, NodeTask, Place, SqlStep
from odibi_nb.workspaces.declared import DeclaredNode
from odibi_nb.workspaces.functions import CellFunction, GivenFunction
from odibi_nb.workspaces.parameters import check_types
from odibi_nb.workspaces.suggestions import Suggestions
from odibi_nb.workspaces.surroundings import Surroundings

if TYPE_CHECKING:
    from odibi_nb.engine.base import Source

__all__ = ["Nodes"]

_SURELY = 0.8
"""How like a name must be to one that may simply be declared later: `clean_sales` is no slip for `load_sales`."""


class Nodes(Mapping[str, DeclaredNode]):
    """Declared nodes by name, in the order of their first declaration.

    A node is compiled when it is declared, and again when a name it mentions comes or goes.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._suggestions = Suggestions(self)
        self.clear()

    def clear(self) -> None:
        """Forget every node."""
        self._nodes: dict[str, DeclaredNode] = {}
        self._by_fold: dict[str, str] = {}
        self._mentions: defaultdict[str, set[str]] = defaultdict(set)
        self._taking: defaultdict[str, set[str]] = defaultdict(set)
        self.recompile()

    def recompile(self) -> None:
        """Forget everything compiled: parameters, functions or connections have changed."""
        self._awaited = self.awaited() if self._nodes else set()
        self._tasks: dict[str, NodeTask] = {}
        self._ready: dict[str, NodeTask] = {}
        self._problems: dict[str, OdibiException] = {}
        self._open: set[str] = set()
        self._calls: dict[str, dict[str, Callable[..., Any]]] = {}
        self._edges: dict[str, tuple[str, ...]] = {}
        self._edited: set[str] = set()
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

    @property
    def root(self) -> Path:
        """Where relative paths start."""
        return self._around.root

    @property
    def functions(self) -> list[str]:
        """The names of the functions that steps may call."""
        return self._around.functions.list_functions()

    def spelled(self, name: str) -> str | None:
        """Return a name as its node spells it, since SQL doesn't tell cases apart; None when there is no such node."""
        return self._by_fold.get(name.casefold())

    def put(self, node: DeclaredNode) -> DeclaredNode:
        """Add a node or replace the one of its name; refused, the old one stays.

        Raises DependencyError for a cycle and for names that differ only in case, UsageError for a name
        that a parameter has.
        """
        before = self._nodes.get(node.name)
        self._check_name(node)
        is_same = before is not None and before.same_as(node)
        changed = before.declared if before is not None and is_same else node.declared or time.time()
        node = replace(node, declared=changed)
        self._set(node)
        try:
            self._check_cycle(node.name)
        except DependencyError as exc:
            exc.where = self._closes(node, exc.cycle)
            self._unset(node)
            if before is not None:
                self._set(before)
            raise exc from None
        return node

    def remove(self, name: str) -> DeclaredNode:
        """Remove a node and return it."""
        node = self[name]
        self._unset(node)
        return node

    def refresh(self) -> None:
        """Compile anew, when asked for, what hung on names that may be defined meanwhile, or on files of SQL.

        A function that a step names may be another one by now too: its cell was run again.
        """
        for name in (self._open | self._replaced()) & self._tasks.keys():
            self._forget(name)

    def _replaced(self) -> set[str]:
        known = self._around.functions
        return {
            name
            for name, functions in self._calls.items()
            if any(not known.has_function(one) or known.get(one) is not function for one, function in functions.items())
        }

    def task(self, name: str) -> NodeTask:
        """Return a node's task, without source and target; one with a problem has `depends_on` at most."""
        if name not in self._tasks:
            self._compile(self[name])
        return self._tasks[name]

    def task_with(self, name: str, params: Mapping[str, Any]) -> NodeTask:
        """Return a node's task for other values of parameters; raises what is wrong with it."""
        node = self[name]
        if not params:
            if (problem := self.problem(name)) is not None:
                raise problem
            return self.task(name)
        return self._compiled(node, {**self._around.params, **params})

    def check(self, node: DeclaredNode) -> None:
        """Raise what would be wrong with a node by itself if it were declared like this."""
        self._compiled(node, self._around.params)

    def problem(self, name: str) -> OdibiException | None:
        """Return what is wrong with a node by itself."""
        self.task(name)
        return self._problems.get(name)

    def ready(self, name: str, *, excused: Callable[[Dependency], bool] = lambda missing: False) -> NodeTask:
        """Return a node's task with everything looked up; raises what is wrong with it, but for names excused."""
        if name in self._ready:
            return self._ready[name]
        if (problem := self.problem(name)) is not None:
            raise problem
        task = self.task(name)
        missing = [dependency for dependency in task.dependencies if dependency.name not in self._nodes]
        for dependency in missing:
            if not excused(dependency):
                raise self._unresolved(task, dependency)
        ready = connected(task, self[name].config, self._around.connections) if task.enabled else task
        return ready if missing else self._ready.setdefault(name, ready)

    def source(self, connection: str, path: str) -> Source:
        """Return a file as a node would read it; raises ConnectionError, FormatError."""
        from odibi_nb.config import ReadConfig

        return source_of(ReadConfig(connection=connection, path=path), self._around.connections)

    @property
    def graph(self) -> DependencyGraph:
        """All nodes; names not declared are in its `unresolved`."""
        if self._graph is None or any(self.task(name).depends_on != self._edges[name] for name in self._edited):
            tasks = {name: self.task(name) for name in self._nodes}
            self._edges = {name: task.depends_on for name, task in tasks.items()}
            self._graph = DependencyGraph(self._edges, allow_missing=True)
        self._edited.clear()
        return self._graph

    def with_upstream(self, names: Iterable[str]) -> list[str]:
        """Return the named nodes and all that they need, in the order of the graph."""
        graph = self.graph
        wanted = set(names)
        if len(wanted) == len(self._nodes):
            return graph.topological_sort()
        stack = list(wanted)
        while stack:
            new = [name for name in graph.direct_dependencies(stack.pop()) if name not in wanted]
            wanted.update(new)
            stack.extend(new)
        return [name for name in graph.topological_sort() if name in wanted]

    def awaited(self) -> set[str]:
        """Return the names that nodes read and nobody has declared, as far as it is known: none is compiled for it."""
        read = {dependency.name for task in self._tasks.values() for dependency in task.dependencies}
        before = self._awaited if len(self._tasks) < len(self._nodes) else set()
        return {name for name in read | before if self.spelled(name) is None}

    def waits_for(self, name: str) -> list[str]:
        """Return in words the names that this node, or one above it, reads and nobody has declared."""
        return sorted({one for above in self.with_upstream([name]) for one in self.missing_for(above)})

    def missing_for(self, name: str) -> list[str]:
        """Return in words the names that a node itself reads and nobody has declared."""
        missing = [d.name for d in self.task(name).dependencies if d.name not in self._nodes]
        return [self.undeclared(one, reader=name) for one in missing]

    def undeclared(self, name: str, *, reader: str = "") -> str:
        """Return a name that nobody has declared, and the node that is nearly surely meant, if there is one."""
        near = self._suggestions.nearest(name, reader=reader, likeness=_SURELY)
        return f"{name} ({near})" if near else name

    def variables(self) -> Mapping[str, Any]:
        """Return the globals of Python nodes; in a headless run that executes the notebook's definitions."""
        return self._around.namespace()

    def takes_value(self, name: str) -> bool:
        """Whether a name without a default in a node's Python is a parameter that has a value."""
        return name in self._around.params and name not in self._nodes

    def set_up(self) -> None:
        """Run what comes before every run."""
        self._around.set_up()

    def _check_name(self, node: DeclaredNode) -> None:
        name, where = node.name, {"node": node.name, **node.head}
        if name in self._around.params or self._taking.get(name, set()) - {name}:
            raise UsageError(f"'{name}' is a parameter already", hint="give the node another name", **where)
        for parameter, line in _with_default(node).items():
            if parameter in self._nodes and parameter != name:
                hint = "without a default it is the node's result; else give it another name"
                where |= node.origin.place().locate(line)
                raise UsageError(f"parameter '{parameter}' has a default and the name of a node", hint=hint, **where)
        if name.casefold() == "df":
            raise UsageError("a node can't be named 'df': that is the current frame in SQL", **where)
        twin = self._by_fold.get(name.casefold(), name)
        if twin != name:
            raise DependencyError(
                f"'{name}' and '{twin}' differ only in case, and DuckDB takes them for one name",
                hint="rename one of them",
                **where,
            )

    def _check_cycle(self, name: str) -> None:
        """Walk up from `name`; only a cycle through it can be new, and only where somebody reads it."""
        above_it = [d.name for d in self.task(name).dependencies]  # compiled now, so that all mentions are known
        if not self._mentions.get(name.casefold()):
            return
        stack, seen = above_it, set[str]()
        while stack:
            above = stack.pop()
            if above == name:
                self._graph = None
                _ = self.graph  # raises with the whole cycle, in order
            if above in self._nodes and above not in seen:
                seen.add(above)
                stack.extend(d.name for d in self.task(above).dependencies)

    def _closes(self, node: DeclaredNode, cycle: Sequence[str]) -> Where:
        """Return where a node names the one before it in a cycle; whoever comes last in a notebook closes it."""
        upstream = cycle[cycle.index(node.name) - 1]
        place = _mentioned_at(self.task(node.name), node, upstream) or node.head
        return Where(node=node.name, **place)

    def _set(self, node: DeclaredNode) -> None:
        before = self._nodes.get(node.name)
        self._nodes[node.name] = node
        for parameter in _with_default(node):
            self._taking[parameter].add(node.name)
        if before is not None:  # to the others it is there as it was
            self._untake(before, but=node)
            self._forget(node.name)
            return
        self._by_fold[node.name.casefold()] = node.name
        self._forget_mentions(node.name)

    def _unset(self, node: DeclaredNode) -> None:
        del self._nodes[node.name]
        del self._by_fold[node.name.casefold()]
        self._untake(node)
        self._forget_mentions(node.name)

    def _untake(self, node: DeclaredNode, *, but: DeclaredNode | None = None) -> None:
        for parameter in set(_with_default(node)).difference(_with_default(but) if but is not None else ()):
            self._taking[parameter].discard(node.name)

    def _forget_mentions(self, name: str) -> None:
        """Forget the compiled form of a node, and of those whose meaning depends on whether it exists."""
        for other in {name, *self._mentions.get(name.casefold(), ()), *self._problems}:
            self._forget(other)
        self._graph = None
        self._suggestions.clear()

    def _forget(self, name: str) -> None:
        """Forget the compiled form of a node that goes on to exist; its edges may be others from now on."""
        self._tasks.pop(name, None)
        self._ready.pop(name, None)
        self._problems.pop(name, None)
        self._open.discard(name)
        self._calls.pop(name, None)
        self._edited.add(name)

    def _compile(self, node: DeclaredNode) -> None:
        name = node.name
        try:
            task = self._compiled(node, self._around.params)
        except OdibiException as exc:
            named = tuple(Dependency(other, "depends_on") for other in node.config.depends_on)
            task = NodeTask(name, "pass", named, place=node.place)
            self._problems[name] = exc
        self._tasks[name] = task
        is_unresolved = any(d.name not in self._nodes for d in task.dependencies)
        if name in self._problems or is_unresolved or node.reads_sql_file:
            self._open.add(name)
        if node.body is None and node.function is None and task.is_python:
            self._calls[name] = {step.name: step.function for step in task.steps if isinstance(step, FunctionStep)}
        read = [one.name for one in (*node.body.reads, *node.body.built_in)] if node.body is not None else []
        for mentioned in (*read, *task.depends_on):
            self._mentions[mentioned.casefold()].add(name)

    def _compiled(self, node: DeclaredNode, params: Mapping[str, Any]) -> NodeTask:
        around = self._around
        check_types(node, params)
        functions = self._functions_for(node, params)
        compiler = Compiler(functions, self._nodes, params, around.root, open_names=True, is_frame=around.is_frame)
        return compiler.compile(node.config, node.place, bodies=self._bodies(node), tests=node.test_places)

    def _functions_for(self, node: DeclaredNode, params: Mapping[str, Any]) -> Functions:
        """Return the functions that the node's steps may name; its own body is one of them."""
        functions = Functions(self._around.functions)
        values = {*params, *(("df",) if node.has_start else ())}
        if node.function is not None:
            functions.register(GivenFunction(node.function, values), node.name)
        elif (body := node.body) is not None:
            inputs = {read.name: read.line for read in body.reads if self._is_input(node, read.name, params)}
            inputs |= {read.name: read.line for read in body.built_in if self._is_other(node, read.name)}
            place, namespace = self._bodies(node)[node.body_step], node.namespace or self._around.namespace
            cell = CellFunction(body, place, namespace, inputs, values)
            functions.register(cell, node.body_called)
        return functions

    def _bodies(self, node: DeclaredNode) -> list[Place]:
        """Return where the node's texts stand; what they lead to may stand in other cells."""
        return [replace(place, label_of=self._around.label_of) for place in node.body_places]

    def _is_input(self, node: DeclaredNode, name: str, params: Collection[str]) -> bool:
        """Whether a free name in plain code is to come from outside: a node, declared or not yet, a parameter, `df`."""
        if name == "df" and node.has_start:
            return True
        if self._is_other(node, name):
            return True
        return name != node.name and (name in params or not self._around.is_variable(name))

    def _is_other(self, node: DeclaredNode, name: str) -> bool:
        return name != node.name and name in self._nodes

    def _unresolved(self, task: NodeTask, dependency: Dependency) -> DependencyError:
        near = self._suggestions.nearest(dependency.name, reader=task.name)
        return DependencyError(
            f"node '{task.name}' reads '{dependency.name}', which is not declared ({dependency.reason})",
            hint=near or f"declare it: %%odibi_node {dependency.name}",
            node=task.name,
            **(_mentioned_at(task, self[task.name], dependency.name) or self[task.name].head),
        )


def _mentioned_at(task: NodeTask, node: DeclaredNode, name: str) -> dict[str, Any] | None:
    """Return the place where a node's code names another one; None where it doesn't."""
    for step in task.steps:
        tables = step.facts.tables if isinstance(step, SqlStep) else ()
        for table in tables:
            if table.name.casefold() == name.casefold():
                return step.place.locate(table.line)
    if node.body is None:
        return None
    lines = [*((one.name, one.line) for one in node.body.reads), *((p.name, p.line) for p in node.body.parameters)]
    return next((node.origin.place().locate(line) for mentioned, line in lines if mentioned == name), None)


def _with_default(node: DeclaredNode) -> dict[str, int]:
    """Return the parameters of a node's function that have a default, with their lines."""
    return {one.name: one.line for one in node.body.parameters if one.has_default} if node.body else {}
