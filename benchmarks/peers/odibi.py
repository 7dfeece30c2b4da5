"""Odibi, whose dialect odibi_nb reads: its Python API, without stories and log lines."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.large_contestants import AGGREGATE, FILTER
from benchmarks.peers.timing import time_cases, upstream_of
from benchmarks.stopwatch import Stopwatch

__all__ = ["run_large", "time_shapes"]

# Frames know nothing of files: the stores are a node of their own.
JOIN = "SELECT sales.*, stores.region FROM valid_sales AS sales JOIN load_stores AS stores USING (store_id)"


def time_shapes(kind: str, counts: Sequence[int], repetitions: int) -> dict[str, Any]:
    """Return the seconds of nodes that do nothing."""
    from odibi.registry import transform

    from benchmarks.peers.frames import make_frame

    _be_quiet()

    @transform
    def first_frame(context: Any) -> Any:
        return make_frame()

    @transform
    def pass_on(context: Any, source: str) -> Any:
        return context.get(source)

    def run(shape: str, count: int) -> None:
        nodes = [{"name": "node_0", "transform": {"steps": [{"function": "first_frame"}]}}]
        for number in range(1, count):
            above = f"node_{upstream_of(shape, number)}"
            step: Any = {"function": "pass_on", "params": {"source": above}}
            if kind == "sql":
                step = {"sql": f"SELECT id, amount + 1 AS amount, name FROM {above}"}
            nodes.append({"name": f"node_{number}", "depends_on": [above], "transform": {"steps": [step]}})
        _run(nodes, {})

    return time_cases(run, counts, repetitions)


def run_large(folder: str, target: str) -> dict[str, float]:
    """Do the work of `large_files`."""
    watch = Stopwatch()
    from odibi.connections import LocalConnection

    for name in ("odibi.pipeline", "duckdb"):  # otherwise imported with the first pipeline, as part of its time
        import_module(name)
    _be_quiet()
    watch.begin()
    reads = [
        {"name": f"load_{name}", "read": {"connection": "local", "format": "parquet", "path": f"{name}.parquet"}}
        for name in ("sales", "stores")
    ]
    steps = {
        "valid_sales": (["load_sales"], FILTER),
        "sales_with_region": (["valid_sales", "load_stores"], JOIN),
        "by_region": (["sales_with_region"], AGGREGATE),
    }
    nodes: list[dict[str, Any]] = [
        {"name": name, "depends_on": above, "transform": {"steps": [{"sql": text}]}}
        for name, (above, text) in steps.items()
    ]
    write = {"connection": "local", "format": "parquet", "path": target, "mode": "overwrite"}
    save = {"name": "save_by_region", "depends_on": ["by_region"], "write": write}
    _run([*reads, *nodes, save], {"local": LocalConnection(base_path=folder)})
    return watch.stop()


def _run(nodes: list[dict[str, Any]], connections: dict[str, Any]) -> None:
    from odibi import Pipeline
    from odibi.config import PipelineConfig

    config = PipelineConfig.model_validate({"pipeline": "peer", "nodes": nodes})
    results = Pipeline(config, connections=connections, generate_story=False).run()
    if len(results.completed) != len(nodes):
        failed = {name: results.node_results[name].error for name in results.failed}
        raise RuntimeError(f"{len(results.completed)} of {len(nodes)} nodes were completed: {failed}")


def _be_quiet() -> None:
    from odibi.utils.logging import configure_logging

    configure_logging(structured=False, level="ERROR")
