"""Hamilton: functions whose parameters name what they read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_type_hints

from benchmarks.peers.timing import time_cases, upstream_of
from benchmarks.stopwatch import Stopwatch

__all__ = ["run_large", "time_shapes"]


def time_shapes(kind: str, counts: Sequence[int], repetitions: int) -> dict[str, Any]:
    """Return the seconds of nodes that pass on a frame."""
    from hamilton import driver

    functions = {(shape, count): _functions(shape, count) for shape in ("chain", "fan-out") for count in counts}

    def run(shape: str, count: int) -> None:
        built = driver.Builder().with_modules(_module(functions[shape, count])).build()
        results = built.execute([f"node_{number}" for number in range(count)])
        if len(results) != count:
            raise RuntimeError(f"{len(results)} of {count} nodes have a result")

    return time_cases(run, counts, repetitions)


def run_large(folder: str, target: str) -> dict[str, float]:
    """Do the work of `large_files`."""
    watch = Stopwatch()
    import pandas as pd
    from hamilton import driver

    from benchmarks.peers.frames import by_region, sales_with_region, valid_sales

    watch.begin()

    def load_sales() -> pd.DataFrame:
        return pd.read_parquet(f"{folder}/sales.parquet")

    def load_stores() -> pd.DataFrame:
        return pd.read_parquet(f"{folder}/stores.parquet")

    def save_by_region(by_region: pd.DataFrame) -> str:
        by_region.to_parquet(target)
        return target

    for function in (load_sales, load_stores, save_by_region):  # their annotations are texts that name locals
        function.__annotations__ = get_type_hints(function, localns={"pd": pd})
    module = _module([load_sales, load_stores, valid_sales, sales_with_region, by_region, save_by_region])
    driver.Builder().with_modules(module).build().execute(["save_by_region"])
    return watch.stop()


def _module(functions: Sequence[Callable[..., Any]]) -> Any:
    from hamilton import ad_hoc_utils

    return ad_hoc_utils.create_temporary_module(*functions)


def _functions(shape: str, count: int) -> list[Callable[..., Any]]:
    import pandas as pd

    from benchmarks.peers.frames import make_frame

    texts = ["def node_0() -> pd.DataFrame:\n    return make_frame()"]
    for number in range(1, count):
        above = f"node_{upstream_of(shape, number)}"
        texts.append(f"def node_{number}({above}: pd.DataFrame) -> pd.DataFrame:\n    return {above}")

    namespace: dict[str, Any] = {"pd": pd, "make_frame": make_frame, "__name__": "nodes"}
    exec("\n\n".join(texts), namespace)
    return [namespace[f"node_{number}"] for number in range(count)]
