"""`demo`: a small project with data, made and run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from odibi_nb.commands.base import JSON, Call, Command, Shown
from odibi_nb.commands.project_templates import Made, refresh_project, template
from odibi_nb.commands.run import run

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["COMMANDS"]

_DEFAULT = "odibi_nb_demo"
_ROWS_SHOWN = 10


def demo(call: Call) -> Shown:
    """Make the demo project, run it, and show what came out."""
    from odibi_nb.workspaces.headless import load_target

    folder = Path(call.words[0] if call.words else _DEFAULT)
    made = refresh_project(folder, template("demo"))
    workspace = load_target(folder).workspace
    try:
        ran = run(Call("shell", values={"json": True}, workspace=workspace))
        results = list(_results(workspace, ran.data["written"]))
    finally:
        workspace.close()
    blocks = [_files(folder, made), ran.text, *results, "" if ran.exit_status else _next(folder)]
    data = {"folder": str(folder), "made": made.written, "kept": made.edited, **ran.data}
    return Shown("\n\n".join(filter(None, blocks)), data=data, exit_status=ran.exit_status)


def _files(folder: Path, made: Made) -> str:
    lines = [f"{folder}: a small project about a coffee shop"]
    lines += [f"  {path}" for path in (*made.written, *made.unchanged)]
    lines += [f"  {path}  (kept: you have edited it)" for path in made.edited]
    return "\n".join(lines)


def _results(workspace: Workspace, names: Iterable[str]) -> Iterator[str]:
    """Show the rows of the nodes that were written."""
    from odibi_nb.pictures import table_text
    from odibi_nb.views.build import node_view

    for name in names:
        view = node_view(workspace, name, preview=_ROWS_SHOWN)
        if view.preview is not None:
            yield f"{name}, {view.written}\n{table_text(view.preview)}"


def _next(folder: Path) -> str:
    notebook, target = (shlex.quote(str(path)) for path in (folder / "sales.ipynb", folder))
    missing = "" if find_spec("jupyterlab") else "     (first: pip install jupyterlab)"
    return "\n".join(
        [
            f"The files written are in {folder / 'data'}.",
            "",
            "next:",
            f"  jupyter lab {notebook}{missing}",
            f"  odibi-nb run {target}",
            f"  odibi-nb graph {notebook}",
        ]
    )


COMMANDS = {
    "demo": Command(
        "demo",
        f"Make a small project in DIR (default: {_DEFAULT}), run it, and show the results.",
        "demo my_first_pipeline",
        demo,
        words=("[DIR]",),
        options=(JSON,),
        needs_target=False,
        executes=True,
        details="It can be called again: what you have edited is kept, the rest is brought up to date.",
    )
}
