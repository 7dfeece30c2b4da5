"""The demo notebooks, as nbval and as `odibi-nb run` see them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import pytest

from odibi_nb.commands.shell import main

DEMOS = Path(__file__).parents[1] / "demo_notebooks"
NOTEBOOKS = sorted(path.name for path in DEMOS.glob("*.ipynb"))
TARGETS = {
    "00_journey.ipynb": "data/by_region.parquet",
    "01_sales_pipeline.ipynb": "output/by_region.parquet",
    "02_star_schema.ipynb": "output/revenue_by_nation.parquet",
    "03_interactive.ipynb": "output/by_category.parquet",
    "04_live_graph.ipynb": "output/region_totals.parquet",
    "05_large_data.ipynb": "output/by_month.parquet",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demos, with the TPC-H tables made."""
    copy = tmp_path_factory.mktemp("demos") / "demo_notebooks"
    shutil.copytree(
        DEMOS, copy, ignore=shutil.ignore_patterns("tpch", "large", "output", "sales", "*.parquet", ".odibi", ".ipynb*")
    )
    tpchgen = Path(sysconfig.get_path("scripts"), "tpchgen-cli")
    subprocess.run([tpchgen, "parquet", "-s", "0.01", "--output-dir", copy / "tpch"], check=True, capture_output=True)
    return copy


@pytest.fixture(scope="module", params=NOTEBOOKS)
def validated(folder: Path, request: pytest.FixtureRequest) -> tuple[str, subprocess.CompletedProcess[str]]:
    """A demo and what nbval says of it; what the demo writes is there."""
    return request.param, nbval(folder, request.param)


def nbval(folder: Path, notebook: str) -> subprocess.CompletedProcess[str]:
    options = ("--nbval", "--nbval-current-env", f"--nbval-sanitize-with={folder / 'sanitize.cfg'}")
    plain = ("-p", "no:cacheprovider", "-p", "no:xdist", "-q", "--rootdir", str(folder))
    command = [sys.executable, "-m", "pytest", *options, *plain, notebook]
    shutil.rmtree(folder / ".odibi", ignore_errors=True)  # outputs are those of a first run
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def run(folder: Path, target: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "run", target, "--json"]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    outcome: dict[str, Any] = json.loads(finished.stdout)
    return outcome


def table(path: Path) -> tuple[list[tuple[str, str]], Counter[tuple[object, ...]]]:
    """Return a file's columns with their types, in order, and its rows as a multiset."""
    relation = duckdb.read_parquet(str(path))
    columns = [(name, str(type_)) for name, type_ in zip(relation.columns, relation.types, strict=True)]
    return columns, Counter(relation.fetchall())


def test_a_demo_gives_its_committed_outputs(validated: tuple[str, subprocess.CompletedProcess[str]]) -> None:
    _, finished = validated
    assert finished.returncode == 0, finished.stdout


def test_a_demo_writes_the_same_from_jupyter_and_from_a_shell(
    folder: Path, validated: tuple[str, subprocess.CompletedProcess[str]]
) -> None:
    notebook, _ = validated
    target = folder / TARGETS[notebook]
    from_jupyter = table(target)
    target.unlink()
    outcome = run(folder, notebook)
    columns, rows = table(target)
    assert (columns, rows) == from_jupyter
    result = outcome["nodes"][target.stem]
    assert [(column["name"], column["type"]) for column in result["schema"]] == columns
    assert result["rows"] == rows.total()
    if notebook.startswith("00_"):  # the project that the notebook has exported, in a folder of its own results
        target.unlink()
        assert run(folder, "sales/")["written"] == [target.stem]
        assert table(target) == from_jupyter


def test_a_demo_that_is_exported_comes_back_and_passes(
    folder: Path, validated: tuple[str, subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook, _ = validated
    monkeypatch.chdir(folder)
    again = f"again_{notebook}"
    assert main(["export", notebook, f"{Path(notebook).stem}_project"]) == 0
    assert main(["import", f"{Path(notebook).stem}_project", again]) == 0
    finished = nbval(folder, again)  # without outputs to compare, each cell has to run
    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SELECT region, category, count(*) AS sales", "SELECT region, category, CAST(count(*) AS DOUBLE) AS sales"),
        ('--expect \\"amount > 0\\"', '--expect \\"amount > 10\\"'),
    ],
    ids=["another type", "a broken expectation"],
)
def test_a_broken_copy_of_a_demo_turns_red(folder: Path, old: str, new: str) -> None:
    text = (folder / "01_sales_pipeline.ipynb").read_text("utf-8")
    assert old in text
    broken = folder / "broken.ipynb"
    broken.write_text(text.replace(old, new), "utf-8")
    try:
        assert nbval(folder, broken.name).returncode == 1
    finally:
        broken.unlink()


def test_query_5_is_what_duckdb_makes_of_it_directly(folder: Path) -> None:
    """The notebook compares too; here the answer comes from the notebook's own query, outside of any kernel."""
    notebook = nbformat.read(folder / "02_star_schema.ipynb", as_version=4)
    cell = next(cell.source for cell in notebook.cells if "QUERY_5 = " in cell.source)
    query = cell.split('"""')[1].replace("'tpch/", f"'{folder / 'tpch'}/")
    run(folder, "02_star_schema.ipynb")
    written = duckdb.read_parquet(str(folder / "output/revenue_by_nation.parquet")).fetchall()
    assert written == duckdb.sql(query).fetchall()


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_demo_is_committed_clean_and_with_its_outputs(notebook: str) -> None:
    text = (DEMOS / notebook).read_text("utf-8")
    content = nbformat.reads(text, as_version=4)
    nbformat.validate(content)
    assert (content.nbformat, content.nbformat_minor) == (4, 5)
    assert sorted(content.metadata) == ["kernelspec", "language_info"]
    assert all(not cell.metadata for cell in content.cells)
    assert str(DEMOS.parent) not in text
    shown = [output for cell in content.cells for output in cell.get("outputs", ())]
    assert all(output.output_type != "error" for output in shown)
    assert all("text/plain" in output.data for output in shown if "data" in output)
