"""A workspace as a project folder, which is loaded and checked before anything of it is put into its place."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.exporting.check import check
from odibi_nb.exporting.module import HEAD, Module, module_of
from odibi_nb.exporting.nodes import SQL_HEAD, NodeWriter
from odibi_nb.exporting.parameters import defaults_for_vars, refuse_unsaid
from odibi_nb.exporting.paths import Move
from odibi_nb.exporting.placing import FileChange, changes, diff_of, put, remove, written_beside
from odibi_nb.exporting.project import project_data
from odibi_nb.exporting.secrets import refuse_secrets
from odibi_nb.exporting.tests import tests_text
from odibi_nb.project_file import yaml_text
from odibi_nb.workspaces.testing import problems_of_tests

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["Exported", "export"]

_HEAD = "# Exported by odibi-nb.\n"
_MAIN = '''"""Runs this project with the options of `odibi-nb run`: python -m {name} --param key=value."""

import sys
from pathlib import Path

from odibi_nb.commands.shell import main

sys.exit(main(["run", str(Path(__file__).resolve().parent), *sys.argv[1:]]))
'''


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has done, or would do.

    diff: of files that it would change; then nothing was written. stale: files of an earlier export that are none of
    this one. removed: those of them that are gone now. notes: for the reader.
    """

    folder: Path
    files: tuple[FileChange, ...]
    diff: str = ""
    stale: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def export(ws: Workspace, folder: Path, *, force: bool = False) -> Exported:
    """Write a workspace's nodes as a project that runs without the notebook.

    force: also over files that are there and say something else. Raises what is wrong with the nodes, and
    TransformError or ValidationError for what a project can't hold, or would hold differently.
    """
    _refuse_problems(ws)
    folder = folder.resolve()
    files, module = _files(ws, folder)
    changed = changes(files, folder)
    with written_beside(files, folder) as temporary:
        notes = [*_notes(ws, module), *_check(ws, temporary, module, folder)]
        stale = tuple(_stale(folder, files))
        if (diff := diff_of(changed)) and not force:
            return Exported(folder, tuple(changed), diff, stale, (), tuple(notes))
        put(changed, temporary, folder)
    remove(stale if force else (), folder)
    kept, removed = ((), stale) if force else (stale, ())
    return Exported(folder, tuple(changed), "", kept, removed, tuple(notes))


def _refuse_problems(ws: Workspace) -> None:
    problems = [*ws.broken.errors, *ws.problems(but_for=ws.broken), *ws.trials.problems(), *problems_of_tests(ws)]
    if problems:
        raise problems[0]
    if not ws.nodes:
        raise UsageError("there are no nodes to export", hint="declare one: %%odibi_node NAME")
    refuse_unsaid(ws)
    refuse_secrets(ws)


def _files(ws: Workspace, folder: Path) -> tuple[dict[str, str], Module]:
    """Return the texts by their paths, the most important one first, and what the nodes' Python has become."""
    module = module_of(ws, folder)
    variables = ws.project.vars if ws.project is not None else {}
    writer = NodeWriter(
        Move(ws.root.resolve(), folder, variables), {n: one.name for n, one in module.functions.items()}
    )
    tests = tests_text(ws)
    data = project_data(ws, writer, imports=["tests.yaml"] if tests else [])
    files = {"odibi.yaml": _HEAD + yaml_text(data), **writer.files}
    if module.text:
        files["transforms.py"] = module.text
    if tests:
        files["tests.yaml"] = _HEAD + tests
    return {**files, "__main__.py": _MAIN.format(name=_shown_name(folder))}, module


def _shown_name(folder: Path) -> str:
    """Return a folder's name as a comment can hold it."""
    return folder.name if re.fullmatch(r"[\w.+-]+", folder.name) else "FOLDER"


def _check(ws: Workspace, temporary: Path, module: Module, folder: Path) -> Iterator[str]:
    """Load what was written, and compare; yield notes. Errors tell of the folder that it is for.

    Data that is in this already is read there: a link to it would lead out of the connection's folder.
    """
    from odibi_nb.workspaces.headless import load_target

    data_root = folder if folder.is_dir() else None
    with _without_bytecode(), _told_of(folder, temporary):
        exported = load_target(temporary, env=ws.environments.name, data_root=data_root).workspace
        try:
            exported.keep_nothing()
            untold = check(ws, exported, module, folder)
        finally:
            exported.close()
    for name, what in untold.items():
        yield f"'{name}' is {what}, which can't be compared: see whether nodes give the same with the one of the export"


@contextmanager
def _told_of(folder: Path, temporary: Path) -> Iterator[None]:
    """Let errors tell of the folder that an export is for."""
    try:
        yield
    except OdibiException as exc:
        exc.message = exc.message.replace(str(temporary), str(folder))
        if exc.where.file is not None and exc.where.file.startswith(str(temporary)):
            file = Path(exc.where.file)
            exc.where = replace(exc.where, file=str(folder / file.relative_to(temporary)))
            exc.message = f"the export can't be loaded: {exc.message}"
            if (temporary / file.relative_to(temporary).parts[0]).is_symlink():
                exc.message = f"{exc.message}; it lies in the folder already and is none of the export's"
                exc.hint = "move it, or export into another folder"
        raise


@contextmanager
def _without_bytecode() -> Iterator[None]:
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _stale(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that an earlier export has written and that this one doesn't have."""
    heads = {f"sql/{file.name}": SQL_HEAD for file in sorted(folder.glob("sql/*.sql"))}
    for path, head in {**heads, "transforms.py": HEAD, "tests.yaml": _HEAD}.items():
        file = folder / path
        if path not in files and file.is_file() and file.read_text(encoding="utf-8", errors="replace").startswith(head):
            yield path


def _notes(ws: Workspace, module: Module) -> Iterator[str]:
    variables = ws.project.vars if ws.project is not None else {}
    own = {name for name, value in ws.params.items() if name not in variables or variables[name] != value}
    if module.defaults:
        names = ", ".join(sorted(module.defaults))
        yield f"set in this session, not exported: transforms.py has the notebook's own values of {names}"
    if others := sorted(own - (module.defaults - defaults_for_vars(ws).keys())):
        given = " ".join(f"--param {name}=…" for name in others)
        yield f"set in this session, not exported: {', '.join(others)}; give {given}"
