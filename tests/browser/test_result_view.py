"""All rows of a node in JupyterLab: paging, sorting, filtering, copying, saving, by mouse and by keyboard alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from .conftest import screenshot, screenshots
from .notebooks import write_notebook

HOSTILE = "<img src=x onerror=window.hacked=1>"
MANY = (
    "%%odibi_node many --materialize table\n"
    "SELECT i AS id, 'name ' || (hash(i) % 1000) AS name, (hash(i) % 100000) / 100.0 AS amount, "
    "TIMESTAMP '2024-01-01' + to_seconds(i) AS moment, CASE WHEN i % 3 > 0 THEN i % 7 END AS day, "
    "repeat('long ', 40) || i AS remark FROM range(1_000_000) AS r(i)"
)
WIDE = (
    "cells = [f'i AS \"c{n}\"' for n in range(300)]\n"
    "odibi_nb.workspace().node('wide', 'SELECT ' + ', '.join(cells) + ' FROM range(500) AS r(i)')\n"
    "odibi_nb.workspace().run_cell('wide')"
)
HOSTILE_ROWS = (
    f"bad = '{HOSTILE}'\n"
    "odibi_nb.workspace().node('hostile', f\"SELECT '{bad}' AS \\\"{bad}\\\", {{'{bad}': 1}} AS s FROM range(30)\")\n"
    "odibi_nb.workspace().run_cell('hostile')"
)
# Nothing else of the kernel gets its turn: C code that keeps the lock, and what comes between isn't made to give it up.
BUSY = (
    "import ctypes, sys\nc, before = ctypes.PyDLL(None), sys.getswitchinterval()\nsys.setswitchinterval(600)\n"
    "while c.access(b'rows_waited', 0):\n    c.usleep(20_000)\nsys.setswitchinterval(before)"
)
SHOW_BOTH = "%odibi show wide\n%odibi show hostile"
CELLS = ("%load_ext odibi_nb\nimport odibi_nb", MANY, "%odibi show many")


def table_of(page: Page, node: str) -> Locator:
    return page.locator(f'.odibi-rows-card:has(.odibi-card[data-node="{node}"])')


def column(table: Locator, number: int) -> list[str]:
    """Return the texts of a column's cells, in the order of their rows."""
    found: list[str] = table.evaluate(
        """(table, number) => [...table.querySelectorAll(`.odibi-rows-cell[data-column="${number}"]`)]
            .sort((one, other) => one.dataset.row - other.dataset.row).map((cell) => cell.textContent)""",
        number,
    )
    return found


def head(table: Locator, number: int) -> Locator:
    return table.locator(f'.odibi-rows-column[data-column="{number}"]')


def settled(table: Locator) -> None:
    """Wait until all rows in view are there."""
    expect(table.locator(".odibi-rows-row[data-waiting]")).to_have_count(0)


def filter_by(table: Locator, number: int, text: str) -> None:
    head(table, number).locator("input").fill(text)
    head(table, number).locator("input").press("Enter")


def test_a_million_rows_are_paged_sorted_filtered_and_saved(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    name = "rows.ipynb"
    write_notebook(lab[1], name, CELLS, "a\n1\n")
    page = run_in_lab(name)
    table = table_of(page, "many")
    status, grid = table.locator(".odibi-rows-status"), table.locator(".odibi-rows-grid")
    expect(status).to_have_text("rows 1–13 of 1,000,000", timeout=90_000)
    expect(page.locator("[data-odibi-twin]")).to_be_hidden()
    assert table.get_attribute("data-theme") == "light"
    assert grid.get_attribute("aria-rowcount") == "1000001"
    assert table.locator(".odibi-rows-row").count() < 40
    screenshots(page, "rows")
    grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight / 2; }")
    expect(status).to_contain_text("rows 500,018–")
    assert column(table, 0) == [str(int(column(table, 0)[0]) + n) for n in range(len(column(table, 0)))]
    grid.hover()
    page.mouse.wheel(0, 240)
    expect(status).to_contain_text("rows 500,028–")
    head(table, 2).get_by_role("button").click()
    expect(head(table, 2)).to_have_attribute("aria-sort", "ascending")
    expect(status).to_have_text("rows 1–13 of 1,000,000")
    settled(table)
    assert column(table, 2) == sorted(column(table, 2))
    assert column(table, 2)[0] == "0.0"
    head(table, 2).get_by_role("button").click()
    head(table, 0).get_by_role("button").click(modifiers=["Shift"])
    settled(table)
    largest = [
        int(number) for number, amount in zip(column(table, 0), column(table, 2), strict=True) if amount == "999.99"
    ]
    assert len(largest) > 3
    assert largest == sorted(largest)
    filter_by(table, 1, "NAME 77")
    filter_by(table, 4, "in (1, 2)")
    expect(status).to_contain_text("(1,000,000 in all)")
    settled(table)
    assert set(column(table, 4)) == {"1", "2"}
    assert all(text.startswith("name 77") for text in column(table, 1))
    table.get_by_role("button", name="Summaries").click()
    expect(head(table, 4).locator(".odibi-rows-summary")).to_contain_text("333,334 (33%) NULL")
    expect(head(table, 4).locator("rect")).to_have_count(7)
    screenshots(page, "rows_sorted")
    filter_by(table, 3, "> soon")
    expect(head(table, 3).locator(".odibi-rows-wrong")).to_have_text("'soon' is no TIMESTAMP")
    screenshots(page, "rows_wrong")
    table.get_by_role("button", name="Clear").click()
    expect(status).to_have_text("rows 1–13 of 1,000,000")
    with page.expect_download() as saved:
        table.get_by_role("button", name="Export page as CSV").click()
    text = Path(saved.value.path()).read_text("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert saved.value.suggested_filename == "many_rows_1-100.csv"
    assert (len(rows), rows[0][0], rows[1][5]) == (101, "id", "long " * 40 + "0")


def test_the_keyboard_alone_gets_everywhere_and_copies_whole_values(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    write_notebook(lab[1], "rows_keys.ipynb", CELLS, "a\n1\n")
    page = run_in_lab("rows_keys.ipynb")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    table = table_of(page, "many")
    status, grid, active = (table.locator(f".odibi-rows-{part}") for part in ("status", "grid", "active"))
    expect(status).to_have_text("rows 1–13 of 1,000,000", timeout=90_000)
    table.get_by_role("button", name="Export page as CSV").focus()
    page.keyboard.press("Tab")
    expect(grid).to_be_focused()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "PageDown", "End", "Control+End"):
        page.keyboard.press(key)
    expect(status).to_have_text("rows 999,988–1,000,000 of 1,000,000")
    expect(active).to_have_attribute("data-row", "999999")
    assert grid.get_attribute("aria-activedescendant") == active.get_attribute("id")
    page.keyboard.press("Control+c")
    expect(status).to_have_text("copied remark of row 1,000,000")
    assert page.evaluate("navigator.clipboard.readText()") == "long " * 40 + "999999"
    for key in ("Control+Home", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(active).to_have_attribute("role", "columnheader")
    page.keyboard.press("Enter")
    expect(head(table, 1)).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("/")
    expect(head(table, 1).locator("input")).to_be_focused()
    page.keyboard.type("= 'name 5'")
    page.keyboard.press("ArrowDown")
    expect(grid).to_be_focused()
    expect(status).to_contain_text("(1,000,000 in all)")
    assert set(column(table, 1)) == {"name 5"}
    page.keyboard.press("Tab")
    expect(grid).not_to_be_focused()


def test_wide_and_hostile_results_a_busy_kernel_and_newer_rows(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    write_notebook(lab[1], "rows_odd.ipynb", (CELLS[0], WIDE, HOSTILE_ROWS, SHOW_BOTH), "a\n1\n")
    page = run_in_lab("rows_odd.ipynb")
    wide, hostile = table_of(page, "wide"), table_of(page, "hostile")
    status, grid = wide.locator(".odibi-rows-status"), wide.locator(".odibi-rows-grid")
    expect(hostile.locator(".odibi-rows-status")).to_contain_text("of 30", timeout=90_000)
    assert head(hostile, 0).locator(".odibi-rows-name").text_content() == HOSTILE
    assert set(column(hostile, 0)) == {HOSTILE}
    filter_by(hostile, 0, HOSTILE)
    expect(hostile.locator(".odibi-rows-status")).to_contain_text("of 30")
    hostile.get_by_role("button", name="Summaries").click()
    expect(head(hostile, 0).locator(".odibi-rows-summary")).to_contain_text("no NULLs")
    assert page.evaluate("window.hacked") is None
    expect(status).to_have_text("rows 1–13 of 500")
    grid.evaluate("grid => { grid.scrollLeft = grid.scrollWidth; }")
    expect(head(wide, 299)).to_be_visible()
    expect(wide.locator('.odibi-rows-cell[data-row="9"][data-column="299"]')).to_have_text("9")
    assert wide.locator(".odibi-rows-column").count() < 30
    screenshot(page, "rows_wide")
    _execute(page, BUSY)
    head(wide, 299).get_by_role("button").click()
    expect(status).to_have_text("waiting for the kernel…")
    assert wide.locator(".odibi-rows-row[data-waiting]").count() > 5
    screenshot(page, "rows_waiting")
    (lab[1] / "rows_waited").touch()
    expect(status).to_have_text("rows 1–13 of 500", timeout=60_000)
    _execute(page, "w = odibi_nb.workspace(); w.node('wide', 'SELECT 7 AS c0 FROM range(3)'); w.run_cell('wide')")
    notice = wide.locator(".odibi-rows-notice")
    expect(notice).to_contain_text("A newer result is there")
    notice.get_by_role("button").click()
    expect(status).to_have_text("rows 1–3 of 3")
    expect(notice).to_be_hidden()
    _execute(page, "w.node('wide', 'SELECT 8 AS c0')")
    expect(notice).to_contain_text("STALE: this is the last result; code changed")


def _execute(page: Page, code: str) -> None:
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    page.evaluate(f"code => {{ {kernel}.requestExecute({{ code }}); }}", code)
