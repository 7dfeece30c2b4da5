"""`Pipeline`: one pipeline in Python, checked, run, and its nodes tried one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.context import Context, LazyContext
from odibi_nb.engine import create_engine
from odibi_nb.engine.settings import refuse_wrong_settings
from odibi_nb.exceptions import (
    DependencyError,
    NodeExecutionError,
    NotAFrameError,
    OdibiException,
    UsageError,
    article,
    did_you_mean,
    plural,
)
from odibi_nb.graph import DependencyGraph
from odibi_nb.pipeline.compiler import Compiler, UnconfiguredError, connected
from odibi_nb.pipeline.mocks import as_frame, mocked
from odibi_nb.pipeline.reporting import Reporting
from odibi_nb.pipeline.results import PipelineResults
from odibi_nb.pipeline.setup import attempts_of, connections_of, functions_of
from odibi_nb.pipeline.story_place import story_place
from odibi_nb.pipeline.targets import shared_targets
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.runner import (
    Dependency,
    FunctionStep,
    Listener,
    NodeResult,
    NodeTask,
    Place,
    Runner,
    RunOptions,
    RunOutcome,
)
from odibi_nb.runner.tasks import NOWHERE
from odibi_nb.runner.workers import worker_count

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig, PipelineConfig
    from odibi_nb.engine import Dataset, Engine

__all__ = ["Pipeline"]


class Pipeline:
    """A pipeline and what it needs to run.

    placed: engine and connections without their names, as Odibi's users write them.
    connections: by name; made by hand, or models of `odibi_nb.config`. engine: "duckdb" or "pandas", or one that
    `create_engine` has made with settings of DuckDB.
    params: values for `$name` in SQL. root: where relative paths start (default: the working directory).
    functions: those that steps may name (default: the process's registry).
    Raises DependencyError for a missing dependency, a name given twice and a cycle.
    """

    def __init__(
        self,
        pipeline_config: PipelineConfig,
        *placed: str | Engine | Mapping[str, Any],
        connections: Mapping[str, Any] | None = None,
        engine: str | Engine = "duckdb",
        params: Mapping[str, Any] | None = None,
        root: str | Path | None = None,
        functions: Functions | None = None,
    ) -> None:
        for given in placed:
            if isinstance(given, Mapping):
                connections = given
            else:
                engine = given
        self.config = _checked(pipeline_config)
        self._root = Path(root or Path.cwd())
        self._connections = connections_of(connections or {}, self._root)
        self._params = dict(params or {})
        self._functions = functions or FunctionRegistry.functions
        self._places: dict[str, Place] = {}
        self._attempts = attempts_of(None)
        self._reporting: Reporting | None = None
        self._running = threading.Lock()
        self._outcome = RunOutcome()
        self._compiled: dict[str, NodeTask] = {}
        self._compiled, problems = self._compile()
        self._sound = self._compiled.keys() - problems
        for problem in problems.values():
            if isinstance(problem, DependencyError):
                raise problem
        self.graph = DependencyGraph(list(self._compiled.values()))
        self._engine = create_engine(engine, root=self._root) if isinstance(engine, str) else engine

    def __repr__(self) -> str:
        return f"<pipeline {self.config.pipeline}: {plural(len(self.config.nodes), 'node')}>"

    @classmethod
    def from_yaml(cls, path: str | Path, *, pipeline: str | None = None, env: str | None = None) -> Pipeline:
        """Load a pipeline from a project file, or from a file that holds one pipeline.

        pipeline: which one, where the file has several. env: the overlay of `environments` to use. Where the file
        says by `story` where reports go, each run leaves one: `story_path` of its results.
        Raises ConfigValidationError with file, line and key.
        """
        from odibi_nb.project_file import load_project

        loaded = load_project(path, env=env)
        refuse_wrong_settings(loaded.project.settings.duckdb, loaded.locate)
        project = loaded.project
        names = [one.pipeline for one in project.pipelines]
        if pipeline is None and len(names) != 1:
            raise UsageError(
                f"{path} has {len(names)} pipelines", hint=f"say which: pipeline='{names[0]}'" if names else None
            )
        if pipeline is not None and pipeline not in names:
            raise UsageError(f"{path} has no pipeline '{pipeline}'", hint=did_you_mean(pipeline, names))
        config = next(one for one in project.pipelines if pipeline in (None, one.pipeline))
        made = cls(
            config,
            project.connections,
            engine=create_engine(str(project.engine), project.settings.duckdb, root=loaded.root),
            params=project.vars,
            root=loaded.root,
            functions=functions_of(loaded.root),
        )
        made._attempts = attempts_of(project.retry)
        if project.story is not None:
            made._reporting = Reporting(project, config, made._connections, loaded.file)
            story_place(project, made._connections, loaded.root)
        return made

    @property
    def context(self) -> Context:
        """The last run's results, by node: `pipeline.context.get("clean_sales")` is a pandas frame."""
        results = {name: r.dataset for name, r in self._outcome.results.items() if r.dataset is not None}
        return LazyContext(lambda name: results[name].frame("pandas"), lambda: results)

    def validate(self) -> dict[str, Any]:
        """Check everything that can be checked without running.

        Returns valid, errors and warnings (texts), node_count, execution_order.
        """
        _, problems = self._compile()
        errors = [str(problem) for problem in problems.values()]
        warnings = []
        for node in self.config.nodes:
            try:
                connected(self._compiled[node.name], node, self._connections)
            except UnconfiguredError as exc:
                warnings.append(str(exc))
            except OdibiException as exc:
                errors.append(str(exc))
        errors += [str(problem) for problem in shared_targets(self.config.nodes, self._connections)]
        return {
            "valid": not errors,
            "errors": errors,
            "warnings": warnings,
            "node_count": len(self.config.nodes),
            "execution_order": self.graph.topological_sort(),
        }

    def run(
        self,
        parallel: bool = False,
        *,
        workers: int | Literal["auto"] | None = None,
        processes: bool = False,
        preview: int = 0,
        fail_fast: bool = False,
        listeners: Iterable[Listener] = (),
    ) -> PipelineResults:
        """Compute every node and write every target; a failing node doesn't raise, it is in the results.

        parallel: independent nodes at once (workers: how many, default one a core). processes: Python nodes that
        return rows run in processes, not in threads. preview: rows of each result to fetch at once.
        Raises what `validate` calls errors, and ConnectionError, before anything runs;
        UsageError while another run goes on.
        """
        tasks = self._tasks()
        for problem in shared_targets(self.config.nodes, self._connections):
            raise problem
        count = worker_count(workers if workers is not None else "auto" if parallel else 1)
        options = RunOptions(
            workers=count, fail_fast=fail_fast, preview=preview, processes=processes, attempts=self._attempts
        )
        ordered = [tasks[name] for name in self.graph.topological_sort()]
        with self._exclusively():
            self._outcome = RunOutcome()  # the last run's results needn't stay beside the new ones
            self._engine.begin()
            self._outcome = Runner(self._engine, ordered, options=options, listeners=listeners).run()
        results = PipelineResults.of(self.config.pipeline, self._outcome)
        if self._reporting is not None:
            results.story_path = self._reporting.report(self._outcome, ordered, workers=count)
        if self._outcome.interrupted:
            raise self._outcome.interruption()
        if self._outcome.listener_error is not None:
            raise self._outcome.listener_error
        return results

    def run_node(self, name: str, mock_data: Mapping[str, Any] | None = None) -> NodeResult:
        """Run one node and write nothing; when it fails, its result has the error, as `run`'s results do.

        mock_data: a frame (or rows, or columns) for each of the node's inputs, by their names; a node that reads
        is mocked under its own name. Without it the nodes above run too. Real results stay as they are.
        Raises ValidationError for an input without a mock, and what `validate` calls an error of the node.
        """
        task = self._tasks(only=name)[name]
        if mock_data is None:
            outcome = self._run_above(name)
        else:
            task = mocked(task, next(node for node in self.config.nodes if node.name == name), mock_data)
            given = {key: self._published(key, mock) for key, mock in mock_data.items()}
            with self._exclusively():
                self._engine.begin()
                outcome = Runner(self._engine, [task], given=given, options=_DRY).run()
        if outcome.interrupted:
            raise outcome.interruption()
        result = outcome.results[name]
        if result.error is None and not result.success:
            result.error = NodeExecutionError(f"node '{name}' was {result.status}: {result.reason}", node=name)
        return result

    def get_execution_layers(self) -> list[list[str]]:
        """Return names by layer; the nodes of a layer can run at once."""
        return self.graph.get_execution_layers()

    def visualize(self) -> str:
        """Return the graph as text."""
        return self.graph.visualize()

    def _published(self, name: str, mock: Any) -> Dataset:
        try:
            return self._engine.publish(as_frame(mock), name)
        except NotAFrameError as exc:
            raise NotAFrameError(
                f"the mock of '{name}' is {article(type(mock).__name__)} where a frame is needed",
                hint="give a DataFrame, rows [{column: value}, …] or columns {column: [values]}",
            ) from exc

    def _run_above(self, name: str) -> RunOutcome:
        wanted = self.graph.get_dependencies(name) | {name}
        tasks = self._tasks()
        ordered = [tasks[one] for one in self.graph.topological_sort() if one in wanted]
        with self._exclusively():
            self._engine.begin()
            return Runner(self._engine, ordered, options=_DRY).run()

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        # Waiting would never end where the one who asks is a node of the run that goes on.
        if not self._running.acquire(blocking=False):
            raise UsageError("a run of this pipeline is going on", hint="wait until it has finished")
        try:
            yield
        finally:
            self._running.release()

    def _compile(self) -> tuple[dict[str, NodeTask], dict[str, OdibiException]]:
        """Return each node's task, and the errors by node; a node with an error has a task of its own `depends_on`."""
        names = dict.fromkeys(node.name for node in self.config.nodes)
        compiler = Compiler(self._functions, names, self._params, self._root)
        tasks, problems = {}, {}
        for node in self.config.nodes:
            if node.name in tasks:
                raise DependencyError(f"two nodes are named '{node.name}'", hint="rename one of them", node=node.name)
            try:
                before = self._compiled.get(node.name)
                tasks[node.name] = (
                    before
                    if before is not None and node.name in self._sound and self._stands(node, before)
                    else compiler.compile(node, self._places.get(node.name, NOWHERE))
                )
            except OdibiException as exc:
                problems[node.name] = exc
                tasks[node.name] = _bare(node)
        return tasks, problems

    def _stands(self, node: NodeConfig, task: NodeTask) -> bool:
        """Whether a task still says what its functions and files do."""
        steps = node.transform.steps if node.transform else []
        if len(steps) != len(task.steps) or any(step.sql_file for step in steps):
            return False
        functions = [step for step in task.steps if isinstance(step, FunctionStep)]
        return all(self._functions.get(step.name) is step.function for step in functions)

    def _tasks(self, only: str | None = None) -> dict[str, NodeTask]:
        """Return the tasks ready to run; raises the first thing that is wrong with them."""
        if only is not None and only not in self._compiled:
            raise UsageError(f"there is no node '{only}'", hint=did_you_mean(only, self._compiled))
        tasks, problems = self._compile()
        for name, problem in problems.items():
            if only in (None, name):
                raise problem
        nodes = [node for node in self.config.nodes if only in (None, node.name)]
        for node in nodes:
            if node.enabled:
                tasks[node.name] = connected(tasks[node.name], node, self._connections)
        return tasks


_DRY = RunOptions(write=frozenset())


def _checked(config: Any) -> PipelineConfig:
    from odibi_nb.config import PipelineConfig

    if isinstance(config, PipelineConfig):
        return config
    hint = "Pipeline.from_yaml(path) takes a file; PipelineConfig(**mapping) a mapping"
    raise UsageError(f"a pipeline is made of a PipelineConfig, not {article(type(config).__name__)}", hint=hint)


def _bare(node: NodeConfig) -> NodeTask:
    return NodeTask(node.name, "pass", tuple(Dependency(name, "depends_on") for name in node.depends_on))
