"""The benchmarks by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from benchmarks.against_peers import peers
from benchmarks.browser import browser
from benchmarks.count_shapes import count_shapes
from benchmarks.edit_loop import edit_loop
from benchmarks.interactive import interactive
from benchmarks.large_csv import large_csv
from benchmarks.large_diff import large_diff
from benchmarks.large_files import large_files
from benchmarks.large_graph import large_graph
from benchmarks.node_overhead import python_nodes, sql_nodes
from benchmarks.out_of_core import out_of_core
from benchmarks.parallel import parallel
from benchmarks.processes import NotMeasuredError
from benchmarks.restart import restart
from benchmarks.rows import Row
from benchmarks.scale import Scale
from benchmarks.startup import load_extension, show_help
from benchmarks.tpch import tpch
from odibi_nb.exceptions import UsageError, did_you_mean

__all__ = ["BENCHMARKS", "measure", "select"]

Benchmark = Callable[[Scale], Iterator[Row]]

BENCHMARKS: dict[str, Benchmark] = {
    "python_nodes": python_nodes,
    "sql_nodes": sql_nodes,
    "large_files": large_files,
    "large_csv": large_csv,
    "tpch": tpch,
    "edit_loop": edit_loop,
    "restart": restart,
    "peers": peers,
    "out_of_core": out_of_core,
    "count_shapes": count_shapes,
    "large_graph": large_graph,
    "interactive": interactive,
    "large_diff": large_diff,
    "parallel": parallel,
    "load_ext": load_extension,
    "help": show_help,
    "browser": browser,
}


def select(names: Sequence[str]) -> dict[str, Benchmark]:
    """Return the benchmarks of these names, or all; raises UsageError for an unknown one."""
    for name in names:
        if name not in BENCHMARKS:
            raise UsageError(
                f"there is no benchmark '{name}'", hint=did_you_mean(name, BENCHMARKS) or ", ".join(BENCHMARKS)
            )
    return {name: run for name, run in BENCHMARKS.items() if not names or name in names}


def measure(name: str, scale: Scale) -> Iterator[Row]:
    """Yield a benchmark's rows; one that breaks off ends with a row that says why."""
    try:
        yield from BENCHMARKS[name](scale)
    except NotMeasuredError as exc:
        yield Row(name, "", error=str(exc))
