"""A notebook or project file as a workspace, without Jupyter: declared in full, nothing run."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.definitions import PlainCell
from odibi_nb.engine.settings import refuse_wrong_settings
from odibi_nb.exceptions import DependencyError, SourceNotFoundError
from odibi_nb.pipeline.setup import functions_of
from odibi_nb.runner.tasks import Place
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode
from odibi_nb.workspaces.functions import Namespace
from odibi_nb.workspaces.loaded import Loaded
from odibi_nb.workspaces.module_cells import module_cells
from odibi_nb.workspaces.node_functions import node_functions_of, with_function
from odibi_nb.workspaces.notebooks import load_notebook
from odibi_nb.workspaces.pipelines import LABELS
from odibi_nb.workspaces.project_tests import mocks_of_project, tests_of_project
from odibi_nb.workspaces.source_functions import read_functions
from odibi_nb.workspaces.workspace import Workspace

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig, ProjectConfig, TransformStep
    from odibi_nb.project_file import LoadedProject, TextPlace
    from odibi_nb.registry import Functions

__all__ = ["Loaded", "load_target"]


def load_target(
    target: str | Path,
    *,
    env: str | None = None,
    execute: bool = True,
    go_on: bool = False,
    data_root: Path | None = None,
) -> Loaded:
    """Load a notebook, a YAML file, or a folder with `odibi.yaml`.

    env: the overlay of the project's `environments` to use. execute: whether user code may run at all
    (`validate` and `graph` run none). go_on: past cells of a notebook that can't be read; see `Workspace.broken`.
    data_root: where relative paths of a project's connections start, if not in its own folder.
    Raises OdibiException at file, cell and line.
    """
    path = Path(target)
    if path.suffix == ".ipynb":
        loaded = _load_notebook(path, env, execute=execute, go_on=go_on)
    else:
        loaded = _load_project(path, env, execute=execute, data_root=data_root)
    loaded.workspace.recorder.target = str(loaded.file.absolute())
    return loaded


def _load_notebook(path: Path, env: str | None, *, execute: bool, go_on: bool) -> Loaded:
    loaded = load_notebook(path, env=env, go_on=go_on)
    if not execute:  # what helpers are can't be told without running them, and so not which results are fresh
        loaded.workspace.keep_nothing()
    return loaded


def _load_project(path: Path, env: str | None, *, execute: bool, data_root: Path | None) -> Loaded:
    from odibi_nb.project_file import load_project

    if not path.exists():
        raise SourceNotFoundError(f"there is no '{path}'", hint="give a notebook, a YAML file or a project folder")
    loaded = load_project(path, env=env)
    refuse_wrong_settings(loaded.project.settings.duckdb, loaded.locate)
    functions = functions_of(loaded.root) if execute else read_functions(loaded.root)
    decorated = node_functions_of(loaded.root)
    namespace = _globals_of(functions, decorated, execute=execute)
    workspace = Workspace(loaded.root, functions=functions, namespace=namespace)
    workspace.data_root = data_root
    workspace.saved_as = loaded.file.stem
    workspace.environments.name = env
    read = partial(_project_in, loaded, path, env)
    workspace.environments.take(read, loaded.document.data)
    workspace.sources.cells = partial(_module_of, loaded.root, frozenset(decorated))
    if not execute:
        workspace.keep_nothing()
    pipelines = loaded.project.pipelines
    if len(pipelines) == 1:
        workspace.current_pipeline = pipelines[0].pipeline
    for at, pipeline in enumerate(pipelines):
        workspace.pipelines[pipeline.pipeline] = pipeline.model_dump(include=LABELS, exclude_none=True)
        for number, config in enumerate(pipeline.nodes):
            written = loaded.document.at(("pipelines", at, "nodes", number)).data
            node = replace(_declared(config, loaded, pipeline.pipeline), written=written, namespace=namespace)
            _declare_once(workspace, with_function(node, decorated, loaded.root))
    for test in tests_of_project(loaded):
        workspace.tests.put(test)
    workspace.trials.mocks.put(mocks_of_project(loaded))
    return Loaded(workspace, loaded.file, notes=loaded.notes, functions=functions)


def _project_in(loaded: LoadedProject, path: Path, env: str | None, name: str | None) -> ProjectConfig:
    """Return a project as it is in the environment `name`; env: that in which it was loaded."""
    from odibi_nb.project_file import load_project

    return loaded.project if name == env else load_project(path, env=name).project


def _module_of(root: Path, nodes: frozenset[str]) -> list[PlainCell]:
    """Return a project's own code as a notebook would have it."""
    file = root / "transforms.py"
    return module_cells(file.read_text(encoding="utf-8"), file.name, nodes) if file.is_file() else []


def _globals_of(functions: Functions, decorated: Iterable[str], *, execute: bool) -> Namespace | None:
    """Return what gives the globals of a project's own functions; None where none is a node's, or none may run."""
    found = (getattr(inspect.unwrap(functions.get(name)), "__globals__", None) for name in decorated if execute)
    variables: dict[str, Any] | None = next((one for one in found if one is not None), None)
    return None if variables is None else lambda: variables


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
    code = "\n\n".join(_text_of(step, loaded.root) for step in steps if not step.function or len(steps) > 1)
    language = "sql" if steps and all(step.sql or step.sql_file for step in steps) else "yaml"
    bodies, tests = (_places(texts.get(config.name, ())) for texts in (loaded.step_places, loaded.test_places))
    origin = CellOrigin(file=place.file)
    return DeclaredNode(config, language, code, origin, place, bodies, pipeline, test_places=tests)


def _text_of(step: TransformStep, root: Path) -> str:
    """Return a step as it is shown; of a SQL file what it holds, if it is there to be read."""
    if step.sql_file:
        with suppress(OSError, UnicodeDecodeError):  # which compiling it says
            return (root / step.sql_file).read_text(encoding="utf-8").strip()
    called = step.function or step.operation or ""
    given = ", ".join(f"{name}: {value}" for name, value in step.params.items())
    return step.sql or step.sql_file or f"{called} {{{given}}}"


def _places(texts: Iterable[TextPlace]) -> tuple[Place, ...]:
    return tuple(Place(file=text.file, first_line=text.first_line, lines=text.lines) for text in texts)
