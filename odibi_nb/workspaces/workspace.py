"""The kernel-side registry: what a notebook (or a project file) declares, its results, and how to run it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, UsageError, did_you_mean
from odibi_nb.graph import DependencyGraph
from odibi_nb.pipeline.mocks import mocked
from odibi_nb.pipeline.setup import connections_of
from odibi_nb.pipeline.targets import shared_targets
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.runner import Listener, NodeResult, RunOutcome, Status
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode, declared_from_cell, declared_from_python, renamed
from odibi_nb.workspaces.functions import Namespace
from odibi_nb.workspaces.identity import doubts, former_of
from odibi_nb.workspaces.nodes import Nodes, Surroundings
from odibi_nb.workspaces.parameters import known_parameters, refuse_unknown
from odibi_nb.workspaces.result import Result
from odibi_nb.workspaces.runs import RunRequest, Runs
from odibi_nb.workspaces.selectors import Selectable, select

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.base import Engine

__all__ = ["Workspace"]


class Workspace:
    """Nodes, their graph and their results.

    root: where relative paths start. namespace: gives the globals that Python nodes see (default: an
    empty one). is_variable, is_frame: what a name is in the notebook; asked without running anything.
    functions: those that steps may name (default: the process's registry).
    Every method may be called from any thread; `lock` makes several calls one.

    Example: `ws = odibi_nb.workspace(); ws.node("big", "SELECT * FROM sales WHERE amount > 100")`.
    """

    def __init__(
        self,
        root: str | Path | None = None,
        *,
        namespace: Namespace | None = None,
        is_variable: Callable[[str], bool] = lambda name: False,
        is_frame: Callable[[str], bool] = lambda name: False,
        functions: Functions | None = None,
    ) -> None:
        self.root = Path(root or Path.cwd()).absolute()
        globals_here: dict[str, Any] = {"__name__": "__main__"}
        functions = functions or Functions(FunctionRegistry.functions)
        self._around = Surroundings(self.root, namespace or (lambda: globals_here), is_variable, is_frame, functions)
        self._dropped: dict[str, DeclaredNode] = {}
        self.lock = threading.RLock()
        self.nodes = Nodes(self._around)
        self._runs = Runs(self.nodes)
        self.project: ProjectConfig | None = None
        self.current_pipeline: str | None = None
        self.name = self.root.name
        self.options: dict[str, Any] = {"auto": True, "preview": 10}

    def configure(self, project: ProjectConfig) -> None:
        """Take over connections, vars, engine and settings of a project."""
        with self.lock:
            connections = connections_of(project.connections, self.root)
            self.nodes.check_parameters(project.vars)
            self._runs.configure(project)
            self.project = project
            self.current_pipeline = project.pipeline or self.current_pipeline
            self._around.connections = connections
            if project.settings.preview is not None:
                self.options["preview"] = project.settings.preview
            self._around.params.replace("vars", project.vars)
            self.nodes.recompile()

    def declare_cell(self, line: str, cell: str, origin: CellOrigin, *, magic_line: int = 1) -> DeclaredNode:
        """Declare the node of a `%%odibi_node` cell; raises at the cell's line, and then nothing has changed."""
        with self.lock:
            node = declared_from_cell(line, cell, origin, variables=self.params, magic_line=magic_line)
            return self.declare(replace(node, pipeline=node.pipeline or self.current_pipeline))

    def node(self, name: str, body: str | Callable[..., Any] | None = None, **fields: Any) -> DeclaredNode:
        """Declare a node: `body` is SQL, Python or a function; `fields` are the dialect's (read, write, tags, …).

        Example: `ws.node("sales", read={"connection": "local", "path": "sales.csv"})`.
        """
        with self.lock:
            return self.declare(declared_from_python(name, body, fields, self.current_pipeline, f"<node {name}>"))

    def declare(self, node: DeclaredNode) -> DeclaredNode:
        """Add a node or replace the one of its name (or, by the cell's id, the one of its cell)."""
        with self.lock:
            before = self.nodes.get(node.name) if node.name in self.nodes else None
            notes = list(doubts(node, before, self.nodes, self._around.is_variable))
            former = former_of(node, self.nodes)
            if former is None:
                return self.nodes.put(replace(node, notes=tuple(notes)))
            readers = self._readers(former.name)
            self.drop(former.name)
            try:
                still = f"; still reading '{former.name}': {', '.join(readers)}" if readers else ""
                return self.nodes.put(replace(node, notes=(f"renamed from '{former.name}'{still}", *notes)))
            except OdibiException:
                self.restore(former.name)
                raise

    def drop(self, name: str) -> None:
        """Forget a node and its result; `restore` brings it back."""
        with self.lock:
            self._dropped[name] = self.nodes.remove(name)
            self._runs.results.forget(name)

    def restore(self, name: str) -> DeclaredNode:
        """Declare a dropped node again."""
        with self.lock:
            if name not in self._dropped:
                raise UsageError(f"no node '{name}' was dropped", hint=did_you_mean(name, self._dropped))
            restored = self.nodes.put(self._dropped[name])
            del self._dropped[name]
            return restored

    def rename(self, old: str, new: str) -> list[str]:
        """Give a node another name; return the nodes that still read the old one.

        A node that has the new name already and says the same takes the old one's place.
        """
        with self.lock:
            node = renamed(self.nodes[old], new)
            if new in self.nodes and not self.nodes[new].says_same(node):
                raise UsageError(f"there is a node '{new}' already", hint="drop it first", node=new)
            readers = self._readers(old)
            if new not in self.nodes:
                self.nodes.put(node)
            self.drop(old)
            return readers

    def drop_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """Drop the nodes of deleted cells and return their names."""
        gone = set(cell_ids)
        with self.lock:
            names = [name for name, node in self.nodes.items() if node.origin.id in gone]
            for name in names:
                self.drop(name)
        return names

    def reset(self) -> None:
        """Forget everything: nodes, results, project and parameters."""
        with self.lock:
            self._runs.close()
            self._runs.configure(None)
            self._around.connections = {}
            self._around.params.clear()
            self._dropped.clear()
            self.project, self.current_pipeline = None, None
            self.nodes.clear()

    @property
    def params(self) -> dict[str, Any]:
        """Parameter values: the project's `vars`, over them papermill's, over them those set in this session."""
        return dict(self._around.params)

    def set_params(self, values: Mapping[str, Any], *, layer: str = "session") -> None:
        """Set parameters for this session; raises UsageError for one that nothing uses.

        layer: "papermill" for what its cell assigns, which may well be used by plain cells alone.
        """
        with self.lock:
            if layer == "session":
                refuse_unknown(values, known_parameters(self.nodes, self.params))
            self.nodes.check_parameters(values)
            self._around.params.update(layer, values)
            self.nodes.recompile()

    @property
    def graph(self) -> DependencyGraph:
        """The graph of all nodes; `unresolved` holds the names that nobody has declared."""
        with self.lock:
            self.nodes.refresh()
            return self.nodes.graph

    def __getitem__(self, name: str) -> Result:
        """Return a node's last result; raises UnknownNameError (a KeyError)."""
        with self.lock:
            return Result(self.result(name), name, self.status(name))

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def status(self, name: str) -> Status:
        """Return a node's status; `stale` when its last result no longer stands for what it says."""
        return self.statuses([name])[name]

    def statuses(self, names: Iterable[str] | None = None) -> dict[str, Status]:
        """Return the status of each node (of all, unless named)."""
        with self.lock:
            self.nodes.refresh()
            return self._runs.statuses(list(self.nodes if names is None else names))

    def result(self, name: str) -> NodeResult | None:
        """Return the last run's record of a node; None when it never ran."""
        return self._runs.results.get(self.nodes[name].name)

    def previous(self, name: str) -> NodeResult | None:
        """Return a node's last good result of another declaration, or of other files, than its result of now.

        Example: `ws.previous("by_region")`.
        """
        return self._runs.results.previous(self.nodes[name].name)

    def has_new_result(self, name: str) -> bool:
        """Whether a node's result is of another declaration, or of other files, than the one whose place it took.

        Example: `ws.has_new_result("by_region")`.
        """
        return not self._runs.results.repeats(self.nodes[name].name)

    @property
    def engine(self) -> Engine:
        """The engine that all results live on."""
        return self._runs.engine

    def select(self, selectors: Iterable[str] = (), exclude: Iterable[str] = ()) -> list[str]:
        """Return the names that selectors mean, in the order of the graph; raises UsageError."""
        with self.lock:
            statuses = self.statuses()
            nodes = {
                name: Selectable(node.config.tags, node.pipeline, statuses[name]) for name, node in self.nodes.items()
            }
            return select(self.graph, nodes, selectors, exclude)

    def problems(self, names: Iterable[str] | None = None) -> list[OdibiException]:
        """Return everything that would stop a run before its first node: nothing is executed for it."""
        found: list[OdibiException] = []
        with self.lock:
            self.nodes.refresh()
            wanted = list(self.nodes if names is None else names)
            for name in wanted:
                try:
                    self.nodes.ready(name)
                except OdibiException as exc:
                    found.append(exc)
            found.extend(shared_targets((self.nodes[name].config for name in wanted), self._around.connections))
        return found

    def waits_for(self, name: str) -> list[str]:
        """Return what keeps a node's cell from running: names nobody has declared, side effects not performed."""
        with self.lock:
            self.nodes.refresh()
            if missing := self.nodes.waits_for(name):
                return missing
            late = [one for one in self._runs.outdated(name) if self.nodes[one].config.returns == "none"]
            return [f"{one} (only `%odibi run` performs it)" for one in late]

    def work_above(self, name: str) -> dict[str, float]:
        """Return the nodes that have to run before this one can, with the seconds each took the last time."""
        with self.lock:
            last = {one: self.result(one) for one in self._runs.outdated(name)}
        return {one: result.duration if result else 0.0 for one, result in last.items()}

    def run(
        self,
        *selectors: str,
        exclude: Iterable[str] = (),
        params: Mapping[str, Any] | None = None,
        workers: int = 1,
        fail_fast: bool = False,
    ) -> RunOutcome:
        """Compute what the selected nodes need, and write the selected ones, as `%odibi run` does.

        Raises what can't run as declared, before anything runs; after the run the first error of a node.

        Example: `ws.run("+by_region", params={"min_amount": 100})`.
        """
        outcome = self.attempt(RunRequest(selectors, tuple(exclude), params or {}, workers, fail_fast))
        if outcome.interrupted:
            raise KeyboardInterrupt
        for result in outcome.results.values():
            if result.error is not None:
                raise result.error
        return outcome

    def attempt(self, request: RunRequest, listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run as `run` does; failed nodes and an interrupt are in the outcome, not raised."""
        with self._runs.exclusively():
            with self.lock, self._params_for(request.params):
                names = self.select(request.selectors, request.exclude)
                for problem in self.problems(self.nodes.with_upstream(names)):
                    raise problem
                job = self._runs.prepare(names, request)
            outcome = self._runs.execute(job, listeners)
            with self.lock:
                self._runs.keep(job, outcome)
        return outcome

    def run_cell(self, name: str, *, listeners: Iterable[Listener] = ()) -> NodeResult:
        """Compute one node as far as its card shows it, and what above it is not fresh; write nothing.

        Raises what can't run as declared; a node that fails is in the result.
        """
        with self._runs.exclusively():
            with self.lock:
                job = self._runs.prepare_cell(name, self.preview_rows(name))
            outcome = self._runs.execute(job, listeners)
            with self.lock:
                self._runs.keep(job, outcome)
        if outcome.interrupted:
            raise KeyboardInterrupt
        return next((r for r in outcome.results.values() if r.status == "failed"), outcome.results[name])

    def try_node(self, name: str, given: Mapping[str, Any], *, params: Mapping[str, Any] | None = None) -> NodeResult:
        """Run one node on given rows; nothing is written, and no result of the workspace changes.

        given: a frame, rows or columns for each of the node's inputs; a node that reads is mocked under its own
        name. params: over the workspace's own. Raises ValidationError for an input that isn't given or isn't one;
        a node that fails is in the result.
        """
        with self._runs.exclusively():
            with self.lock:
                task = self.nodes.task_with(name, params or {})
                job = self._runs.prepare_trial(mocked(task, self.nodes[name].config, given), given)
            outcome = self._runs.execute(job)
        if outcome.interrupted:
            raise KeyboardInterrupt
        return outcome.results[name]

    @property
    def title(self) -> str:
        """What to call all of it: the pipeline, if there is one, else the project, else the file or folder."""
        pipelines = {node.pipeline for node in self.nodes.values()} or {self.current_pipeline}
        only = pipelines.pop() if len(pipelines) == 1 else None
        return only or (self.project.project if self.project else None) or self.name

    def preview_rows(self, name: str) -> int:
        """Return how many rows a node's card shows."""
        rows = self.nodes[name].config.preview
        return int(self.options["preview"] if rows is None else rows)

    def close(self) -> None:
        """Give back the engine's memory and threads."""
        with self.lock:
            self._runs.close()

    @contextmanager
    def _params_for(self, params: Mapping[str, Any]) -> Iterator[None]:
        """Let parameters hold while a run is prepared: its tasks have taken them in then."""
        if not params:
            yield
            return
        refuse_unknown(params, known_parameters(self.nodes, self.params))
        with self._around.params.for_run(params):
            self.nodes.recompile()
            try:
                yield
            finally:
                self.nodes.recompile()

    def _readers(self, name: str) -> list[str]:
        return sorted(other for other in self.nodes if name in self.nodes.task(other).depends_on)
