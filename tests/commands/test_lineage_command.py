"""`lineage` at both doors: `odibi-nb lineage TARGET …` here, `%odibi lineage …` in tests/notebook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.shell import main

BY_REGION = (
    "%%odibi_node by_region --write local:by_region.parquet\n"
    "SELECT region, sum(amount) AS total FROM clean_sales GROUP BY region"
)
CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}",
    "open('RAN', 'w').close()",
    "%%odibi_node load_sales --read local:sales.csv",
    "%%odibi_node clean_sales\ndef clean_sales(load_sales):\n    open('RAN', 'w').close()\n    return load_sales",
    BY_REGION,
)


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sales.csv").write_text("region,amount\nN,50\n")
    monkeypatch.chdir(tmp_path)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]), "sales.ipynb")
    return "sales.ipynb"


def test_a_notebooks_column_without_running_it(notebook: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", notebook, "by_region.total"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "by_region.total · sql",
        "comes from",
        "  clean_sales.amount · python",
        "    ? comes through Python node 'clean_sales' (not traced); inputs: load_sales",
        "    likely load_sales.amount · source",
        "      amount in local:sales.csv · read",
        "goes to",
        "  total in local:by_region.parquet · write",
    ]
    assert not Path("RAN").exists()


def test_json_is_the_view_in_plain_values(notebook: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", notebook, "by_region", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    names = [f"{column['owner']}.{column['column']}" for column in data["columns"]]
    assert (data["node"], data["column"], data["asked"]) == ("by_region", "", [0, 1])
    edge = data["edges"][0]
    assert (names[edge["upstream"]], names[edge["downstream"]]) == ("clean_sales.region", "by_region.region")
    assert edge["likely"] is False


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("by_regio.total", "by_region"),
        ("by_region.totl", "total"),
        ("by_region.", "by_region.COLUMN"),
        ("", "by_region"),
    ],
)
def test_a_wrong_name_is_refused_with_a_hint(
    notebook: str, asked: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lineage", notebook, asked]) == 2
    assert hint in capsys.readouterr().err


def test_a_column_may_have_a_dot(notebook: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("data/sales.csv").write_text("region,amount.net\nN,50\n")
    assert main(["lineage", notebook, "load_sales.amount.net"]) == 0
    assert "amount.net in local:sales.csv" in capsys.readouterr().out


def test_sqlglot_is_loaded_by_the_call_alone() -> None:
    call = "from odibi_nb.commands.shell import main; main(['lineage', '--help'])"
    code = f"import sys; {call}; print('sqlglot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
