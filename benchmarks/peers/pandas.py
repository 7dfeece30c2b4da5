"""pandas: the steps as a script."""

from __future__ import annotations

from benchmarks.stopwatch import Stopwatch

__all__ = ["run_large"]


def run_large(folder: str, target: str) -> dict[str, float]:
    """Do the work of `large_files`."""
    watch = Stopwatch()
    import pandas as pd

    from benchmarks.peers.frames import by_region, sales_with_region, valid_sales

    watch.begin()
    sales = valid_sales(pd.read_parquet(f"{folder}/sales.parquet"))
    joined = sales_with_region(sales, pd.read_parquet(f"{folder}/stores.parquet"))
    by_region(joined).to_parquet(target)
    return watch.stop()
