"""JupySQL: queries in cells, saved as snippets that later ones name; on DuckDB."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Sequence
from typing import Any

from benchmarks.large_contestants import AGGREGATE, FILTER, JOIN
from benchmarks.peers.timing import time_cases, upstream_of
from benchmarks.stopwatch import Stopwatch

__all__ = ["run_large", "time_shapes"]


def time_shapes(kind: str, counts: Sequence[int], repetitions: int) -> dict[str, Any]:
    """Return the seconds of cells that select ten rows of the one above."""
    shell = _shell()
    first = "SELECT range AS id, range / 2 AS amount, 'a' AS name FROM range(10)"

    runs = itertools.count()  # a snippet can't be saved again as long as others name it

    def run(shape: str, count: int) -> None:
        prefix = f"run_{next(runs)}_node"
        _cell(shell, f"%%sql --save {prefix}_0\n{first}")
        for number in range(1, count):
            above = f"{prefix}_{upstream_of(shape, number)}"
            query = f"SELECT id, amount + 1 AS amount, name FROM {above}"
            _cell(shell, f"%%sql --save {prefix}_{number} --with {above}\n{query}")

    return time_cases(run, counts, repetitions)


def run_large(folder: str, target: str) -> dict[str, float]:
    """Do the work of `large_files`; each step's cell shows ten rows, as it does unless told otherwise."""
    watch = Stopwatch()
    shell = _shell()
    watch.begin()
    _cell(shell, f"%%sql --save load_sales\nSELECT * FROM read_parquet('{folder}/sales.parquet')")
    _cell(shell, f"%%sql --save valid_sales --with load_sales\n{FILTER}")
    join = JOIN.format(stores=f"{folder}/stores.parquet").strip()
    _cell(shell, f"%%sql --save sales_with_region --with valid_sales\n{join}")
    _cell(shell, f"found = %sql --save by_region --with sales_with_region {' '.join(AGGREGATE.split())}")
    shell.user_ns["found"].DataFrame().to_parquet(target)
    return watch.stop()


def _shell() -> Any:
    import duckdb
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.user_ns["connection"] = duckdb.connect()
    for line in ("%load_ext sql", "%config SqlMagic.feedback = 0", "%sql connection --alias duckdb"):
        _cell(shell, line)
    return shell


def _cell(shell: Any, cell: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        shell.run_cell(cell, store_history=True).raise_error()
