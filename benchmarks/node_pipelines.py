"""odibi_nb's chains and fan-outs of nodes that do nothing; runs in a process of its own."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.processes import interleaved, peak_memory_mb
from odibi_nb import Pipeline
from odibi_nb.config import NodeConfig, PipelineConfig
from odibi_nb.registry import Functions

if TYPE_CHECKING:
    from odibi_nb.pipeline import PipelineResults

__all__ = ["make_config", "time_shapes"]

FUNCTIONS = Functions()


@FUNCTIONS.register
def make_frame() -> pd.DataFrame:
    return pd.DataFrame({"id": range(10), "amount": [n / 2 for n in range(10)], "name": list("abcdefghij")})


@FUNCTIONS.register
def pass_on(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def time_shapes(kind: str, counts: Sequence[int], repetitions: int) -> dict[str, Any]:
    """Return, for each "SHAPE N", the seconds of each phase in each repetition; and the peak memory, `peak_mb`."""
    cases = {
        f"{shape} {count}": partial(_time_case, kind, shape, count)
        for shape in ("chain", "fan-out")
        for count in counts
    }
    rounds = list(interleaved(cases, repetitions))
    return {case: [results[case] for results in rounds] for case in cases} | {"peak_mb": peak_memory_mb()}


def make_config(kind: str, shape: str, count: int) -> PipelineConfig:
    """Return a pipeline of `count` nodes: each reads the one before it (chain), or all read the first."""
    nodes = [_first(kind)]
    for number in range(1, count):
        upstream = nodes[-1 if shape == "chain" else 0].name
        nodes.append(_node(kind, f"node_{number}", upstream))
    return PipelineConfig(pipeline=f"{kind} {shape}", nodes=nodes)


def _first(kind: str) -> NodeConfig:
    sql = "SELECT range AS id, range / 2 AS amount, 'a' AS name FROM range(10)"
    step = {"function": "make_frame"} if kind == "python" else {"sql": sql}
    return NodeConfig.model_validate({"name": "node_0", "transform": {"steps": [step]}})


def _node(kind: str, name: str, upstream: str) -> NodeConfig:
    if kind == "python":
        work: dict[str, Any] = {"depends_on": [upstream], "transform": {"steps": [{"function": "pass_on"}]}}
    else:
        work = {"transform": {"steps": [f"SELECT id, amount + 1 AS amount, name FROM {upstream}"]}}
    return NodeConfig.model_validate({"name": name, **work})


def _time_case(kind: str, shape: str, count: int) -> dict[str, float]:
    gc.collect()  # of what the case before left; its own garbage is the case's own cost
    start = time.perf_counter()
    config = make_config(kind, shape, count)
    declared = time.perf_counter()
    pipeline = Pipeline(config, functions=FUNCTIONS)
    checked = time.perf_counter()
    _look_at_all(pipeline.run(), count)
    finished = time.perf_counter()
    return {"declare": declared - start, "check": checked - declared, "run": finished - checked}


def _look_at_all(results: PipelineResults, count: int) -> None:
    """Read each node's status, time and schema, which is what a node's cost pays for."""
    seen = [(r.status, r.duration, r.result_schema) for r in results.node_results.values()]
    good = [one for one in seen if one[0] == "completed" and one[1] > 0 and len(one[2] or ()) == 3]
    if len(good) != count:
        errors = [results.get_node_result(name).error for name in results.failed]
        raise RuntimeError(f"{count - len(good)} of {count} nodes have no result: {errors[:1]}")
