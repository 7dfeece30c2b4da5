"""pandas: the steps as a script."""

from __future__ import annotations

import time

from benchmarks.large_contestants import measured
from benchmarks.processes import peak_memory_mb

__all__ = ["run_large"]


def run_large(folder: str, target: str) -> dict[str, float]:
    """Do the work of `large_files`."""
    start = time.perf_counter()
    import pandas as pd

    from benchmarks.peers.frames import by_region, sales_with_region, valid_sales

    idle_mb, imported = peak_memory_mb(), time.perf_counter()
    sales = valid_sales(pd.read_parquet(f"{folder}/sales.parquet"))
    joined = sales_with_region(sales, pd.read_parquet(f"{folder}/stores.parquet"))
    by_region(joined).to_parquet(target)
    return measured(start, imported, idle_mb)
