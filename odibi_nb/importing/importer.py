"""Import: read the project, write the notebook beside, load it, compare, and only then put it in its place."""

from __future__ import annotations

import difflib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from odibi_nb.exceptions import OdibiException, SourceNotFoundError, UsageError, ValidationError
from odibi_nb.importing.cell import NewCell, cells_text, notebook_text
from odibi_nb.importing.cells import cells_of
from odibi_nb.importing.project import Project, read_project
from odibi_nb.importing.sameness import CODE, Difference, differences
from odibi_nb.project_file import FILE_NAMES
from odibi_nb.workspaces.headless import load_target
from odibi_nb.workspaces.testing import problems_of_tests

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["Imported", "import_project"]

_PLAINEST = 2


@dataclass(frozen=True, slots=True)
class Imported:
    """What has become of a notebook: written, unchanged since, or changed by someone and so left as it is.

    diff: from the file that is there to the notebook as it would be. notes: for the reader.
    """

    file: Path
    notebook: Path
    state: Literal["written", "unchanged", "changed"]
    nodes: Sequence[str]
    cells: int
    mocks: int
    tests: int
    diff: str = ""
    notes: Sequence[str] = ()


def import_project(target: Path, notebook: Path | None = None, *, force: bool = False) -> Imported:
    """Write the notebook of a project's file or folder; no code of the project is run.

    notebook: its file; None: beside the project, called as it is. force: over a notebook that says something else.
    Raises what is wrong with the project, and ValidationError for a node that the notebook would not say as the file
    does; then no file has changed.
    """
    loaded = load_target(_checked(target), execute=False)
    try:
        _refuse_problems(loaded.workspace)
        path = (
            notebook or (target if target.is_dir() else target.parent) / f"{_name(loaded.workspace, loaded.file)}.ipynb"
        )
        if path.suffix != ".ipynb":
            raise UsageError(f"a notebook's name ends in .ipynb, not '{path.name}'", hint=f"call it {path.stem}.ipynb")
        if not path.parent.is_dir():
            raise UsageError(f"there is no folder '{path.parent}'", hint="make it first")
        project = read_project(loaded.file, path.parent)
        cells = _Trial(project, loaded.workspace, path).cells()
        imported = _put(project, loaded.workspace, path, cells, force=force)
        return replace(imported, notes=(*loaded.notes, *_notes(project)))
    finally:
        loaded.workspace.close()


def _checked(target: Path) -> Path:
    hint = "import a YAML file, or a folder with odibi.yaml"
    if target.suffix in (".ipynb", ".py"):
        what = "a notebook already" if target.suffix == ".ipynb" else "Python, which may declare nodes in any way"
        raise UsageError(f"'{target}' is {what}", hint=hint)
    if not target.exists():
        raise SourceNotFoundError(f"there is no '{target}'", hint=hint)
    return target


def _refuse_problems(workspace: Workspace) -> None:
    found = [*workspace.problems(), *workspace.trials.problems(), *problems_of_tests(workspace)]
    if found:
        raise found[0]


def _name(workspace: Workspace, file: Path) -> str:
    """Return what to call a notebook: as its file, or as its project where all files are called like that one."""
    project = workspace.project.project if workspace.project is not None else None
    named = re.sub(r"\W+", "_", project or file.parent.name).strip("_")
    return (named or "pipeline") if file.name in FILE_NAMES else file.stem


class _Trial:
    """Finds the cells that say what the project says: first those that are nicest, then plainer ones.

    Node by node, where the nodes are what differs; the module in one cell, where its pieces are.
    """

    def __init__(self, project: Project, workspace: Workspace, path: Path) -> None:
        self._project, self._ws, self._path = project, workspace, path

    def cells(self) -> list[NewCell]:
        """Return the cells; raises ValidationError for a node that can't be said as it is."""
        plainer: dict[str, int] = {}
        while True:
            cells = cells_of(self._project, plainer)
            try:
                found = self._differences(cells)
            except OdibiException as exc:
                if not (name := self._improvable([exc.node], plainer)):
                    raise
                plainer |= name
                continue
            if not found:
                return cells
            if any(one.what == CODE for one in found) and not self._project.code.runs_whole:
                whole = replace(self._project.code, runs_whole=True)
                self._project, plainer = replace(self._project, code=whole), {}
                continue
            if not (names := self._improvable((one.node for one in found), plainer)):
                raise _refusal(found[0], self._path)
            plainer |= names

    def _improvable(self, names: Iterable[str | None], plainer: Mapping[str, int]) -> dict[str, int]:
        """Return the nodes, of those named, that have a plainer form still, each with the next one."""
        known = {name for name in names if name is not None and name in self._ws.nodes}
        return {name: plainer.get(name, 0) + 1 for name in known if plainer.get(name, 0) < _PLAINEST}

    def _differences(self, cells: list[NewCell]) -> list[Difference]:
        draft = self._path.with_name(f".{self._path.stem}.{secrets.token_hex(4)}.ipynb")
        try:
            with _writing(self._path):
                draft.write_text(notebook_text(cells), encoding="utf-8")
            workspace = load_target(draft, execute=False).workspace
            try:
                return list(differences(self._ws, workspace, self._project, draft))
            finally:
                workspace.close()
        except OdibiException as exc:
            if exc.where.file == str(draft):
                exc.where = replace(exc.where, file=str(self._path))
            raise
        finally:
            draft.unlink(missing_ok=True)


def _refusal(difference: Difference, path: Path) -> ValidationError:
    about = f"node '{difference.node}'" if difference.node is not None else "the project"
    hint = "say it more simply in the file, or go on with the file"
    return ValidationError(
        f"{about} would be another one in {path.name}: {difference.what} would differ", hint=hint, node=difference.node
    )


def _put(project: Project, workspace: Workspace, path: Path, cells: list[NewCell], *, force: bool) -> Imported:
    text = notebook_text(cells)
    before = _present(path)
    diff = _diff(before, text, path) if before is not None else ""
    state: Literal["written", "unchanged", "changed"] = "written"
    if before is not None and not diff:
        state = "unchanged"
    elif before is not None and not force:
        state = "changed"
    else:
        _write(path, text)
    mocks = sum(1 for _ in workspace.trials.mocks)
    return Imported(project.file, path, state, list(workspace.nodes), len(cells), mocks, len(workspace.tests), diff)


def _present(path: Path) -> str | None:
    """Return what the cells of a notebook that is there say; what is no notebook says its own text."""
    if not path.exists():
        return None
    with _writing(path):
        text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return cells_text(text)
    except (ValueError, AttributeError, KeyError, TypeError):
        return text


def _diff(before: str, document: str, path: Path) -> str:
    after = cells_text(document)
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{path.name}, as it is", f"{path.name}, imported", lineterm=""
    )
    return "\n".join(lines)


def _write(path: Path, text: str) -> None:
    """Write the whole file or none."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with _writing(path):
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        message = f"'{path}' can't be written: {exc.strerror}"
        raise UsageError(message, hint="choose a place where you may write") from exc


def _notes(project: Project) -> Iterator[str]:
    yield from (f"left out of transforms.py: {line}" for line in project.code.dropped)
