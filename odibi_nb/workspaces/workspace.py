"""The kernel-side registry: what a notebook (or a project file) declares, its results, and how to run it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.body import parse_node_cell
from odibi_nb.engine import create_engine
from odibi_nb.exceptions import OdibiException, UsageError, did_you_mean
from odibi_nb.graph import DependencyGraph
from odibi_nb.pipeline.setup import attempts_of, connections_of
from odibi_nb.pipeline.targets import shared_targets
from odibi_nb.registry import Functions
from odibi_nb.runner import Listener, NodeResult, NodeTask, Runner, RunOptions, RunOutcome, Status
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode, declared_from_cell, declared_from_python
from odibi_nb.workspaces.freshness import bases
from odibi_nb.workspaces.nodes import Nodes, Surroundings
from odibi_nb.workspaces.parameters import known_parameters, refuse_unknown
from odibi_nb.workspaces.result import Result
from odibi_nb.workspaces.selectors import Selectable, select

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.base import Dataset, Engine

__all__ = ["Workspace"]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A result, and the basis on which it was computed."""

    result: NodeResult
    basis: str


class Workspace:
    """Nodes, their graph and their results.

    root: where relative paths start. namespace: gives the globals that Python nodes see (default: an
    empty one). is_variable, is_frame: what a name is in the notebook; asked without running anything.
    Every method may be called from any thread.

    Example: `ws = odibi_nb.workspaces(); ws.node("big", "SELECT * FROM sales WHERE amount > 100")`.
    """

    def __init__(
        self,
        root: str | Path | None = None,
        *,
        namespace: Callable[[], dict[str, Any]] | None = None,
        is_variable: Callable[[str], bool] = lambda name: False,
        is_frame: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.root = Path(root or Path.cwd()).absolute()
        globals_here: dict[str, Any] = {"__name__": "__main__"}
        self._around = Surroundings(self.root, namespace or (lambda: globals_here), is_variable, is_frame)
        self._lock = threading.RLock()
        self._results: dict[str, _Kept] = {}
        self._dropped: dict[str, DeclaredNode] = {}
        self._session_params: dict[str, Any] = {}
        self._engine: Engine | None = None
        self.nodes = Nodes(self._around)
        self.project: ProjectConfig | None = None
        self.current_pipeline: str | None = None
        self.options: dict[str, Any] = {"auto": True, "preview": 10}

    # Declaring

    def configure(self, project: ProjectConfig, functions: Functions | None = None) -> None:
        """Take over connections, vars, engine and settings of a project.

        functions: those that its steps may name, over the process's own.
        """
        with self._lock:
            connections = connections_of(project.connections, self.root)
            engine_changed = self.project is None or project.engine != self.project.engine
            self.project = project
            self.current_pipeline = project.pipeline or self.current_pipeline
            self._around.connections = connections
            self._around.functions = functions or self._around.functions
            if project.settings.preview is not None:
                self.options["preview"] = project.settings.preview
            if engine_changed:
                self._close_engine()
            self._set_params()

    def declare_cell(self, line: str, cell: str, origin: CellOrigin, *, magic_line: int = 1) -> DeclaredNode:
        """Declare the node of a `%%odibi_node` cell; raises at the cell's line, and then nothing has changed."""
        declaration = parse_node_cell(line, cell, magic_line=magic_line)
        with self._lock:
            node = declared_from_cell(declaration, origin, self.params, self.current_pipeline)
            return self.declare(node)

    def node(self, name: str, body: Any = None, **fields: Any) -> DeclaredNode:
        """Declare a node: `body` is SQL, Python or a function; `fields` are the dialect's (read, write, tags, …).

        Example: `ws.node("sales", read={"connection": "local", "path": "sales.csv"})`.
        """
        with self._lock:
            return self.declare(declared_from_python(name, body, fields, self.current_pipeline, f"<node {name}>"))

    def declare(self, node: DeclaredNode) -> DeclaredNode:
        """Add a node or replace the one of its name (or, by the cell's id, the one of its cell)."""
        with self._lock:
            notes = list(self._rename_by_cell(node))
            before = self.nodes.get(node.name) if node.name in self.nodes else None
            if before is not None and _live_twins(before, node):
                notes.append(f"cells {before.origin.label} and {node.origin.label} both declare '{node.name}'")
            if self._around.is_variable(node.name):
                notes.append(f"'{node.name}' is a variable of the notebook too; in nodes the node wins")
            return self.nodes.put(replace(node, notes=tuple(notes)))

    def drop(self, name: str) -> None:
        """Forget a node and its result; `restore` brings it back."""
        with self._lock:
            self._dropped[name] = self.nodes.remove(name)
            self._results.pop(name, None)

    def restore(self, name: str) -> DeclaredNode:
        """Declare a dropped node again."""
        with self._lock:
            if name not in self._dropped:
                raise UsageError(f"no node '{name}' was dropped", hint=did_you_mean(name, self._dropped))
            return self.nodes.put(self._dropped.pop(name))

    def rename(self, old: str, new: str) -> DeclaredNode:
        """Give a node another name; what reads it has to be changed by hand."""
        with self._lock:
            node = self.nodes[old]
            if new in self.nodes:
                raise UsageError(f"there is a node '{new}' already", hint="drop it first")
            config = _renamed_config(node, new)
            renamed = self.nodes.put(replace(node, config=config, version=1))
            self.drop(old)
            return renamed

    def drop_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """Drop the nodes of deleted cells and return their names."""
        gone = set(cell_ids)
        with self._lock:
            names = [name for name, node in self.nodes.items() if node.origin.id in gone]
            for name in names:
                self.drop(name)
        return names

    def reset(self) -> None:
        """Forget everything: nodes, results, project and parameters."""
        with self._lock:
            self._close_engine()
            self._around.connections, self._around.params = {}, {}
            self._results.clear()
            self._dropped.clear()
            self._session_params.clear()
            self.project, self.current_pipeline = None, None
            self.nodes = Nodes(self._around)

    # Parameters

    @property
    def params(self) -> dict[str, Any]:
        """Parameter values: the project's `vars`, over them what was set in this session."""
        return {**(self.project.vars if self.project else {}), **self._session_params}

    def set_params(self, values: Mapping[str, Any]) -> None:
        """Set parameters for this session; raises UsageError for one that nothing uses."""
        with self._lock:
            refuse_unknown(values, known_parameters(self.nodes, self.params))
            self._session_params.update(values)
            self._set_params()

    # Looking

    @property
    def graph(self) -> DependencyGraph:
        """The graph of all nodes; `unresolved` holds the names that nobody has declared."""
        return self.nodes.graph

    def __getitem__(self, name: str) -> Result:
        """Return a node's last result; raises UnknownNameError (a KeyError)."""
        with self._lock:
            _ = self.nodes[name]
            kept = self._results.get(name)
            return Result(kept.result if kept else None, name, self.status(name))

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def status(self, name: str) -> Status:
        """Return a node's status; `stale` when its last result no longer stands for what it says."""
        return self.statuses([name])[name]

    def statuses(self, names: Iterable[str] | None = None) -> dict[str, Status]:
        """Return the status of each node (of all, unless named)."""
        with self._lock:
            wanted = list(self.nodes if names is None else names)
            now = self._bases(wanted)
            return {name: self._status(name, now.get(name, "")) for name in wanted}

    def result(self, name: str) -> NodeResult | None:
        """Return the last run's record of a node; None when it never ran."""
        kept = self._results.get(self.nodes[name].name)
        return kept.result if kept else None

    def select(self, selectors: Iterable[str] = (), exclude: Iterable[str] = ()) -> list[str]:
        """Return the names that selectors mean, in the order of the graph; raises UsageError."""
        with self._lock:
            statuses = self.statuses()
            nodes = {
                name: Selectable(node.config.tags, node.pipeline, statuses[name]) for name, node in self.nodes.items()
            }
            return select(self.graph, nodes, selectors, exclude)

    def problems(self, names: Iterable[str] | None = None) -> list[OdibiException]:
        """Return everything that would stop a run before its first node: nothing is executed for it."""
        found: list[OdibiException] = []
        wanted = list(self.nodes if names is None else names)
        for name in wanted:
            try:
                self.nodes.ready(name)
            except OdibiException as exc:
                found.append(exc)
        found.extend(shared_targets(self.nodes[name].config for name in wanted))
        return found

    # Running

    def run(
        self,
        *selectors: str,
        exclude: Iterable[str] = (),
        params: Mapping[str, Any] | None = None,
        workers: int = 1,
        fail_fast: bool = False,
        preview: int = 0,
        listeners: Iterable[Listener] = (),
    ) -> RunOutcome:
        """Compute what the selected nodes need, and write the selected ones.

        selectors: as in `%odibi run`; none means every node. params: values for this run alone.
        Failed nodes are in the outcome. Raises, before anything runs, what can't run as declared.
        """
        with self._lock, self._with_params(params or {}):
            names = self.select(selectors, exclude)
            needed = self._with_upstream(names)
            for problem in self.problems(needed):
                raise problem
            options = RunOptions(
                workers=workers,
                write=frozenset(names),
                fail_fast=fail_fast,
                preview=preview,
                attempts=attempts_of(self.project.retry if self.project else None),
            )
            return self._execute([self.nodes.ready(name) for name in needed], options, listeners, keep=not params)

    def run_cell(self, name: str, *, listeners: Iterable[Listener] = ()) -> NodeResult:
        """Compute one node as far as its card shows it, and what above it is not fresh; write nothing.

        Raises what can't run as declared; a node that fails is in the result.
        """
        with self._lock:
            needed = self._with_upstream([name])
            tasks = [self.nodes.ready(one) for one in needed]
            now = bases(tasks, self._versions())
            to_run = [task for task in tasks if task.name == name or not self._is_fresh(task.name, now[task.name])]
            rows = self.nodes[name].config.preview
            preview = self.options["preview"] if rows is None else rows
            options = RunOptions(write=frozenset(), in_full=False, preview=max(1, preview))
            outcome = self._execute(to_run, options, listeners)
            return next((r for r in outcome.results.values() if r.status == "failed"), outcome.results[name])

    def close(self) -> None:
        """Give back the engine's memory and threads."""
        with self._lock:
            self._close_engine()

    @property
    def engine(self) -> Engine:
        """The engine, made when it is first needed."""
        if self._engine is None:
            name = str(self.project.engine) if self.project else "duckdb"
            settings = self.project.settings.duckdb if self.project else {}
            self._engine = create_engine(name, settings)
        return self._engine

    def _execute(
        self, tasks: list[NodeTask], options: RunOptions, listeners: Iterable[Listener], *, keep: bool = True
    ) -> RunOutcome:
        given = self._given(tasks)
        now = bases([*self._ready_above(tasks), *tasks], self._versions())
        self.engine.begin()
        outcome = Runner(self.engine, tasks, given=given, options=options, listeners=listeners).run()
        for name, result in outcome.results.items():
            self._keep(name, result, now[name] if keep else "")
        if outcome.interrupted:
            raise KeyboardInterrupt
        return outcome

    def _keep(self, name: str, result: NodeResult, basis: str) -> None:
        """A node that didn't get to run keeps its last result, stale as it may be."""
        if result.status in ("skipped", "cancelled") and name in self._results:
            return
        self._results[name] = _Kept(result, basis)

    def _given(self, tasks: Iterable[NodeTask]) -> dict[str, Dataset]:
        running = {task.name for task in tasks}
        needed = {name for task in tasks for name in task.depends_on} - running
        kept = {name: self._results[name].result.dataset for name in needed if name in self._results}
        return {name: dataset for name, dataset in kept.items() if dataset is not None}

    def _ready_above(self, tasks: Iterable[NodeTask]) -> list[NodeTask]:
        running = {task.name for task in tasks}
        return [self.nodes.ready(name) for name in self._with_upstream(running) if name not in running]

    def _with_upstream(self, names: Collection[str]) -> list[str]:
        wanted = set(names).union(*(self.graph.get_dependencies(name) for name in names))
        return [name for name in self.graph.topological_sort() if name in wanted]

    def _bases(self, names: Collection[str]) -> dict[str, str]:
        tasks = []
        for name in self._with_upstream(names):
            try:
                tasks.append(self.nodes.ready(name))
            except OdibiException:  # such a node has no result that could be fresh; `problems` tells why
                continue
        return bases(tasks, self._versions())

    def _versions(self) -> dict[str, int]:
        return {name: node.version for name, node in self.nodes.items()}

    def _is_fresh(self, name: str, basis: str) -> bool:
        kept = self._results.get(name)
        return kept is not None and kept.result.success and kept.basis == basis

    def _status(self, name: str, basis: str) -> Status:
        kept = self._results.get(name)
        if kept is None:
            return "pending"
        if kept.basis != basis:
            return "stale" if kept.result.success else "pending"
        return kept.result.status

    def _rename_by_cell(self, node: DeclaredNode) -> Iterator[str]:
        """The same cell run with another name renames its node."""
        for other in list(self.nodes.values()):
            if node.origin.id is not None and other.origin.id == node.origin.id and other.name != node.name:
                self.drop(other.name)
                yield f"renamed from '{other.name}'"

    def _set_params(self) -> None:
        self._around.params = self.params
        self.nodes.recompile()

    def _with_params(self, params: Mapping[str, Any]) -> _TemporaryParams:
        if params:
            refuse_unknown(params, known_parameters(self.nodes, self.params))
        return _TemporaryParams(self, params)

    def _close_engine(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._results.clear()


class _TemporaryParams:
    """Parameters that hold for one run."""

    def __init__(self, workspace: Workspace, params: Mapping[str, Any]) -> None:
        self._workspace, self._params = workspace, dict(params)

    def __enter__(self) -> None:
        self._before = dict(self._workspace._session_params)
        if self._params:
            self._workspace._session_params.update(self._params)
            self._workspace._set_params()

    def __exit__(self, *_: object) -> None:
        if self._params:
            self._workspace._session_params = self._before
            self._workspace._set_params()


def _live_twins(before: DeclaredNode, node: DeclaredNode) -> bool:
    return before.origin.id is not None and node.origin.id is not None and before.origin.id != node.origin.id


def _renamed_config(node: DeclaredNode, new: str) -> Any:
    from odibi_nb.config import NodeConfig
    from odibi_nb.project_file import build

    fields = node.config.model_dump(exclude_unset=True)
    fields["name"] = new
    if node.body is not None or node.function is not None:
        fields["transform"] = {"steps": [{"function": new}]}
    return build(NodeConfig, fields)
