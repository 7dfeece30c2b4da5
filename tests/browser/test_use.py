"""A saved notebook taken up in JupyterLab: it tells its name, and its cells are those of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from odibi_nb.workspaces.headless import load_target

from .conftest import screenshot
from .notebooks import write_notebook

SALES = "region,amount\nN,50\nN,150\nS,200\n"
PROJECT = "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}"
HELPER = "def above(frame, least):\n    return frame[frame.amount >= least]"
LOAD = "%%odibi_node load_sales --read local:sales.csv"
CLEAN = "%%odibi_node clean_sales\ndef clean_sales(load_sales):\n    return above(load_sales, 100)"
TOTALS = "%%odibi_node totals\nSELECT sum(amount) AS total FROM clean_sales"
CELLS = ("%load_ext odibi_nb", "%odibi use", PROJECT, HELPER, LOAD, CLEAN, TOTALS, "%odibi status")


def test_a_notebook_in_a_folder_is_taken_up_by_its_name(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    folder = lab[1] / "deep"
    folder.mkdir()
    write_notebook(folder, "again.ipynb", CELLS, SALES)
    ws = load_target(folder / "again.ipynb").workspace
    ws.run()
    ws.close()
    page = run_in_lab("deep/again.ipynb")
    outputs = page.locator(".jp-OutputArea")
    expect(outputs.nth(0)).to_contain_text("3 results of earlier sessions: %odibi use takes them up", timeout=90_000)
    expect(outputs.nth(1)).to_contain_text("again.ipynb: 3 nodes declared, none run · 3 fresh · defined: above")
    # The cells that ran afterwards are those of the file: each node is there once, and as it was.
    status = page.locator(".jp-OutputArea", has_text="3 nodes · root").last
    expect(status).to_contain_text("deep", timeout=90_000)
    expect(status.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_text("both declare")).to_have_count(0)
    screenshot(page, "use")
