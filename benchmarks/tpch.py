"""The 22 queries of TPC-H as one notebook of nodes, against the same queries in DuckDB by hand."""

from __future__ import annotations

import math
import shutil
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import NotMeasuredError, interleaved, staying_up, timed_command
from benchmarks.rows import Row
from benchmarks.scale import Scale
from benchmarks.tpch_contestants import QUERIES

__all__ = ["tpch"]

NODES, BY_HAND = "odibi_nb", "DuckDB"
CONTESTANTS = {
    NODES: "benchmarks.tpch_contestants:as_nodes",
    BY_HAND: "benchmarks.tpch_contestants:by_hand",
}
MOST_ON_AVERAGE, MOST_OF_A_QUERY = 1.05, 1.3
TOLERANCE = 1e-9
Seconds = Mapping[str, float]


def tpch(scale: Scale) -> Iterator[Row]:
    """Measure all queries, again and again in two processes that stay up, and compare their rows."""
    folder = make_data(scale)
    about = {"folder": str(folder), "scale_factor": scale.tpch}
    with staying_up(CONTESTANTS[NODES], **about) as nodes, staying_up(CONTESTANTS[BY_HAND], **about) as by_hand:
        rounds = list(interleaved({NODES: nodes, BY_HAND: by_hand}, scale.repetitions))
        unequal = [name for name in QUERIES if not same_rows(nodes(rows_of=name), by_hand(rows_of=name))]
    seconds = {who: [results[who]["seconds"] for results in rounds] for who in CONTESTANTS}
    title = f"TPC-H at SF {scale.tpch:g}"
    for who in CONTESTANTS:
        note = f"CPU time {statistics.median(results[who]['cpu_s'] for results in rounds):.3g} s"
        yield Row(
            f"{title}, all 22 queries, time", "s", tuple(sum(one.values()) for one in seconds[who]), who, note=note
        )
    yield from _ratio_rows(title, seconds[NODES], seconds[BY_HAND], scale)
    equal = (len(QUERIES) - len(unequal),)
    note = f"not {', '.join(unequal)}" if unequal else ""
    yield Row(f"{title}, queries with DuckDB's rows", "", equal, NODES, len(QUERIES), note, at_least=True)
    for who in CONTESTANTS:
        yield Row(f"{title}, peak memory", "MB", tuple(results[who]["peak_mb"] for results in rounds[-1:]), who)


def make_data(scale: Scale) -> Path:
    """Return the folder of the eight tables, which tpchgen-cli writes unless they are there."""
    folder = scale.data / f"tpch_{scale.tpch:g}"
    if not folder.exists():
        found = Path(sys.executable).with_name("tpchgen-cli")
        command = str(found) if found.exists() else shutil.which("tpchgen-cli")
        if command is None:
            raise NotMeasuredError("needs tpchgen-cli: pip install tpchgen-cli")
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        timed_command([command, "parquet", "-s", f"{scale.tpch:g}", f"--output-dir={unfinished}"])
        unfinished.rename(folder)
    return folder


def same_rows(ours: Sequence[Sequence[Any]], theirs: Sequence[Sequence[Any]]) -> bool:
    """Whether two results have the same rows in the same order; floats may differ by a billionth."""
    pairs = zip(ours, theirs, strict=False)
    return len(ours) == len(theirs) > 0 and all(
        len(one) == len(other) and all(map(_same, one, other)) for one, other in pairs
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE)
    return type(one) is type(other) and bool(one == other)


def _ratio_rows(title: str, ours: Sequence[Seconds], theirs: Sequence[Seconds], scale: Scale) -> Iterator[Row]:
    by_query = {name: tuple(own[name] / hand[name] for own, hand in zip(ours, theirs, strict=True)) for name in QUERIES}
    means = tuple(statistics.geometric_mean(ratios) for ratios in zip(*by_query.values(), strict=True))
    yield Row(f"{title}, geometric mean of the ratios", "x", means, NODES, scale.target(MOST_ON_AVERAGE))
    order = sorted(QUERIES, key=lambda name: statistics.median(by_query[name]), reverse=True)
    worst, *next_ones = order[:4]
    note = f"{worst}; then " + ", ".join(f"{name} {statistics.median(by_query[name]):.2f}" for name in next_ones)
    yield Row(f"{title}, the worst query's ratio", "x", by_query[worst], NODES, scale.target(MOST_OF_A_QUERY), note)
