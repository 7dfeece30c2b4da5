"""`export`: the nodes as a project folder that runs without the notebook."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.exceptions import UsageError, plural

if TYPE_CHECKING:
    from odibi_nb.exporting import Exported

__all__ = ["COMMANDS"]


def export(call: Call) -> Shown:
    """Write the project, unless it would change files that are there; those are shown."""
    from odibi_nb.exporting import export as export_to

    ws, force = call.ws, bool(call.values.get("force"))
    if ws.environments.name is not None and "pipelines" in (ws.environments.written or {}):
        raise UsageError("a project is exported with all of its environments", hint="leave --env out")
    path = Path(call.words[0]).expanduser()
    done = export_to(ws, ws.root / path if call.door == "cell" else path, force=force)
    data = _data(done)
    if done.diff:
        changed = [one.path for one in done.files if one.status == "changed"]
        message = f"{', '.join(changed)} would change: nothing was written"
        hint = "--force writes the export over them"
        text = f"{done.diff}\n\nerror: {message}\n  hint: {hint}" if call.door == "shell" else done.diff
        return Shown(text, data=data, error=UsageError(message, hint=hint), exit_status=2)
    return Shown("\n".join(_lines(done, path, len(ws.nodes))), data=data)


def _lines(done: Exported, path: Path, nodes: int) -> list[str]:
    width = max(len(one.path) for one in done.files)
    lines = [
        f"exported {plural(nodes, 'node')} to {path}",
        *(f"  {one.path:<{width}}  {one.status}" for one in done.files),
    ]
    lines += [f"  {one:<{width}}  removed" for one in done.removed]
    lines += [f"note: {one} is of an earlier export and none of this one: --force removes it" for one in done.stale]
    lines += [f"note: {note}" for note in done.notes]
    return [*lines, f"run it: odibi-nb run {shlex.quote(str(path))}"]


def _data(done: Exported) -> dict[str, object]:
    return {
        "folder": str(done.folder),
        "written": not done.diff,
        "files": {one.path: one.status for one in done.files},
        "stale": list(done.stale),
        "removed": list(done.removed),
        "notes": list(done.notes),
        "diff": done.diff,
    }


COMMANDS = {
    "export": Command(
        "export",
        "Write the nodes as a project folder that runs without the notebook: YAML, SQL files, a module, tests.",
        "export sales/",
        export,
        words=("DIR",),
        options=(Option("--force", takes="nothing", help="write over files that say something else"),),
        executes=True,
        details="The result is loaded and compared with the notebook before anything is put into its place. Data and\n"
        "secrets stay out of it: references such as ${TOKEN} stay as they are written.",
    )
}
