"""The command table: every command's name, its home and its doors; a command is imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from odibi_nb.commands.base import Command, Door
from odibi_nb.exceptions import UsageError, did_you_mean

__all__ = ["COMMANDS", "Row", "commands_at", "find_command", "overview"]


class Row(NamedTuple):
    """A line of the table; summary: for the overview."""

    name: str
    module: str
    doors: tuple[Door, ...]
    summary: str


_BOTH: tuple[Door, ...] = ("cell", "shell")

COMMANDS = {
    row.name: row
    for row in (
        Row("status", "looking", _BOTH, "every node with its status, rows and time"),
        Row("graph", "graph", _BOTH, "the graph as a picture or as text"),
        Row("plan", "plan", _BOTH, "what a run would do to each node, and why"),
        Row("run", "run", _BOTH, "compute what is not fresh, and write the selected nodes"),
        Row("test", "test", _BOTH, "run the unit tests of nodes"),
        Row("show", "show", _BOTH, "a node's card, in a cell with all of its rows; or the traceback of its error"),
        Row("diff", "diff", _BOTH, "what differs from the previous result, the written file or any other"),
        Row("profile", "profile", _BOTH, "a node's columns: NULLs, distinct values, range, spread"),
        Row("capture", "capture", _BOTH, "real input rows of a node as a mock cell"),
        Row("lineage", "lineage", _BOTH, "which columns a column comes from and goes into"),
        Row("validate", "validate", _BOTH, "check everything that can be checked without running"),
        Row("export", "export", _BOTH, "the nodes as a project folder that runs without the notebook"),
        Row("ls", "looking", _BOTH, "the names that selectors mean"),
        Row("params", "settings", _BOTH, "the parameters and their values; k=v sets one, --ui makes inputs"),
        Row("set", "settings", ("cell",), "options of this workspace: auto, preview, upstream, sample, env"),
        Row("pipeline", "settings", ("cell",), "the pipeline of the cells that follow"),
        Row("store", "store", _BOTH, "the results that outlive a session; prune makes room"),
        Row("story", "story", _BOTH, "the runs there have been: list, show one, diff two"),
        Row("drop", "nodes", ("cell",), "forget a node, or one expectation of it"),
        Row("use", "use", ("cell",), "the nodes of a file, with the results that are stored of them"),
        Row("import", "import_", _BOTH, "a notebook of a project's files"),
        Row("rename", "nodes", ("cell",), "give a node another name"),
        Row("reset", "nodes", ("cell",), "forget everything: nodes, results, parameters, the project"),
        Row("help", "help", _BOTH, "this list, or a command's page"),
        Row("init", "init", ("shell",), "make a new project"),
        Row("demo", "demo", ("shell",), "make a small project with data, run it, show the results"),
        Row("schema", "schema", ("shell",), "the JSON Schema of YAML files for editors, or of what --json prints"),
        Row("doctor", "doctor", ("shell",), "find what is missing or in the way on this machine"),
    )
}


_ELSEWHERE = {
    "build": "run",
    "check": "validate",
    "clean": "store",
    "compile": "validate",
    "debug": "doctor",
    "docs": "story",
    "explain": "plan",
    "lint": "validate",
    "parse": "validate",
    "viz": "graph",
    "why": "plan",
}
"""What dbt, SQLMesh, Kedro and people call a command."""


def commands_at(door: Door) -> list[Row]:
    """Return the commands that there are at a door."""
    return [row for row in COMMANDS.values() if door in row.doors]


def find_command(name: str, door: Door) -> Command:
    """Return a command by its name; raises UsageError with the nearest one."""
    row = COMMANDS.get(name)
    here = [other.name for other in commands_at(door)]
    prefix = "%odibi" if door == "cell" else "odibi-nb"
    if row is None:
        near = did_you_mean(_ELSEWHERE.get(name, name), here)
        raise UsageError(f"there is no command '{prefix} {name}'", hint=near or ", ".join(here))
    if door not in row.doors:
        other = "a shell: odibi-nb" if door == "cell" else "a notebook: %odibi"
        raise UsageError(f"'{name}' makes no sense here", hint=f"it is a command for {other} {name}")
    commands: dict[str, Command] = import_module(f"odibi_nb.commands.{row.module}").COMMANDS
    return commands[name]


def overview(door: Door) -> str:
    """Return the list of commands at this door."""
    rows = commands_at(door)
    prefix = "%odibi" if door == "cell" else "odibi-nb"
    target = "" if door == "cell" else " [TARGET]"
    width = max(len(row.name) for row in rows)
    lines = [f"usage: {prefix} COMMAND{target} [options]", "", *(f"  {r.name:<{width}}  {r.summary}" for r in rows)]
    more = f"{prefix} help COMMAND" if door == "cell" else f"{prefix} COMMAND --help"
    return "\n".join([*lines, "", f"`{more}` shows a command's options with an example."])
