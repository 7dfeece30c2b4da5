"""What all peers' modules share: how they are timed."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from benchmarks.processes import interleaved, peak_memory_mb

__all__ = ["time_cases", "upstream_of"]

Case = Callable[[str, int], object]
SHAPES = ("chain", "fan-out")


def time_cases(run: Case, counts: Sequence[int], repetitions: int) -> dict[str, Any]:
    """Return the seconds of `run(shape, count)`, and the peak memory, in the form of `node_pipelines.time_shapes`."""
    cases = {f"{shape} {count}": partial(_seconds, partial(run, shape, count)) for shape in SHAPES for count in counts}
    rounds = list(interleaved(cases, repetitions))
    return {case: [{"all": results[case]} for results in rounds] for case in cases} | {"peak_mb": peak_memory_mb()}


def upstream_of(shape: str, number: int) -> int:
    """Return the number of the node that another reads: the one before it (chain), or the first."""
    return number - 1 if shape == "chain" else 0


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
