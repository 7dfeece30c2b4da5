"""The kernel-side registry: what a notebook (or a project file) declares, its results, and how to run it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.pipeline.ad_hoc import QUERY
from odibi_nb.pipeline.setup import connections_of
from odibi_nb.pipeline.story_place import story_place
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.runner import Listener, NodeResult, RunOptions, RunOutcome
from odibi_nb.workspaces.broken import BrokenCells
from odibi_nb.workspaces.checks import Expectations
from odibi_nb.workspaces.crossings import crossings_in
from odibi_nb.workspaces.declared import DeclaredNode
from odibi_nb.workspaces.declaring import Declaring
from odibi_nb.workspaces.environments import Environments
from odibi_nb.workspaces.expectations import Expectation
from odibi_nb.workspaces.functions import Namespace
from odibi_nb.workspaces.identity import Twins
from odibi_nb.workspaces.jobs import Job, RunRequest, called_with
from odibi_nb.workspaces.mocks import Mock
from odibi_nb.workspaces.node_tests import NodeTests
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.parameters import known_parameters, refuse_nodes, refuse_unknown, refuse_unsuitable
from odibi_nb.workspaces.plan import Plan
from odibi_nb.workspaces.queries import Queries
from odibi_nb.workspaces.recording import About
from odibi_nb.workspaces.refusing import refusal, refusal_note
from odibi_nb.workspaces.result import Result
from odibi_nb.workspaces.runs import Runs
from odibi_nb.workspaces.shortcuts import SAMPLE_ROWS, Shortcuts
from odibi_nb.workspaces.sources import Sources
from odibi_nb.workspaces.surroundings import Surroundings
from odibi_nb.workspaces.trials import Trial, Trials
from odibi_nb.workspaces.using import Used, Using

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.store import ResultStore
    from odibi_nb.workspaces.shortcuts import Upstream

__all__ = ["Workspace"]


class Workspace(Declaring):
    """Nodes, their graph and their results.

    root: where relative paths start. namespace: gives the globals that Python nodes see (default: an
    empty one). is_variable, is_frame: what a name is in the notebook; asked without running anything.
    functions: those that steps may name (default: the process's registry). label_of: the label of the cell
    that is compiled under a file's name.
    Every method may be called from any thread; `lock` makes several calls one. notebook: the file of the session's
    notebook, where the front end, or its user, tells it. data_root: where relative paths of connections
    start, if not in `root`.

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
        self.data_root: Path | None = None
        globals_here: dict[str, Any] = {"__name__": "__main__"}
        functions = functions or Functions(FunctionRegistry.functions)
        self._around = Surroundings(
            self.root, namespace or (lambda: globals_here), is_variable, is_frame, functions, label_of
        )
        self._dropped, self._twins = dict[str, DeclaredNode](), Twins()
        self.lock = threading.RLock()
        self.nodes = Nodes(self._around)
        self.tests = NodeTests()
        self.broken = BrokenCells()
        self._runs = Runs(self.nodes, self.lock, self.root / ".odibi")
        self._runs.owner = self.root.name
        self.trials = Trials(self.nodes, self._runs, self.lock)
        self.shortcuts = Shortcuts(self.nodes, self._runs, self.lock)
        self.queries = Queries(self.nodes, self._around, self._runs, self.lock)
        self.expectations = Expectations(self.nodes, self._runs, self.run_cell, self.lock)
        self.project: ProjectConfig | None = None
        self.environments = Environments(self.configure)
        self.notebook: str | Path | None = None
        self._using = Using(self, self._around, self._runs)
        self.recorder = self._runs.recorder
        self.recorder.about = lambda: About(self.saved_as, self.title, str(self.notebook or ""))
        self.recorder.connections, self.recorder.params = (lambda: self.connections), (lambda: self._around.params)
        self.current_pipeline: str | None = None
        self.pipelines: dict[str, Mapping[str, str]] = {}
        self.name = self.root.name
        self.sources = Sources()
        self.options: dict[str, Any] = {"auto": True, "preview": 10, "upstream": "fresh", "sample": SAMPLE_ROWS}

    @property
    def listeners(self) -> list[Listener]:
        """Those who are told of every run on real rows."""
        return self._runs.listeners

    @property
    def is_running(self) -> bool:
        """Whether a run goes on, in whatever thread.

        Example: `if not ws.is_running: ws.run()`.
        """
        return self._runs.is_going_on

    @property
    def saved_as(self) -> str:
        """The name by which the results of this notebook or project are known in its store: `ws.saved_as = "sales"`."""
        return self._runs.owner

    @saved_as.setter
    def saved_as(self, name: str) -> None:
        self._runs.owner = self._runs.known_as = name

    @property
    def store(self) -> ResultStore:
        """The folder where results outlive a session: `ws.store.entries()`."""
        return self._runs.stored()

    @property
    def store_problems(self) -> dict[str, str]:
        """Why results and sources of this session could not be kept beyond it, by name: `ws.store_problems`."""
        return {**self._runs.recollection.problems, **self._runs.snapshots.problems}

    @property
    def waiting_to_be_kept(self) -> int:
        """How many results of this session are still to be kept beyond it: `ws.waiting_to_be_kept`."""
        return self._runs.recollection.waiting

    def settle(self) -> None:
        """Wait until the results of this session are kept beyond it: `ws.settle()`."""
        self._runs.recollection.settle()

    def remembered(self) -> int:
        """Return of how many nodes of this notebook an earlier session has left a result: `ws.remembered()`."""
        return self._runs.recollection.count(self.saved_as)

    def use(self, target: str | Path | None = None) -> Used:
        """Declare what a notebook, YAML file or project folder says, and run none of its nodes.

        Their results come from the store. What its nodes use of its plain code is defined here, unless the name is
        taken; what this session has declared itself stays. target: from `root`; None: the session's own notebook, as it
        is saved. Raises what is wrong with the file, and then nothing has changed.

        Example: `ws.use("sales.ipynb").declared`.
        """
        return self._using.use(target)

    def move(self, root: Path) -> None:
        """Let relative paths start elsewhere, before anything is declared: `ws.move(Path("etl"))`."""
        with self.lock:
            self.root = self._around.root = root.absolute()
            self._runs.move(self.root / ".odibi")

    def keep_nothing(self) -> None:
        """Keep results within this session, and take up none of another: `ws.keep_nothing()`."""
        self._runs.keep_nothing()

    def before_runs(self, set_up: Callable[[], None]) -> None:
        """Let something come before every run: a notebook's setup cells, when it runs headless."""
        self._around.set_up = set_up

    def configure(self, project: ProjectConfig) -> None:
        """Take over connections, vars, engine and settings: `ws.configure(ProjectConfig(vars={"min_amount": 100}))`."""
        with self.lock:
            connections = connections_of(project.connections, self.data_root or self.root)
            story_place(project, connections, self.root)
            refuse_nodes(project.vars, self.nodes)
            refuse_unsuitable(project.vars, self.nodes, {})
            self._runs.configure(project)
            self.project, self.environments.project_for = project, None
            self.current_pipeline = project.pipeline or self.current_pipeline
            self._around.connections = connections
            if project.settings.preview is not None:
                self.options["preview"] = project.settings.preview
            self._around.params.replace("vars", project.vars)
            self.nodes.recompile()

    def reset(self) -> None:
        """Forget everything, nodes, results, project and parameters: `ws.reset()`."""
        with self.lock:
            self._runs.close(lose=True)
            self._runs.configure(None)
            self._around.connections = {}
            self._around.params.clear()
            self._dropped.clear()
            self._twins.clear()
            self.tests.clear()
            self.broken.clear()
            self.trials.clear()
            self.expectations.clear()
            self._using.clear()
            self.sources.used.clear()
            self.environments.clear()
            self.pipelines.clear()
            self.project, self.current_pipeline = None, None
            self.nodes.clear()

    def set_params(self, values: Mapping[str, Any], *, layer: str = "session") -> None:
        """Set parameters, `ws.set_params({"min_amount": 100})`; raises UsageError for one that nothing uses.

        It does so too for a value of another type than the parameter has.
        layer: "papermill" for what its cell assigns, which may well be used by plain cells alone.
        """
        with self.lock:
            if layer == "session":
                self._check_given(values)
            refuse_nodes(values, self.nodes)
            self._around.params.update(layer, values)
            self.nodes.recompile()

    def unset_params(self, names: Collection[str]) -> None:
        """Let parameters have again what they have without this session: `ws.unset_params(["min_amount"])`."""
        with self.lock:
            self._around.params.remove("session", names)
            self.nodes.recompile()

    def run(
        self,
        *selectors: str,
        exclude: Iterable[str] = (),
        params: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> RunOutcome:
        """Compute what the selected nodes need and is not fresh, and write the selected ones, as `%odibi run` does.

        how: force, append_again, workers (a number or "auto"), processes, fail_fast, mock, as in `RunRequest`. With
        mock (True, or "auto", which makes up rows that nobody has given) nodes run on mock rows instead, and
        nothing is written.
        Raises what can't run as declared, before anything runs; after the run the first error of a node.

        Example: `ws.run("+by_region", params={"min_amount": 100})`.
        """
        outcome = self.attempt(called_with(selectors, exclude, params, how))
        if outcome.report is not None:
            outcome.notes = (*outcome.notes, *outcome.report.write())
        outcome.raise_first()
        return outcome

    def plan(
        self, *selectors: str, exclude: Iterable[str] = (), params: Mapping[str, Any] | None = None, **how: Any
    ) -> Plan:
        """Return what `run` would do to each node, and why; nothing is computed. how: as of `run`.

        Example: `[(one.name, one.action, one.reason) for one in ws.plan("+by_region")]`.
        """
        return self.plan_of(called_with(selectors, exclude, params, how))

    def plan_of(self, request: RunRequest) -> Plan:
        """Return what a run that is asked for so would do: `ws.plan_of(RunRequest(force=True))`."""
        with self.lock, self._params_for(request.params):
            return self._runs.foresee(self.select(request.selectors, request.exclude), request)

    def notes_on(self, plan: Plan, request: RunRequest) -> list[str]:
        """Return what is to be said of the whole of a plan, `ws.notes_on(ws.plan(), RunRequest())`."""
        with self.lock, self._params_for(request.params):
            names, writing = [one.name for one in plan], [one.name for one in plan if one.write is not None]
            problems = self._problems_of(names, writing, request)
            return [*([refusal_note(problems)] if problems else []), *crossings_in(plan, self.nodes)]

    def attempt(self, request: RunRequest, listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run as `run` does; failed nodes and an interrupt are in the outcome, not raised."""
        if request.mock is not None:
            return self._attempt_on_mocks(request, listeners)
        with self._runs.begun(request, self.environments.name) as (asked, noting):
            return self._runs.run(partial(self._prepare, asked), (noting, *listeners))

    def run_cell(self, name: str, *, listeners: Iterable[Listener] = ()) -> NodeResult:
        """Compute one node as far as its card shows it, and what above it is not fresh; write nothing.

        Raises what can't run as declared; a node that fails is in the result.
        """
        return self._runs.run(lambda: self._runs.prepare_cell(name, self.preview_rows(name)), listeners).of(name)

    def upstream_of(self, name: str) -> Upstream:
        """Return what a node's cell takes for the nodes above it: `ws.upstream_of("by_region")`.

        Last results that all are those of now are no shortcut.
        """
        upstream: Upstream = self.nodes[name].upstream or self.options["upstream"]
        is_real = upstream == "stored" and not self.nodes.missing_for(name) and not self.shortcuts.late(name)
        return "fresh" if is_real else upstream

    def try_shortcut(self, name: str, upstream: Upstream, *, listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run one node on last results ("stored") or a "sample" of the sources; nothing is written or kept.

        Failures are in the outcome. Raises UnknownNameError for a node above it that has no result to be taken.

        Example: `ws.try_shortcut("by_region", "sample").of("by_region").notes`.
        """
        if upstream not in ("stored", "sample"):
            raise UsageError(f"upstream is 'stored' or 'sample', not {upstream!r}", hint="ws.run_cell computes it")
        rows = self.preview_rows(name)
        if upstream == "stored":
            return self.shortcuts.on_stored(name, rows, listeners)
        return self.shortcuts.on_sample(name, rows, listeners, size=self.options["sample"])

    def try_node(self, name: str, given: Mapping[str, Any], *, params: Mapping[str, Any] | None = None) -> NodeResult:
        """Run one node on given rows, `ws.try_node("n", {"sales": [{"id": 5}]})`; nothing is written or kept.

        given: a frame, rows or columns for each of the node's inputs; a node that reads is mocked under its own
        name. params: over the workspace's own. Raises ValidationError for an input that isn't given or isn't one;
        a node that fails is in the result.
        """
        return self.trials.try_given(name, given, params=params).result

    def mock(self, node: str | None, rows: Mapping[str, Any]) -> list[str]:
        """Keep mock rows for inputs of a node, as `%%odibi_mock` does; return what is doubtful about them.

        node: None for every reader of the nodes that `rows` names. rows: by input: rows, columns, CSV or a frame.

        Example: `ws.mock("by_region", {"clean_sales": [{"region": "N", "amount": 5}]})`.
        """
        if not isinstance(rows, Mapping):
            raise UsageError("mock rows are given by input", hint="{'clean_sales': [{'region': 'N'}]}", node=node)
        return self.trials.declare(Mock(name, given, node) for name, given in rows.items())

    def _prepare(self, request: RunRequest) -> Job:
        with self._params_for(request.params):
            names = self.select(request.selectors, request.exclude)
            if problems := self._problems_of(self.nodes.with_upstream(names), names, request):
                raise refusal(problems)
            return self._runs.prepare(names, request)

    def _problems_of(
        self, names: Collection[str], writing: Collection[str], request: RunRequest
    ) -> list[OdibiException]:
        everything = not request.selectors and not request.exclude
        return self.problems(None if everything else names, writing=writing)

    def _attempt_on_mocks(self, request: RunRequest, listeners: Iterable[Listener]) -> RunOutcome:
        def prepare() -> Trial:
            with self._params_for(request.params):
                names = self.select(request.selectors, request.exclude)
                options = RunOptions(
                    workers=request.workers,
                    fail_fast=request.fail_fast,
                    preview=request.preview,
                    processes=request.processes,
                )
                return self.trials.prepare(names, options, auto=request.mock == "auto")

        return self.trials.execute(prepare, listeners)

    def expect(self, node: str, name: str, sql: str, *, warn: bool = False) -> Expectation:
        """Declare a data test of a node, which runs with it: a SELECT of the bad rows, in which the node is a table.

        warn: bad rows are only reported. The node may be declared later. Raises what is wrong with the SQL.

        Example: `ws.expect("clean_sales", "no_refunds", "SELECT * FROM clean_sales WHERE amount < 0")`.
        """
        return self.expectations.put_sound(Expectation(node, name, dedent(sql).strip(), warn))

    def sql(self, query: str, params: Mapping[str, Any] | None = None) -> Result:
        """Return the rows of a query that reads nodes by name, and sources as `"CONN:PATH"`; it is no node.

        params: values for its `$name`s, over the workspace's own. Nodes that aren't fresh are computed first.

        Example: `ws.sql("SELECT count(*) AS n FROM clean_sales WHERE amount > $least", {"least": 100}).df()`.
        """
        compiled = self.queries.compile(dedent(query).strip(), params=params)
        return Result(self.queries.run(compiled, self.options["preview"]), QUERY, "completed")

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
        self._check_given(params)
        with self._around.params.for_run(params):
            self.nodes.recompile()
            try:
                yield
            finally:
                self.nodes.recompile()

    def _check_given(self, params: Mapping[str, Any]) -> None:
        refuse_unknown(params, known_parameters(self.nodes, self.params))
        refuse_unsuitable(params, self.nodes, self.project.vars if self.project is not None else {})
