"""`pytest notebook.ipynb`, each time in a process of its own, as users run it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree as ET

import nbformat
import pytest

SUMS = "%%odibi_node by_region\nSELECT region, sum(amount) AS total FROM sales GROUP BY region"
CLEAN = "%%odibi_node clean\ndef clean(sales):\n    print('cleaning')\n    return sales[sales['amount'] > 0]"
GIVEN = "given: {sales: [{region: N, amount: 5}, {region: N, amount: 7}]}\n"
GOOD = f"%%odibi_test by_region sums\n{GIVEN}expect: [{{region: N, total: 12}}]"
BAD = f"%%odibi_test by_region wrong\n{GIVEN}expect: [{{region: N, total: 13}}]"
RAISES = "%%odibi_test clean amounts\ngiven: {sales: [{region: N}]}\nexpect: []"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is a pytest root of its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def notebook(folder: Path, *cells: str, name: str = "nb.ipynb") -> Path:
    sales = "%%odibi_node sales\nSELECT 'N' AS region, 1 AS amount"
    made = [nbformat.v4.new_code_cell(cell) for cell in ("%load_ext odibi_nb", sales, SUMS, CLEAN, *cells)]
    nbformat.write(nbformat.v4.new_notebook(cells=made), folder / name)
    return folder / name


def run(folder: Path, *words: str) -> tuple[int, str]:
    """Run pytest; returns its status and what it says. Plug-ins that are slow to load and not asked stay out."""
    slow = ["no:hypothesispytest", "no:nbmake", *(["no:nbval"] if "--nbval-lax" not in words else [])]
    plain = [word for name in ("no:cacheprovider", *slow) for word in ("-p", name)]
    command = [sys.executable, "-m", "pytest", *plain, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_pytest_finds_the_plug_in() -> None:
    assert [point.value for point in entry_points(group="pytest11", name="odibi_nb")] == ["odibi_nb.pytest_plugin"]


def test_each_test_cell_is_an_item_and_a_failure_is_our_block_alone(folder: Path) -> None:
    notebook(folder, GOOD, BAD, RAISES)
    status, out = run(folder, "nb.ipynb", "-v")
    assert status == 1
    assert re.findall(r"^(nb\.ipynb\S+) (\w+)", out, re.MULTILINE) == [
        ("nb.ipynb::by_region::sums", "PASSED"),
        ("nb.ipynb::by_region::wrong", "FAILED"),
        ("nb.ipynb::clean::amounts", "FAILED"),
    ]
    assert "1 row differs · cell 6, line 3\nrow           column  expected  got\n" in out
    assert "1 · region N  total   13        12\n" in out
    assert "KeyError: amount\n  in node 'clean', cell 4, " in out
    assert out.count("\ncleaning\n") == 1


def test_a_test_that_passes_only_with_the_types_known_here_is_warned_of(folder: Path) -> None:
    (folder / "n.csv").write_text("m\n5\n")
    small = "%%odibi_node small\nSELECT m::SMALLINT AS n FROM 'n.csv'"
    kind = "%%odibi_node kind\nSELECT typeof(n) AS k FROM small"
    test = "%%odibi_test kind known\ngiven: {small: [{n: 5}]}\nexpect: [{k: SMALLINT}]"
    notebook(folder, small, kind, test)
    status, out = run(folder, "nb.ipynb")
    assert status == 0
    assert "PytestWarning: kind::known: it passes with the types known here" in out
    assert "types: {small: {n: SMALLINT}}" in out


def test_of_two_tests_of_one_name_the_later_one_runs_and_it_is_warned_of(folder: Path) -> None:
    notebook(folder, BAD, BAD.replace("13", "12"))
    status, out = run(folder, "nb.ipynb")
    assert status == 0
    assert "cells 5 and 6 both declare the test 'by_region::wrong': that of cell 6 counts" in out


def test_what_a_node_prints_is_shown_when_asked_for(folder: Path) -> None:
    notebook(folder, "%%odibi_test clean all\ngiven: {sales: [{amount: 5}]}\nexpect: {count: 1}")
    status, out = run(folder, "nb.ipynb", "-rP")
    assert status == 0
    assert "output of the node" in out
    assert "cleaning" in out
    assert "Traceback" not in out
    assert "site-packages" not in out


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (["nb.ipynb::by_region"], "1 failed, 1 passed"),
        (["nb.ipynb::by_region::sums", "nb.ipynb::clean"], "1 failed, 1 passed"),
        (["nb.ipynb", "-k", "sums"], "1 passed, 2 deselected"),
    ],
)
def test_pytest_s_own_ways_to_select(folder: Path, words: list[str], outcome: str) -> None:
    notebook(folder, GOOD, BAD, RAISES)
    assert outcome in run(folder, *words)[1]


def test_workers_of_xdist_share_the_tests(folder: Path) -> None:
    notebook(folder, GOOD, BAD, RAISES)
    assert "2 failed, 1 passed" in run(folder, "nb.ipynb", "-n", "2")[1]


def test_a_notebook_is_not_collected_unasked(folder: Path) -> None:
    notebook(folder, GOOD)
    notebook(folder, BAD, name="other.ipynb")
    (folder / "test_it.py").write_text("def test_it():\n    pass\n")
    assert "1 passed" in run(folder, ".")[1]
    (folder / "pytest.ini").write_text("[pytest]\nodibi_notebooks = n*.ipynb\n")
    status, out = run(folder, "-v")
    assert (status, "2 passed" in out) == (0, True)
    assert "nb.ipynb::by_region::sums PASSED" in out


def test_a_notebook_without_tests_is_no_success(folder: Path) -> None:
    notebook(folder, "help_text = '%%odibi_test by_region sums'")
    status, out = run(folder, "nb.ipynb")
    assert (status, "no tests ran" in out) == (5, True), out


def test_a_notebook_that_is_no_pipeline_is_not_loaded(folder: Path) -> None:
    notebook(folder, "%%odibi_node broken --rea x:y")
    assert run(folder, "nb.ipynb")[0] == 5


def test_what_is_no_notebook_is_an_error_with_what_is_wrong(folder: Path) -> None:
    (folder / "nb.ipynb").write_text('{"cells": [')
    status, out = run(folder, "nb.ipynb")
    assert status == 2
    assert "FormatError: the notebook isn't JSON" in out
    assert "not found" not in out
    assert "Traceback" not in out


OTHER = """
import pytest
class Item(pytest.Item):
    def runtest(self): pass
class File(pytest.File):
    def collect(self): yield Item.from_parent(self, name="all")
def pytest_collect_file(file_path, parent):
    return File.from_parent(parent, path=file_path) if file_path.suffix == ".ipynb" else None
"""


def test_notebooks_that_another_plug_in_collects_are_its_own(folder: Path) -> None:
    (folder / "conftest.py").write_text(OTHER)
    texts = {"cut": '{"cells": [', "old": '{"nbformat": 3, "worksheets": []}', "empty": '{"nbformat": 4, "cells": []}'}
    for name, text in texts.items():
        (folder / f"{name}.ipynb").write_text(text)
    status, out = run(folder, *(f"{name}.ipynb" for name in texts), "-v")
    assert (status, "3 passed" in out) == (0, True), out
    assert all(f"{name}.ipynb::all PASSED" in out for name in texts)
    assert run(folder, *(f"{name}.ipynb::all" for name in texts))[0] == 0


def test_a_notebook_that_can_t_be_read_is_an_error_at_its_line(folder: Path) -> None:
    notebook(folder, "%%odibi_node broken --rea x:y", GOOD)
    status, out = run(folder, "nb.ipynb")
    assert status == 2
    assert "unknown option --rea" in out
    assert "Traceback" not in out


def test_nbval_runs_the_cells_beside_the_tests(folder: Path) -> None:
    notebook(folder, GOOD)
    status, out = run(folder, "--nbval-lax", "nb.ipynb", "-v")
    assert status == 0, out
    assert "nb.ipynb::by_region::sums PASSED" in out
    assert "6 passed" in out


def test_nbval_has_a_notebook_without_tests_to_itself(folder: Path) -> None:
    notebook(folder)
    status, out = run(folder, "--nbval-lax", "nb.ipynb")
    assert (status, "4 passed" in out) == (0, True), out


PROJECT = """\
pipelines:
  - pipeline: p
    nodes:
      - {name: sales, transform: {steps: ["SELECT 'N' AS region, 1 AS amount"]}}
      - {name: clean, transform: {steps: [{function: clean}]}}
      - {name: by_region, transform: {steps: ["SELECT region, sum(amount) AS total FROM sales GROUP BY region"]}}
"""
TRANSFORMS = "from odibi_nb import transform\n\n@transform\ndef clean(sales):\n    return sales.head(1)\n"
TESTS = """\
mocks: {by_region: {sales: [{region: N, amount: 5}, {region: N, amount: 7}]}}
tests:
  by_region:
    sums: {given: mock, expect: [{region: N, total: 12}]}
    wrong: {given: mock, expect: [{region: N, total: 13}]}
  clean:
    first: {given: {sales: [{amount: 5}, {amount: 7}]}, expect: {count: 1}}
"""


@pytest.fixture
def project(folder: Path) -> Path:
    """A project whose tests are in a file of their own, beside a YAML file that is none."""
    (folder / "shop").mkdir()
    (folder / "shop/odibi.yaml").write_text(f"imports: [tests.yaml]\n{PROJECT}")
    (folder / "shop/tests.yaml").write_text(TESTS)
    (folder / "shop/transforms.py").write_text(TRANSFORMS)
    (folder / "shop/other.yaml").write_text("tests: {unit: make check}\n")
    return folder


@pytest.mark.parametrize("words", [["shop"], ["shop/odibi.yaml", "-n", "2"]])
def test_a_project_s_tests_are_collected_from_its_file_and_its_folder(project: Path, words: list[str]) -> None:
    status, out = run(project, *words, "-v", "--junitxml=report.xml")
    assert status == 1, out
    assert "1 failed, 2 passed" in out
    assert "1 row differs · tests.yaml, line 5" in out
    assert "Traceback" not in out
    cases = {
        (case.get("classname"), case.get("name")): case for case in ET.parse(project / "report.xml").iter("testcase")
    }
    assert cases.keys() == {
        ("shop.odibi.yaml.by_region", "sums"),
        ("shop.odibi.yaml.by_region", "wrong"),
        ("shop.odibi.yaml.clean", "first"),
    }
    failure = cases["shop.odibi.yaml.by_region", "wrong"].find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("1 row differs · tests.yaml, line 5")
    assert "1 · region N  total   13        12" in (failure.text or "")


def test_a_project_is_not_collected_unasked(project: Path) -> None:
    assert run(project, ".")[0] == 5
    (project / "pytest.ini").write_text("[pytest]\nodibi_notebooks = shop/odibi.yaml\n")
    assert "1 failed, 2 passed" in run(project)[1]


def test_a_project_that_can_t_be_read_is_an_error_at_its_line(project: Path) -> None:
    (project / "shop/tests.yaml").write_text(TESTS.replace("expect:", "expct:"))
    status, out = run(project, "shop")
    assert status == 2
    assert "did you mean 'expect'?" in out
    assert "tests.yaml, line 4" in out
    assert "Traceback" not in out
