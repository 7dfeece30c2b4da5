"""Twenty nodes on sales: as cells of an IPython shell, and from the changed node on as one query by hand."""

from __future__ import annotations

import atexit
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.processes import peak_memory_mb

__all__ = ["by_hand", "in_cells"]

FILES = {"load_sales": "sales.parquet", "load_stores": "stores.parquet"}
ABOVE = {
    "known_sales": "SELECT * FROM load_sales WHERE channel <> 'test'",
    "priced_sales": "SELECT *, quantity * cents AS amount FROM known_sales",
    "dated_sales": "SELECT *, date_trunc('month', sold_on) AS month FROM priced_sales",
    "sales_with_region": "SELECT s.*, load_stores.region FROM dated_sales AS s JOIN load_stores USING (store_id)",
}
CHANGED = "SELECT * FROM sales_with_region WHERE cents >= {least}"
BELOW = {
    "net_sales": "SELECT *, amount * 81 // 100 AS net FROM valid_sales",
    "sized_sales": "SELECT *, CASE WHEN quantity >= 7 THEN 'large' ELSE 'small' END AS size FROM net_sales",
    "slim_sales": "SELECT region, store_id, month, channel, size, net FROM sized_sales",
    "by_store": """
        SELECT region, store_id, month, channel, size, count(*) AS sales, sum(net) AS net
        FROM slim_sales GROUP BY ALL""",
    "by_region": "SELECT region, month, sum(sales) AS sales, sum(net) AS net FROM by_store GROUP BY ALL",
    "by_channel": "SELECT channel, size, sum(sales) AS sales, sum(net) AS net FROM by_store GROUP BY ALL",
    "store_totals": "SELECT region, store_id, sum(net) AS net FROM by_store GROUP BY ALL",
    "best_stores": """
        SELECT * FROM store_totals QUALIFY rank() OVER (PARTITION BY region ORDER BY net DESC, store_id) <= 3""",
    "growth": "SELECT *, net - lag(net) OVER (PARTITION BY region ORDER BY month) AS more FROM by_region",
    "best_months": "SELECT region, max(net) AS best, max(more) AS most_growth FROM growth GROUP BY region",
    "favourites": "SELECT arg_max(channel, net) AS favourite FROM by_channel",
    "leaders": """
        SELECT region, list(store_id ORDER BY net DESC) AS stores, sum(net) AS net FROM best_stores GROUP BY region""",
    "report": """
        SELECT best_months.*, leaders.stores, leaders.net, favourites.favourite
        FROM best_months JOIN leaders USING (region), favourites ORDER BY region""",
}
FIRST, LAST = "valid_sales", "report"
CARD_ROWS = 11  # a card shows ten, and whether there are more
Answer = Callable[..., Any]


def in_cells(folder: str) -> Answer:
    """Run twenty cells; what is returned runs a changed one and the last one, until their cards are shown."""
    from IPython.core.interactiveshell import InteractiveShell

    from benchmarks.interactive_cells import quietly

    here = tempfile.TemporaryDirectory()
    atexit.register(here.cleanup)
    os.chdir(here.name)
    shell = InteractiveShell.instance()
    quietly(shell, "%load_ext odibi_nb")
    project = f"project: sales\nconnections: {{data: {{type: local, base_path: '{folder}'}}}}"
    quietly(shell, f"%%odibi_project\n{project}")
    for name, file in FILES.items():
        quietly(shell, f"%odibi_node {name} --read data:{file}")
    for name, text in {**ABOVE, FIRST: CHANGED.format(least=0), **BELOW}.items():
        quietly(shell, f"%%odibi_node {name}\n{text}")
    workspace: Any = shell.odibi_nb_workspace  # type: ignore[attr-defined]

    def change(least: int) -> dict[str, float]:
        start, start_cpu = time.perf_counter(), time.process_time()
        quietly(shell, f"%%odibi_node {FIRST}\n{CHANGED.format(least=least)}")
        first_s = time.perf_counter() - start
        quietly(shell, f"%%odibi_node {LAST}\n{BELOW[LAST]}")
        last_s, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
        if set(workspace.statuses().values()) != {"completed"}:
            raise RuntimeError(f"not all nodes are completed: {workspace.statuses()}")
        return {"first_s": first_s, "last_s": last_s, "cpu_s": cpu_s}

    return _answers(change, lambda: workspace[LAST].relation().fetchall())


def by_hand(folder: str) -> Answer:
    """Make views of what isn't changed; what is returned runs the rest as one query."""
    import duckdb

    connection = duckdb.connect()
    for name, file in FILES.items():
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{folder}/{file}')")
    for name, text in ABOVE.items():
        connection.execute(f"CREATE VIEW {name} AS {text}")
    parts = [f"{name} AS ({text})" for name, text in BELOW.items() if name != LAST]
    found: list[tuple[Any, ...]] = []

    def change(least: int) -> dict[str, float]:
        start = time.perf_counter()
        connection.execute(f"FROM ({CHANGED.format(least=least)}) LIMIT {CARD_ROWS}").fetchall()
        first_s = time.perf_counter() - start
        start, start_cpu = time.perf_counter(), time.process_time()
        query = f"WITH {', '.join([f'{FIRST} AS ({CHANGED.format(least=least)})', *parts])} {BELOW[LAST]}"
        found[:] = connection.execute(query).fetchall()
        last_s, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
        return {"first_s": first_s, "last_s": last_s, "cpu_s": cpu_s}

    return _answers(change, lambda: found)


def _answers(change: Callable[[int], dict[str, float]], rows: Callable[[], list[Any]]) -> Answer:
    """Return what changes the filter, or tells the last rows or the memory."""

    def answer(**asked: Any) -> Any:
        if "least" in asked:
            return change(asked["least"])
        return [[*map(str, row)] for row in rows()] if "rows" in asked else peak_memory_mb()

    return answer
