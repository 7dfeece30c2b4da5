"""The queries of TPC-H, each as a node of a notebook, and in DuckDB by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.notebooks import write_notebook
from benchmarks.processes import peak_memory_mb

__all__ = ["QUERIES", "as_nodes", "by_hand"]

FOLDER = Path(__file__).with_name("tpch")
TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
QUERIES = tuple(f"q{number:02}" for number in range(1, 23))
# What a query has twice, as its view.
SHARED = {"q02": "q02_offers", "q11": "q11_stock", "q15": "q15_revenue", "q22": "q22_customers"}
Answer = Callable[..., Any]


def as_nodes(folder: str, scale_factor: float) -> Answer:
    """Load a notebook of nodes; what is returned runs all of them, or gives a query's rows."""
    from odibi_nb.workspaces.headless import load_target

    ws = load_target(write_notebook(Path(folder) / "queries.ipynb", _cells(folder, scale_factor))).workspace

    def run() -> dict[str, Any]:
        start, start_cpu = time.perf_counter(), time.process_time()
        results = ws.run(force=True).results
        seen = [(one.success, one.result_schema, one.dataset and one.dataset.head(10)) for one in results.values()]
        elapsed = time.perf_counter() - start
        if not all(all(one) for one in seen):
            raise RuntimeError("a node has no schema or no rows")
        spent = {name: result.duration for name, result in results.items()}
        by_query = {name: spent[name] + spent.get(SHARED.get(name, ""), 0.0) for name in QUERIES}
        around = (elapsed - sum(by_query.values())) / len(QUERIES)
        return _told({name: own + around for name, own in by_query.items()}, start_cpu)

    return lambda rows_of=None: run() if rows_of is None else _plain(ws[rows_of].relation().fetchall())


def by_hand(folder: str, scale_factor: float) -> Answer:
    """Make views of tables and shared parts; what is returned runs all queries, or gives a query's rows."""
    import duckdb

    connection = duckdb.connect()
    for table in TABLES:
        connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{folder}/{table}.parquet')")
    for name in SHARED.values():
        connection.execute(f"CREATE VIEW {name} AS {_text(name, scale_factor)}")
    texts = {name: _text(name, scale_factor) for name in QUERIES}

    def run() -> dict[str, Any]:
        seconds, start_cpu = {}, time.process_time()
        for name, text in texts.items():
            start = time.perf_counter()
            connection.sql(text).to_arrow_table()
            seconds[name] = time.perf_counter() - start
        return _told(seconds, start_cpu)

    return lambda rows_of=None: run() if rows_of is None else _plain(connection.execute(texts[rows_of]).fetchall())


def _told(seconds: dict[str, float], start_cpu: float) -> dict[str, Any]:
    return {"seconds": seconds, "cpu_s": time.process_time() - start_cpu, "peak_mb": peak_memory_mb()}


def _cells(folder: str, scale_factor: float) -> list[str]:
    project = f"%%odibi_project\nproject: tpch\nconnections: {{data: {{type: local, base_path: '{folder}'}}}}"
    reads = [f"%odibi_node {table} --read data:{table}.parquet" for table in TABLES]
    nodes = [f"%%odibi_node {name}\n{_text(name, scale_factor)}" for name in sorted((*QUERIES, *SHARED.values()))]
    return ["%load_ext odibi_nb", project, *reads, *nodes]


def _text(name: str, scale_factor: float) -> str:
    """Return a query with the parameters that the specification validates answers with."""
    text = (FOLDER / f"{name}.sql").read_text("utf-8")
    return text.replace("{fraction}", f"{0.0001 / scale_factor:.10f}")


def _plain(rows: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """Return rows as JSON has them; decimals and dates become texts."""
    return [[str(value) if isinstance(value, Decimal | date) else value for value in row] for row in rows]
