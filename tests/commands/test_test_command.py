"""`odibi-nb test` on notebooks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pytest

from odibi_nb.commands.shell import main

SUMS = (
    "%%odibi_node by_region --read local:none.csv --write local:by_region.parquet\n"
    "SELECT region, sum(amount) AS total FROM df GROUP BY region"
)
CLEAN = "%%odibi_node clean\ndef clean(load, least=0):\n    print('cleaning')\n    return load[load['amount'] >= least]"
GIVEN = "given: {by_region: [{region: N, amount: 5}, {region: N, amount: 7}]}\n"
GOOD = f"%%odibi_test by_region sums\n{GIVEN}expect: [{{region: N, total: 12}}]"
BAD = f"%%odibi_test by_region wrong\n{GIVEN}expect: [{{region: N, total: 13}}]"
RAISES = "%%odibi_test clean amounts\ngiven: {load: [{total: 5}]}\nexpect: []"

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run a command in this process; returns status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        status = main(words)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def notebook(*cells: str, path: str = "nb.ipynb") -> str:
    made = [nbformat.v4.new_code_cell(cell) for cell in ("%load_ext odibi_nb", SUMS, CLEAN, *cells)]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def test_tests_that_pass_exit_with_0_and_leave_nothing_behind(shell: Shell) -> None:
    status, out, err = shell("test", notebook(GOOD))
    assert (status, err) == (0, "")
    assert out.startswith("nb · 1 test: 1 passed · ")
    assert "by_region::sums  ✓ passed" in out
    assert [path.name for path in Path().iterdir()] == ["nb.ipynb"]


def test_a_test_that_fails_exits_with_1_and_shows_what_differs(shell: Shell) -> None:
    status, out, _ = shell("test", notebook(GOOD, BAD))
    assert status == 1
    assert "by_region::wrong  ✗ failed" in out
    assert "1 row differs · cell 5, line 3" in out
    assert "1 · region N  total   13        12" in out


def test_a_node_that_raises_is_shown_at_its_own_line_with_what_it_printed(shell: Shell) -> None:
    status, out, _ = shell("test", notebook(RAISES))
    assert status == 1
    assert "KeyError: amount\n  in node 'clean', cell 3, nb.ipynb, line 4" in out
    assert out.rstrip().endswith("output:\ncleaning")


def test_json_is_counts_and_each_test(shell: Shell) -> None:
    status, out, _ = shell("test", notebook(GOOD, BAD, RAISES), "--json")
    assert status == 1
    found = json.loads(out)
    assert {key: found[key] for key in ("passed", "failed", "errors")} == {"passed": 1, "failed": 1, "errors": 1}
    good, bad, raises = (found["tests"][name] for name in ("by_region::sums", "by_region::wrong", "clean::amounts"))
    assert good == {"status": "passed", "message": None, "differences": None, "guessed": ["by_region"], "notes": []}
    assert (bad["status"], bad["message"]) == ("failed", "1 row differs")
    changed = {"expected": {"region": "N", "total": 13}, "actual": {"region": "N", "total": 12}, "cells": ["total"]}
    assert bad["differences"] == {
        "columns": [{"name": "region", "type": "VARCHAR"}, {"name": "total", "type": "BIGINT"}],
        "rows": [{"kind": "changed", "row": 1, **changed}],
        "more": 0,
    }
    assert (raises["status"], raises["message"], raises["differences"]) == ("error", "KeyError: amount", None)
    assert [note[:30] for note in raises["notes"]] == ["the types of 'load' were guess"]


def test_inputs_whose_types_were_guessed_are_told_once_below_the_tests(shell: Shell) -> None:
    more = GOOD.replace("by_region sums", "by_region again")
    _, out, _ = shell("test", notebook(GOOD, more))
    last = "note: types guessed from the rows of by_region (2 tests); a test's `types:` settles them"
    assert out.rstrip().splitlines()[-1] == last
    pinned = f"{GOOD}\ntypes: {{by_region: {{amount: BIGINT}}}}"
    assert "guessed" not in shell("test", notebook(pinned))[1]


def strictly(text: str) -> dict[str, Any]:
    """Read JSON as other languages do, which have no NaN."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    return dict(json.loads(text, parse_constant=refuse))


def test_rows_that_differ_are_plain_json_whatever_is_in_them(shell: Shell) -> None:
    odd = (
        "%%odibi_node odd --read local:none.csv\nSELECT k, 'inf'::DOUBLE AS f, 1.50::DECIMAL(4,2) AS d,"
        " DATE '2026-01-02' AS \"day\", [1, 2] AS l, '\\xAA'::BLOB AS b, repeat('é', 5000) AS long FROM df"
    )
    expect = (
        "expect:\n- {k: 1, f: 1, d: 2, day: x, l: [2], b: null, long: a}\n"
        "- {k: 9, f: .nan, d: 1, day: '', l: [], b: x, long: ''}"
    )
    test = f"%%odibi_test odd all\ngiven: {{odd: [{{k: 1}}]}}\n{expect}"
    _, out, _ = shell("test", notebook(odd, test), "--json")
    rows = strictly(out)["tests"]["odd::all"]["differences"]["rows"]
    assert [(row["kind"], row["row"]) for row in rows] == [("changed", 1), ("missing", 2)]
    changed = rows[0]["actual"]
    assert len(changed.pop("long")) <= 2_000
    assert changed == {"k": 1, "f": "inf", "d": "1.50", "day": "2026-01-02", "l": "[1, 2]", "b": "\\xAA"}
    assert (rows[0]["cells"], rows[1]["actual"]) == (["f", "d", "day", "l", "b", "long"], None)
    assert rows[1]["expected"]["f"] == "nan"


def test_many_rows_and_columns_that_differ_are_counted(shell: Shell) -> None:
    wide = ", ".join(f"{n} AS c{n}" for n in range(80))
    many = f"%%odibi_node many --read local:none.csv\nSELECT {wide}, x FROM df, range(60) t(x)"
    row = "{" + ", ".join(f"c{n}: {n + (n == 70)}" for n in range(80)) + ", x: 0}"
    test = f"%%odibi_test many all\ngiven: {{many: [{{k: 1}}]}}\nexpect: [{row}]"
    _, out, _ = shell("test", notebook(many, test), "--json")
    found = strictly(out)["tests"]["many::all"]["differences"]
    assert (len(found["columns"]), len(found["rows"]), found["more"]) == (81, 50, 10)
    first = found["rows"][0]
    assert (first["cells"], len(first["actual"]), first["actual"]["c70"]) == (["c70"], 50, 70)
    assert {row["kind"] for row in found["rows"][1:]} == {"unexpected"}


def test_junit_is_a_suite_that_ci_can_read(shell: Shell) -> None:
    garbled = (
        "%%odibi_test clean garbled\ngiven: {load: [{amount: \"\\x1b<&\"}]}\nexpect: [{amount: 5}]\nparams: {least: ''}"
    )
    status, _, _ = shell("test", notebook(GOOD, BAD, RAISES, garbled), "--junit", "reports/tests.xml")
    assert status == 1
    root = ET.parse("reports/tests.xml").getroot()
    (suite,) = root
    counts = {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "2", "errors": "1", "skipped": "0"}
    assert {key: suite.get(key) for key in counts} == counts
    cases = {case.get("name"): case for case in suite}
    assert all(float(case.get("time", "")) >= 0 for case in suite)
    assert cases["sums"].get("classname") == "by_region"
    assert len(cases["sums"]) == 0
    failure, error = cases["wrong"].find("failure"), cases["amounts"].find("error")
    assert failure is not None
    assert (failure.get("message"), failure.get("type")) == ("1 row differs", "UnitTestFailed")
    assert "1 · region N  total   13        12" in (failure.text or "")
    assert error is not None
    assert error.get("type") == "KeyError"
    assert cases["amounts"].findtext("system-out") == "cleaning\n"
    assert "␛<&" in (cases["garbled"].findtext("failure") or "")


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["by_region"], ["by_region::sums", "by_region::wrong"]),
        (["clean", "by_region::sums"], ["by_region::sums", "clean::amounts"]),
        (["by_region::sums"], ["by_region::sums"]),
        (["-s", "cl*"], ["clean::amounts"]),
        (["--exclude", "by_region"], ["clean::amounts"]),
        (["-k", "sums or amounts"], ["by_region::sums", "clean::amounts"]),
        (["by_region", "-k", "not wrong"], ["by_region::sums"]),
    ],
)
def test_selectors_and_words_choose_tests(shell: Shell, words: list[str], chosen: list[str]) -> None:
    _, out, _ = shell("test", notebook(GOOD, BAD, RAISES), *words, "--json")
    assert list(json.loads(out)["tests"]) == chosen


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["by_regon"], "selector 'by_regon' matches no node\n  hint: did you mean 'by_region'?"),
        (["by_region::sum"], "there is no test 'by_region::sum'\n  hint: did you mean 'by_region::sums'?"),
        (["clean"], "no test is selected by clean\n  hint: tests: by_region::sums"),
        (["-k", "nothing"], "no test is selected by -k 'nothing'\n  hint: tests: by_region::sums"),
        (["-k", "sums and"], "the expression of -k can't be read: a word is missing"),
        (["--junit", "nb.ipynb/tests.xml"], "the report 'nb.ipynb/tests.xml' can't be written"),
    ],
)
def test_what_selects_no_test_is_refused(shell: Shell, words: list[str], message: str) -> None:
    status, out, err = shell("test", notebook(GOOD), *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {message}")


def test_a_notebook_without_tests_is_no_success(shell: Shell) -> None:
    status, _, err = shell("test", notebook())
    assert status == 2
    assert err == "error: there is no test to run\n  hint: a cell declares one: %%odibi_test NODE TEST\n"
    Path("odibi.yaml").write_text("pipelines: [{pipeline: p, nodes: [{name: a, transform: {steps: [SELECT 1 AS x]}}]}]")
    status, _, err = shell("test", ".")
    assert (status, "TEST: {given: …, expect: …}}}` into odibi.yaml" in err) == (2, True)


def test_of_two_tests_of_one_name_the_later_one_counts_as_in_a_kernel(shell: Shell) -> None:
    later = GOOD.replace("12", "13")
    for cells, good in (((GOOD, later), False), ((later, GOOD), True)):
        status, out, err = shell("test", notebook(*cells))
        assert (status, "1 test" in out) == (0 if good else 1, True)
        assert "note: cells 4 and 5 both declare the test 'by_region::sums': that of cell 5 counts\n" in err
    assert "that of cell 5 counts" in shell("validate", notebook(GOOD, GOOD))[1]


def test_a_test_may_come_before_its_node_but_must_find_it(shell: Shell) -> None:
    lost = "%%odibi_test by_regon sums\nexpect: []"
    status, out, _ = shell("test", notebook(lost))
    assert status == 1
    assert "there is no node 'by_regon'\n  in node 'by_regon', cell 4, nb.ipynb, line 1" in out
    cells = [nbformat.v4.new_code_cell(cell) for cell in (GOOD, SUMS)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), "first.ipynb")
    assert shell("test", "first.ipynb")[0] == 0


def test_a_broken_test_stops_no_run_but_validate_says_it(shell: Shell) -> None:
    path = notebook("%%odibi_node one\nSELECT 1 AS x", "%%odibi_test one it\nexpct: []")
    assert shell("run", path, "one")[0] == 0
    status, out, _ = shell("validate", path, "--json")
    assert status == 2
    (error,) = [error for error in json.loads(out)["errors"] if "expct" in error["message"]]
    assert (error["cell"], error["line"]) == ("5", 2)


def test_a_line_that_names_no_test_is_refused_for_every_command(shell: Shell) -> None:
    said = "odibi_test: TEST is missing\n  in node 'by_region', cell 4, nb.ipynb, line 1"
    status, _, err = shell("run", notebook("%%odibi_test by_region"))
    assert status == 2
    assert said in err
    status, out, _ = shell("validate", "nb.ipynb")
    assert status == 2
    assert said in out


def test_python_nodes_find_the_notebook_s_helpers(shell: Shell) -> None:
    helper = "def double(x):\n    return x * 2"
    node = "%%odibi_node twice\ndef twice(load):\n    return load.assign(amount=double(load.amount))"
    test = "%%odibi_test twice doubles\ngiven: {load: [{amount: 4}]}\nexpect: [{amount: 8}]"
    assert shell("test", notebook(helper, node, test, "raise SystemExit('a plain cell')"))[0] == 0


def test_in_a_process_of_its_own_the_status_is_1(shell: Shell, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "odibi_nb.commands.shell", "test", notebook(BAD)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "✗ failed" in done.stdout


def test_a_broken_mock_cell_fails_only_the_tests_that_need_it(shell: Shell) -> None:
    broken = "%%odibi_mock clean\nload: [{amount: 1"
    needs = "%%odibi_test clean mocked\ngiven: mock\nexpect: {count: 1}"
    status, out, _ = shell("test", notebook(broken, GOOD, needs), "--json")
    told = json.loads(out)["tests"]
    assert (status, told["by_region::sums"]["status"]) == (1, "passed")
    assert "YAML" in told["clean::mocked"]["message"]


def test_validate_tells_of_every_mock_cell(shell: Shell) -> None:
    broken, misspelt = "%%odibi_mock clean\nload: [{amount: 1", "%%odibi_mock by_region\nby_regoin: [{region: N}]"
    status, out, _ = shell("validate", notebook(broken, misspelt), "--json")
    told = "\n".join(error["message"] for error in json.loads(out)["errors"])
    assert status == 2
    assert "YAML" in told
    assert "by_regoin" in told
