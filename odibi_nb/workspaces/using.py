"""What a file declares, taken into the workspace of a session: none of its nodes runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.registry import FunctionRegistry, Functions
from odibi_nb.workspaces.beside import take_beside
from odibi_nb.workspaces.copies import copies_of, notebooks_in
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode
from odibi_nb.workspaces.defining import Defined, Defining

if TYPE_CHECKING:
    from odibi_nb.cells.definitions import LeftOut
    from odibi_nb.workspaces.environments import ProjectFor
    from odibi_nb.workspaces.loaded import Loaded
    from odibi_nb.workspaces.nodes import Nodes
    from odibi_nb.workspaces.runs import Runs
    from odibi_nb.workspaces.surroundings import Surroundings
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["Used", "Using"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Used:
    """What `use` has done.

    declared: nodes. kept: those that this session has declared otherwise. dropped: those that the file had the last
    time, and hasn't any more. left_out: plain code and commands of the session. broken: what is wrong with cells
    that can't be read.
    """

    file: Path
    declared: tuple[str, ...]
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    definitions: Defined
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    broken: tuple[OdibiException, ...] = ()


class Using:
    """Takes files into a workspace; what the session itself has declared or defined wins.

    around, runs: the workspace's.
    """

    def __init__(self, workspace: Workspace, around: Surroundings, runs: Runs) -> None:
        self._ws, self._around, self._runs = workspace, around, runs
        self._defining = Defining(around.namespace)
        self._declared: dict[Path, set[str]] = {}
        self._read: ProjectFor | None = None

    def use(self, target: str | Path | None) -> Used:
        """Declare what a file says; what it raises leaves everything as it was. See `Workspace.use`."""
        from odibi_nb.workspaces.headless import load_target

        loaded = load_target(self._path(target), env=self._ws.environments.name, go_on=True)
        with ExitStack() as undo:
            self._settle_root(loaded, undo)
            # User code: it must not keep others from looking at the workspace.
            definitions = self._defining.define(loaded.definitions, loaded.file.resolve(), undo)
            with self._ws.lock:
                used = self._take(loaded, definitions, undo)
            undo.pop_all()
        return used

    def clear(self) -> None:
        """Forget which files were used: what they have declared is gone."""
        self._declared.clear()
        self._read = None

    def _path(self, target: str | Path | None) -> Path:
        """Return the file; what is below the working directory is called as seen from there, as errors name it."""
        if target is None:
            target = self._ws.notebook
        if target is None:
            message = "the front end doesn't tell which notebook this is, or it isn't saved under that name"
            there = " or ".join(path.name for path in notebooks_in(self._ws.root)[:_SHOWN])
            raise UsageError(message, hint=f"name its file: %odibi use {there or 'sales.ipynb'}")
        path = self._ws.root / Path(target).expanduser()
        return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path

    def _settle_root(self, loaded: Loaded, undo: ExitStack) -> None:
        """Let paths start where the file is; refused where other paths start elsewhere already."""
        ws, root = self._ws, loaded.workspace.root
        if root.resolve() == ws.root.resolve():
            return
        if ws.nodes or ws.project is not None:
            message = f"the paths of '{loaded.file.name}' start at {root}, those of this workspace at {ws.root}"
            raise UsageError(message, hint="use it in a kernel that has declared nothing yet")
        undo.callback(ws.move, ws.root)
        ws.move(root)

    def _take(self, loaded: Loaded, definitions: Defined, undo: ExitStack) -> Used:
        """Declare everything; only the first steps may fail, and `undo` takes them back."""
        ws, other, file = self._ws, loaded.workspace, loaded.file.resolve()
        copies = copies_of(file) if ws.notebook is None and file.suffix == ".ipynb" else []
        is_own = self._is_own(file) and not copies
        if is_own and (ws.notebook is not None or not self._declared):
            ws.saved_as = other.saved_as
        ws.sources.used[file] = other.sources.plain_cells
        notes = [*loaded.notes, *self._configure(other, undo), *_about_copies(file, copies)]
        self._take_functions(loaded.functions)
        self._take_values(loaded.injected, undo)
        ran, mine = self._ran(), self._own(file)
        origin_of = _origins(file, is_own=is_own)
        nodes = [replace(node, origin=origin_of(node.origin)) for node in other.nodes.values()]
        taken = [one for one in nodes if one.origin.id not in ran and (one.name in mine or one.name not in ws.nodes)]
        self._declare(taken, loaded, undo)
        self._declared[file] = {one.name for one in taken}
        gone = [name for name in sorted(mine - other.nodes.keys()) if name in ws.nodes]
        for name in gone:
            ws.drop(name)
        take_beside(ws, other, origin_of, str(loaded.file))
        ws.pipelines.update(other.pipelines)
        others = [name for name in other.nodes if name not in self._declared[file]]
        notes += [f"{name}: its cell says something else by now" for name in others if name not in ws.nodes]
        return Used(
            file,
            tuple(one.name for one in taken),
            tuple(name for name in others if name in ws.nodes),
            tuple(gone),
            definitions,
            tuple(notes),
            loaded.left_out,
            (*ws.broken.take_over(other.broken, but_for=ran), *other.trials.unread),
        )

    def _is_own(self, file: Path) -> bool:
        """Whether a file is this notebook; where no front end tells, it is taken to be the one that is used."""
        notebook = self._ws.notebook
        return file.suffix == ".ipynb" and (notebook is None or file == (self._ws.root / notebook).resolve())

    def _ran(self) -> set[str]:
        """Return the ids of the cells that this session has run: what they say now is newer than what is saved."""
        ws = self._ws
        declared = (*ws.nodes.values(), *ws.tests.values(), *ws.expectations, *ws.trials.mocks)
        return {one.origin.id for one in declared if one.origin.id is not None and one.origin.file is None}

    def _own(self, file: Path) -> set[str]:
        """Return the nodes that are as this file has declared them."""
        nodes = self._ws.nodes
        return {one for one in self._declared.get(file, ()) if one in nodes and nodes[one].origin.file is not None}

    def _configure(self, other: Workspace, undo: ExitStack) -> list[str]:
        """Take over a project, unless this session has one of its own; return what is to be said of it."""
        ws, around, project, read = self._ws, self._around, other.project, other.environments.project_for
        if project is None or project == ws.project:
            return []
        if ws.project is not None and (self._read is None or ws.environments.project_for is not self._read):
            return ["its project is another one; that of this session stays"]
        before, read_before = ws.project, ws.environments.project_for
        connections, variables = around.connections, around.params.of("vars")
        pipeline, options = ws.current_pipeline, dict(ws.options)

        def back() -> None:
            self._runs.configure(before)
            around.connections, ws.project, ws.current_pipeline = connections, before, pipeline
            around.params.replace("vars", variables)
            ws.options.update(options)
            ws.environments.project_for = read_before
            ws.nodes.recompile()

        undo.callback(back)
        ws.configure(project)
        ws.environments.project_for = self._read = read
        ws.environments.written = other.environments.written
        return []

    def _take_functions(self, functions: Functions | None) -> None:
        """Let steps name what a project's `transforms.py` has registered; `@transform` in the session wins."""
        for name in functions.list_functions() if functions is not None else ():
            if functions is not None and not FunctionRegistry.has_function(name):
                self._around.functions.register(functions.get(name), name)

    def _take_values(self, values: Mapping[str, Any], undo: ExitStack) -> None:
        """Take papermill's values, unless it has given this session others."""
        here = self._around.params.of("papermill")
        if new := {name: value for name, value in values.items() if name not in here}:
            undo.callback(self._around.params.replace, "papermill", here)
            self._ws.set_params(new, layer="papermill")

    def _declare(self, nodes: Iterable[DeclaredNode], loaded: Loaded, undo: ExitStack) -> None:
        """Declare nodes as of the file's time: nobody has changed them just now."""
        ws, saved = self._ws, loaded.file.stat().st_mtime
        undo.callback(_bring_back, ws.nodes, dict(ws.nodes))
        for node in nodes:
            ws.declare(replace(node, declared=saved))
            self._runs.owners[node.name] = loaded.workspace.saved_as


def _origins(file: Path, *, is_own: bool) -> Callable[[CellOrigin], CellOrigin]:
    """Return what makes of a cell in the file one as this session knows it.

    The cells of this notebook are those that its front end names; copies of them in other files are others.
    """
    if not is_own:
        return lambda origin: replace(origin, id=f"{file}#{origin.id}" if origin.id is not None else None)
    # A file without ids has the places of cells for them, which no front end says.
    return lambda origin: replace(origin, id=None if origin.id == origin.label else origin.id)


def _about_copies(file: Path, copies: Sequence[Path]) -> list[str]:
    if not copies:
        return []
    there = ", ".join(path.name for path in copies[:_SHOWN])
    name = f'odibi_nb.workspace().notebook = "{file.name}"'
    doubt = (
        f"{file.name} has cells in common with {there}, and the front end doesn't tell which of them this notebook is"
    )
    return [f"{doubt}: taken as another one; if it is this one, say so and use it again: {name}"]


def _bring_back(nodes: Nodes, before: Mapping[str, DeclaredNode]) -> None:
    """Let exactly those nodes be declared again that were."""
    for name in [name for name in nodes if name not in before]:
        nodes.remove(name)
    for name, node in before.items():
        if name not in nodes or nodes[name] is not node:
            nodes.put(node)
