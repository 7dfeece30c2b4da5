"""A notebook or project file as a workspace, without Jupyter: declared in full, nothing run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.definitions import LeftOut, PlainCell, cell_filename, execute_slice, slice_definitions
from odibi_nb.cells.magics import CellMagic, find_line_magics, find_magic, python_text
from odibi_nb.cells.names import names_of
from odibi_nb.cells.notebook_file import NotebookCell, read_notebook
from odibi_nb.exceptions import ConfigValidationError, OdibiException, SourceNotFoundError, UsageError
from odibi_nb.pipeline.setup import functions_of
from odibi_nb.runner.tasks import Place
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode
from odibi_nb.workspaces.source_functions import read_functions
from odibi_nb.workspaces.workspace import Workspace

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig, ProjectConfig
    from odibi_nb.project_file import LoadedProject

__all__ = ["Loaded", "load_target"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A target's workspace. left_out: plain code that headless runs don't run. notes: for the reader."""

    workspace: Workspace
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def load_target(target: str | Path, *, env: str | None = None, execute: bool = True) -> Loaded:
    """Load a notebook, a YAML file, or a folder with `odibi.yaml`.

    env: the overlay of the project's `environments` to use. execute: whether user code may run at all
    (`validate` and `graph` run none).
    Raises OdibiException at file, cell and line.
    """
    path = Path(target)
    if path.suffix == ".ipynb":
        if env is not None:
            raise UsageError("--env is for project files", hint="a notebook's environments are not built yet")
        return _load_notebook(path)
    return _load_project(path, env, execute=execute)


def _load_project(path: Path, env: str | None, *, execute: bool) -> Loaded:
    from odibi_nb.project_file import load_project

    if not path.exists():
        raise SourceNotFoundError(f"there is no '{path}'", hint="give a notebook, a YAML file or a project folder")
    loaded = load_project(path, env=env)
    workspace = Workspace(loaded.root)
    workspace.configure(loaded.project, functions_of(loaded.root) if execute else read_functions(loaded.root))
    for pipeline in loaded.project.pipelines:
        for config in pipeline.nodes:
            _declare_once(workspace, _declared(config, loaded, pipeline.pipeline))
    return Loaded(workspace, notes=loaded.notes)


def _declare_once(workspace: Workspace, node: DeclaredNode) -> None:
    if node.name in workspace.nodes:
        from odibi_nb.exceptions import DependencyError

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
    texts = loaded.step_places.get(config.name, ())
    bodies = tuple(Place(file=text.file, first_line=text.first_line, lines=text.lines) for text in texts)
    return DeclaredNode(config, language, code, CellOrigin(file=place.file), place, bodies, pipeline)


def _load_notebook(path: Path) -> Loaded:
    notebook = read_notebook(path)
    plain = [_plain(cell) for cell in notebook.cells if find_magic(cell.source) is None]
    variables = _assigned(plain)
    namespace: dict[str, Any] = {}

    def definitions() -> dict[str, Any]:
        """Run the definitions that nodes use, once, when the first Python node starts."""
        if not namespace:
            namespace["__name__"] = "__main__"
            execute_slice(_slice(workspace, plain), namespace, notebook=path.name)
        return namespace

    workspace = Workspace(path.parent, namespace=definitions, is_variable=variables.__contains__)
    for cell in notebook.cells:
        try:
            _read_cell(workspace, cell, path)
        except OdibiException as exc:
            raise exc.at(cell=cell.label, file=str(path)) from exc.__cause__
    return Loaded(workspace, _slice(workspace, plain).left_out)


def _read_cell(workspace: Workspace, cell: NotebookCell, path: Path) -> None:
    origin = CellOrigin(cell.label, cell.id, cell.source, str(path), cell_filename(cell.label, path.name))
    magic = find_magic(cell.source)
    for found in [magic] if magic else find_line_magics(cell.source):
        _DECLARERS.get(found.name, _not_run)(workspace, found, origin)


def _project(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    workspace.configure(project_of_cell(magic.body, magic.magic_line + 1, origin.label))


def _node(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    workspace.declare_cell(magic.line, magic.body, origin, magic_line=magic.magic_line)


def _command(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    """Of the `%odibi` lines only `pipeline` says something about the cells that follow."""
    words = magic.line.split()
    if words[:1] == ["pipeline"] and len(words) == 2:
        workspace.current_pipeline = words[1]


def _not_run(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    """Mocks, tests and ad hoc queries are no part of a run."""


_DECLARERS = {"odibi_project": _project, "odibi_node": _node, "odibi": _command}


def project_of_cell(text: str, first_line: int, cell: str | None) -> ProjectConfig:
    """Return what a `%%odibi_project` cell says; raises ConfigValidationError at its line."""
    from odibi_nb.config import ProjectConfig
    from odibi_nb.project_file import build, parse_yaml, substitute

    document = parse_yaml(text, cell=cell, first_line=first_line)
    data = document.data if document.data is not None else {}
    if not isinstance(data, Mapping):
        raise ConfigValidationError(
            "a project is a mapping of its keys", hint="connections: {local: {type: local}}", cell=cell
        )
    variables = data.get("vars")
    resolved = substitute(data, variables if isinstance(variables, Mapping) else {}, locate=document.place)
    return build(ProjectConfig, resolved, locate=document.place)


def _plain(cell: NotebookCell) -> PlainCell:
    return PlainCell(cell.label, cell.source, "odibi-setup" in cell.tags)


def _assigned(cells: Iterable[PlainCell]) -> frozenset[str]:
    """Return the names that plain cells define at their top level."""
    names: set[str] = set()
    for cell in cells:
        try:
            names |= names_of(ast.parse(python_text(cell.source).text).body).bound
        except SyntaxError:  # `validate` lists such a cell among what is left out
            continue
    return frozenset(names)


def _slice(workspace: Workspace, plain: list[PlainCell]) -> Any:
    wanted = {name for node in workspace.nodes.values() if node.body is not None for name in node.body.uses}
    return slice_definitions(plain, sorted(wanted - set(workspace.nodes)))


