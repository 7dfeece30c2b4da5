"""The same work twice: five nodes of odibi_nb, and one query as one would write it by hand."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.stopwatch import Stopwatch

__all__ = ["compare", "five_nodes", "make_data", "one_query", "run_pipeline", "run_query"]

STORES = 500
# Plain arithmetic instead of random() or hash(): the same rows in every version of DuckDB.
SALES = """
SELECT
    i AS id,
    DATE '2024-01-01' + CAST(i * 7919 % 730 AS INTEGER) AS sold_on,
    CAST(i * 104729 % {stores} AS INTEGER) AS store_id,
    CAST(i * 15485863 % 20011 AS INTEGER) AS product_id,
    CAST(i * 32452843 % 1000003 AS INTEGER) AS customer_id,
    CAST(1 + i * 31 % 9 AS SMALLINT) AS quantity,
    i * 49979687 % 99991 AS cents,
    ['shop', 'web', 'phone', 'test'][1 + i * 611953 % 97 % 4] AS channel
FROM range({rows}) AS numbers(i)
"""
STORE_ROWS = "SELECT CAST(range AS INTEGER) AS store_id, 'region ' || range % 20 AS region FROM range({stores})"

FILTER = "SELECT * FROM load_sales WHERE channel <> 'test' AND cents >= 1000"
JOIN = """
SELECT sales.*, stores.region
FROM valid_sales AS sales JOIN read_parquet('{stores}') AS stores USING (store_id)
"""
AGGREGATE = """
SELECT region, date_trunc('month', sold_on) AS month, channel,
       count(*) AS sales, sum(quantity) AS pieces, sum(quantity * cents) AS cents
FROM sales_with_region
GROUP BY ALL
"""
ONE_QUERY = """
COPY (
    SELECT stores.region, date_trunc('month', sales.sold_on) AS month, sales.channel,
           count(*) AS sales,
           CAST(sum(sales.quantity) AS BIGINT) AS pieces,
           CAST(sum(sales.quantity * sales.cents) AS BIGINT) AS cents
    FROM {sales} AS sales
    JOIN read_parquet('{folder}/stores.parquet') AS stores USING (store_id)
    WHERE sales.channel <> 'test' AND sales.cents >= 1000
    GROUP BY ALL
) TO '{folder}/query.parquet' (FORMAT parquet, COMPRESSION zstd)
"""


def make_data(folder: str, rows: int) -> dict[str, str]:
    """Write sales.parquet, sales.csv and stores.parquet, unless they are there."""
    import duckdb

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    texts = {"sales.parquet": SALES, "stores.parquet": STORE_ROWS, "sales.csv": f"FROM '{place}/sales.parquet'"}
    for name, text in texts.items():
        if not (place / name).exists():
            unfinished = place / f"{name}.{os.getpid()}"
            select = text.format(rows=rows, stores=STORES)
            how = "FORMAT csv, HEADER" if name.endswith(".csv") else "FORMAT parquet, COMPRESSION zstd"
            duckdb.connect().execute(f"COPY ({select}) TO '{unfinished}' ({how})")
            unfinished.replace(place / name)
    return {"folder": folder}


def one_query(folder: str, sales: str = "sales.parquet") -> str:
    """Return the work as one statement."""
    return ONE_QUERY.format(folder=folder, sales=f"'{folder}/{sales}'")


def run_query(folder: str, sales: str = "sales.parquet") -> dict[str, float]:
    """Do the work in one query."""
    watch = Stopwatch()
    import duckdb

    watch.begin()
    duckdb.connect().execute(one_query(folder, sales)).fetchall()
    return watch.stop()


def run_pipeline(folder: str, counts: bool = False) -> dict[str, float]:
    """Do the work in five nodes, and look at each one's status, schema and first 20 rows.

    counts: look at its exact number of rows and its seconds, too.
    """
    watch = Stopwatch()
    from odibi_nb import Pipeline
    from odibi_nb.config import PipelineConfig
    from odibi_nb.connections import LocalConnection

    import_module("odibi_nb.engine.duckdb_engine")  # otherwise imported with the first pipeline, as part of its time
    watch.begin()
    config = PipelineConfig.model_validate({"pipeline": "sales", "nodes": five_nodes(folder)})
    pipeline = Pipeline(config, connections={"local": LocalConnection(base_path=folder)})
    results = pipeline.run(preview=20)
    if len(results.completed) != 5:
        raise RuntimeError(f"the pipeline failed: {[results.get_node_result(n).error for n in results.failed]}")
    seen = [_look_at(result, counts=counts) for result in results.node_results.values()]
    finished = watch.stop()
    if not (all(seen) and results.get_node_result("save_by_region").rows_written):
        raise RuntimeError("a node has no schema or no rows")
    return finished


def compare(folder: str, written: str = "by_region") -> dict[str, int]:
    """Return how many rows both wrote; raises RuntimeError when they wrote different ones.

    written: what a contestant wrote; its types needn't be those of the query.
    """
    import duckdb

    columns = "region, CAST(month AS DATE), channel, CAST(COLUMNS('sales|pieces|cents') AS BIGINT)"
    ours, theirs = (f"SELECT {columns} FROM read_parquet('{folder}/{name}.parquet')" for name in (written, "query"))
    found = duckdb.execute(
        f"SELECT (SELECT count(*) FROM ({theirs})), (SELECT count(*) FROM (({ours}) EXCEPT ALL ({theirs}))),"
        f" (SELECT count(*) FROM (({theirs}) EXCEPT ALL ({ours})))"
    ).fetchall()
    rows, more, missing = found[0]
    if more or missing or not rows:
        raise RuntimeError(f"of {rows} rows the pipeline lacks {missing} and has {more} others")
    return {"rows": rows}


def five_nodes(folder: str, sales: str = "sales.parquet") -> list[dict[str, Any]]:
    """Return the work as nodes."""
    join = JOIN.format(stores=f"{folder}/stores.parquet")
    return [
        {"name": "load_sales", "read": {"connection": "local", "path": sales}},
        {"name": "valid_sales", "transform": {"steps": [FILTER]}},
        {"name": "sales_with_region", "transform": {"steps": [join]}},
        {"name": "by_region", "transform": {"steps": [AGGREGATE]}},
        {
            "name": "save_by_region",
            "depends_on": ["by_region"],
            "write": {"connection": "local", "path": "by_region.parquet"},
        },
    ]


def _look_at(result: Any, *, counts: bool) -> bool:
    """Read a node's schema and preview, as its card does; the counts as `run --json` does."""
    seen = bool(result.result_schema) and len(result.dataset.head(20)) > 0
    return seen and (not counts or (result.rows_processed > 0 and result.duration > 0))
