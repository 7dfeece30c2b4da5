"""What people see in JupyterLab, and how soon: graphs, runs, tables, inputs, and what is saved of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.browser_graphs import first_paint, updates
from benchmarks.browser_lab import OpenNotebook, opened_lab
from benchmarks.browser_runs import live_cost
from benchmarks.browser_values import moves, pages
from benchmarks.processes import NotMeasuredError
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["browser"]

Part = Callable[[OpenNotebook, Scale], Iterator[Row]]

PARTS: tuple[Part, ...] = (first_paint, updates, live_cost, pages, moves)


def browser(scale: Scale) -> Iterator[Row]:
    """Measure in one JupyterLab and one Chromium, each part in a notebook of its own, on a page of its own."""
    with opened_lab(one_page=not scale.judged) as open_notebook:
        for part in PARTS:
            try:
                yield from part(open_notebook, scale)
            except NotMeasuredError as exc:
                yield Row(f"browser: {part.__name__}", "", error=str(exc))
