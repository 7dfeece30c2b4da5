"""polars: the steps as one lazy query, run by its streaming engine."""

from __future__ import annotations

from benchmarks.stopwatch import Stopwatch

__all__ = ["run_large"]


def run_large(folder: str, target: str) -> dict[str, float]:
    """Do the work of `large_files`."""
    watch = Stopwatch()
    import polars as pl

    watch.begin()
    sales = pl.scan_parquet(f"{folder}/sales.parquet")
    valid = sales.filter((pl.col("channel") != "test") & (pl.col("cents") >= 1000))
    joined = valid.join(pl.scan_parquet(f"{folder}/stores.parquet"), on="store_id")
    grouped = joined.group_by("region", pl.col("sold_on").dt.truncate("1mo").alias("month"), "channel").agg(
        pl.len().alias("sales"),
        pl.col("quantity").cast(pl.Int64).sum().alias("pieces"),
        (pl.col("quantity") * pl.col("cents")).sum().alias("total"),
    )
    grouped.rename({"total": "cents"}).sink_parquet(target)
    return watch.stop()
