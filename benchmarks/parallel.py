"""Nodes at once: heavy SQL on two workers against two raw cursors, and Python in threads and in processes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.processes import call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["parallel"]

LEAST_SPEEDUP = 1.7


def parallel(scale: Scale) -> Iterator[Row]:
    """Measure four heavy SQL nodes, then two Python nodes that compute, each run in a process of its own."""
    folder = str(scale.data / f"sales_{scale.rows}")
    call_in_process("benchmarks.large_contestants:make_data", folder=folder, rows=scale.rows)
    yield from _sql_rows(scale, folder)
    yield from _python_rows(scale)


def _sql_rows(scale: Scale, folder: str) -> Iterator[Row]:
    nodes, cursors = (f"benchmarks.parallel_contestants:{name}" for name in ("run_sql_nodes", "run_cursors"))
    rounds = _measure(
        scale,
        {
            "1 worker": partial(call_in_process, nodes, folder=folder, workers=1),
            "2 workers": partial(call_in_process, nodes, folder=folder, workers=2),
            "1 cursor": partial(call_in_process, cursors, folder=folder, workers=1),
            "2 cursors": partial(call_in_process, cursors, folder=folder, workers=2),
        },
    )
    raw = statistics.median(_ratios(rounds, "1 cursor", "2 cursors"))
    # What two raw cursors can't reach either is not asked for.
    target = scale.target(max(1 / LEAST_SPEEDUP, 1 / raw))
    title = "4 heavy SQL nodes"
    yield Row(
        f"{title}, 2 workers against 1",
        "x time",
        _ratios(rounds, "2 workers", "1 worker"),
        target=target,
        note=f"CPU {_cpu(rounds, '2 workers')} against {_cpu(rounds, '1 worker')} s; 2 raw cursors {1 / raw:.2f} x",
    )
    yield Row(f"{title}, 2 cursors against 1", "x time", _ratios(rounds, "2 cursors", "1 cursor"), "duckdb")
    yield Row(f"{title}, 2 workers against 2 cursors", "x time", _ratios(rounds, "2 workers", "2 cursors"))


def _python_rows(scale: Scale) -> Iterator[Row]:
    run, steps = "benchmarks.parallel_contestants:run_python_nodes", 2 * scale.rows
    rounds = _measure(
        scale,
        {
            "1 worker": partial(call_in_process, run, steps=steps, workers=1),
            "threads": partial(call_in_process, run, steps=steps, workers=2),
            "processes": partial(call_in_process, run, steps=steps, workers=2, processes=True),
        },
    )
    title = "2 computing Python nodes, 2 workers"
    yield Row(f"{title} in threads against 1", "x time", _ratios(rounds, "threads", "1 worker"))
    yield Row(
        f"{title} in processes against 1",
        "x time",
        _ratios(rounds, "processes", "1 worker"),
        note="starting the processes included",
    )


def _measure(scale: Scale, contestants: dict[str, Callable[[], dict[str, Any]]]) -> list[dict[str, dict[str, Any]]]:
    return list(interleaved(contestants, scale.repetitions, warm_up=scale.judged))


def _ratios(rounds: list[dict[str, dict[str, Any]]], who: str, against: str) -> tuple[float, ...]:
    return tuple(results[who]["work_s"] / results[against]["work_s"] for results in rounds)


def _cpu(rounds: list[dict[str, dict[str, Any]]], who: str) -> str:
    return f"{statistics.median(results[who]['cpu_s'] for results in rounds):.2f}"
