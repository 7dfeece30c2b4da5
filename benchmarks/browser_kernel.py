"""What the browser's benchmarks do in the kernel of their notebook."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.processes import interleaved

if TYPE_CHECKING:
    from odibi_nb import Workspace

__all__ = ["declare_graph", "declare_steps", "note_events", "time_live"]

SLEEP = "import time\ntime.sleep({})\n{}"


def declare_graph(ws: Workspace, count: int, *, rows: int = 1_000) -> None:
    """Declare SQL nodes that fan out and meet again, from a table of some rows with a text that names each."""
    ws.node("node_0", f"SELECT i AS id, format('row_{{:07}}', i) AS label FROM range({rows}) AS numbers(i)")
    for number in range(1, count):
        above = f"node_{(number - 1) // 2}"
        joined = f" JOIN node_{number - 1} AS other USING (id)" if number % 5 == 0 else ""
        ws.node(
            f"node_{number}", f"SELECT {above}.id, {above}.label FROM {above}{joined} WHERE {above}.id >= {number % 7}"
        )


def declare_steps(ws: Workspace, count: int, *, sleep_s: float) -> None:
    """Declare a chain of Python nodes that sleep."""
    ws.node("node_0", SLEEP.format(sleep_s, "import pandas as pd\npd.DataFrame({'x': [1]})"))
    for number in range(1, count):
        ws.node(f"node_{number}", SLEEP.format(sleep_s, f"node_{number - 1}"))


def note_events(ws: Workspace) -> list[tuple[str, str, float]]:
    """Return what becomes a list of each node's new statuses, and when they came: milliseconds since 1970."""
    from odibi_nb.runner import NodeFinished, NodeStarted

    noted: list[tuple[str, str, float]] = []

    def note(event: Any) -> None:
        if isinstance(event, NodeStarted):
            noted.append((event.name, "running", time.time() * 1_000))
        elif isinstance(event, NodeFinished):
            noted.append((event.result.node_name, "completed", time.time() * 1_000))

    ws.listeners.insert(0, note)  # before those who show it
    return noted


def time_live(ws: Workspace, repetitions: int) -> dict[str, list[float]]:
    """Return the seconds of runs of all nodes: told to the graphs on the page, not told, and not told once more."""
    from odibi_nb.notebook.live import LiveGraphs

    (graphs,) = (one for one in ws.listeners if isinstance(one, LiveGraphs))
    others = [one for one in ws.listeners if one is not graphs]

    def run(listeners: list[Any]) -> Callable[[], float]:
        def timed() -> float:
            ws.listeners[:] = listeners
            start = time.perf_counter()
            ws.run(force=True)
            return time.perf_counter() - start

        return timed

    works = {"live": run([*others, graphs]), "bare": run(others), "bare again": run(others)}
    rounds = list(interleaved(works, repetitions))
    ws.listeners[:] = [*others, graphs]
    return {name: [results[name] for results in rounds] for name in works}
