"""`init`: a new project."""

from __future__ import annotations

import json
import shlex
from importlib import resources
from pathlib import Path

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.project_templates import make_project, template

__all__ = ["COMMANDS"]


def init(call: Call) -> Shown:
    """Make a project that `validate` and `run` accept as it stands."""
    folder = Path(call.words[0] if call.words else ".")
    files = template("init")
    files["odibi.schema.json"] = resources.files("odibi_nb.config").joinpath("schema.json").read_bytes()
    # A repository often has this one before it has a project.
    if (folder / ".gitignore").exists():
        del files[".gitignore"]
    name = json.dumps(folder.absolute().name or "my_project", ensure_ascii=False)
    files["odibi.yaml"] = files["odibi.yaml"].replace(b'"my_project"', name.encode())
    make_project(folder, files)
    shown = shlex.quote(str(folder))
    lines = [
        f"made a project in {folder}:",
        *(f"  {path}" for path in files),
        "",
        "next:",
        f"  odibi-nb run {shown}",
        f"  jupyter lab {shlex.quote(str(folder / 'pipeline.ipynb'))}",
    ]
    return Shown("\n".join(lines))


COMMANDS = {
    "init": Command(
        "init",
        "Make a new project in DIR (default: here): odibi.yaml, a notebook, data, SQL and functions.",
        "init orders",
        init,
        words=("[DIR]",),
        needs_target=False,
        details="No file is overwritten: where one of them is there already, nothing is written.\n"
        "odibi.schema.json lets editors complete and check odibi.yaml; `odibi-nb schema --out` renews it.",
    )
}
