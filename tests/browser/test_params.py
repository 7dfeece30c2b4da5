"""Parameters as inputs in JupyterLab: the keyboard moves a slider, and the card below follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import screenshots
from .notebooks import write_notebook

PAGE_CSS = Path(__file__).parents[2] / "odibi_nb" / "widgets" / "static" / "page.css"
CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}\nvars: {min_amount: 100, most: 3}",
    "%odibi_node load_sales --read local:sales.csv",
    "%%odibi_node clean_sales\nSELECT * FROM load_sales WHERE amount >= $min_amount",
    (
        "%%odibi_node by_region --write local:by_slider.parquet\n"
        "from typing import Literal\nfrom datetime import date\n\n"
        "def by_region(clean_sales, order: Literal['asc', 'desc'] = 'asc', since: date = date(2024, 1, 31),\n"
        "              share=0.5, label='total', only=['N', 'S'], round_up=True, limit: int | None = None):\n"
        "    found = clean_sales[clean_sales.region.isin(only)].groupby('region').amount.sum()\n"
        "    return found.sort_values(ascending=order == 'asc').rename(label).reset_index()"
    ),
    "%odibi graph",
    "%odibi params --ui",
    "%odibi params --ui clean_sales",
    "%%odibi_node slow --no-run\nSELECT count(*) AS n FROM range(100_000_000_000) t(i) WHERE hash(i) >= $most",
    "%odibi params --ui slow",
)
SALES = "region,amount\nN,50\nN,101\nN,150\nS,200\nS,\n"


def test_the_keyboard_moves_a_slider_and_the_card_follows(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    name = "params.ipynb"
    write_notebook(lab[1], name, CELLS, SALES)
    page = run_in_lab(name)
    panel = page.locator(".odibi-params").first
    card = panel.locator('.odibi-card[data-node="by_region"]')
    expect(card).to_contain_text("251", timeout=90_000)
    twins = page.locator("[data-odibi-twin]")
    expect(twins.nth(1)).to_be_hidden()
    assert panel.locator(".odibi-params-outcome").get_attribute("data-theme") == "light"
    page.add_style_tag(path=PAGE_CSS)  # another widget's sheet, as a graph below brings it
    outcome = panel.locator(".odibi-params-outcome")
    assert outcome.evaluate("e => getComputedStyle(e).borderTopWidth") == "0px"  # the cards in it have theirs
    slider = panel.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(panel.locator(".widget-readout").first).to_have_text("102")
    expect(card).not_to_contain_text("251")
    expect(card).to_contain_text("150")
    expect(panel.get_by_role("status")).to_contain_text("nothing is written")
    expect(page.locator('.odibi-dag-node[data-node="clean_sales"]')).to_have_attribute(
        "aria-label", re.compile("^clean_sales · sql · completed · 2 rows")
    )
    assert not (lab[1] / "data" / "by_slider.parquet").exists()
    # The other panel has the same parameter.
    expect(page.locator(".odibi-params").nth(1).locator(".widget-readout")).to_have_text("102")
    panel.get_by_label("order").select_option("desc")
    expect(card.locator("tbody tr").first).to_contain_text("S")
    text = panel.get_by_label("limit")
    text.fill("<b>many")
    text.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("parameter 'limit' takes int | None, not '<b>many'")
    panel.scroll_into_view_if_needed()
    screenshots(page, "params")
    expect(panel.get_by_role("button", name="Stop")).to_be_hidden()
    panel.get_by_role("button", name="Reset").first.click()
    expect(panel.locator(".widget-readout").first).to_have_text("100")
    expect(card).to_contain_text("251")
    last = page.locator(".odibi-params").nth(2)
    last.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(last.get_by_role("status")).to_have_text("computing slow")
    screenshots(page, "params_running")
    last.get_by_role("button", name="Stop").click()
    expect(last.get_by_role("status")).to_contain_text("stopped")
    # What was pressed has reached no cell: nothing was selected, deleted or run.
    assert page.locator(".jp-Notebook .jp-Cell").count() == len(CELLS)
