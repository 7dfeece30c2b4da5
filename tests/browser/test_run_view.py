"""A run in JupyterLab while it goes on: progress, an error at once, a button that ends it, nothing left over."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from .conftest import screenshot, screenshots
from .jupyterlab import run_in_notebook_7
from .notebooks import write_notebook

SLOW_SQL = "SELECT count(*) AS n FROM range(100000000000) t(i) WHERE hash(i) % 7 = 3"
SALES = "region,amount\nN,50\nN,150\nS,200\nS,\n"
SETUP = ("%load_ext odibi_nb\n%odibi set auto=off",)
NODES = (
    "%%odibi_node load_sales\nimport pandas as pd, time\ntime.sleep(0.5)\npd.DataFrame({'region': ['N', 'S']})",
    "%%odibi_node broken\nSELECT region::INTEGER AS n FROM load_sales",
    (
        "%%odibi_node clean_sales\nimport pathlib, time\n"
        "while not pathlib.Path('seen').exists():\n    time.sleep(0.05)\nload_sales"
    ),
    "%%odibi_node by_region\nSELECT region, count(*) AS n FROM clean_sales GROUP BY ALL",
)
TIMED = (
    *SETUP,
    "%%odibi_node quick\nimport pandas as pd\npd.DataFrame({'x': [1]})",
    (
        "%%odibi_node slow\nimport pathlib, time\ntime.sleep(2)\n"
        "while pathlib.Path('held').exists():\n    time.sleep(0.05)\nquick"
    ),
    "%odibi run",
    "open('held', 'w').close()\n%odibi run --force",
)
CANCELLED = (
    *SETUP,
    f"%%odibi_node slow_sql\n{SLOW_SQL}",
    "%%odibi_node slow_python\nimport time\nfor _ in range(600):\n    time.sleep(0.1)\n1",
    "%odibi run slow_sql",
    "%odibi run slow_python",
)
NOTE_LABELS = """button => {
  window.labels = [];
  new MutationObserver(() => window.labels.push(button.textContent)).observe(button, { childList: true });
}"""
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
RUN = ".jp-OutputArea-output .odibi-run"


def outputs(page: Page) -> list[list[dict[str, Any]]]:
    """Return what the notebook would be saved with, by cell."""
    shared = "window.jupyterapp.shell.currentWidget.context.model.toJSON()"
    return [cell.get("outputs", []) for cell in page.evaluate(shared)["cells"]]


def test_a_run_shows_how_far_it_is_and_an_error_at_once(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    name = "run.ipynb"
    write_notebook(lab[1], name, (*SETUP, *NODES, "%odibi run"), SALES)
    page = run_in_lab(name)
    run = page.locator(RUN)
    expect(run.locator('.odibi-failure[data-node="broken"]')).to_contain_text("Could not convert", timeout=90_000)
    expect(run.locator('li[data-node="clean_sales"]')).to_contain_text(" s")
    bar = run.get_by_role("progressbar")
    assert (bar.get_attribute("aria-valuemax"), bar.get_attribute("aria-valuenow")) == ("4", "2")
    assert "2 of 4 nodes" in (bar.get_attribute("aria-valuetext") or "")
    assert "time left unknown: 2 nodes never ran" in (run.locator(".odibi-run-time").text_content() or "")
    assert run.locator(".odibi-run-counts").inner_text().split("\n") == ["✓ 1 completed", "✗ 1 failed"]
    assert page.locator(".odibi-said").text_content() == "broken failed"
    assert run.get_attribute("data-theme") == "light"
    screenshots(page, "run")
    # Where the page lets no widget interrupt, the message comes when the run is over, and does nothing.
    page.evaluate(f"void ({KERNEL}.interrupt = () => Promise.reject(new Error('no')))")
    button = run.locator(".odibi-run-cancel")
    button.evaluate(NOTE_LABELS)
    button.click()
    expect(run.locator(".odibi-run-note")).to_contain_text("■ (interrupt the kernel) ends it too", timeout=30_000)
    assert page.evaluate("window.labels") == ["Cancelling…", "Cancel"]
    (lab[1] / "seen").touch()
    expect(page.locator(".odibi-card").last).to_contain_text("3 completed, 1 failed")
    expect(run).to_have_count(0)
    for _ in range(300):  # the error comes a message after the report
        if len(outputs(page)[-1]) > 1:
            break
        page.wait_for_timeout(100)
    report, error = outputs(page)[-1]
    assert (report["output_type"], sorted(report["data"])) == ("display_data", ["text/html", "text/plain"])
    assert error["ename"] == "TransformError"
    assert "run failed" in (page.locator(".odibi-said").text_content() or "")


def test_a_run_says_how_long_it_took_the_last_time(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    write_notebook(lab[1], "timed.ipynb", TIMED, SALES)
    page = run_in_lab("timed.ipynb")
    again = page.locator(".jp-Cell").last.locator(".odibi-run")
    took = again.locator('li[data-node="slow"]')
    expect(took).to_contain_text("of about", timeout=90_000)
    (last,) = re.findall(r" of about (\d+\.?\d*) s", took.text_content() or "")
    assert float(last) >= 2
    expect(again.locator(".odibi-run-time")).to_contain_text(re.compile(r"\d s of about \d+(\.\d)? s"))
    (lab[1] / "held").unlink()
    expect(again).to_have_count(0)


def test_the_button_ends_sql_and_python(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    write_notebook(lab[1], "cancelled.ipynb", CANCELLED, SALES)
    page = run_in_lab("cancelled.ipynb")
    for number, node in ((4, "slow_sql"), (5, "slow_python")):
        run = page.locator(RUN)
        expect(run.locator(f'li[data-node="{node}"]')).to_be_visible(timeout=90_000)
        button = run.get_by_role("button", name="Cancel")
        button.focus()
        page.keyboard.press("Enter")
        expect(run).to_have_count(0)
        expect(page.locator(".jp-Cell").nth(number - 1)).to_contain_text("interrupted: 1 node cancelled")
        report, error = outputs(page)[number - 1]
        assert "■ cancelled" in report["data"]["text/plain"]
        assert sorted(report["data"]) == ["text/html", "text/plain"]
        assert (error["ename"], error["evalue"]) == ("KeyboardInterrupt", "interrupted: 1 node cancelled")
        assert "run cancelled" in (page.locator(".odibi-said").text_content() or "")
        # The error keeps the cells below from running.
        page.evaluate("window.jupyterapp.commands.execute('notebook:move-cursor-down')")
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell')")


def test_notebook_7_shows_and_cancels_it_too(lab: tuple[str, Path], browser: Browser) -> None:
    write_notebook(lab[1], "classic_run.ipynb", CANCELLED[:3] + CANCELLED[-1:], SALES)
    page = run_in_notebook_7(browser, lab[0], "classic_run.ipynb")
    run = page.locator(RUN)
    expect(run.locator('li[data-node="slow_python"]')).to_be_visible(timeout=90_000)
    screenshot(page, "run_notebook_7")
    run.get_by_role("button", name="Cancel").click()
    expect(page.locator(".odibi-card").last).to_contain_text("■ cancelled")
    expect(run).to_have_count(0)
    page.close()


def test_a_graph_s_button_is_cancelled_each_time_and_a_run_ends_with_its_kernel(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    write_notebook(lab[1], "graph_cancelled.ipynb", (*CANCELLED[:3], "%odibi graph"), SALES)
    page = run_in_lab("graph_cancelled.ipynb", dark=True)
    graph = page.locator(".odibi-dag")
    node = graph.locator('.odibi-dag-node[data-node="slow_python"]')
    node.click(timeout=90_000)
    start, run = graph.get_by_role("button", name="Run", exact=True), graph.locator(".odibi-run")
    for _ in range(2):
        start.click()
        run.get_by_role("button", name="Cancel").click()
        expect(node).to_have_attribute("data-status", "cancelled")
        expect(graph.locator(".odibi-dag-answer")).to_contain_text("■ cancelled")
    start.click()
    expect(run.locator('li[data-node="slow_python"]')).to_be_visible()
    page.wait_for_timeout(2_000)
    expect(run.locator(".odibi-run-note")).to_be_hidden()  # that was the last one
    screenshot(page, "run_in_graph_dark")
    page.evaluate("void window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    expect(run).to_contain_text("The kernel is gone")
    screenshot(page, "run_lost_dark")
