"""Tables of very many rows, and inputs that change a card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.browser_lab import Notebook, OpenNotebook
from benchmarks.processes import NotMeasuredError
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["moves", "pages"]

PAGE_TARGET_MS, MOVE_TARGET_MS = 200.0, 300.0
FAR = 0.381966  # places that are this fraction apart don't come back
PLACES = 3  # of a repetition
BIG = """ws.node("big", '''
SELECT i AS id, 'name ' || hash(i) % 1000 AS name, (hash(i) % 1000000) / 100.0 AS amount,
       TIMESTAMP '2024-01-01' + to_seconds(i) AS moment, CASE WHEN i % 3 > 0 THEN i % 7 END AS day
FROM range({rows}) AS numbers(i)''', materialize="table")
ws.run();"""
AMOUNT = 2  # its column

PROJECT = "%%odibi_project\nvars: {least: 100}"
CHAIN = """source = "SELECT i AS id, i % 1000 AS amount FROM range({rows}) AS numbers(i)"
ws.node("source", source, materialize="table")
ws.node("step_1", "SELECT * FROM source WHERE amount >= $least")
for number in range(2, 9):
    ws.node(f"step_{{number}}", f"SELECT *, amount + {{number}} AS step_{{number}} FROM step_{{number - 1}}")
ws.node("total", "SELECT count(*) AS n, sum(step_8) AS total FROM step_8")
ws.run();"""
FIGURE = '.odibi-params .odibi-card[data-node="total"] tbody'
IDLE = '.odibi-params-state[data-state="idle"]'


def pages(open_notebook: OpenNotebook, scale: Scale) -> Iterator[Row]:
    """Measure from a jump of the scrollbar to the rows there, as they stand and sorted."""
    title = f"table of {scale.rows:,} rows"
    with open_notebook("table", BIG.format(rows=scale.rows), "%odibi show big") as notebook:
        notebook.run(1)
        notebook.call("paint", 2, ".odibi-rows-row", 4)
        count = PLACES * scale.repetitions
        target = scale.target(PAGE_TARGET_MS)
        found = _scroll(notebook, count)
        if any(one["cells"][0] != str(one["row"]) for one in found):
            raise NotMeasuredError("the rows on the page are not those of their numbers")
        yield Row(f"{title}, a far page", "ms", tuple(one["took"] for one in found), target=target)
        first = notebook.call("sort", 2, AMOUNT)["took"]
        found = _scroll(notebook, count)
        in_order = [float(one["cells"][AMOUNT]) for one in sorted(found, key=lambda one: one["row"])]
        if in_order != sorted(in_order):
            raise NotMeasuredError("the sorted rows on the page are not in order")
        note = f"the first page, with the sort itself, {first:.0f}"
        yield Row(f"{title} sorted, a far page", "ms", tuple(one["took"] for one in found), target=target, note=note)


def moves(open_notebook: OpenNotebook, scale: Scale) -> Iterator[Row]:
    """Measure from a key on a slider to the figure that it changes, ten nodes further on."""
    rows = scale.rows // 10
    with open_notebook("slider", PROJECT, CHAIN.format(rows=rows), "%odibi params --ui") as notebook:
        for number in (1, 2):
            notebook.run(number)
        notebook.call("paint", 3, '.odibi-card[data-node="total"]', 1)
        slider = notebook.page.get_by_role("slider").first
        slider.focus()
        _, *taken = (_move(notebook) for _ in range(scale.repetitions * PLACES + 1))
    title = f"slider to the card of a 10-node chain on {rows:,} rows"
    yield Row(title, "ms", tuple(taken), target=scale.target(MOVE_TARGET_MS))


def _scroll(notebook: Notebook, count: int) -> list[dict[str, Any]]:
    _, *found = (notebook.call("scroll", 2, (0.5 + FAR * number) % 1) for number in range(count + 1))
    return found


def _move(notebook: Notebook) -> float:
    notebook.call("moved", FIGURE)
    notebook.page.keyboard.press("ArrowRight")
    took = notebook.page.evaluate("window.odibiMoved")["took"]
    notebook.page.locator(IDLE).wait_for()
    notebook.page.wait_for_timeout(400)  # other pictures follow a move a little later
    return float(took)
