"""The benchmarks run to their end; how fast is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.processes import NotMeasuredError, call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale
from benchmarks.table import BENCHMARKS, measure

ROOT = Path(__file__).parents[1]

QUICK_ROWS = {
    *(f"{kind}, {shape} of {count}" for kind in ("no-op Python node", "tiny SQL node")
      for shape in ("chain", "fan-out") for count in (2, 10)),
    *(f"{kind}, {shape}: 10 against 2" for kind in ("no-op Python node", "tiny SQL node")
      for shape in ("chain", "fan-out")),
    "20,000 rows, time",
    "20,000 rows, time against one query",
    "20,000 rows, peak memory",
    "20,000 rows, memory against one query",
    "20,000 rows, memory without imports against one query",
    "20,000 rows, whole process against one query",
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
    "%load_ext odibi_nb in a fresh kernel",
    "the first %%odibi_node after it",
    "odibi-nb --help",
}  # fmt: skip
CALIBRATION = {"empty loop, before", "empty loop, after"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


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
    assert quick_rows(tmp_path, *(set(BENCHMARKS) - {"browser"})).keys() == QUICK_ROWS | CALIBRATION


def test_missing_browser_is_a_row_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("playwright", reason="needs playwright: pip install -e '.[test]'")
    monkeypatch.setenv("PATH", str(tmp_path))

    (row,) = measure("browser", Scale.quick(tmp_path))

    assert (row.error, row.samples) == ("needs Chromium: apt-get install -y chromium", ())


def test_unknown_benchmark_is_refused_with_the_nearest_name() -> None:
    done = run("sql_node")

    assert done.returncode == 2
    assert "did you mean 'sql_nodes'?" in done.stderr


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
