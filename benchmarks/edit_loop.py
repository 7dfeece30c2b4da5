"""A filter in the middle of twenty nodes is changed: how soon its card is there, and the last node's."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.large_files import sales_folder
from benchmarks.processes import NotMeasuredError, interleaved, staying_up
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["edit_loop"]

CELLS, QUERY = "odibi_nb", "one query"
MOST_TIME = 1.15
Seconds = dict[str, float]


def edit_loop(scale: Scale) -> Iterator[Row]:
    """Measure an IPython shell, and a DuckDB connection by hand, that each have all rows computed already."""
    folder = sales_folder(scale)
    with (
        staying_up("benchmarks.edit_contestants:in_cells", folder=folder) as cells,
        staying_up("benchmarks.edit_contestants:by_hand", folder=folder) as by_hand,
    ):
        works = {CELLS: _editing(cells), QUERY: _editing(by_hand)}
        rounds = list(interleaved(works, scale.repetitions))
        if cells(rows=True) != by_hand(rows=True):
            raise NotMeasuredError("the last node has other rows than the query")
        peaks = {CELLS: cells(memory=True), QUERY: by_hand(memory=True)}
    title = f"20 nodes on {scale.rows:,} rows, a filter changed"
    for what, key in (("its card", "first_s"), ("the last card", "last_s")):
        by_hand_s = statistics.median(one[QUERY][key] for one in rounds)
        times = tuple(one[CELLS][key] for one in rounds)
        yield Row(f"{title}: {what}", "s", times, note=f"one query {by_hand_s:.3g}")
    ratios, cpu = (tuple(one[CELLS][key] / one[QUERY][key] for one in rounds) for key in ("last_s", "cpu_s"))
    note = f"CPU time {statistics.median(cpu):.3g} x"
    yield Row(f"{title}: the last card against one query", "x", ratios, target=scale.target(MOST_TIME), note=note)
    for who, peak in peaks.items():
        yield Row(f"{title}: peak memory", "MB", (peak,), who)


def _editing(ask: Callable[..., Any]) -> Callable[[], Seconds]:
    """Return what lets a contestant change its filter to what it never was."""
    numbers = itertools.count(1_000)
    return lambda: ask(least=next(numbers))
