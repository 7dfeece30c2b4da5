"""polars: the steps as one lazy query, run by its streaming engine."""

from __future__ import annotations

import time

from benchmarks.large_contestants import measured
from benchmarks.processes import peak_memory_mb

__all__ = ["run_large"]


def run_large(folder: str, target: str) -> dict[str, float]:
    """Do the work of `large_files`."""
    start = time.perf_counter()
    import polars as pl

    idle_mb, imported = peak_memory_mb(), time.perf_counter()
    sales = pl.scan_parquet(f"{folder}/sales.parquet")
    valid = sales.filter((pl.col("channel") != "test") & (pl.col("cents") >= 1000))
    joined = valid.join(pl.scan_parquet(f"{folder}/stores.parquet"), on="store_id")
    grouped = joined.group_by("region", pl.col("sold_on").dt.truncate("1mo").alias("month"), "channel").agg(
        pl.len().alias("sales"),
        pl.col("quantity").cast(pl.Int64).sum().alias("pieces"),
        (pl.col("quantity") * pl.col("cents")).sum().alias("total"),
    )
    grouped.rename({"total": "cents"}).sink_parquet(target)
    return measured(start, imported, idle_mb)
