"""A good notebook is green, a failing node or a failing test red, with each program that CI runs notebooks by."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from papermill.exceptions import PapermillExecutionError

from odibi_nb.commands.shell import main

TOTALS = (
    "%%odibi_node totals --write local:totals.csv\n"
    "SELECT region, sum(amount) AS total FROM sales WHERE amount >= $least GROUP BY region ORDER BY region"
)
SUMS = (
    "%%odibi_test totals sums\ngiven: {sales: [{region: N, amount: 5}, {region: N, amount: 7}]}\n"
    "params: {least: 4}\nexpect: [{region: N, total: 12}]"
)
CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: .}}\nvars: {least: 4}",
    "least = 4",
    "%%odibi_node sales\nSELECT * FROM (VALUES ('N', 5), ('N', 7), ('S', 3)) AS v(region, amount)",
    TOTALS,
    SUMS,
    "%odibi graph",
    "%odibi run",
)
BROKEN = {"node": ("sum(amount)", "sum(amuont)"), "unit": ("total: 12", "total: 13")}
REDS = pytest.mark.parametrize("name", BROKEN)
SAID = {"node": "did you mean 'amount'?", "unit": "1 row differs"}
PLAIN = [word for name in ("cacheprovider", "hypothesispytest", "xdist") for word in ("-p", f"no:{name}")]
DOORS = {
    "pytest": ["-p", "no:nbval", "-p", "no:nbmake"],
    "nbval": ["--nbval-lax", "--nbval-current-env", "-p", "no:odibi_nb", "-p", "no:nbmake"],
    "nbmake": ["--nbmake", "-p", "no:odibi_nb", "-p", "no:nbval"],
}

Ran = Mapping[tuple[str, str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `good.ipynb`, `node.ipynb` and `unit.ipynb`, of which the latter two fail."""
    made = tmp_path_factory.mktemp("colours")
    (made / "pytest.ini").write_text("[pytest]\n")
    for name, (old, new) in {"good": ("", ""), **BROKEN}.items():
        cells = [nbformat.v4.new_code_cell(cell.replace(old, new)) for cell in CELLS]
        cells[2].metadata["tags"] = ["parameters"]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), made / f"{name}.ipynb")
    return made


@pytest.fixture(scope="module")
def ran(folder: Path) -> Ran:
    """What each plug-in of pytest says of the good notebook, and of the others; they wait for kernels mostly."""

    def run(door: str, colour: str) -> subprocess.CompletedProcess[str]:
        names = ["good"] if colour == "green" else list(BROKEN)
        words = [*DOORS[door], "--junitxml", f"{door}-{colour}.xml", *(f"{name}.ipynb" for name in names)]
        command = [sys.executable, "-m", "pytest", *PLAIN, *words]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    keys = [(door, colour) for door in DOORS for colour in ("green", "red")]
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(keys, pool.map(lambda key: run(*key), keys), strict=True))


def execute(folder: Path, name: str) -> None:
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()


def pictures_and_text(notebook: nbformat.NotebookNode) -> tuple[str, str]:
    """Return the HTML and the texts of a saved notebook's outputs."""
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", ()) if "data" in output]
    return "".join(data.get("text/html", "") for data in shown), "\n".join(data["text/plain"] for data in shown)


def test_nbclient_runs_a_good_notebook(folder: Path) -> None:
    execute(folder, "good")


@REDS
def test_nbclient_stops(folder: Path, name: str) -> None:
    with pytest.raises(CellExecutionError, match=re.escape(SAID[name])):
        execute(folder, name)


def test_papermills_notebook_has_its_parameters_and_pictures_that_need_nothing(folder: Path) -> None:
    output = folder / "papermill.ipynb"
    papermill.execute_notebook(folder / "good.ipynb", output, {"least": 6}, cwd=folder, progress_bar=False)
    assert (folder / "totals.csv").read_text() == "region,total\nN,7\n"
    saved = nbformat.read(output, as_version=4)
    html, text = pictures_and_text(saved)
    (graph,) = re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", html)
    assert "totals" in base64.b64decode(graph).decode()
    assert "✓ completed" in text
    assert "<script" not in html
    assert "widget-view" not in output.read_text()


@REDS
def test_papermill_fails_and_saves_what_went_wrong(folder: Path, name: str) -> None:
    output = folder / f"papermill-{name}.ipynb"
    with pytest.raises(PapermillExecutionError, match=re.escape(SAID[name])):
        papermill.execute_notebook(folder / f"{name}.ipynb", output, cwd=folder, progress_bar=False)
    assert SAID[name] in output.read_text()


@pytest.mark.parametrize("door", DOORS)
def test_pytest_is_green(ran: Ran, door: str) -> None:
    finished = ran[door, "green"]
    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize("door", DOORS)
def test_pytest_is_red_and_its_report_says_why(folder: Path, ran: Ran, door: str) -> None:
    finished = ran[door, "red"]
    assert finished.returncode == 1, finished.stdout
    report = ET.parse(folder / f"{door}-red.xml").getroot()
    wrong = [(case.get("classname", ""), found.text or "") for case in report.iter("testcase") for found in case]
    for name, said in SAID.items():
        assert any(name in classname and said in text for classname, text in wrong), wrong


def test_the_shell_is_green(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    assert [main([command, "good.ipynb"]) for command in ("run", "test")] == [0, 0]


@REDS
def test_the_shell_is_red(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(folder)
    assert main(["run" if name == "node" else "test", f"{name}.ipynb"]) == 1
    shown = capsys.readouterr()
    assert SAID[name] in shown.out
