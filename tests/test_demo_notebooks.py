"""The demo notebooks, as nbval and as `odibi-nb run` see them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

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
BROKEN = {
    "another type": (
        "SELECT region, category, count(*) AS sales",
        "SELECT region, category, CAST(count(*) AS DOUBLE) AS sales",
    ),
    "a broken expectation": ('--expect \\"amount > 0\\"', '--expect \\"amount > 10\\"'),
}
"""What is changed in a copy of the second demo."""

Problems = Mapping[tuple[str, str], list[str]]
"""What nbval finds wrong, by folder and notebook."""


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demos, with the TPC-H tables made."""
    copy = tmp_path_factory.mktemp("demos") / "demos"
    shutil.copytree(
        DEMOS, copy, ignore=shutil.ignore_patterns("tpch", "large", "output", "sales", "*.parquet", ".odibi", ".ipynb*")
    )
    tpchgen = Path(sysconfig.get_path("scripts"), "tpchgen-cli")
    subprocess.run([tpchgen, "parquet", "-s", "0.01", "--output-dir", copy / "tpch"], check=True, capture_output=True)
    return copy


@pytest.fixture(scope="module")
def validated(demos: Path) -> Problems:
    """What nbval says of each demo in a folder of its own, where it runs for the first time, and of broken copies."""
    folders = {name: demos.parent / Path(name).stem for name in NOTEBOOKS}
    for folder in folders.values():
        shutil.copytree(demos, folder)
    notebooks = [folder / name for name, folder in folders.items()]
    for kind, (old, new) in BROKEN.items():
        notebooks.append(demos.parent / kind / "01_sales_pipeline.ipynb")
        shutil.copytree(demos, notebooks[-1].parent)
        text = notebooks[-1].read_text("utf-8")
        assert old in text
        notebooks[-1].write_text(text.replace(old, new), "utf-8")
    return nbval(demos, notebooks)


@pytest.fixture(scope="module")
def imported(demos: Path, validated: Problems) -> Problems:
    """What nbval says of each demo that was exported and has come back; without outputs, each cell has to run.

    What the demo's own cells have made is there: an export leaves them out.
    """
    notebooks = [demos.parent / f"again_{Path(name).stem}" / name for name in NOTEBOOKS]
    with pytest.MonkeyPatch.context() as patch:
        for notebook in notebooks:
            ran = demos.parent / notebook.stem
            shutil.copytree(ran, notebook.parent, ignore=shutil.ignore_patterns(".odibi"))
            patch.chdir(notebook.parent)
            assert main(["export", notebook.name, "project"]) == 0
            notebook.unlink()
            assert main(["import", "project", notebook.name]) == 0
    return nbval(demos, notebooks)


def nbval(demos: Path, notebooks: Sequence[Path]) -> Problems:
    """Run notebooks with one pytest, which takes longer to start than most of them to run."""
    root, report = demos.parent, demos.parent / "report.xml"
    options = ("--nbval", "--nbval-current-env", f"--nbval-sanitize-with={demos / 'sanitize.cfg'}")
    plugins = [word for name in ("cacheprovider", "xdist", "nbmake", "odibi_nb") for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", *options, *plugins, "-q", f"--rootdir={root}", f"--junitxml={report}"]
    finished = subprocess.run([*command, *notebooks], cwd=root, capture_output=True, text=True, check=False)
    problems: dict[tuple[str, str], list[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        folder, _, notebook = (case.get("classname") or "").partition(".")
        problems.setdefault((folder, notebook), []).extend(found.text or "" for found in case)
    assert problems.keys() == {(notebook.parent.name, notebook.name) for notebook in notebooks}, finished.stdout
    return problems


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


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_demo_gives_its_committed_outputs(validated: Problems, notebook: str) -> None:
    assert validated[Path(notebook).stem, notebook] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_demo_writes_the_same_from_jupyter_and_from_a_shell(demos: Path, validated: Problems, notebook: str) -> None:
    folder = demos.parent / Path(notebook).stem
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


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_demo_that_is_exported_comes_back_and_passes(imported: Problems, notebook: str) -> None:
    assert imported[f"again_{Path(notebook).stem}", notebook] == []


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_copy_of_a_demo_turns_red(validated: Problems, kind: str) -> None:
    assert validated[kind, "01_sales_pipeline.ipynb"]


def test_query_5_is_what_duckdb_makes_of_it_directly(demos: Path) -> None:
    """The notebook compares too; here the answer comes from the notebook's own query, outside of any kernel."""
    notebook = nbformat.read(demos / "02_star_schema.ipynb", as_version=4)
    cell = next(cell.source for cell in notebook.cells if "QUERY_5 = " in cell.source)
    query = cell.split('"""')[1].replace("'tpch/", f"'{demos / 'tpch'}/")
    run(demos, "02_star_schema.ipynb")
    written = duckdb.read_parquet(str(demos / "output/revenue_by_nation.parquet")).fetchall()
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
