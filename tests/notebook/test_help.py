"""Help: everything that can be called shows itself with an example."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from odibi_nb.commands.table import COMMANDS, overview
from odibi_nb.workspaces import Result, Workspace
from odibi_nb.workspaces.declaring import Declaring
from tests.notebook.shells import Notebook

IN_CELLS = [row.name for row in COMMANDS.values() if "cell" in row.doors]

EXAMPLE = re.compile(r"`[^`]*\bws[.\[]")

# What magics and commands are made of; the calls of a user are the others.
MACHINERY = {
    "listeners",
    "before_runs",
    "attempt",
    "blamed",
    "declare",
    "declare_cell",
    "declare_function",
    "drop_cells",
    "drop_undeclared",
    "preview_rows",
    "run_cell",
    "title",
    "waits_for",
    "work_above",
}


@pytest.fixture
def asked(nb: Notebook, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Gives what IPython's pager shows for `name?`."""
    shown: list[str] = []
    nb.shell.set_hook("show_in_pager", lambda self, data, start=0, screen_lines=0: shown.append(data["text/plain"]))

    def ask(cell: str) -> str:
        nb.run(cell)
        return "".join(shown) + capsys.readouterr().out

    return ask


@pytest.mark.parametrize(
    ("cell", "example"),
    [
        ("%odibi?", "%odibi run +by_region"),
        ("%%odibi_project?", "local: {type: local, base_path: ./data}"),
        ("%%odibi_node?", "%%odibi_node by_region --write local:by_region.parquet"),
        ("%odibi_node?", "%odibi_node load_sales --read local:sales.csv"),
    ],
)
def test_a_question_mark_shows_an_example(asked: Callable[[str], str], cell: str, example: str) -> None:
    assert example in asked(cell)


def test_the_help_of_odibi_lists_the_commands(asked: Callable[[str], str]) -> None:
    text = asked("%odibi?")
    assert all(line in text for line in overview("cell").splitlines())


def test_every_magic_has_a_docstring_with_an_example(nb: Notebook) -> None:
    for kind, names in nb.shell.odibi_nb_loaded._magics.magics.items():
        for name, function in names.items():
            if not isinstance(function, partial):
                assert f"{'%%' if kind == 'cell' else '%'}{name}" in (inspect.getdoc(function) or ""), name


@pytest.mark.parametrize("asks", ["-h", "--help"])
def test_every_magic_answers_with_its_docstring(nb: Notebook, asks: str) -> None:
    for kind, names in nb.shell.odibi_nb_loaded._magics.magics.items():
        for name, function in names.items():
            if not isinstance(function, partial):
                page = nb.ok(f"{'%%' if kind == 'cell' else '%'}{name} {asks}").text
                assert (overview("cell") if name == "odibi" else inspect.getdoc(function) or "-") in page


def test_a_query_in_one_line_may_hold_what_asks_for_help_elsewhere(nb: Notebook) -> None:
    nb.ok("%%odibi_node one\nSELECT 5 AS x, 2 AS h")
    assert "options:" not in nb.ok("%odibi_sql SELECT x -h AS y FROM one").text


@pytest.mark.parametrize("name", IN_CELLS)
def test_every_command_has_its_page_in_a_cell(nb: Notebook, name: str) -> None:
    page = nb.ok(f"%odibi help {name}").text
    assert page == nb.ok(f"%odibi {name} --help").text
    assert f"example: %odibi {name}" in page


@pytest.mark.parametrize("kind", [Workspace, Declaring, Result])
def test_every_public_call_has_a_docstring_with_an_example(kind: type[Any]) -> None:
    public = {name for name in vars(kind) if not name.startswith("_")} - MACHINERY
    assert [name for name in sorted(public) if not EXAMPLE.search(inspect.getdoc(getattr(kind, name)) or "")] == []
    assert EXAMPLE.search(inspect.getdoc(kind) or "")
