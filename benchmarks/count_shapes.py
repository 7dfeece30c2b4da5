"""Exact counts of all nodes of thirty small pipelines: are they right, and what do they cost a run?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.plan_shapes import SHAPES, Shape, hand_counts, pipeline_of
from benchmarks.processes import call_in_process
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["count_shapes", "measure_shape"]

_DEAREST = 1.35
QUICK_SHAPES = 3  # the tests know of all that their counts are right


def count_shapes(scale: Scale) -> Iterator[Row]:
    """Compare runs that count with runs that don't, on a quarter of the rows of the large benchmarks."""
    rows, repetitions = scale.rows // 4, min(scale.repetitions, 3)
    folder = str(scale.data / f"shapes_{rows}")
    call_in_process("benchmarks.plan_shapes:make_sources", folder=folder, rows=rows)
    names = list(SHAPES) if scale.judged else list(SHAPES)[:QUICK_SHAPES]
    measured = {
        name: call_in_process(
            "benchmarks.count_shapes:measure_shape", folder=folder, name=name, repetitions=repetitions
        )
        for name in names
    }
    ratios = {name: statistics.median(one["ratios"]) for name, one in measured.items()}
    with_all = {name: statistics.median(one["ratios_with_all"]) for name, one in measured.items()}
    wrong = [name for name, one in measured.items() if one["wrong"]]
    dear = [f"{name} {ratio:.2f}" for name, ratio in with_all.items() if ratio > _DEAREST]
    title, of = f"{rows:,} rows, plan shapes", f"of {len(names)}"
    yield Row(f"{title} with a wrong count", of, (len(wrong),), target=scale.target(0), note=", ".join(wrong))
    yield Row(
        f"{title} above {_DEAREST} x with all counts", of, (len(dear),), target=scale.target(5), note=", ".join(dear)
    )
    yield Row(f"{title}, run with counts against without", "x", tuple(ratios.values()), note="samples are shapes")
    yield Row(f"{title}, the same and what is counted on demand", "x", tuple(with_all.values()), note=_on_demand())


def measure_shape(folder: str, name: str, repetitions: int) -> dict[str, Any]:
    """Return how many times as long a shape's run takes with counts as without.

    ratios_with_all: with the time to count, after the run, what was left to be counted on demand. wrong: nodes whose
    count isn't the one made by hand.
    """
    shape = SHAPES[name]
    expected = hand_counts(shape, folder)
    ratios, ratios_with_all, wrong = [], [], set()
    for number in range(repetitions + 1):
        turns = (True, False) if number % 2 else (False, True)
        taken = {counts: _run(shape, folder, counts=counts) for counts in turns}
        run_s, all_s, told = taken[True]
        wrong |= {node for node, rows in told.items() if rows != expected[node]}
        if number:  # the first round fills caches
            ratios.append(run_s / taken[False][0])
            ratios_with_all.append(all_s / taken[False][0])
    return {"ratios": ratios, "ratios_with_all": ratios_with_all, "wrong": sorted(wrong)}


def _run(shape: Shape, folder: str, *, counts: bool) -> tuple[float, float, dict[str, int | None]]:
    """Return the seconds of the run, those until all is counted, and the counts."""
    from odibi_nb import Pipeline
    from odibi_nb.config import PipelineConfig
    from odibi_nb.connections import LocalConnection
    from odibi_nb.engine import counting

    find = counting.lazy_below
    counting.lazy_below = find if counts else lambda inputs: []  # what finds nothing to be counted runs the plain query
    try:
        pipeline = Pipeline(PipelineConfig.model_validate(pipeline_of(shape)), {"local": LocalConnection(folder)})
        start = time.perf_counter()
        results = pipeline.run()
        run_s = time.perf_counter() - start
    finally:
        counting.lazy_below = find
    told = {name: results.get_node_result(name).rows_processed for name in shape.nodes}
    return run_s, time.perf_counter() - start, told


def _on_demand() -> str:
    reasons = {f"{name}: {reason}" for name, shape in SHAPES.items() for reason in shape.on_demand.values()}
    return f"on demand: {'; '.join(sorted(reasons))}"
