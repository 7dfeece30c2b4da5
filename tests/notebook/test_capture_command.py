"""`%odibi capture` fills the next cell; `odibi-nb capture` prints it."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.shell import main
from tests.notebook.shells import BY_REGION, CLEAN, LOAD, PROJECT, Notebook

CELL = """\
%%odibi_mock by_region
# captured from real rows, 1 at most of each input
clean_sales:
- {region: N, amount: 150}"""


def test_the_next_cell_is_filled_and_runs(sales: Notebook) -> None:
    ran = sales.ok("%odibi capture by_region --rows 1")
    assert ran.text.rstrip() == CELL
    assert sales.shell.rl_next_input == CELL
    assert "[MOCK]" in sales.ok(CELL).text


def test_a_shell_computes_the_inputs_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/sales.csv").write_text("region,amount\nN,50\nN,150\n")
    written = LOAD + " --write local:copy.parquet"
    cells = [nbformat.v4.new_code_cell(cell) for cell in (PROJECT, written, CLEAN, BY_REGION)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), "n.ipynb")
    assert main(["capture", "n.ipynb", "by_region", "--rows", "1"]) == 0
    assert capsys.readouterr().out.rstrip() == CELL
    assert main(["capture", "n.ipynb", "by_region", "--rows", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"node": "by_region", "cell": CELL}
    assert [file.name for file in Path("data").iterdir()] == ["sales.csv"]
    Path("data/sales.csv").write_text("region\nN\n")
    assert main(["capture", "n.ipynb", "by_region"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "amount" in captured.err


def test_stdout_of_a_shell_is_the_cell_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sales.csv").write_text("region,amount\nN,150\n")
    project = "%%odibi_project\nconnections: {local: {type: local, base_path: .}}\nvars: {min_amount: 100}"
    setup = nbformat.v4.new_code_cell("print('starting')", metadata={"tags": ["odibi-setup"]})
    loud = CLEAN.replace("    return", "    print('cleaning')\n    return")
    cells = [setup, *map(nbformat.v4.new_code_cell, (project, LOAD, loud, BY_REGION))]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), "n.ipynb")
    assert main(["capture", "n.ipynb", "by_region", "--rows", "1"]) == 0
    captured = capsys.readouterr()
    assert captured.out == CELL + "\n"
    assert "starting" in captured.err
    assert "cleaning" in captured.err
