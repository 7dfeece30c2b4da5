"""A notebook file as a workspace: its cells declare, its plain code waits until a node needs it."""

from __future__ import annotations

import ast
import copy
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from odibi_nb.cells.decorated import NodeFunction, imports_of_ours, spellings
from odibi_nb.cells.definitions import (
    PlainCell,
    Slice,
    cell_filename,
    cell_label,
    execute_slice,
    slice_definitions,
)
from odibi_nb.cells.magics import CELL_MAGICS, CellMagic, find_line_magics, find_magic, python_text
from odibi_nb.cells.names import names_of
from odibi_nb.cells.notebook_file import NotebookCell, read_notebook
from odibi_nb.cells.parsing import parse_python
from odibi_nb.cells.star_imports import expanded
from odibi_nb.exceptions import NodeExecutionError, OdibiException, UsageError, did_you_mean
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.expectations import expectation_from_cell
from odibi_nb.workspaces.loaded import Loaded
from odibi_nb.workspaces.node_functions import functions_in_cell
from odibi_nb.workspaces.node_tests import declared_test
from odibi_nb.workspaces.papermill import injected_values
from odibi_nb.workspaces.pipelines import pipeline_set_by
from odibi_nb.workspaces.project_cell import project_of_cell, written_project
from odibi_nb.workspaces.session_commands import left_out_lines
from odibi_nb.workspaces.source_functions import SourceFunction, transforms_in
from odibi_nb.workspaces.workspace import Workspace

__all__ = ["load_notebook"]


def load_notebook(path: Path, *, env: str | None = None, go_on: bool = False) -> Loaded:
    """Read and declare; no code of the notebook runs before the first run, or before what asks for its values.

    env: which of the project's environments. go_on: past cells that can't be read; what is wrong with them is in the
    workspace's `broken`. Else raises OdibiException at cell and line.
    """
    notebook = read_notebook(path)
    spelt = spellings(_tree_of(cell.source) for cell in notebook.cells if find_magic(cell.source) is None)
    plain = [_plain(cell, spelt) for cell in notebook.cells if find_magic(cell.source) is None]
    definitions = _Definitions(plain, path)
    workspace = Workspace(
        path.parent,
        namespace=definitions.namespace,
        is_variable=definitions.names.__contains__,
        # What it is would only show when it runs; a table it can't be in any case.
        is_frame=definitions.names.__contains__,
        functions=definitions.functions,
        label_of=partial(cell_label, notebook=path.name),
    )
    workspace.name = workspace.saved_as = path.stem
    workspace.before_runs(definitions.set_up)
    workspace.sources.cells = lambda: plain
    workspace.environments.name = env
    for cell in notebook.cells:
        for read in _readings(workspace, cell, path, spelt):
            try:
                read()
            except OdibiException as exc:
                exc.at(cell=cell.label, file=str(path))
                if not go_on:
                    raise
    if env is not None and workspace.project is None and not workspace.broken.has_project:
        from odibi_nb.project_file import unknown_environment

        raise unknown_environment(env, file=str(path))
    used = definitions.close(workspace)
    lines = left_out_lines(notebook.cells, used.missing, path)
    left_out = sorted((*used.left_out, *lines), key=lambda one: (int(one.cell), one.line))
    return Loaded(workspace, path, tuple(left_out), definitions=used, injected=_injected(notebook.cells))


class _Definitions:
    """The plain code of a notebook: what it defines, read from source, and run once when it is first needed.

    names: defined at the top level. functions: those that it decorates with `@transform`.
    """

    def __init__(self, cells: Sequence[PlainCell], path: Path) -> None:
        self._cells, self._path, self._file, self._folder = cells, path, path.name, str(path.absolute().parent)
        self._lock = threading.RLock()
        self._slice: Slice | None = None
        self._namespace: dict[str, Any] | None = None
        self._failure: OdibiException | None = None
        trees = [expanded(_tree_of(cell.source), Path(self._folder)) for cell in cells]
        bound = (names_of(tree.body).bound.difference(cell.nodes) for cell, tree in zip(cells, trees, strict=True))
        self.names = frozenset(name for names in bound for name in names)
        self._transforms = {name: one for tree in trees for name, one in transforms_in(tree).items()}
        self.functions = Functions(FunctionRegistry.functions)
        for name, definition in self._transforms.items():
            self.functions.register(SourceFunction(name, definition, self.namespace), name)

    def close(self, workspace: Workspace) -> Slice:
        """Settle, now that all nodes are known, what of the code they use."""
        wanted: set[str] = set()
        inputs = {*workspace.params, *workspace.nodes}
        for node in workspace.nodes.values():
            if node.body is not None:  # plain code gets a parameter or node rather than the variable of its name
                wanted |= node.body.uses.difference((inputs - {node.name}) if node.body.form == "code" else ())
            steps = node.config.transform.steps if node.config.transform else []
            used = [self._transforms[step.function] for step in steps if step.function in self._transforms]
            wanted.update(definition.name for definition in used)
        self._slice = slice_definitions(self._cells, sorted(wanted), Path(self._folder))
        return self._slice

    def set_up(self) -> None:
        """Run setup cells, if there are any; a run of SQL alone would not ask for anything that they define.

        Raises NodeExecutionError where a cell fails: no node can run then.
        """
        if self._slice is None or not self._slice.has_setup:
            return
        try:
            self.namespace()
        except OdibiException as exc:
            where = replace(exc.where, node=None, file=str(self._path))
            raise NodeExecutionError(exc.message, hint=exc.hint, **asdict(where)) from exc.__cause__

    def namespace(self) -> dict[str, Any]:
        """Return the globals of Python nodes; what fails in them fails every node that needs them."""
        with self._lock:
            if self._failure is None and self._namespace is None:
                self._namespace = self._executed()
            if self._namespace is None:
                assert self._failure is not None  # noqa: S101 - nothing else keeps it from being there
                # A copy: each node that fails of it puts its own name into the error.
                raise copy.copy(self._failure) from self._failure.__cause__
            return self._namespace

    def _executed(self) -> dict[str, Any] | None:
        """Run the definitions; None where one fails, and `_failure` says of what."""
        assert self._slice is not None  # noqa: S101 - `close` comes before any run
        namespace: dict[str, Any] = {"__name__": "__main__"}
        if self._folder not in sys.path:  # as in Jupyter, modules beside the notebook can be imported
            sys.path.insert(0, self._folder)
        # The decorators register as they run; here the names stand for these functions already.
        with Functions().collecting():
            try:
                execute_slice(self._slice, namespace, notebook=self._file)
            except OdibiException as exc:
                self._failure = exc
                return None
        return namespace


def _readings(
    workspace: Workspace, cell: NotebookCell, path: Path, spelt: Collection[str]
) -> Iterator[Callable[[], None]]:
    """Yield what there is to do about a cell: a cell of line magics may declare several things."""
    magic = find_magic(cell.source)
    # Files older than nbformat 4.5 have no ids; the place of a cell is as good within one file.
    origin = CellOrigin(
        cell.label,
        cell.id or cell.label,
        cell.source,
        str(path),
        cell_filename(cell.label, path.name),
        alone=magic is not None,
    )
    if (values := injected_values(cell.source, cell.tags)) is not None:
        yield partial(_take_values, workspace, values, origin)
    if magic is not None:
        yield partial(_read, workspace, magic, origin)
        return
    lines = find_line_magics(cell.source)
    functions = functions_in_cell(cell.source, spelt)
    origin = replace(origin, alone=len(functions) == 1 and not lines)
    readings = [(one.magic_line, partial(_read, workspace, one, origin)) for one in lines]
    readings += [(one.line, partial(_function, workspace, one, origin)) for one in functions]
    yield from (read for _, read in sorted(readings, key=itemgetter(0)))


def _take_values(workspace: Workspace, values: dict[str, Any], origin: CellOrigin) -> None:
    with workspace.broken.noting(origin, "", ""):
        workspace.set_params(values, layer="papermill")


def _injected(cells: Iterable[NotebookCell]) -> dict[str, Any]:
    found = (injected_values(cell.source, cell.tags) or {} for cell in cells)
    return {name: value for values in found for name, value in values.items()}


def _read(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    with workspace.broken.noting(origin, magic.name, magic.line):
        _DECLARERS.get(magic.name, _refuse)(workspace, magic, origin)


def _function(workspace: Workspace, function: NodeFunction, origin: CellOrigin) -> None:
    with workspace.broken.noting(origin, "odibi_node", function.name):
        workspace.declare_function(function, origin)


def _project(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    read = partial(project_of_cell, magic.body, origin, line=magic.line, magic_line=magic.magic_line)
    workspace.environments.take(read, written_project(magic.body))


def _node(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    workspace.declare_cell(magic.line, magic.body, origin, magic_line=magic.magic_line)


def _command(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    """Of the `%odibi` lines only `pipeline` is heeded; `left_out_lines` lists those that would change something."""
    if (said := pipeline_set_by(magic)) is not None:
        workspace.set_pipeline(*said)


def _test(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    workspace.tests.put(declared_test(magic.line, magic.body, origin, magic_line=magic.magic_line))


def _mock(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    """A run without `--mock` has no use for mocks."""
    workspace.trials.put_aside(magic.line, magic.body, origin, magic_line=magic.magic_line)


def _expect(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    workspace.expectations.put(expectation_from_cell(magic.line, magic.body, origin, magic_line=magic.magic_line))


def _leave_out(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    """Ad hoc queries are no part of a run."""


def _refuse(workspace: Workspace, magic: CellMagic, origin: CellOrigin) -> None:
    place = origin.place().locate(magic.magic_line)
    raise UsageError(f"there is no cell magic %%{magic.name}", hint=did_you_mean(magic.name, CELL_MAGICS), **place)


_DECLARERS: dict[str, Callable[[Workspace, CellMagic, CellOrigin], None]] = {
    "odibi_project": _project,
    "odibi_node": _node,
    "odibi_expect": _expect,
    "odibi": _command,
    "odibi_mock": _mock,
    "odibi_test": _test,
    "odibi_sql": _leave_out,
}


def _plain(cell: NotebookCell, spelt: Collection[str]) -> PlainCell:
    nodes = frozenset(function.name for function in functions_in_cell(cell.source, spelt))
    given = set(injected_values(cell.source, cell.tags) or ()) | nodes
    for statement in _tree_of(cell.source).body:
        if imports_of_ours(statement):
            given |= names_of([statement]).bound
    return PlainCell(cell.label, cell.source, "odibi-setup" in cell.tags, frozenset(given), nodes)


def _tree_of(source: str) -> ast.Module:
    """Return a cell's syntax tree; that of an empty one where it is no Python, which `validate` lists."""
    try:
        return parse_python(python_text(source).text)
    except SyntaxError:
        return ast.Module([], [])
