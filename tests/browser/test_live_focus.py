"""The live graph while it is used and drawn anew: what has the focus, is looked for or scrolled stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import screenshot
from .jupyterlab import KERNEL
from .notebooks import write_notebook
from .test_live_edits import run_cell

CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}",
    "%odibi_node load_sales --read local:sales.csv --tag raw",
    "%%odibi_node many --tag sums\nSELECT i, i * 2 AS twice FROM range(5000) AS t(i)",
    "%%odibi_node top --tag sums\nSELECT max(twice) AS most FROM many",
    "%odibi graph",
    "print('the end')",
)
RUN = "%odibi run --force"
LABEL = "document.activeElement.getAttribute('aria-label')"
TOP = "grid => Math.round(grid.scrollTop)"


def test_the_focus_the_search_and_open_rows_stay(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    write_notebook(lab[1], "focus.ipynb", CELLS, "region,amount\nN,50\nS,200\n")
    page = run_in_lab("focus.ipynb")
    expect(page.get_by_text("the end", exact=True)).to_be_visible(timeout=90_000)
    graph = page.locator(".odibi-dag")
    raw, many = (graph.locator(f'.odibi-dag-node[data-node="{name}"]') for name in ("load_sales", "many"))
    expect(raw).to_be_visible(timeout=30_000)

    # What is looked for stands out also after something else was pointed at.
    search = graph.get_by_role("searchbox")
    search.fill("raw")
    many.hover()
    graph.locator(".odibi-dag-summary").hover()
    expect(many).to_have_css("opacity", "0.28")
    search.fill("")

    # All rows of a node stay open and in view when its card becomes another one.
    many.click()
    graph.get_by_role("button", name="All rows").click()
    grid = graph.locator(".odibi-rows-grid")
    expect(grid).to_be_focused()
    expect(graph.locator(".odibi-rows-status")).to_contain_text("of 5,000")
    grid.evaluate("grid => { grid.scrollTop = 24 * 1000; }")
    expect(graph.locator(".odibi-rows-status")).to_contain_text("rows 1,001")
    run_cell(page, 3, CELLS[3].replace("i * 2", "i * 3"))
    expect(graph.locator(".odibi-rows-notice")).to_contain_text("A newer result is there")
    assert grid.evaluate(TOP) == 24_000
    screenshot(page, "live_rows_stay_light")

    # Drawn anew, the open node is still marked.
    run_cell(page, 6, "%%odibi_node later\nSELECT most FROM top")
    expect(graph.locator('.odibi-dag-node[data-node="later"]')).to_be_visible()
    expect(graph.locator(".odibi-dag-open")).to_have_attribute("data-node", "many")

    # Groups open and close, and the keyboard never leaves the graph.
    graph.get_by_label("Show one node for all of a group").select_option("tag")
    group = graph.locator('.odibi-dag-node[data-node="tag sums"]')
    group.focus()
    page.keyboard.press("Enter")
    graph.get_by_role("button", name="Expand tag sums and open many").focus()
    page.evaluate(f"{KERNEL}.requestExecute({{code: {RUN!r}}}).done.then(() => null)")
    page.wait_for_timeout(200)
    assert page.evaluate(LABEL) == "Expand tag sums and open many"
    graph.get_by_role("button", name="Expand", exact=True).press("Enter")
    expect(many).to_be_visible()
    expect(many).to_be_focused()
    graph.get_by_role("button", name="Collapse tag sums").press("Enter")
    expect(group).to_be_visible()
    assert page.evaluate(LABEL) == "Show one node for all of a group"
