"""The live graph while the notebook changes below it: renames, a second view, a kernel started anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import screenshot
from .jupyterlab import KERNEL, command
from .notebooks import write_notebook

CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}",
    "%odibi_node load_sales --read local:sales.csv",
    "%%odibi_node by_region\nSELECT region, sum(amount) AS total FROM load_sales GROUP BY region",
    "%odibi graph",
    "print('the end')",
)
GRAPH = 4  # position of its cell
IS_WITHIN = """(node, graph) => {
  const [one, all] = [node, graph].map((part) => part.getBoundingClientRect());
  return all.top <= one.top && one.bottom <= all.bottom + 1;
}"""
SET_SOURCE = """([cell, source]) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = cell;
  notebook.activeCell.model.sharedModel.setSource(source);
}"""


def run_cell(page: Page, cell: int, source: str) -> None:
    page.evaluate(SET_SOURCE, [cell, source])
    command(page, "notebook:run-cell")


def opened(lab: tuple[str, Path], run_in_lab: Callable[..., Page], name: str) -> Page:
    write_notebook(lab[1], name, CELLS, "region,amount\nN,50\nS,200\n")
    page = run_in_lab(name)
    expect(page.get_by_text("the end", exact=True)).to_be_visible(timeout=90_000)
    expect(page.locator('.odibi-dag-node[data-node="by_region"]')).to_be_visible(timeout=30_000)
    return page


def test_the_graph_follows_a_rename_and_keeps_what_is_open(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    page = opened(lab, run_in_lab, "rename.ipynb")
    page.locator('.odibi-dag-node[data-node="load_sales"]').click()
    run_cell(page, 3, CELLS[3].replace("by_region", "regions"))
    expect(page.locator('.odibi-dag-node[data-node="regions"][data-status="completed"]')).to_be_visible(timeout=30_000)
    expect(page.locator('.odibi-dag-node[data-node="by_region"]')).to_have_count(0)
    expect(page.locator('.odibi-dag-details .odibi-card[data-node="load_sales"]')).to_be_visible()
    expect(page.locator("[data-odibi-twin]")).to_be_hidden()
    # What is open and goes away is closed.
    page.locator('.odibi-dag-node[data-node="regions"]').click()
    run_cell(page, 3, CELLS[3].replace("by_region", "totals"))
    expect(page.locator('.odibi-dag-node[data-node="totals"]')).to_be_visible(timeout=30_000)
    expect(page.locator(".odibi-dag-details")).to_be_hidden()
    screenshot(page, "live_renamed_light")


def scale(page: Page) -> str:
    """Return how large the graph is drawn."""
    moved: str = page.locator(".odibi-dag-canvas > g").evaluate("(stage) => stage.getAttribute('transform')")
    return moved.partition("scale")[2]


def test_new_nodes_are_in_the_picture_unless_one_has_chosen_what_to_look_at(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    page = opened(lab, run_in_lab, "grown.ipynb")
    graph, whole = page.locator(".odibi-dag-canvas"), scale(page)
    nodes = "ws = __import__('odibi_nb').workspace()\nfor n in range({}):\n    ws.node(f'new_{{n}}', 'SELECT 1 AS x')"
    run_cell(page, 5, nodes.format(6))
    last = page.locator('.odibi-dag-node[data-node="new_5"]')
    expect(last).to_be_visible(timeout=30_000)
    assert last.evaluate(IS_WITHIN, graph.element_handle())
    assert scale(page) == whole
    page.get_by_role("button", name="Zoom in").click()
    chosen = scale(page)
    assert chosen != whole
    run_cell(page, 5, nodes.format(8))
    expect(page.locator('.odibi-dag-node[data-node="new_7"]')).to_have_count(1, timeout=30_000)
    assert scale(page) == chosen


def test_two_views_of_one_graph_keep_out_of_each_others_way(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    page = opened(lab, run_in_lab, "views.ipynb")
    page.evaluate(SET_SOURCE, [GRAPH, CELLS[GRAPH]])
    command(page, "notebook:create-output-view")
    graphs = page.locator(".odibi-live")
    expect(graphs).to_have_count(2)
    one, other = graphs.nth(0), graphs.nth(1)
    expect(page.locator(".odibi-static:visible")).to_have_count(0)
    one.locator('[data-node="by_region"].odibi-dag-node').click()
    expect(one.locator('.odibi-card[data-node="by_region"]')).to_be_visible()
    expect(other.locator(".odibi-dag-details")).to_be_hidden()
    one.get_by_role("button", name="Plan", exact=True).click()
    expect(one.locator(".odibi-dag-answer")).to_contain_text("cached")
    run_cell(page, 3, CELLS[3].replace("by_region", "regions"))
    for graph in (one, other):
        expect(graph.locator('[data-node="regions"].odibi-dag-node')).to_be_visible(timeout=30_000)
    screenshot(page, "live_two_views_light")
    # One view goes; the picture stays hidden for the sake of the other.
    page.evaluate("[...window.jupyterapp.shell.widgets('main')].at(-1).close()")
    expect(graphs).to_have_count(1)
    page.wait_for_timeout(300)
    expect(page.locator(".odibi-static:visible")).to_have_count(0)


def test_a_kernel_started_anew_leaves_a_readable_picture(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    page = opened(lab, run_in_lab, "restart.ipynb")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    page.wait_for_function(f"{KERNEL}?.status === 'idle'")
    node = page.locator('.odibi-dag-node[data-node="by_region"]')
    expect(node).to_be_visible()
    expect(page.locator(".odibi-gone")).to_have_text("The kernel that made this is gone: run this cell again.")
    node.click()
    details = page.locator(".odibi-dag-details")
    expect(details.locator('.odibi-card[data-node="by_region"]')).to_contain_text("200")
    details.get_by_role("button", name="Run", exact=True).click()
    expect(details).to_contain_text("run its cell again")
    screenshot(page, "live_after_restart_light")
    command(page, "notebook:run-all-cells")
    expect(page.locator(".odibi-dag-details")).to_have_count(1)
    expect(node).to_be_visible(timeout=60_000)
    expect(page.locator(".odibi-live")).to_have_count(1)
