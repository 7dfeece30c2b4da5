"""What a cell costs in a real IPython shell: a node on three mock rows, a completion."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.processes import interleaved

__all__ = ["time_cells"]

MOCK = """%%odibi_mock by_region
sales:
  - {region: N, amount: 5}
  - {region: N, amount: 7}
  - {region: S, amount: 1}"""
NODES = {
    "sales": "SELECT 'N' AS region, 1 AS amount",
    "by_region": "SELECT region, sum(amount) AS total FROM sales GROUP BY region",
}


def time_cells(count: int, repetitions: int) -> dict[str, list[float]]:
    """Return the milliseconds of a mock cell, and of a completion within SQL, among `count` nodes."""
    from IPython.core.completer import provisionalcompleter
    from IPython.core.interactiveshell import InteractiveShell

    os.chdir(tempfile.mkdtemp())
    shell = InteractiveShell.instance()
    quietly(shell, "%load_ext odibi_nb")
    workspace: Any = shell.odibi_nb_workspace  # type: ignore[attr-defined]
    for name, body in NODES.items():
        workspace.node(name, body)
    for number in range(count - len(NODES)):
        workspace.node(f"node_{number}", f"SELECT x + 1 AS x FROM node_{number - 1}" if number else "SELECT 1 AS x")
    workspace.run()
    begun = "%%odibi_node top\nSELECT s.reg\nFROM by_region AS s JOIN node_"

    def complete() -> None:
        at_column = begun.index(".reg") + 4
        for offset, expected in ((at_column, "region"), (len(begun), "node_7")):
            with provisionalcompleter():
                found = list(shell.Completer.completions(begun, offset))
            if not any(expected in one.text for one in found):
                raise RuntimeError(f"{expected} is not offered")

    works = {"mock": lambda: quietly(shell, MOCK), "complete": complete}
    rounds = list(interleaved({name: _timed(work) for name, work in works.items()}, repetitions))
    workspace.close()
    return {name: [results[name] for results in rounds] for name in works}


def quietly(shell: Any, cell: str) -> None:
    """Run a cell; what it shows is made, and thrown away."""
    with contextlib.redirect_stdout(io.StringIO()):
        shell.run_cell(cell, store_history=True).raise_error()


def _timed(work: Callable[[], None]) -> Callable[[], float]:
    def timed() -> float:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1_000

    return timed
