"""Kedro: nodes between named datasets, run one after the other."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.timing import time_cases, upstream_of
from benchmarks.stopwatch import Stopwatch

__all__ = ["run_large", "time_shapes"]


def time_shapes(kind: str, counts: Sequence[int], repetitions: int) -> dict[str, Any]:
    """Return the seconds of nodes that pass on a frame."""
    from kedro.io import DataCatalog
    from kedro.pipeline import node, pipeline
    from kedro.runner import SequentialRunner

    from benchmarks.peers.frames import make_frame

    logging.getLogger("kedro").setLevel(logging.WARNING)

    def run(shape: str, count: int) -> None:
        nodes = [node(make_frame, None, "node_0", name="make_node_0")]
        for number in range(1, count):
            above, name = f"node_{upstream_of(shape, number)}", f"node_{number}"
            nodes.append(node(_pass_on, above, name, name=f"make_{name}"))
        if not SequentialRunner().run(pipeline(nodes), DataCatalog()):
            raise RuntimeError("there is no result")

    return time_cases(run, counts, repetitions)


def run_large(folder: str, target: str) -> dict[str, float]:
    """Do the work of `large_files`."""
    watch = Stopwatch()
    from kedro.io import DataCatalog
    from kedro.pipeline import node, pipeline
    from kedro.runner import SequentialRunner
    from kedro_datasets.pandas import ParquetDataset

    from benchmarks.peers.frames import by_region, sales_with_region, valid_sales

    logging.getLogger("kedro").setLevel(logging.WARNING)
    watch.begin()
    catalog = DataCatalog(
        {
            "load_sales": ParquetDataset(filepath=f"{folder}/sales.parquet"),
            "load_stores": ParquetDataset(filepath=f"{folder}/stores.parquet"),
            "by_region": ParquetDataset(filepath=target),
        }
    )
    steps = [
        node(valid_sales, "load_sales", "valid_sales", name="filter"),
        node(sales_with_region, ["valid_sales", "load_stores"], "sales_with_region", name="join"),
        node(by_region, "sales_with_region", "by_region", name="aggregate"),
    ]
    SequentialRunner().run(pipeline(steps), catalog)
    return watch.stop()


def _pass_on(frame: Any) -> Any:
    return frame
