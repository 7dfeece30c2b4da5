"""The kernel-side registry: what a notebook (or a project file) declares, its results, and how to run it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, UsageError, did_you_mean
from odibi_nb.graph import DependencyGraph
from odibi_nb.pipeline.mocks import mocked
from odibi_nb.pipeline.setup import connections_of
from odibi_nb.pipeline.targets import shared_targets
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.runner import Listener, NodeResult, RunOutcome, Status
from odibi_nb.workspaces.blame import blamed
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode, declared_from_cell, declared_from_python, renamed
from odibi_nb.workspaces.functions import Namespace
from odibi_nb.workspaces.identity import Twins, doubts, former_of
from odibi_nb.workspaces.nodes import Nodes, Surroundings
from odibi_nb.workspaces.parameters import known_parameters, refuse_unknown
from odibi_nb.workspaces.result import Result
from odibi_nb.workspaces.runs import RunRequest, Runs
from odibi_nb.workspaces.selectors import Selectable, select

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig

__all__ = ["Workspace"]


class Workspace:
    """Nodes, their graph and their results.

    root: where relative paths start. namespace: gives the globals that Python nodes see (default: an
    empty one). is_variable, is_frame: what a name is in the notebook; asked without running anything.
    functions: those that steps may name (default: the process's registry). label_of: the label of the cell
    that is compiled under a file's name.
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
        label_of: Callable[[str], str | None] = lambda file: None,
    ) -> None:
        self.root = Path(root or Path.cwd()).absolute()
        globals_here: dict[str, Any] = {"__name__": "__main__"}
        functions = functions or Functions(FunctionRegistry.functions)
        self._around = Surroundings(
            self.root, namespace or (lambda: globals_here), is_variable, is_frame, functions, label_of
        )
        self._dropped, self._twins = dict[str, DeclaredNode](), Twins()
        self.lock = threading.RLock()
        self.nodes = Nodes(self._around)
        self._runs = Runs(self.nodes)
        self.project: ProjectConfig | None = None
        self.current_pipeline: str | None = None
        self.name = self.root.name
        self.options: dict[str, Any] = {"auto": True, "preview": 10}

    def configure(self, project: ProjectConfig) -> None:
        """Take over connections, vars, engine and settings: `ws.configure(ProjectConfig(vars={"min_amount": 100}))`."""
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
            if former is not None:
                readers = self._readers(former.name)
                self.drop(former.name)
                still = f"; still reading '{former.name}': {', '.join(readers)}" if readers else ""
                notes.insert(0, f"renamed from '{former.name}'{still}")
            try:
                declared = self.nodes.put(replace(node, notes=tuple(notes)))
            except OdibiException:
                if former is not None:
                    self.restore(former.name)
                raise
            self._dropped.pop(node.name, None)
            self._twins.note(before, node)
            if former is not None:
                self._give_back(former.name)
            return declared

    def drop(self, name: str) -> None:
        """Forget a node and its result: `ws.drop("by_region")`; `restore` brings it back."""
        with self.lock:
            self._dropped[name] = self.nodes.remove(name)
            self._runs.results.forget(name)

    def restore(self, name: str) -> DeclaredNode:
        """Declare a dropped node again: `ws.restore("by_region")`."""
        with self.lock:
            if name not in self._dropped:
                raise UsageError(f"no node '{name}' was dropped", hint=did_you_mean(name, self._dropped))
            restored = self.nodes.put(self._dropped[name])
            del self._dropped[name]
            return restored

    def rename(self, old: str, new: str) -> list[str]:
        """Give a node another name, `ws.rename("clean", "cleaned")`; return the nodes that still read the old one.

        A node that has the new name already and says the same takes the old one's place.
        """
        with self.lock:
            node = renamed(self.nodes[old], new)
            if new in self.nodes and not self.nodes[new].says_same(node):
                raise UsageError(f"there is a node '{new}' already", hint="drop it first", node=new)
            readers = self._readers(old)
            only_respelt = new.casefold() == old.casefold()
            if new not in self.nodes and not only_respelt:
                self.nodes.put(node)
            self.drop(old)
            if only_respelt:  # DuckDB takes them for one name: they can't be there both
                self.nodes.put(node)
            return readers

    def drop_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """Drop the nodes of deleted cells and return their names."""
        gone = set(cell_ids)
        with self.lock:
            self._twins.forget_cells(gone)
            return self._drop_all([name for name, node in self.nodes.items() if node.origin.id in gone])

    def drop_undeclared(self, cell_id: str, label: str) -> list[str]:
        """Drop the nodes that a cell has declared before, and hasn't in its run of now; return their names."""
        with self.lock:
            own = [node for node in self.nodes.values() if node.origin.id == cell_id]
            return self._drop_all([node.name for node in own if node.origin.label != label])

    def reset(self) -> None:
        """Forget everything, nodes, results, project and parameters: `ws.reset()`."""
        with self.lock:
            self._runs.close()
            self._runs.configure(None)
            self._around.connections = {}
            self._around.params.clear()
            self._dropped.clear()
            self._twins.clear()
            self.project, self.current_pipeline = None, None
            self.nodes.clear()

    @property
    def params(self) -> dict[str, Any]:
        """Values by name, `ws.params["min_amount"]`: the project's `vars`, over them papermill's, then those set."""
        return dict(self._around.params)

    def set_params(self, values: Mapping[str, Any], *, layer: str = "session") -> None:
        """Set parameters, `ws.set_params({"min_amount": 100})`; raises UsageError for one that nothing uses.

        layer: "papermill" for what its cell assigns, which may well be used by plain cells alone.
        """
        with self.lock:
            if layer == "session":
                refuse_unknown(values, known_parameters(self.nodes, self.params))
            self.nodes.check_parameters(values)
            self._around.params.update(layer, values)
            self.nodes.recompile()

    @property
    def connections(self) -> Mapping[str, Any]:
        """The connections by name: `ws.connections["local"]`."""
        return self._around.connections

    @property
    def graph(self) -> DependencyGraph:
        """The graph of all nodes, `ws.graph.topological_sort()`; `unresolved` holds names that nobody has declared."""
        with self.lock:
            self.nodes.refresh()
            return self.nodes.graph

    def __getitem__(self, name: str) -> Result:
        """Return a node's last result; raises UnknownNameError (a KeyError)."""
        with self.lock:
            return Result(self.result(name), name, self.status(name), blame=partial(self.blamed, name))

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.nodes)

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def status(self, name: str) -> Status:
        """Return `ws.status("by_region")`; `stale` when its last result no longer stands for what it says."""
        return self.statuses([name])[name]

    def statuses(self, names: Iterable[str] | None = None) -> dict[str, Status]:
        """Return the status of each node (of all, unless named): `ws.statuses()`."""
        with self.lock:
            self.nodes.refresh()
            return self._runs.statuses([self.nodes[name].name for name in (self.nodes if names is None else names)])

    def result(self, name: str) -> NodeResult | None:
        """Return the last run's record of a node; None when it never ran: `ws.result("by_region")`."""
        return self._runs.results.get(self.nodes[name].name)

    def blamed(self, name: str, error: OdibiException) -> OdibiException:
        """Return an error that reading a node's rows gave, at the node and line that it comes from."""
        with self.lock:
            above = self.nodes.with_upstream([name])
            if self.status(name) == "stale":  # its lines are no longer those that were run
                return error.at(node=name)
            tasks, rows = [self.nodes.task(one) for one in above], self._runs.results.datasets(above)
        return blamed(error, self._runs.engine, tasks, rows)

    def select(self, selectors: Iterable[str] = (), exclude: Iterable[str] = ()) -> list[str]:
        """Return the names that selectors mean, in order: `ws.select(["+by_region", "tag:x"])`; raises UsageError."""
        with self.lock:
            statuses = self.statuses()
            nodes = {
                name: Selectable(node.config.tags, node.pipeline, statuses[name]) for name, node in self.nodes.items()
            }
            return select(self.graph, nodes, selectors, exclude)

    def problems(self, names: Iterable[str] | None = None) -> list[OdibiException]:
        """Return everything that would stop a run before its first node, `ws.problems()`: nothing is executed."""
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
        """Run one node on given rows, `ws.try_node("n", {"sales": [{"id": 5}]})`; nothing is written or kept.

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
        """Give back the engine's memory and threads: `ws.close()`."""
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

    def _drop_all(self, names: list[str]) -> list[str]:
        """Drop nodes that their cells no longer declare; return those that no other cell declares either."""
        for name in names:
            self.drop(name)
        return [name for name in names if not self._give_back(name)]

    def _give_back(self, name: str) -> bool:
        """Let the cell that had declared a name before have it again; False where there is none."""
        older = self._twins.take(name)
        if older is not None:
            self.nodes.put(older)
        return older is not None

    def _readers(self, name: str) -> list[str]:
        return sorted(other for other in self.nodes if name in self.nodes.task(other).depends_on)
