"""What one waits for while trying things out: what is stale, what would run, a run with nothing to do."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator

from benchmarks.processes import call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["interactive", "time_workspace"]

# Milliseconds for the largest number of nodes.
TARGETS_MS = {"edit a node, mark what is stale": 5.0, "plan": 100.0, "run with nothing to do": 150.0}


def interactive(scale: Scale) -> Iterator[Row]:
    """Measure a workspace whose nodes are a chain, half of them in SQL and half in Python."""
    count = scale.node_counts[-1]
    measured = call_in_process("benchmarks.interactive:time_workspace", count=count, repetitions=scale.repetitions)
    for what, target in TARGETS_MS.items():
        yield Row(f"{what}, {count:,} nodes", "ms", tuple(measured[what]), target=scale.target(target))
    cells = call_in_process("benchmarks.interactive_cells:time_cells", count=count, repetitions=scale.repetitions)
    yield Row("%%odibi_mock: a SQL node on three rows", "ms", tuple(cells["mock"]), target=scale.target(30.0))
    note = "a column and a table"
    yield Row(
        f"completion in SQL, {count:,} nodes", "ms", tuple(cells["complete"]), target=scale.target(50.0), note=note
    )


def time_workspace(count: int, repetitions: int) -> dict[str, list[float]]:
    """Return the milliseconds of each repetition."""
    from odibi_nb import Workspace

    ws = Workspace(tempfile.mkdtemp())
    ws.node("node_0", "SELECT 1 AS x")
    for number in range(1, count):
        above = f"node_{number - 1}"
        body = f"SELECT x + 1 AS x FROM {above}" if number % 2 else f"{above}.assign(x={above}.x + 1)"
        ws.node(f"node_{number}", body)
    ws.run()
    edits = iter(range(1_000_000))

    def mark() -> None:
        ws.node("node_0", f"SELECT {next(edits) + 2} AS x")
        stale = sum(status == "stale" for status in ws.statuses().values())
        if stale != count:
            raise RuntimeError(f"{stale} of {count} nodes are stale")

    def restore() -> None:
        ws.node("node_0", "SELECT 1 AS x")

    def plan() -> None:
        if any(node.action != "cached" for node in ws.plan()):
            raise RuntimeError("something would run although nothing has changed")

    def run() -> None:
        if len(ws.run().names("cached")) != count:
            raise RuntimeError("something has run although nothing has changed")

    works = dict(zip(TARGETS_MS, (_timed(mark, restore), _timed(plan), _timed(run)), strict=True))
    rounds = list(interleaved(works, repetitions))
    ws.close()
    return {what: [results[what] for results in rounds] for what in works}


def _timed(work: Callable[[], None], after: Callable[[], None] = lambda: None) -> Callable[[], float]:
    """Return what gives the milliseconds of `work`; `after` comes on top, untimed."""

    def timed() -> float:
        start = time.perf_counter()
        work()
        seconds = time.perf_counter() - start
        after()
        return seconds * 1_000

    return timed
