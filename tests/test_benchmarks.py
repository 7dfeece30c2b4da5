"""The benchmarks run to their end; how fast is not tested."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks import restart, tpch
from benchmarks.markdown import BEGIN, END, README, RESULTS, as_markdown, renewed
from benchmarks.peers import PEERS
from benchmarks.processes import NotMeasuredError, call_in_process, interleaved, staying_up
from benchmarks.rows import Row
from benchmarks.scale import Scale
from benchmarks.table import BENCHMARKS, measure
from benchmarks.tpch import same_rows

ROOT = Path(__file__).parents[1]

QUICK_ROWS = {
    *(f"{kind}, {shape} of {count}" for kind in ("no-op Python node", "tiny SQL node")
      for shape in ("chain", "fan-out") for count in (2, 10)),
    *(f"{kind}, {shape}: 10 against 2" for kind in ("no-op Python node", "tiny SQL node")
      for shape in ("chain", "fan-out")),
    *(f"20,000 rows{of}, {what}" for of in ("", " of CSV")
      for what in ("time", "time against one query", "peak memory", "memory against one query")),
    "no-op Python nodes, peak memory",
    "tiny SQL nodes, peak memory",
    "20,000 rows, memory without imports against one query",
    "20,000 rows, whole process against one query",
    *(f"TPC-H at SF 0.01, {what}" for what in ("all 22 queries, time", "geometric mean of the ratios",
      "the worst query's ratio", "queries with DuckDB's rows", "peak memory")),
    *(f"20 nodes on 20,000 rows, a filter changed: {what}" for what in ("its card", "the last card",
      "the last card against one query", "peak memory")),
    "50,000 rows under 2 GB, time",
    "50,000 rows under 2 GB, time against one query",
    "50,000 rows under 2 GB, peak memory",
    *(f"30 nodes on 20,000 rows, restarted: {what}" for what in ("all cards", "peak memory")),
    "5,000 rows, plan shapes with a wrong count",
    "5,000 rows, plan shapes above 1.35 x with all counts",
    "5,000 rows, plan shapes, run with counts against without",
    "5,000 rows, plan shapes, the same and what is counted on demand",
    "graph of 100, a chain",
    "graph of 100, three inputs a node",
    "Pipeline() of 100 SQL nodes",
    "edit a node, mark what is stale, 10 nodes",
    "plan, 10 nodes",
    "run with nothing to do, 10 nodes",
    "%%odibi_mock: a SQL node on three rows",
    "completion in SQL, 10 nodes",
    "diff of 2 × 20,000 rows, time",
    "diff of 2 × 20,000 rows against one outer join",
    "4 heavy SQL nodes, 2 workers against 1",
    "4 heavy SQL nodes, 2 cursors against 1",
    "4 heavy SQL nodes, 2 workers against 2 cursors",
    "2 computing Python nodes, 2 workers in threads against 1",
    "2 computing Python nodes, 2 workers in processes against 1",
    "%load_ext odibi_nb in a fresh kernel",
    "the first %%odibi_node after it",
    "odibi-nb --help",
}  # fmt: skip
CALIBRATION = {"empty loop, before", "empty loop, after"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def _kernel_without_results(function: str, **arguments: Any) -> dict[str, Any]:
    return {"nodes": 30, "empty": ["report", "growth"], "cards_s": 0.1, "peak_mb": 100.0}


def quick_rows(folder: Path, *names: str) -> dict[str, dict[str, Any]]:
    """Measure on quick sizes, and return the rows by name; each has samples, and is printed."""
    file = folder / "results.json"
    done = run(*names, "--quick", "--data", str(folder), "--json", str(file))
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert {row["name"]: row["error"] for row in rows if row["error"]} == {}
    assert done.returncode == 0, done.stderr
    assert all(row["samples"] and row["name"] in done.stdout for row in rows)
    return {row["name"]: row for row in rows}


def test_quick_run_measures_and_prints_every_row(tmp_path: Path) -> None:
    rows = quick_rows(tmp_path, *(set(BENCHMARKS) - {"browser", "peers"}))

    assert rows.keys() == QUICK_ROWS | CALIBRATION
    assert rows["TPC-H at SF 0.01, queries with DuckDB's rows"]["samples"] == [22]


def test_restart_without_a_store_says_which_cards_have_no_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(restart, "call_in_process", _kernel_without_results)
    monkeypatch.setattr(restart, "timed_command", lambda command: (0.0, ""))
    monkeypatch.setattr(restart, "sales_folder", lambda scale: str(tmp_path))

    (row,) = measure("restart", Scale.quick(tmp_path))

    assert row.error == "2 of 30 cards have no fresh rows after a restart, the first report"


def test_peers_are_measured_or_named_with_what_installs_them(tmp_path: Path) -> None:
    rows = list(measure("peers", Scale.quick(tmp_path)))

    notes = {row.who: row.note for row in rows if row.name == "peers"}
    assert notes.keys() == {peer.name for peer in PEERS}
    assert all(re.match(r"version \d|not installed: pip install \w", note) for note in notes.values())
    assert [row for row in rows if row.error] == []
    there = {who for who, note in notes.items() if note.startswith("version")}
    measured = {row.who for row in rows if row.name == "20,000 rows beside peers, time against one query"}
    assert measured == there | {"odibi_nb"}


def test_interpreter_of_an_unknown_peer_is_refused_with_the_nearest_name() -> None:
    done = run("peers", "--peer-python", "polar=python")

    assert done.returncode == 2
    assert "did you mean 'polars'?" in done.stderr


def test_missing_interpreter_of_a_peer_is_said(tmp_path: Path) -> None:
    scale = replace(Scale.quick(tmp_path), peer_pythons={"odibi": str(tmp_path / "python")})

    (row,) = measure("peers", scale)

    assert row.error == f"{tmp_path / 'python'} can't be run: No such file or directory"


def test_missing_browser_is_a_row_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("playwright", reason="needs playwright: pip install -e '.[test]'")
    monkeypatch.setenv("PATH", str(tmp_path))

    (row,) = measure("browser", Scale.quick(tmp_path))

    assert (row.error, row.samples) == ("needs Chromium: apt-get install -y chromium", ())


def test_missing_generator_of_tpch_is_a_row_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    (row,) = measure("tpch", Scale.quick(tmp_path))

    assert (row.error, row.samples) == ("needs tpchgen-cli: pip install tpchgen-cli", ())


def test_other_rows_than_those_of_duckdb_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tpch, "same_rows", lambda ours, theirs: len(ours) != 4)

    rows = {row.name: row for row in measure("tpch", Scale.quick(tmp_path))}

    row = rows["TPC-H at SF 0.01, queries with DuckDB's rows"]
    assert (row.note, row.verdict) == ("not q01, q02, q07", "missed by 14%")  # those of four rows


def test_unknown_benchmark_is_refused_with_the_nearest_name() -> None:
    done = run("sql_node")

    assert done.returncode == 2
    assert "did you mean 'sql_nodes'?" in done.stderr


@pytest.mark.parametrize("number", ["0", "-1", "few"])
def test_number_of_repetitions_is_one_or_more(number: str) -> None:
    done = run("help", f"--repetitions={number}")

    assert done.returncode == 2
    assert f"'{number}' is no number from 1 on" in done.stderr


def test_help_lists_every_benchmark() -> None:
    listed = run("--help").stdout

    assert all(name in listed for name in BENCHMARKS)


@pytest.mark.parametrize(
    ("median", "verdict"), [(0.2, "ok"), (0.1, "ok"), (0.3, "missed by 50%"), (1.0, "missed by 400%")]
)
def test_verdict_says_by_how_much_a_target_is_missed(median: float, verdict: str) -> None:
    assert Row("node", "ms", (median,), target=0.2).verdict == verdict


@pytest.mark.parametrize(("wrong", "verdict"), [(0, "ok"), (2, "missed")])
def test_a_target_of_zero_is_met_or_missed(wrong: int, verdict: str) -> None:
    assert Row("nodes", "of 30", (wrong,), target=0).verdict == verdict


def test_quick_sizes_are_not_judged(tmp_path: Path) -> None:
    assert Scale.quick(tmp_path).target(1.0) is None
    assert Scale(tmp_path).target(1.0) == 1.0


def test_row_shows_median_and_quartiles() -> None:
    assert Row("node", "ms", (1.0, 2.0, 3.0, 4.0, 50.0)).measured == "3 ms (2 to 4)"


def test_contestants_take_turns_and_the_first_round_is_not_counted() -> None:
    called: list[str] = []
    rounds = list(interleaved({name: partial(called.append, name) for name in ("a", "b")}, repetitions=2))

    assert called == ["a", "b", "b", "a", "a", "b"]
    assert len(rounds) == 2


def test_failing_contestant_is_reported_with_its_error(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match=r"IOException: .*No files found"):
        call_in_process("benchmarks.large_contestants:compare", folder=str(tmp_path))


def test_contestant_that_fails_while_it_is_up_is_reported_with_its_error() -> None:
    with (
        staying_up("benchmarks.tpch_contestants:by_hand", folder="/nowhere", scale_factor=1) as ask,
        pytest.raises(NotMeasuredError, match=r"IOException: .*No files found"),
    ):
        ask()


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ([[1, "a", 0.1]], [[1, "a", 0.1 + 1e-12]], True),
        ([[1, "a", 0.1]], [[1, "a", 0.1001]], False),
        ([[1], [2]], [[2], [1]], False),
        ([[1]], [[1], [2]], False),
        ([[1]], [[1.0]], False),
        ([[None]], [[None]], True),
        ([], [], False),
    ],
)
def test_rows_are_the_same_in_order_and_type_and_floats_to_a_billionth(ours: Any, theirs: Any, same: bool) -> None:
    assert same_rows(ours, theirs) is same


@pytest.mark.parametrize(("median", "verdict"), [(30, "ok"), (25, "ok"), (20, "missed by 20%"), (0, "missed by 100%")])
def test_verdict_on_a_lowest_value_says_by_how_much_it_is_missed(median: float, verdict: str) -> None:
    row = Row("right", "", (median,), target=25, at_least=True)

    assert (row.verdict, row.wanted) == (verdict, ">= 25")


def test_row_comes_back_from_its_values() -> None:
    row = Row("node", "ms", (1.0, 2.0), target=0.2, note="run 1", at_least=True)

    assert Row.from_dict(json.loads(json.dumps(row.to_dict()))) == row


def test_readme_has_the_table_of_what_was_measured() -> None:
    results = json.loads(RESULTS.read_text("utf-8"))
    readme = README.read_text("utf-8")

    assert results["judged"]
    assert renewed(readme, results) == readme


def test_markdown_has_targets_failures_and_a_table_of_peers() -> None:
    rows = [
        Row("empty loop", "ms", (20.0,), "machine"),
        Row("chain", "ms", (0.3,), target=0.2, note="run 0.2"),
        Row("chain", "ms", (0.4,), "kedro"),
        Row("restart", "", error="no rows"),
        Row("untold", "s", (1.0,)),
    ]
    text = as_markdown({"machine": {"cores": 2}, "rows": [row.to_dict() for row in rows]})

    assert text.splitlines() == [
        "Measured on: cores 2, empty loop 20 ms (20 to 20).",
        "",
        "| measured | who | median (quartiles) | target | verdict | note |",
        "| --- | --- | --- | --- | --- | --- |",
        "| chain | odibi_nb | 0.3 ms (0.3 to 0.3) | <= 0.2 ms | missed by 50% | run 0.2 |",
        "| restart | odibi_nb | - |  | not measured | no rows |",
        "",
        "| medians | odibi_nb | kedro |",
        "| --- | --- | --- |",
        "| chain | 0.3 ms | 0.4 ms |",
    ]


def test_renewing_the_readme_leaves_the_rest_of_it() -> None:
    results = {"machine": {}, "rows": []}

    assert renewed(f"before\n{BEGIN}\nold\n{END}\nafter\n", results).splitlines() == [
        "before",
        BEGIN,
        "Measured on: .",
        END,
        "after",
    ]
