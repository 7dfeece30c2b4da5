"""The same work by nodes and by hand: four queries that each read all sales, and Python that only computes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

__all__ = ["run_cursors", "run_python_nodes", "run_sql_nodes"]

HEAVY = (
    """
    SELECT customer_id, sum(quantity * cents) AS cents, count(DISTINCT product_id) AS products
    FROM read_parquet('{folder}/sales.parquet') GROUP BY ALL ORDER BY cents DESC, customer_id LIMIT 100
    """,
    """
    SELECT store_id, product_id, cents
    FROM (
        SELECT *, row_number() OVER (PARTITION BY store_id ORDER BY cents, id) AS n
        FROM read_parquet('{folder}/sales.parquet')
    )
    WHERE n = 1 ORDER BY ALL
    """,
    """
    SELECT product_id, median(cents) AS middle, quantile_cont(quantity, 0.9) AS most
    FROM read_parquet('{folder}/sales.parquet') GROUP BY ALL ORDER BY middle, product_id LIMIT 100
    """,
    """
    SELECT left(md5(id || channel), 2) AS bucket, count(*) AS n, max(sold_on) AS last
    FROM read_parquet('{folder}/sales.parquet') GROUP BY ALL ORDER BY ALL
    """,
)


def run_sql_nodes(folder: str, workers: int) -> dict[str, float]:
    """Run the four as nodes of a pipeline."""
    from odibi_nb import Pipeline
    from odibi_nb.config import PipelineConfig

    steps = [text.format(folder=folder) for text in HEAVY]
    nodes = [{"name": f"heavy_{n}", "transform": {"steps": [step]}} for n, step in enumerate(steps)]
    pipeline = Pipeline(PipelineConfig.model_validate({"pipeline": "heavy", "nodes": nodes}))
    start, cpu_start = time.perf_counter(), time.process_time()
    results = pipeline.run(workers=workers)
    measured = _measured(start, cpu_start)
    if len(results.completed) != len(HEAVY):
        raise RuntimeError(f"the pipeline failed: {[results.get_node_result(n).error for n in results.failed]}")
    return measured


def run_cursors(folder: str, workers: int) -> dict[str, float]:
    """Run the four as tables of one database, a cursor a thread, as one would write it by hand."""
    import duckdb

    database = duckdb.connect()
    cursors: SimpleQueue[Any] = SimpleQueue()
    for _ in range(workers):
        cursors.put(database.cursor())

    def run(number: int) -> None:
        cursor = cursors.get()
        cursor.execute(f"CREATE TABLE heavy_{number} AS {HEAVY[number].format(folder=folder)}").fetchall()
        cursors.put(cursor)

    with ThreadPoolExecutor(workers) as pool:
        start, cpu_start = time.perf_counter(), time.process_time()
        list(pool.map(run, range(len(HEAVY))))
        return _measured(start, cpu_start)


def run_python_nodes(steps: int, workers: int, *, processes: bool = False) -> dict[str, float]:
    """Run two nodes that do nothing but loop."""
    import pandas as pd

    from odibi_nb import Workspace

    def loops() -> pd.DataFrame:
        total = 0
        for number in range(steps):
            total += number % 7
        return pd.DataFrame({"total": [total]})

    ws = Workspace()
    for name in ("one", "two"):
        ws.node(name, loops)
    start, cpu_start = time.perf_counter(), time.process_time()
    ws.run(workers=workers, processes=processes)
    measured = _measured(start, cpu_start)
    ws.close()
    return measured


def _measured(start: float, cpu_start: float) -> dict[str, float]:
    return {"work_s": time.perf_counter() - start, "cpu_s": time.process_time() - cpu_start}
