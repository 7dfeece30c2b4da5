"""`import`: a project's files as a notebook."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import JSON, Call, Command, Shown
from odibi_nb.exceptions import UsageError, plural

if TYPE_CHECKING:
    from odibi_nb.importing import Imported

__all__ = ["COMMANDS"]


def import_(call: Call) -> Shown:
    """Write the notebook, or show what would change in one that is there."""
    from odibi_nb.importing import import_project

    target, *rest = (_path(call, word) for word in call.words)
    imported = import_project(target, *rest, force=bool(call.values.get("force")))
    if imported.state == "changed":
        hint = f"import it over that with --force, or name another file than {imported.notebook.name}"
        error = UsageError(f"{imported.notebook.name} says something else by now; nothing was written", hint=hint)
        text = imported.diff if call.door == "cell" else f"{imported.diff}\n\nerror: {error}"
        return Shown(text, data=_data(imported), error=error, exit_status=2)
    notes = [f"note: {note}" for note in imported.notes]
    return Shown("\n".join([*_said(imported, call), *notes]), data=_data(imported))


def _path(call: Call, word: str) -> Path:
    """Return a path of the line, from where relative paths start; errors name it as it is given."""
    path = Path(word).expanduser()
    if call.door == "shell":
        return path
    path = call.ws.root / path
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _said(imported: Imported, call: Call) -> Iterator[str]:
    shown, file = imported.notebook, imported.file
    facts = [plural(len(imported.nodes), "node")]
    facts += [plural(count, what) for count, what in ((imported.mocks, "mock"), (imported.tests, "test")) if count]
    done = f"is what {file.name} says already" if imported.state == "unchanged" else f"written from {file.name}"
    yield f"{shown} {done}: {', '.join(facts)}, {plural(imported.cells, 'cell')}"
    if imported.diff:
        yield f"\n{imported.diff}\n"
    if call.door == "shell":
        yield f"open it: jupyter lab {shlex.quote(str(shown))}"
    else:
        yield f"open it in the file browser, or have its nodes here: %odibi use {shlex.quote(str(shown))}"


def _data(imported: Imported) -> dict[str, Any]:
    return {
        "file": str(imported.file),
        "notebook": str(imported.notebook),
        "state": imported.state,
        "nodes": list(imported.nodes),
        "cells": imported.cells,
        "mocks": imported.mocks,
        "tests": imported.tests,
        "diff": imported.diff,
        "notes": list(imported.notes),
    }


COMMANDS = {
    "import": Command(
        "import",
        "Turn a project's YAML file, or the folder with its odibi.yaml, into a notebook.",
        "import odibi.yaml sales.ipynb",
        import_,
        words=("PROJECT", "[NOTEBOOK]"),
        options=(
            Option("--force", takes="nothing", help="write over a notebook that says something else by now"),
            JSON,
        ),
        needs_target=False,
        details=(
            "Each node is a cell, its tests stand below it; comments, descriptions and `${…}` stay as written.\n"
            "What the notebook says is compared with the project before it is kept. No code of the project is run.\n"
            "Without NOTEBOOK it stands beside the project, under its name. Over a notebook that says something else\n"
            "nothing is written: the difference is shown, with exit status 2."
        ),
    )
}
