"""The demo of what is live, as a person goes through it; the README's picture of it is made here."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import SCREENSHOTS, screenshot

DEMOS = Path(__file__).parents[2] / "demo_notebooks"


def test_the_demo_is_alive(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    shutil.copytree(DEMOS / "data", lab[1] / "demo" / "data")
    shutil.copy(DEMOS / "04_live_graph.ipynb", lab[1] / "demo")
    page = run_in_lab("demo/04_live_graph.ipynb")
    first, grouped = page.locator(".odibi-dag").first, page.locator(".odibi-dag").nth(1)
    expect(grouped.locator('.odibi-dag-node[data-node="tag mart"]')).to_have_attribute(
        "data-status", "completed", timeout=90_000
    )
    node = first.locator('.odibi-dag-node[data-node="region_totals"]')
    expect(node).to_have_attribute("data-status", "completed")
    expect(page.get_by_role("grid").last).to_have_attribute("aria-rowcount", "232", timeout=30_000)
    slider = page.get_by_role("slider").first
    expect(slider).to_be_visible()
    screenshot(page, "demo_live")
    node.click()
    first.get_by_label("Show where a column comes from and goes to").select_option("total")
    expect(first.locator('.odibi-dag-node[data-node="load_products"] .odibi-dag-line')).to_have_text("unit_price")
    page.mouse.move(0, 0)
    first.screenshot(path=SCREENSHOTS / "live_graph.png")
