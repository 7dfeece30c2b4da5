"""Two results of ten million rows compared: by `diff`, and by one full outer join as one would write it by hand."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.processes import call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["large_diff", "time_diffs"]

ROWS = """
SELECT i AS id, i * 7919 % 730 AS day, 'region ' || i % 20 AS region,
       i * 49979687 % 99991 AS cents, CAST(i * 31 % 9 AS DOUBLE) AS weight
FROM range({first}, {last}) AS numbers(i)
"""
AFTER = "SELECT * REPLACE (CASE WHEN id % 1000 = 0 THEN cents + 1 ELSE cents END AS cents) FROM ({rows})"
BY_HAND = """
SELECT count(*) FILTER (b.id IS NULL), count(*) FILTER (a.id IS NULL),
       count(*) FILTER (a.day IS DISTINCT FROM b.day), count(*) FILTER (a.region IS DISTINCT FROM b.region),
       count(*) FILTER (a.cents IS DISTINCT FROM b.cents), count(*) FILTER (a.weight IS DISTINCT FROM b.weight)
FROM {before} AS a FULL OUTER JOIN {after} AS b USING (id)
"""


def large_diff(scale: Scale) -> Iterator[Row]:
    """Measure two materialised results with a key, of which one row in a thousand has changed."""
    measured = call_in_process("benchmarks.large_diff:time_diffs", rows=scale.rows, repetitions=scale.repetitions)
    ours, theirs = measured["diff"], measured["by hand"]
    title = f"diff of 2 × {scale.rows:,} rows"
    yield Row(f"{title}, time", "s", tuple(ours))
    yield Row(f"{title}, time", "s", tuple(theirs), who="one outer join")
    ratios = tuple(own / hand for own, hand in zip(ours, theirs, strict=True))
    yield Row(f"{title} against one outer join", "x", ratios, target=scale.target(2.0))


def time_diffs(rows: int, repetitions: int) -> dict[str, list[float]]:
    """Return the seconds of each repetition."""
    from odibi_nb import Workspace
    from odibi_nb.comparison import Request, compare

    ws = Workspace(tempfile.mkdtemp())
    ws.node("result", ROWS.format(first=0, last=rows), materialize="table")
    ws.run()
    changed = ROWS.format(first=10, last=rows + 10)
    ws.node("result", AFTER.format(rows=changed), materialize="table")
    ws.run()
    before, after = ws.previous("result"), ws.result("result")
    data: Any = {"before": before and before.dataset, "after": after and after.dataset}

    def diff() -> tuple[int, int]:
        found = compare(ws.engine, data["before"], data["after"], Request(key=("id",))).rows
        if found is None:
            raise RuntimeError("the rows were not compared")
        return found.added, found.removed

    def by_hand() -> tuple[int, int]:
        (counts,) = ws.engine.inspect_many(data, lambda tables, run: run(BY_HAND.format(**tables)))
        return counts[1], counts[0]

    if not diff() == by_hand() == (10, 10):
        raise RuntimeError(f"{diff()} rows added and removed, by hand {by_hand()}")
    rounds = list(interleaved({"diff": _timed(diff), "by hand": _timed(by_hand)}, repetitions))
    ws.close()
    return {who: [results[who] for results in rounds] for who in ("diff", "by hand")}


def _timed(work: Callable[[], Any]) -> Callable[[], float]:
    def timed() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return timed
