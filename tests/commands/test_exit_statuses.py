"""What each command's exit status says: 0 good, 1 something failed, 2 refused; for 130 see `test_shell`."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.shell import main
from odibi_nb.commands.table import COMMANDS, find_command

PROJECT = "%%odibi_project\nconnections: {here: {type: local, base_path: .}}"
SALES = "%%odibi_node sales\nSELECT * FROM (VALUES ('N', 5), ('S', 3)) AS v(region, amount)"
TOTALS = "%%odibi_node totals --write here:totals.csv\nSELECT region, sum(amount) AS total FROM sales GROUP BY region"
TEST = "%%odibi_test totals sums\ngiven: {sales: [{region: N, amount: 5}]}\nexpect: [{region: N, total: 5}]"
NOTEBOOKS = {
    "good": (SALES, TOTALS, TEST),
    "failing": (SALES, TOTALS.replace("sum(amount)", "CAST(region AS INT)"), TEST.replace("total: 5", "total: 6")),
    "unread": (SALES, TOTALS.replace("FROM sales", "FROM sale"), TEST),
    "broken": (SALES, "%%odibi_node totals --raed local:x.csv", TEST),
}

STATUSES: dict[str, dict[str, int]] = {
    "status": {"good": 0, "failing": 0, "unread": 0, "broken": 2},
    "graph": {"good": 0, "failing": 0, "unread": 0, "broken": 2},
    "ls": {"good": 0, "failing": 0, "unread": 0, "broken": 2},
    "params": {"good": 0, "failing": 0, "unread": 0, "broken": 2},
    "plan": {"good": 0, "failing": 0, "unread": 0, "broken": 2},
    "validate": {"good": 0, "failing": 0, "unread": 2, "broken": 2},
    "run": {"good": 0, "failing": 1, "unread": 2, "broken": 2},
    "test": {"good": 0, "failing": 1, "unread": 1, "broken": 2},
    "show": {"good": 0, "failing": 1, "unread": 2, "broken": 2},
    "diff": {"good": 0, "failing": 1, "unread": 2, "broken": 2},
    "profile": {"good": 0, "failing": 1, "unread": 2, "broken": 2},
    "capture": {"good": 0, "failing": 0, "unread": 2, "broken": 2},
    "lineage": {"good": 0, "failing": 0, "unread": 0, "broken": 2},
    "export": {"good": 0, "failing": 0, "unread": 2, "broken": 2},
    "story": {"good": 0, "failing": 0, "unread": 0, "broken": 2},
    "store": {"good": 0, "failing": 0, "unread": 0, "broken": 2},
}
WORDS = {**dict.fromkeys(("show", "diff", "profile", "capture", "lineage"), ("totals",)), "export": ("made", "--force")}
WITHOUT_TARGET = {
    "help": ((), 0),
    "help run": ((), 0),
    "help ruin": ((), 2),
    "init new": ((), 0),
    "init taken": (("taken/odibi.yaml",), 2),
    "demo shown": ((), 0),
    "demo taken": (("taken/odibi.yaml",), 2),
    "schema": ((), 0),
    "schema ruin": ((), 2),
    "import nowhere.yaml": ((), 2),
    "doctor --jsn": ((), 2),
    "ruin": ((), 2),
    "set": ((), 2),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, cells in NOTEBOOKS.items():
        made = [nbformat.v4.new_code_cell(cell) for cell in (PROJECT, *cells)]
        nbformat.write(nbformat.v4.new_notebook(cells=made), f"{name}.ipynb")
    Path("totals.csv").write_text("region,total\nN,5\n")  # for `diff`
    return tmp_path


@pytest.mark.parametrize("command", STATUSES)
def test_a_status_says_how_it_went(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = WORDS.get(command, ())
    assert {name: main([command, f"{name}.ipynb", *words]) for name in NOTEBOOKS} == STATUSES[command]
    for refused in (["nowhere.ipynb"], ["good.ipynb", "--nonsense"], []):
        capsys.readouterr()
        assert main([command, *refused, *words]) == 2, refused
        assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize("line", WITHOUT_TARGET)
def test_a_status_of_what_needs_no_target(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    there, status = WITHOUT_TARGET[line]
    for file in there:
        Path(file).parent.mkdir()
        Path(file).write_text("project: mine\n")
    assert main(line.split()) == status


def test_every_command_of_the_shell_has_its_row() -> None:
    shells = [row.name for row in COMMANDS.values() if "shell" in row.doors]
    with_target = {name for name in shells if find_command(name, "shell").needs_target}
    assert STATUSES.keys() == with_target
    assert {line.split()[0] for line in WITHOUT_TARGET} >= set(shells) - with_target


def test_a_page_says_the_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--help"])
    assert "exit status: 0 completed; 1 failed; 2 refused before any node started; 130 cancelled" in (
        capsys.readouterr().out
    )
