"""`run --mock` in a shell: mock cells are read, real rows and targets left alone."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.shell import main

PROJECT = "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}"
LOAD = "%%odibi_node load_sales --read local:sales.csv"
BY_REGION = (
    "%%odibi_node by_region --write local:by_region.parquet\n"
    "SELECT region, sum(amount) AS total FROM load_sales GROUP BY region"
)
MOCK = "%%odibi_mock by_region\nload_sales: [{region: NO, amount: 5}, {region: NO, amount: 7}]"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*cells: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, "n.ipynb")


def test_a_notebook_runs_on_its_mocks_without_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(PROJECT, LOAD, MOCK, BY_REGION)
    assert main(["run", "n.ipynb", "by_region", "--mock", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["mock"], told["nodes"]["by_region"]["rows"], told["written"]) == ("given", 1, [])
    assert not (folder / "data").exists()


def test_a_source_without_a_mock_is_refused_before_anything_runs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(PROJECT, LOAD, MOCK, BY_REGION)
    assert main(["run", "n.ipynb", "--mock"]) == 2
    assert "the source of node 'load_sales' has no mock" in capsys.readouterr().err


def test_a_run_without_mock_takes_no_notice_of_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "sales.csv").write_text("region,amount\nN,50\n")
    write(PROJECT, LOAD, BY_REGION, MOCK, "%%odibi_mock by_region --inptu x\na")
    assert main(["run", "n.ipynb", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["written"] == ["by_region"]
    assert "mock" not in told
    assert main(["run", "n.ipynb", "--mock"]) == 2
    assert "unknown option --inptu" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%odibi_mock by_region\nsales: [{a: 1}]", "'sales' is no input of node 'by_region'"),
        ("%%odibi_mock by_region\nload_sales: [{a: 1}, {a: x}]", "mixes text and whole number"),
        ("%%odibi_mock by_region\nload_sales: 5", "the rows of 'load_sales' are no rows"),
    ],
)
def test_validate_tells_what_is_wrong_with_mocks(
    folder: Path, capsys: pytest.CaptureFixture[str], cell: str, message: str
) -> None:
    write(PROJECT, LOAD, BY_REGION, cell)
    assert main(["validate", "n.ipynb", "--json"]) == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert (message in error["message"], error["cell"], error["line"]) == (True, "4", 2)


def test_a_project_runs_on_made_up_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sales.csv").write_text("region,amount\nN,50\n")
    (folder / "odibi.yaml").write_text(
        "connections: {local: {type: local, base_path: .}}\n"
        "pipelines:\n- pipeline: p\n  nodes:\n  - name: load_sales\n    read: {connection: local, path: sales.csv}\n"
        "    write: {connection: local, path: out.parquet}\n"
    )
    assert main(["run", ".", "--mock=auto"]) == 0
    assert "load_sales  source  ✓ completed     5" in capsys.readouterr().out
    assert not (folder / "out.parquet").exists()
