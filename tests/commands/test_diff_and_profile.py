"""`odibi-nb diff` and `odibi-nb profile`: exit status, JSON, and that nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from odibi_nb.commands.shell import main

YAML = """\
connections: {local: {type: local, base_path: ./data}}
vars: {factor: 1}
pipelines:
  - pipeline: sales
    nodes:
      - name: load_sales
        read: {connection: local, path: sales.csv}
      - name: by_region
        transform: {steps: [{sql: "SELECT region, sum(amount) * $factor AS total FROM load_sales GROUP BY region"}]}
        write: {connection: local, path: by_region.csv}
      - name: strict
        depends_on: [load_sales]
        transform: {steps: [{sql: "SELECT * FROM df"}]}
        validation: {tests: [{type: not_null, column: amount}]}
        write: {connection: local, path: strict.csv}
      - name: bad
        transform: {steps: [{sql: "SELECT CAST(region AS INT) AS r FROM load_sales"}]}
      - name: below
        transform: {steps: [{sql: "SELECT * FROM bad"}]}
"""

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run a command in this process, in a folder with a project; returns status, stdout, stderr."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sales.csv").write_text("region,amount\nN,50\nN,150\nS,200\nS,\n")
    (tmp_path / "odibi.yaml").write_text(YAML)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        status = main(words)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def edit() -> None:
    file = Path("odibi.yaml")
    file.write_text(file.read_text().replace("factor: 1", "factor: 2"))


def test_another_parameter_is_compared_with_what_is_written(shell: Shell) -> None:
    shell("run", ".", "by_region")
    status, out, _ = shell("diff", ".", "by_region", "--param", "factor=3", "--exit-code")
    assert (status, "2 changed (total 2)" in out) == (1, True)
    assert shell("diff", ".", "by_region", "--exit-code")[0] == 0
    told = json.loads(shell("profile", ".", "by_region", "total", "--param", "factor=3", "--json")[1])
    assert told["columns"][0]["max"] == 600
    status, _, err = shell("diff", ".", "by_region", "--param", "facto=3")
    assert (status, "did you mean 'factor'?" in err) == (2, True)


def test_the_written_file_is_what_a_result_is_compared_with(shell: Shell) -> None:
    assert shell("run", ".", "by_region")[0] == 0
    assert shell("diff", ".", "by_region", "--exit-code")[:2] == (
        0, "by_region against local:by_region.csv\nno difference: the same columns and 2 rows\n",
    )  # fmt: skip
    edit()
    written = Path("data/by_region.csv").read_text()
    status, out, _ = shell("diff", ".", "by_region")
    assert status == 0
    assert "rows: 2 → 2 · 2 changed (total 2) · by region" in out
    assert shell("diff", ".", "by_region", "--exit-code")[0] == 1
    assert Path("data/by_region.csv").read_text() == written


def test_json_of_a_diff(shell: Shell) -> None:
    shell("run", ".", "by_region")
    edit()
    status, out, _ = shell("diff", ".", "by_region", "--json", "--rows", "1")
    assert status == 0
    assert json.loads(out) == {
        "node": "by_region",
        "against": "local:by_region.csv",
        "same": False,
        "columns": {"added": [], "removed": [], "changed": [], "reordered": False},
        "rows": {
            "before": 2,
            "now": 2,
            "key": ["region"],
            "added": 0,
            "removed": 0,
            "changed": 2,
            "changed_columns": {"total": 2},
            "note": None,
        },
        "reason": None,
        "samples": {
            "added": [],
            "removed": [],
            "changed": [{"key": {"region": "N"}, "cells": {"total": {"before": "200", "now": "400"}}}],
        },
    }


def test_json_of_a_diff_with_other_columns(shell: Shell) -> None:
    data = json.loads(shell("diff", ".", "by_region", "--against", "local:sales.csv", "--json")[1])
    assert data["columns"]["added"] == [{"name": "total", "type": "BIGINT"}]
    assert data["columns"]["removed"] == [{"name": "amount", "type": "BIGINT"}]
    assert (data["rows"]["key"], data["rows"]["removed"]) == (None, 2)
    assert set(data["samples"]["removed"][0]) == {"region", "amount"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["by_region"], "nothing is written to local:by_region.csv yet"),
        (["load_sales"], "writes nothing"),
        (["by_region", "--against", "previous"], "a shell knows no previous result"),
        (["by_region", "--against", "local:sale.csv"], "did you mean 'sales.csv'?"),
        (["by_region", "--against", "local:sales.csv", "--key", "regon"], "did you mean 'region'?"),
        (["by_regon"], "did you mean 'by_region'?"),
        (["by_region", "--rows", "x"], "a number of rows"),
    ],
)
def test_a_question_that_makes_no_sense_is_status_2(shell: Shell, words: list[str], said: str) -> None:
    status, out, err = shell("diff", ".", *words)
    assert (status, out) == (2, "")
    assert said in err


@pytest.mark.parametrize("name", ["bad", "below"])
@pytest.mark.parametrize("command", [["diff", "--against", "local:sales.csv"], ["profile"]])
def test_a_node_that_fails_is_status_1_at_its_own_place(shell: Shell, command: list[str], name: str) -> None:
    status, out, _ = shell(command[0], ".", name, *command[1:])
    assert status == 1
    assert "Could not convert string 'N'" in out
    assert "in node 'bad'" in out
    status, out, _ = shell(command[0], ".", name, *command[1:], "--json")
    assert status == 1
    assert json.loads(out)["error"]["type"] == "TransformError"


def test_rows_that_break_expectations_are_shown_with_status_1(shell: Shell) -> None:
    Path("data/strict.csv").write_text("region,amount\nN,50\n")
    for command in ("diff", "profile"):
        status, out, _ = shell(command, ".", "strict")
        assert status == 1
        assert "strict has failed: not_null(amount): 1 of 4 rows" in out
    assert Path("data/strict.csv").read_text() == "region,amount\nN,50\n"


def test_a_broken_file_is_status_1(shell: Shell) -> None:
    Path("data/by_region.csv").write_text('region,total\n"N,5\n')
    status, out, _ = shell("diff", ".", "by_region")
    assert status == 1
    assert "a quoted field is never closed" in out


def test_json_of_a_profile(shell: Shell) -> None:
    status, out, _ = shell("profile", ".", "load_sales", "--json")
    assert status == 0
    data = json.loads(out)
    assert (data["node"], data["rows"]) == ("load_sales", 4)
    region, amount = data["columns"]
    assert region["top"] == [{"value": "N", "count": 2}, {"value": "S", "count": 2}]
    assert (region["min"], region["max"], region["bins"]) == ("N", "S", [])
    assert {key: amount[key] for key in ("type", "nulls", "distinct", "distinct_is_exact", "min", "max")} == {
        "type": "BIGINT", "nulls": 1, "distinct": 3, "distinct_is_exact": True, "min": 50, "max": 200,
    }  # fmt: skip
    assert sum(one["count"] for one in amount["bins"]) == 3
