"""The HTML that nbconvert makes of an executed notebook, opened with the network off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, expect

from .conftest import Watched, screenshot
from .notebooks import write_notebook
from .test_lab import JOURNEY

CELLS = (
    *JOURNEY,
    "%odibi plan",
    "%odibi profile clean_sales",
    "%odibi lineage by_region.total",
    (
        "%%odibi_node by_region --write local:by_region.parquet\n"
        "SELECT region, sum(amount) + 1 AS total FROM clean_sales GROUP BY region ORDER BY region"
    ),
    "%odibi diff by_region",
    "%%odibi_sql\nSELECT region, '$a$ and $b$' AS price FROM by_region",
    "%%odibi_test by_region sums\ngiven: {clean_sales: [{region: N, amount: 5}]}\nexpect: [{region: N, total: 7}]",
    "%%odibi_node waiting --no-run\nSELECT * FROM clean_sales JOIN not_there USING (region)",
    "%odibi graph",
    "%odibi test",
)
# MathJax itself comes from the network; this asks what it would do with a page, by the rule it has for classes.
TYPESET = """() => [...document.querySelectorAll(".odibi-card, .odibi-static")]
  .filter((picture) => !picture.closest(".tex2jax_ignore.mathjax_ignore")).length"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    folder = tmp_path_factory.mktemp("exported")
    write_notebook(folder, "journey.ipynb", CELLS, "region,amount\nN,50\nN,150\nS,200\nS,\n", may_fail=True)
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--inplace", "journey.ipynb"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return nbformat.read(folder / "journey.ipynb", as_version=4)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Open the HTML of a notebook in a browser without a network."""
    contexts = []

    def open_offline(notebook: nbformat.NotebookNode, template: str, theme: str) -> Watched:
        html, _ = HTMLExporter(template_name=template, theme=theme).from_notebook_node(notebook)
        file = tmp_path / f"{len(contexts)}.html"
        file.write_text(html, encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": 1000, "height": 2600}, color_scheme=theme))
        contexts[-1].set_offline(True)
        watched = Watched(contexts[-1].new_page(), file.as_uri())
        watched.page.route("http*://**", lambda route: route.abort())
        watched.page.goto(file.as_uri())
        return watched

    yield open_offline
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("template", "theme"), [("lab", "light"), ("lab", "dark"), ("classic", "light")])
def test_a_page_needs_no_kernel_no_network_and_no_script_of_ours(
    executed: nbformat.NotebookNode, opened: Callable[..., Watched], template: str, theme: str
) -> None:
    bare = deepcopy(executed)
    for cell in bare.cells:
        cell.outputs = []
    without, watched = (opened(notebook, template, theme) for notebook in (bare, executed))
    page = watched.page
    expect(page.locator('[data-node="by_region"][data-status="completed"]').first).to_be_visible()
    pictures = page.locator(".odibi-static img")
    assert pictures.evaluate_all("images => images.every((image) => image.naturalWidth > 100)")
    assert pictures.count() == 2
    for shown in ("written to local:by_region.parquet", "by_region against the previous result", "1 row differs"):
        expect(page.get_by_text(shown).first).to_be_visible()
    folds = page.locator("details > summary")
    assert set(folds.evaluate_all("all => all.map((one) => getComputedStyle(one).display)")) == {"list-item"}
    assert page.evaluate(TYPESET) == 0
    screenshot(page, f"nbconvert_{template}_{theme}")
    # What nbconvert's own template asks for, with or without us: require.js, MathJax.
    assert sorted(watched.requests) == sorted(without.requests)
    assert sorted(watched.errors) == sorted(without.errors)
    assert page.locator(".jupyter-widgets").count() == 0


def test_a_notebook_that_a_program_ran_holds_no_widget(executed: nbformat.NotebookNode) -> None:
    kinds = {kind for cell in executed.cells for output in cell.outputs for kind in output.get("data", {})}
    assert kinds == {"text/plain", "text/html", "image/svg+xml"}
    assert "widgets" not in executed.metadata


def test_folds_open_without_a_script(executed: nbformat.NotebookNode, opened: Callable[..., Watched]) -> None:
    page = opened(executed, "lab", "light").page
    fold = page.locator(".odibi-static details").first
    fold.locator("summary").click()
    expect(fold.locator("table")).to_be_visible()
    expect(fold).to_contain_text("← clean_sales")
