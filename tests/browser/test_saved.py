"""Notebooks saved and opened again: with and without the state of widgets, trusted or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Locator, Page, expect

from odibi_nb import pictures
from odibi_nb.views import DependencyView, NodeView, RunView

from .conftest import UNHARMED, Watched, screenshot
from .jupyterlab import command, lab_page, open_beside
from .notebooks import write_notebook

NODES, ROWS = 30, 1_000
GRAPH = 5  # position of the graph's cell
CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}",
    "%odibi_node sales --read local:sales.csv",
    (
        "import odibi_nb\nws = odibi_nb.workspace()\n"
        f"for n in range({NODES - 1}):\n"
        "    ws.node(f'step_{n}', f'SELECT *, {n} AS step_{n} FROM ' + (f'step_{n - 1}' if n % 3 else 'sales'))"
    ),
    "%odibi run",
    "%odibi graph",
    "%odibi show step_3",
    "print('the end')",
)
SALES = "region,amount\n" + "".join(f"region_{n:04},{n}\n" for n in range(ROWS))
MANAGER = "@jupyter-widgets/jupyterlab-manager"
WIDGET = "application/vnd.jupyter.widget-view+json"
ERROR = "Error displaying widget"


@pytest.fixture(scope="module")
def watched(browser: Browser, lab: tuple[str, Path]) -> Iterator[Watched]:
    """A page for JupyterLab, of which all is known that it does."""
    made = Watched(browser.new_page(viewport={"width": 1300, "height": 1800}), lab[0])
    yield made
    made.page.close()


@pytest.fixture
def opened(watched: Watched, lab: tuple[str, Path]) -> Callable[..., Page]:
    """Open a notebook in JupyterLab, with a new kernel; anew: load the page too."""

    def open_it(name: str, *, anew: bool = False) -> Page:
        if anew or watched.page.url == "about:blank":
            return lab_page(watched.page, lab[0], name)
        return open_beside(watched.page, name)

    return open_it


def run_and_save(run_in_lab: Callable[..., Page], file: Path, *, with_state: bool) -> nbformat.NotebookNode:
    write_notebook(file.parent, file.name, CELLS, SALES)
    page = run_in_lab(file.name)
    if with_state:
        command(page, f"{MANAGER}:saveWidgetState")
    expect(page.get_by_text("the end", exact=True)).to_be_visible(timeout=90_000)
    expect(page.locator('.odibi-dag-node[data-node="step_28"][data-status="completed"]')).to_be_visible(timeout=30_000)
    page.wait_for_timeout(500)  # the cards follow the graph
    command(page, "docmanager:save")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    return nbformat.read(file, as_version=4)


def distrust(notebook: nbformat.NotebookNode, file: Path) -> None:
    """Write what nobody here has run: another text than the one that was signed."""
    notebook.cells[0].source += "  # from elsewhere"
    notebook.cells[-1].outputs[0].text += " <img src=x onerror=alert(1)>"
    nbformat.write(notebook, file)


def graph_cell(page: Page) -> Locator:
    return page.locator(".jp-CodeCell").nth(GRAPH)


def size(cell: nbformat.NotebookNode) -> int:
    return len(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))


def test_without_state_the_picture_stands_alone(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page], opened: Callable[..., Page], watched: Watched
) -> None:
    file = lab[1] / "bare.ipynb"
    saved = run_and_save(run_in_lab, file, with_state=False)
    assert "widgets" not in saved.metadata
    assert size(saved.cells[GRAPH]) <= 100_000, size(saved.cells[GRAPH])
    assert "region_0009" in file.read_text()  # the tenth row is shown
    assert "region_0010" not in file.read_text()

    page = opened(file.name)
    cell = graph_cell(page)
    picture = cell.locator(".odibi-static img")
    expect(picture).to_be_visible()
    expect(cell.get_by_text(ERROR)).to_be_attached()  # JupyterLab still says so,
    expect(cell.get_by_text(ERROR)).to_be_hidden()  # where a picture stands in its place nobody reads it
    screenshot(page, "saved_without_state_trusted_light")
    # Run again, the live one comes back.
    command(page, "notebook:run-all-cells")
    expect(cell.locator(".odibi-live")).to_be_visible(timeout=60_000)
    expect(picture).to_be_hidden()

    distrust(saved, lab[1] / "bare_untrusted.ipynb")
    opened("bare_untrusted.ipynb")
    picture = graph_cell(page).locator(".odibi-static img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    assert page.get_by_text(ERROR).count() == 0
    assert watched.harm == UNHARMED
    screenshot(page, "saved_without_state_untrusted_light")


def test_with_state_the_graph_is_there_and_opens_cards_without_its_kernel(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page], opened: Callable[..., Page], watched: Watched
) -> None:
    file = lab[1] / "stateful.ipynb"
    saved = run_and_save(run_in_lab, file, with_state=True)
    assert "widgets" in saved.metadata
    assert "region_0010" not in file.read_text()

    page = opened(file.name, anew=True)
    cell = graph_cell(page)
    node = cell.locator('.odibi-dag-node[data-node="step_3"]')
    # On a busy machine JupyterLab was seen to give up restoring widgets; then the picture stands, until a reload.
    with suppress(AssertionError):
        expect(node).to_be_visible(timeout=30_000)
    if not node.is_visible():
        expect(cell.locator(".odibi-static img")).to_be_visible()
        opened(file.name, anew=True)
        expect(node).to_be_visible(timeout=60_000)
    expect(cell.locator(".odibi-static")).to_be_hidden()
    # All rows are only in the kernel: without it the preview stands.
    rows = page.locator(".jp-CodeCell").nth(GRAPH + 1)
    expect(rows.locator(".odibi-card", has_text="region_0009")).to_be_visible()
    expect(rows.locator(".odibi-rows")).to_have_count(0)
    node.click()
    details = cell.locator(".odibi-dag-details")
    expect(details.locator('.odibi-card[data-node="step_3"]')).to_contain_text("region_0009")
    details.get_by_role("button", name="Run", exact=True).click()
    expect(details).to_contain_text("run its cell again")
    screenshot(page, "saved_with_state_trusted_light")

    # nbconvert loads what draws saved widgets from a CDN; without a network the picture is there.
    html, _ = HTMLExporter().from_notebook_node(saved)
    exported = page.context.browser.new_page()  # type: ignore[union-attr]
    exported.route("http*://**", lambda route: route.abort())
    exported.set_content(html)
    expect(exported.locator(".odibi-static img")).to_be_visible()
    exported.close()

    distrust(saved, lab[1] / "stateful_untrusted.ipynb")
    opened("stateful_untrusted.ipynb")
    expect(graph_cell(page).locator(".odibi-static img")).to_be_visible()
    assert page.locator(".odibi-live").count() == 0
    assert watched.harm == UNHARMED
    screenshot(page, "saved_with_state_untrusted_light")


def test_long_names_and_long_runs_keep_to_the_page(browser: Browser) -> None:
    name = "a_name_that_goes_on_" * 6
    card = NodeView(name, "sql", "completed", dependencies=(DependencyView(name, "FROM, line 1"),))
    run = RunView("shop", "completed", "1 s", tuple(NodeView(f"n{n}", "sql", "completed") for n in range(200)))
    page = browser.new_page(viewport={"width": 500, "height": 900})
    page.set_content(pictures.node_html(card) + pictures.run_html(run))
    width, height = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    page.close()
    assert width == 500
    assert height < 1000
