"""The live graph in JupyterLab: it follows a run, opens details, and hides its static twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from .conftest import screenshot, screenshots
from .jupyterlab import run_in_notebook_7
from .notebooks import write_notebook

SLOW = "import pathlib, time\nwhile not pathlib.Path('seen_running').exists():\n    time.sleep(0.05)\n"
CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}",
    "%odibi_node load_sales --read local:sales.csv --no-run --tag raw",
    f"%%odibi_node clean_sales --no-run\n{SLOW}load_sales.dropna()",
    (
        "%%odibi_node by_region --write local:by_region.parquet --no-run\n"
        "SELECT region, sum(amount) AS total FROM clean_sales GROUP BY region"
    ),
    "%%odibi_node broken --no-run\nSELECT region::INTEGER AS n FROM clean_sales",
    "%%odibi_node waiting --no-run\nSELECT * FROM clean_sales JOIN not_there USING (region)",
    "%odibi graph",
)
SALES = "region,amount\nN,50\nN,150\nS,200\nS,\n"


def test_a_graph_shows_details_runs_nodes_and_hides_its_twin(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    name = "live.ipynb"
    write_notebook(lab[1], name, CELLS, SALES)
    page = run_in_lab(name)
    node = page.locator('.odibi-dag-node[data-node="by_region"]')
    expect(node).to_be_visible(timeout=90_000)
    assert node.get_attribute("aria-label") == "by_region · sql · pending"
    expect(page.locator("[data-odibi-twin]")).to_be_hidden()
    assert page.locator(".odibi-dag").get_attribute("data-theme") == "light"
    screenshots(page, "live_pending")
    node.click()
    details = page.locator(".odibi-dag-details")
    expect(details.locator('.odibi-card[data-node="by_region"]')).to_be_visible()
    (lab[1] / "seen_running").unlink(missing_ok=True)
    details.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator('.odibi-dag-node[data-node="clean_sales"][data-status="running"]')).to_be_visible(
        timeout=30_000
    )
    (lab[1] / "seen_running").touch()
    expect(page.locator('.odibi-dag-node[data-node="by_region"][data-status="completed"]')).to_be_visible(
        timeout=30_000
    )
    expect(details.locator(".odibi-dag-answer")).to_contain_text("written to local:by_region.parquet")
    expect(details.locator(".odibi-card").last).to_contain_text("200")
    details.get_by_role("button", name="All rows").click()
    expect(details.locator(".odibi-rows-status")).to_have_text("rows 1–2 of 2")
    screenshots(page, "live_done")


def test_a_click_acts_while_a_cell_runs_or_waits_for_its_end(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    busy = "import pathlib, time\nprint('busy')\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.05)"
    write_notebook(lab[1], "busy.ipynb", (*CELLS, busy), SALES)
    page = run_in_lab("busy.ipynb")
    node = page.locator('.odibi-dag-node[data-node="load_sales"]')
    expect(node).to_be_visible(timeout=90_000)
    expect(page.locator(".jp-OutputArea-output", has_text="busy")).to_be_visible(timeout=30_000)
    node.click()
    details = page.locator(".odibi-dag-details")
    expect(details.locator('.odibi-card[data-node="load_sales"]')).to_be_visible()
    details.get_by_role("button", name="Run", exact=True).click()
    expect(details.locator(".odibi-dag-answer")).to_contain_text("Queued")
    expect(node).to_have_attribute("data-status", "pending")
    screenshot(page, "live_queued")
    (lab[1] / "go").touch()
    expect(node).to_have_attribute("data-status", "completed", timeout=30_000)
    expect(details.locator(".odibi-dag-answer")).to_contain_text("completed")


def test_groups_and_a_column_s_lineage(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    total = "%%odibi_node total --no-run\nSELECT sum(amount) AS total FROM clean_sales"
    (lab[1] / "seen_running").touch()
    write_notebook(lab[1], "groups.ipynb", (*CELLS[:5], total, "%odibi run", "%odibi graph"), SALES)
    page = run_in_lab("groups.ipynb")
    graph = page.locator(".odibi-dag")
    node = graph.locator('.odibi-dag-node[data-node="by_region"]')
    expect(node).to_be_visible(timeout=90_000)
    node.click()
    graph.get_by_label("Show where a column comes from and goes to").select_option("region")
    source = graph.locator('.odibi-dag-node[data-node="load_sales"]')
    expect(node.locator(".odibi-dag-line")).to_have_text("region")
    expect(graph.locator(".odibi-dag-answer")).to_contain_text("comes from")
    screenshot(page, "live_lineage")
    page.keyboard.press("Escape")
    expect(node.locator(".odibi-dag-line")).to_contain_text("2 rows")
    graph.get_by_label("Show one node for all of a group").select_option("layer")
    group = graph.locator('.odibi-dag-node[data-node="layer 3"]')
    expect(group).to_have_attribute("data-status", "completed")
    expect(source).to_be_visible()
    group.click()
    screenshot(page, "live_groups")
    graph.get_by_role("button", name="Expand layer 3 and open total").click()
    expect(graph.locator('.odibi-card[data-node="total"]')).to_be_visible()
    graph.get_by_role("button", name="Collapse layer 3").click()
    expect(group).to_be_visible()


def test_the_keyboard_alone_gets_everywhere(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    write_notebook(lab[1], "keys.ipynb", CELLS, SALES)
    page = run_in_lab("keys.ipynb")
    first = page.locator('.odibi-dag-node[data-node="load_sales"]')
    expect(first).to_be_visible(timeout=90_000)
    page.locator(".odibi-dag input").fill("raw")
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator('.odibi-dag-node[data-node="clean_sales"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".odibi-dag-details .odibi-card")).to_contain_text("clean_sales")
    page.keyboard.press("Escape")
    expect(page.locator(".odibi-dag-details")).to_be_hidden()
    expect(page.locator('.odibi-dag-node[data-node="clean_sales"]')).to_be_focused()


def test_notebook_7_shows_it_too(lab: tuple[str, Path], browser: Browser) -> None:
    write_notebook(lab[1], "classic.ipynb", CELLS, SALES)
    page = run_in_notebook_7(browser, lab[0], "classic.ipynb")
    node = page.locator('.odibi-dag-node[data-node="by_region"]')
    expect(node).to_be_visible(timeout=90_000)
    expect(page.locator("[data-odibi-twin]")).to_be_hidden()
    node.click()
    expect(page.locator(".odibi-dag-details .odibi-card")).to_contain_text("SELECT region")
    screenshot(page, "live_notebook_7_light")
    page.close()
