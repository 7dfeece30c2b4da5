"""A hundred million rows filtered, joined and sorted under a memory limit, by nodes and by one query."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.processes import call_in_process, peak_memory_mb
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["check", "make_data", "out_of_core", "run_pipeline", "run_query"]

LIMIT, TARGET_MB = "2GB", 2_500
SALES = """
SELECT i AS id,
       CAST(i * 32452843 % {customers} AS INTEGER) AS customer_id,
       CAST(i * 15485863 % 20011 AS INTEGER) AS product_id,
       CAST(1 + i * 31 % 9 AS SMALLINT) AS quantity,
       CAST(i * 49979687 % 9999991 AS INTEGER) AS cents,
       DATE '2024-01-01' + CAST(i * 7919 % 730 AS INTEGER) AS sold_on
FROM range({rows}) AS numbers(i)
"""
CUSTOMERS = """
SELECT CAST(i AS INTEGER) AS customer_id, 'customer ' || i * 104729 % {customers} AS name, 'region ' || i % 20 AS region
FROM range({customers}) AS numbers(i)
"""
FILTER = "SELECT id, customer_id, quantity * cents AS amount, sold_on FROM {sales} WHERE cents >= 1000000"
JOIN = "SELECT sold.*, name, region FROM {sold} AS sold JOIN {customers} AS customers USING (customer_id)"
SORT = "SELECT * FROM {joined} ORDER BY amount DESC, id"
# Each row with its place: one number that tells rows and order.
CHECKSUM = """
SELECT count(*), CAST(sum(hash(file_row_number, id, amount, sold_on, name, region) % 1000003) AS BIGINT)
FROM read_parquet('{file}', file_row_number = true)
"""


def out_of_core(scale: Scale) -> Iterator[Row]:
    """Measure time and peak memory of one run each, in processes of their own."""
    folder = str(scale.data / f"out_of_core_{scale.large_rows}")
    call_in_process("benchmarks.out_of_core:make_data", folder=folder, rows=scale.large_rows)
    query = call_in_process("benchmarks.out_of_core:run_query", folder=folder)
    pipeline = call_in_process("benchmarks.out_of_core:run_pipeline", folder=folder)
    call_in_process("benchmarks.out_of_core:check", folder=folder)
    title = f"{scale.large_rows:,} rows under 2 GB"
    yield Row(f"{title}, time", "s", (query["work_s"],), "one query")
    yield Row(f"{title}, time", "s", (pipeline["work_s"],))
    yield Row(f"{title}, time against one query", "x", (pipeline["work_s"] / query["work_s"],))
    yield Row(f"{title}, peak memory", "MB", (query["peak_mb"],), "one query")
    yield Row(f"{title}, peak memory", "MB", (pipeline["peak_mb"],), target=scale.target(TARGET_MB))


def make_data(folder: str, rows: int) -> dict[str, str]:
    """Write sales.parquet, and customers.parquet with a fifth of the rows, unless they are there."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, text in (("sales", SALES), ("customers", CUSTOMERS)):
        file = place / f"{name}.parquet"
        if not file.exists():
            unfinished = file.with_suffix(f".{os.getpid()}")
            _limited(folder).execute(_copy(text.format(rows=rows, customers=rows // 5), str(unfinished)))
            unfinished.replace(file)
    return {"folder": folder}


def run_query(folder: str) -> dict[str, float]:
    """Do the work in one query."""
    start = time.perf_counter()
    sold = FILTER.format(sales=f"read_parquet('{folder}/sales.parquet')")
    joined = JOIN.format(sold=f"({sold})", customers=f"read_parquet('{folder}/customers.parquet')")
    _limited(folder).execute(_copy(SORT.format(joined=f"({joined})"), f"{folder}/query.parquet"))
    return {"work_s": time.perf_counter() - start, "peak_mb": peak_memory_mb()}


def run_pipeline(folder: str) -> dict[str, float]:
    """Do the work in nodes, and look at each one's schema and, of the result, at the first rows."""
    from odibi_nb import Pipeline
    from odibi_nb.config import PipelineConfig
    from odibi_nb.connections import LocalConnection
    from odibi_nb.engine import create_engine

    start = time.perf_counter()
    engine = create_engine("duckdb", {"memory_limit": LIMIT, "temp_directory": f"{folder}/spill"})
    config = PipelineConfig.model_validate({"pipeline": "large", "nodes": _nodes()})
    results = Pipeline(config, connections={"local": LocalConnection(base_path=folder)}, engine=engine).run()
    if results.failed or results.skipped:
        raise RuntimeError(f"the pipeline failed: {[results.get_node_result(n).error for n in results.failed]}")
    for result in results.node_results.values():
        if not result.result_schema:
            raise RuntimeError(f"node '{result.node_name}' has no schema")
    last = results.get_node_result("by_amount").dataset
    if last is None or len(last.head(20)) != 20:
        raise RuntimeError("the result has no rows")
    measured = {"work_s": time.perf_counter() - start, "peak_mb": peak_memory_mb()}
    engine.close()
    return measured


def check(folder: str) -> dict[str, int]:
    """Return how many rows both wrote, and remove them; raises RuntimeError when they differ, or their order does."""
    files = [Path(folder) / f"{name}.parquet" for name in ("query", "by_amount")]
    theirs, ours = (_limited(folder).execute(CHECKSUM.format(file=file)).fetchall()[0] for file in files)
    if theirs != ours or not theirs[0]:
        raise RuntimeError(f"the query wrote {theirs[0]} rows, the pipeline {ours[0]}, or others or elsewhere")
    for file in files:
        file.unlink()
    return {"rows": theirs[0]}


def _nodes() -> list[dict[str, Any]]:
    return [
        {"name": "sales", "read": {"connection": "local", "path": "sales.parquet"}},
        {"name": "customers", "read": {"connection": "local", "path": "customers.parquet"}},
        {"name": "sold", "transform": {"steps": [FILTER.format(sales="sales")]}},
        {"name": "joined", "transform": {"steps": [JOIN.format(sold="sold", customers="customers")]}},
        {
            "name": "by_amount",
            "transform": {"steps": [SORT.format(joined="joined")]},
            "write": {"connection": "local", "path": "by_amount.parquet"},
        },
    ]


def _limited(folder: str) -> Any:
    import duckdb

    return duckdb.connect(config={"memory_limit": LIMIT, "temp_directory": f"{folder}/query_spill"})


def _copy(select: str, file: str) -> str:
    return f"COPY ({select}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
