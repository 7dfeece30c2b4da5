"""Ten million rows through five SQL nodes, against one hand-written DuckDB query."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks.processes import call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["large_files"]

PIPELINE, QUERY = "odibi_nb", "one query"
CONTESTANTS = {
    QUERY: "benchmarks.large_contestants:run_query",
    PIPELINE: "benchmarks.large_contestants:run_pipeline",
}
Rounds = list[dict[str, dict[str, Any]]]


def large_files(scale: Scale) -> Iterator[Row]:
    """Measure time and peak memory, each run in a process of its own, and compare what was written."""
    folder = scale.data / f"sales_{scale.rows}"
    call_in_process("benchmarks.large_contestants:make_data", folder=str(folder), rows=scale.rows)
    runs = {who: partial(call_in_process, function, folder=str(folder)) for who, function in CONTESTANTS.items()}
    rounds = list(interleaved(runs, scale.repetitions))
    call_in_process("benchmarks.large_contestants:compare", folder=str(folder))
    title = f"{scale.rows:,} rows"
    for who in CONTESTANTS:
        yield Row(f"{title}, time", "s", _samples(rounds, who, "work_s"), who, note=_note(rounds, who))
    yield _ratio(f"{title}, time against one query", "work_s", rounds, scale.target(1.25))
    for who in CONTESTANTS:
        idle = statistics.median(_samples(rounds, who, "idle_mb"))
        yield Row(f"{title}, peak memory", "MB", _samples(rounds, who, "peak_mb"), who, note=f"imports {idle:.0f}")
    yield _ratio(f"{title}, memory against one query", "peak_mb", rounds, scale.target(1.5))
    yield Row(f"{title}, memory without imports against one query", "x", _above_imports(rounds))
    yield _ratio(f"{title}, whole process against one query", "process_s", rounds, None)


def _above_imports(rounds: Rounds) -> tuple[float, ...]:
    """Return the ratio of what the work itself held: importing odibi_nb weighs more than importing DuckDB alone."""
    held = [{who: one["peak_mb"] - one["idle_mb"] for who, one in results.items()} for results in rounds]
    return tuple(results[PIPELINE] / results[QUERY] for results in held)


def _samples(rounds: Rounds, who: str, key: str) -> tuple[float, ...]:
    return tuple(results[who][key] for results in rounds)


def _ratio(name: str, key: str, rounds: Rounds, target: float | None) -> Row:
    """Compare within each round: what slows the machine down then slows both down."""
    samples = tuple(results[PIPELINE][key] / results[QUERY][key] for results in rounds)
    return Row(name, "x", samples, target=target)


def _note(rounds: Rounds, who: str) -> str:
    imports = statistics.median(_samples(rounds, who, "import_s"))
    return f"imports {imports:.2f} s more"
