"""Mocks and unit tests that a project's files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb import Workspace
from odibi_nb.exceptions import ConfigValidationError, ValidationError
from odibi_nb.views.testing import verdict_view
from odibi_nb.workspaces.headless import load_target
from odibi_nb.workspaces.testing import run_test

PROJECT = """\
imports: [tests.yaml]
connections: {local: {type: local, base_path: nowhere}}
vars: {least: 6}
pipelines:
- pipeline: sales
  nodes:
  - name: sales
    read: {connection: local, path: sales.csv}
  - name: large
    transform: {steps: [SELECT * FROM sales WHERE amount >= $least]}
  - name: sums
    transform: {steps: ["SELECT region, sum(amount) AS total FROM large GROUP BY region"]}
"""
TESTS = """\
mocks:
  large:
    sales:
    - {region: N, amount: 5}
    - {region: "${vars.least}", amount: 7}
  "*":
    large: |
      region,amount
      S,3
      S,four
tests:
  large:
    keeps_large_ones:
      given: mock
      expect: [{region: "${vars.least}", amount: 7}]
    counts_wrongly:
      given: {sales: [{region: N, amount: 9}]}
      expect: {count: 2}
  sums:
    of_bad_rows: {given: mock, expect: {count: 1}}
"""


CSV = TESTS[TESTS.index("    large: |") : TESTS.index("\ntests:")]


def loaded(folder: Path, *, tests: str = TESTS) -> Workspace:
    (folder / "odibi.yaml").write_text(PROJECT)
    (folder / "tests.yaml").write_text(tests)
    return load_target(folder).workspace


def test_tests_run_on_the_mocks_of_the_project_and_their_references_are_plain_text(tmp_path: Path) -> None:
    ws = loaded(tmp_path)
    assert list(ws.tests) == ["large::keeps_large_ones", "large::counts_wrongly", "sums::of_bad_rows"]
    assert run_test(ws, ws.tests["large::keeps_large_ones"]).status == "passed"
    ws.close()


def test_a_failing_test_names_its_file_and_line(tmp_path: Path) -> None:
    ws = loaded(tmp_path)
    verdict = run_test(ws, ws.tests["large::counts_wrongly"])
    assert (verdict.status, verdict_view(verdict).place) == ("failed", "tests.yaml, line 18")
    ws.close()


def test_what_is_wrong_with_csv_is_told_at_its_line(tmp_path: Path) -> None:
    ws = loaded(tmp_path, tests=TESTS.replace("S,four", "S,4,5"))
    verdict = run_test(ws, ws.tests["sums::of_bad_rows"])
    assert verdict.status == "error"
    assert isinstance(verdict.error, ValidationError)
    assert (Path(verdict.error.where.file or "").name, verdict.error.where.line) == ("tests.yaml", 10)
    ws.close()


def test_a_mock_for_all_is_every_readers(tmp_path: Path) -> None:
    ws = loaded(tmp_path, tests=TESTS.replace("S,four", "S,4"))
    assert ws.trials.try_node("sums").rows_processed == 1
    assert [mock.node for mock in ws.trials.mocks] == ["large", None]
    ws.close()


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("given: mock", "givn: mock", 14, "unknown key 'givn'"),
        (
            "    large: |\n      region,amount\n      S,3\n      S,four",
            "    large: 3",
            7,
            "the rows of 'large' are a list or CSV text",
        ),
        ("    - {region: N, amount: 5}", "    - 5", 4, "row 1 is no row"),
        ("counts_wrongly", "counts-wrongly", 16, "a test's name is made of"),
        ("mocks:\n  large:\n    sales:", "mocks:\n  large:", 2, "map each input to its rows"),
    ],
)
def test_what_is_no_test_or_mock_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    with pytest.raises(ConfigValidationError, match=message) as caught:
        loaded(tmp_path, tests=TESTS.replace(old, new, 1))
    assert (Path(caught.value.where.file or "").name, caught.value.where.line) == ("tests.yaml", line)


def test_used_again_they_follow_the_file(tmp_path: Path) -> None:
    loaded(tmp_path).close()
    ws = Workspace(tmp_path)
    ws.use("odibi.yaml")
    assert len(ws.tests) == 3
    changed = TESTS.replace("keeps_large_ones", "keeps_the_large").replace("    sales:\n", "    other:\n")
    (tmp_path / "tests.yaml").write_text(changed)
    ws.use("odibi.yaml")
    assert list(ws.tests) == ["large::counts_wrongly", "sums::of_bad_rows", "large::keeps_the_large"]
    assert {mock.input for mock in ws.trials.mocks} == {"large", "other"}
    ws.close()
