"""What it costs a run that somebody looks on."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from functools import partial

from benchmarks.browser_lab import Notebook, OpenNotebook
from benchmarks.processes import interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["live_cost"]

MOST_COST = 1.03
SLEEP_S = 0.05


def live_cost(open_notebook: OpenNotebook, scale: Scale) -> Iterator[Row]:
    """Measure runs that the page follows against runs that it doesn't hear of."""
    for title, declare, count, times in _runs(scale):
        repetitions = times * scale.repetitions
        measure = f"times = browser_kernel.time_live(ws, {repetitions})"
        with open_notebook(f"runs_{count}", declare, "%odibi run --force", "%odibi graph", measure) as notebook:
            notebook.run(1)
            yield _view_row(notebook, title, repetitions, scale)
            notebook.call("paint", 3, ".odibi-dag-node", count)
            notebook.run(4)
            yield from _graph_rows(notebook.ask("times"), title, scale)


def _view_row(notebook: Notebook, title: str, repetitions: int, scale: Scale) -> Row:
    """Compare cells whose run is shown while it goes on with cells where nobody could see that."""
    works = {"shown": partial(_run, notebook, widgets=True), "unseen": partial(_run, notebook, widgets=False)}
    rounds = list(interleaved(works, repetitions))
    notebook.call("setWidgets", True)
    ratios = tuple(one["shown"] / one["unseen"] for one in rounds)
    note = f"without {statistics.median(one['unseen'] for one in rounds):.0f} ms"
    return Row(f"run of {title}, with the run's view", "x", ratios, target=scale.target(MOST_COST), note=note)


def _graph_rows(seconds: Mapping[str, list[float]], title: str, scale: Scale) -> Iterator[Row]:
    note = f"without {statistics.median(seconds['bare']) * 1_000:.0f} ms"
    for name, what, target in (("live", "with a live graph", MOST_COST), ("bare again", "without, twice", None)):
        ratios = tuple(one / bare for one, bare in zip(seconds[name], seconds["bare"], strict=True))
        judged = None if target is None else scale.target(target)
        yield Row(f"run of {title}, {what}", "x", ratios, target=judged, note=note)


def _runs(scale: Scale) -> Iterator[tuple[str, str, int, int]]:
    """Yield runs: a title, the cell that declares the nodes, how many they are, and how often for one repetition."""
    many, few = scale.live_nodes, scale.live_nodes // 10
    small = f"browser_kernel.declare_graph(ws, {many}, rows=10)"
    sleeping = f"browser_kernel.declare_steps(ws, {few}, sleep_s={SLEEP_S})"
    yield (
        f"{many} small SQL nodes",
        small,
        many,
        5 if scale.judged else 1,
    )  # they scatter by more than the target allows
    yield f"{few} nodes of {SLEEP_S * 1_000:.0f} ms", sleeping, few, 1


def _run(notebook: Notebook, *, widgets: bool) -> float:
    notebook.call("setWidgets", widgets)
    return float(notebook.run(2)["kernel"])
