"""Ten million rows of Parquet through five SQL nodes, against one hand-written DuckDB query."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.large_rounds import Rounds, memory_rows, ratio_row, time_rows
from benchmarks.processes import call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["QUERY", "large_files", "sales_folder"]

QUERY, PIPELINE, COUNTED = "one query", "odibi_nb", "odibi_nb, counts"
WORK = "benchmarks.large_contestants:run_pipeline"
# The most time against one query, by what is seen of every node.
MOST_TIME = {PIPELINE: 1.1, COUNTED: 1.2}
MOST_MEMORY = 1.3


def large_files(scale: Scale) -> Iterator[Row]:
    """Measure time and peak memory, each run in a process of its own, and compare what was written."""
    folder = sales_folder(scale)
    runs = {
        QUERY: partial(call_in_process, "benchmarks.large_contestants:run_query", folder=folder),
        PIPELINE: partial(call_in_process, WORK, folder=folder),
        COUNTED: partial(call_in_process, WORK, folder=folder, counts=True),
    }
    rounds = list(interleaved(runs, scale.repetitions, warm_up=scale.judged))
    call_in_process("benchmarks.large_contestants:compare", folder=folder)
    title = f"{scale.rows:,} rows"
    yield from time_rows(title, rounds, runs)
    for who, most in MOST_TIME.items():
        yield ratio_row(f"{title}, time against one query", rounds, who, QUERY, target=scale.target(most))
    yield from memory_rows(title, rounds, runs)
    for who in MOST_TIME:
        yield ratio_row(f"{title}, memory against one query", rounds, who, QUERY, "peak_mb", scale.target(MOST_MEMORY))
    yield Row(f"{title}, memory without imports against one query", "x", _above_imports(rounds))
    yield ratio_row(f"{title}, whole process against one query", rounds, PIPELINE, QUERY, "process_s")


def sales_folder(scale: Scale) -> str:
    """Return the folder of the sales, which are written unless they are there."""
    folder = str(scale.data / f"sales_{scale.rows}")
    call_in_process("benchmarks.large_contestants:make_data", folder=folder, rows=scale.rows)
    return folder


def _above_imports(rounds: Rounds) -> tuple[float, ...]:
    """Return the ratio of what the work itself held: importing odibi_nb weighs more than importing DuckDB alone."""
    held = [{who: one["peak_mb"] - one["idle_mb"] for who, one in results.items()} for results in rounds]
    return tuple(results[PIPELINE] / results[QUERY] for results in held)
