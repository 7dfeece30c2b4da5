"""Graphs on the page: how soon they are there, how soon they follow a run, and what a notebook saves of them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.browser_lab import Notebook, OpenNotebook
from benchmarks.processes import NotMeasuredError
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["first_paint", "updates"]

GRAPH_NODES = ".odibi-dag-node"
PAINT_TARGETS_MS = (300.0, 1_500.0)
UPDATE_TARGET_MS = 150.0
GROWTH_TARGET_KB = 100.0
STEPS, SLEEP_S = 10, 0.2
SHOWN_ROWS = 10  # of a card's preview


def first_paint(open_notebook: OpenNotebook, scale: Scale) -> Iterator[Row]:
    """Measure from the arrival of a graph's output to the frame with all of its nodes; and what is saved of it."""
    for count, target in zip(scale.graphs, PAINT_TARGETS_MS, strict=True):
        declare = f"browser_kernel.declare_graph(ws, {count})"
        with open_notebook(f"graph_{count}", declare, "%odibi run", "%odibi graph", "%odibi show node_0") as notebook:
            for number in (1, 2):
                notebook.run(number)
            cold, *warm = (notebook.call("paint", 3, GRAPH_NODES, count) for _ in range(scale.repetitions + 1))
            painted, kernel = (tuple(one[what] for one in warm) for what in ("painted", "kernel"))
            title, note = f"graph of {count:,} nodes", f"the first of the page {cold['painted']:.0f}"
            yield Row(f"{title}, from output to screen", "ms", painted, target=scale.target(target), note=note)
            yield Row(f"{title}, the kernel's part", "ms", kernel, note=f"the first {cold['kernel']:.0f}")
            if count == scale.graphs[0]:
                yield from _growth(notebook, scale, title)


def updates(open_notebook: OpenNotebook, scale: Scale) -> Iterator[Row]:
    """Measure from the event of a node in a run to the frame that shows its new status."""
    count = STEPS if scale.judged else 2
    sleep_s = SLEEP_S if scale.judged else 1.0  # a status that ends sooner may never be shown on a busy machine
    declare = f"browser_kernel.declare_steps(ws, {count}, sleep_s={sleep_s})\nnoted = browser_kernel.note_events(ws)"
    with open_notebook("updates", declare, "%odibi graph", "%odibi run --force") as notebook:
        notebook.run(1)
        notebook.call("paint", 2, GRAPH_NODES, count)
        _, *rounds = (_delays(notebook, 3) for _ in range(scale.repetitions + 1))
    target, title = scale.target(UPDATE_TARGET_MS), "a node's status, from event to screen"
    note = f"{2 * count} events a run"
    yield Row(f"{title}, median of a run", "ms", tuple(map(statistics.median, rounds)), target=target, note=note)
    yield Row(f"{title}, worst of a run", "ms", tuple(map(max, rounds)), target=target, note=note)


def _growth(notebook: Notebook, scale: Scale, title: str) -> Iterator[Row]:
    """Measure what the graph adds to the saved file, and how many rows a card does."""
    rounds = [_saved(notebook) for _ in range(scale.repetitions)]
    with_graph, bare, with_card = zip(*rounds, strict=True)
    grown = tuple((len(full) - len(empty)) / 1_000 for full, empty in zip(with_graph, bare, strict=True))
    note, shown = f"{_rows_in(with_graph[-1])} rows in it", tuple(map(_rows_in, with_card))
    yield Row(f"{title}, growth of the saved file", "kB", grown, target=scale.target(GROWTH_TARGET_KB), note=note)
    yield Row("card of 1,000 rows, those in the saved file", "rows", shown, target=scale.target(SHOWN_ROWS))


def _saved(notebook: Notebook) -> Sequence[bytes]:
    """Return the file with a graph, without it, and with a card of a node."""
    notebook.run(3)
    with_graph = _save(notebook)
    notebook.call("clear", 3)
    bare = _save(notebook)
    notebook.run(4)
    with_card = _save(notebook)
    notebook.call("clear", 4)
    return with_graph, bare, with_card


def _save(notebook: Notebook) -> bytes:
    notebook.call("save")
    return notebook.file.read_bytes()


def _rows_in(saved: bytes) -> int:
    return len(set(re.findall(rb"row_\d{7}", saved)))


def _delays(notebook: Notebook, number: int) -> list[float]:
    """Run a cell; return the milliseconds between each event and the status it brings to the screen."""
    notebook.ask("noted.clear()")
    told: list[Any] = notebook.call("follow", number)["statuses"]
    noted = notebook.ask("noted")
    delays = [_delay(told, *event) for event in noted]
    if not delays:
        raise NotMeasuredError("the run has told of no node")
    return delays


def _delay(told: list[Any], node: str, status: str, event_ms: float) -> float:
    for other, shown, screen_ms in told:
        if (other, shown) == (node, status) and screen_ms > event_ms:
            return float(screen_ms - event_ms)
    raise NotMeasuredError(f"{node} was never shown as {status}")
