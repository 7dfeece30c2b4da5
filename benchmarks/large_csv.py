"""Ten million rows of CSV through five SQL nodes, and once more in a new process, against one DuckDB query."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.large_contestants import five_nodes
from benchmarks.large_files import QUERY, sales_folder
from benchmarks.large_rounds import memory_rows, ratio_row, time_rows
from benchmarks.processes import call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale
from benchmarks.stopwatch import Stopwatch

__all__ = ["large_csv", "run_project"]

SALES = "sales.csv"
FIRST, SECOND = "odibi_nb, first run", "odibi_nb, second run"
# The most time against one query, which parses the file each time.
MOST_TIME = {FIRST: 1.2, SECOND: 0.1}
MOST_MEMORY = 1.3


def large_csv(scale: Scale) -> Iterator[Row]:
    """Measure a project's first run, and its second in a new process; compare what the first wrote."""
    folder = sales_folder(scale)
    query = partial(call_in_process, "benchmarks.large_contestants:run_query", folder=folder, sales=SALES)
    works: dict[str, Callable[[], dict[str, Any]]] = {
        QUERY: lambda: {QUERY: query()},
        "odibi_nb": partial(_run_twice, folder),
    }
    rounds = [one[QUERY] | one["odibi_nb"] for one in interleaved(works, scale.repetitions, warm_up=scale.judged)]
    call_in_process("benchmarks.large_contestants:compare", folder=folder)
    title = f"{scale.rows:,} rows of CSV"
    yield from time_rows(title, rounds, rounds[0])
    for who, most in MOST_TIME.items():
        yield ratio_row(f"{title}, time against one query", rounds, who, QUERY, target=scale.target(most))
    yield from memory_rows(title, rounds, rounds[0])
    most_memory = scale.target(MOST_MEMORY)
    yield ratio_row(f"{title}, memory against one query", rounds, FIRST, QUERY, "peak_mb", most_memory)


def _run_twice(folder: str) -> dict[str, dict[str, Any]]:
    """Run a project that never ran before, and then again."""
    place = Path(folder)
    shutil.rmtree(place / ".odibi", ignore_errors=True)
    (place / "by_region.parquet").unlink(missing_ok=True)
    project = {
        "project": "sales",
        "connections": {"local": {"type": "local", "base_path": "."}},
        "pipelines": [{"pipeline": "sales", "nodes": five_nodes(folder, SALES)}],
    }
    (place / "odibi.yaml").write_text(json.dumps(project), "utf-8")  # JSON is YAML
    run = partial(call_in_process, "benchmarks.large_csv:run_project", folder=folder)
    return {FIRST: run(), SECOND: run()}


def run_project(folder: str) -> dict[str, float]:
    """Load the project, run it, and look at each node's status, schema and first 20 rows."""
    watch = Stopwatch()
    from odibi_nb.workspaces import RunRequest
    from odibi_nb.workspaces.headless import load_target

    for name in ("engine.duckdb_engine", "project_file", "sql.analysis"):  # otherwise imported as part of its time
        import_module(f"odibi_nb.{name}")
    watch.begin()
    workspace = load_target(folder).workspace
    outcome = workspace.attempt(RunRequest(preview=20))
    results = outcome.results.values()
    seen = [(one.success, one.result_schema, one.dataset and one.dataset.head(20)) for one in results]
    finished = watch.stop()
    if len(seen) != 5 or not all(all(one) for one in seen):
        raise RuntimeError(f"a node has no schema or no rows: {[one.error for one in results]}")
    return finished
