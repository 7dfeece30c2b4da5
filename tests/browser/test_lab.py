"""What a person sees in JupyterLab: cards and graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import screenshots
from .notebooks import write_notebook

JOURNEY = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}\nvars: {min_amount: 100}",
    "%%odibi_node load_sales --read local:sales.csv",
    (
        "%%odibi_node clean_sales\ndef clean_sales(load_sales, min_amount):\n"
        "    return load_sales[load_sales.amount >= min_amount]"
    ),
    (
        "%%odibi_node by_region --write local:by_region.parquet\n"
        "SELECT region, sum(amount) AS total FROM clean_sales GROUP BY region ORDER BY region"
    ),
    "%odibi graph",
    "%odibi run",
)
HOSTILE = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>"


def test_a_notebook_shows_cards_and_graph(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    name = "journey.ipynb"
    write_notebook(lab[1], name, JOURNEY, "region,amount\nN,50\nN,150\nS,200\nS,\n")
    page = run_in_lab(name)
    expect(page.locator('.odibi-card[data-node="by_region"][data-status="completed"]')).to_be_visible(timeout=90_000)
    expect(page.locator('.odibi-dag-node[data-node="by_region"]')).to_be_visible(timeout=30_000)
    picture = page.locator(".odibi-static img")
    expect(picture).to_be_hidden()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    assert "by_region" in (picture.get_attribute("alt") or "")
    expect(page.get_by_text("written to local:by_region.parquet")).to_be_visible(timeout=30_000)
    text = page.locator('[data-node="load_sales"] td').first
    assert text.evaluate("cell => getComputedStyle(cell).textAlign") == "left"
    screenshots(page, "lab")


def test_markup_in_data_stays_text(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    write_notebook(lab[1], "hostile.ipynb", JOURNEY[:3], f'region,amount\n"{HOSTILE}",1\n')
    page = run_in_lab("hostile.ipynb")
    card = page.locator('[data-node="load_sales"]')
    expect(card).to_be_visible(timeout=90_000)
    expect(card).to_contain_text("onerror")
    assert page.evaluate("window.hacked") is None
