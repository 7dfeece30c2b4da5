"""A notebook or project file as a workspace, without Jupyter: declared in full, nothing run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from odibi_nb.engine.settings import refuse_wrong_settings
from odibi_nb.exceptions import DependencyError, SourceNotFoundError, UsageError
from odibi_nb.pipeline.setup import functions_of
from odibi_nb.runner.tasks import Place
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode
from odibi_nb.workspaces.loaded import Loaded
from odibi_nb.workspaces.notebooks import load_notebook
from odibi_nb.workspaces.source_functions import read_functions
from odibi_nb.workspaces.workspace import Workspace

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig
    from odibi_nb.project_file import LoadedProject, TextPlace

__all__ = ["Loaded", "load_target"]


def load_target(target: str | Path, *, env: str | None = None, execute: bool = True, go_on: bool = False) -> Loaded:
    """Load a notebook, a YAML file, or a folder with `odibi.yaml`.

    env: the overlay of the project's `environments` to use. execute: whether user code may run at all
    (`validate` and `graph` run none). go_on: past cells of a notebook that can't be read; see `Workspace.broken`.
    Raises OdibiException at file, cell and line.
    """
    loaded = _load(Path(target), env, execute=execute, go_on=go_on)
    loaded.workspace.recorder.target = str(loaded.file)
    return loaded


def _load(path: Path, env: str | None, *, execute: bool, go_on: bool) -> Loaded:
    if path.suffix != ".ipynb":
        return _load_project(path, env, execute=execute)
    if env is not None:
        raise UsageError("--env is for project files", hint="a notebook's environments are not built yet")
    loaded = load_notebook(path, go_on=go_on)
    if not execute:  # what helpers are can't be told without running them, and so not which results are fresh
        loaded.workspace.keep_nothing()
    return loaded


def _load_project(path: Path, env: str | None, *, execute: bool) -> Loaded:
    from odibi_nb.project_file import load_project

    if not path.exists():
        raise SourceNotFoundError(f"there is no '{path}'", hint="give a notebook, a YAML file or a project folder")
    loaded = load_project(path, env=env)
    refuse_wrong_settings(loaded.project.settings.duckdb, loaded.locate)
    functions = functions_of(loaded.root) if execute else read_functions(loaded.root)
    workspace = Workspace(loaded.root, functions=functions)
    workspace.saved_as = loaded.file.stem
    workspace.configure(loaded.project)
    if not execute:
        workspace.keep_nothing()
    pipelines = loaded.project.pipelines
    if len(pipelines) == 1:
        workspace.current_pipeline = pipelines[0].pipeline
    for pipeline in pipelines:
        for config in pipeline.nodes:
            _declare_once(workspace, _declared(config, loaded, pipeline.pipeline))
    return Loaded(workspace, loaded.file, notes=loaded.notes, functions=functions)


def _declare_once(workspace: Workspace, node: DeclaredNode) -> None:
    if node.name in workspace.nodes:
        raise DependencyError(
            f"two nodes are named '{node.name}'", hint="rename one of them", node=node.name, **node.place.locate(1)
        )
    workspace.declare(node)


def _declared(config: NodeConfig, loaded: LoadedProject, pipeline: str) -> DeclaredNode:
    where = loaded.node_places.get(config.name)
    place = Place(file=where.file, first_line=where.line or 1) if where else Place(file=str(loaded.file))
    steps = config.transform.steps if config.transform else []
    code = "\n".join(step.sql or step.sql_file or step.function or step.operation or "" for step in steps)
    language = "sql" if steps and all(step.sql or step.sql_file for step in steps) else "yaml"
    bodies, tests = (_places(texts.get(config.name, ())) for texts in (loaded.step_places, loaded.test_places))
    origin = CellOrigin(file=place.file)
    return DeclaredNode(config, language, code, origin, place, bodies, pipeline, test_places=tests)


def _places(texts: Iterable[TextPlace]) -> tuple[Place, ...]:
    return tuple(Place(file=text.file, first_line=text.first_line, lines=text.lines) for text in texts)
