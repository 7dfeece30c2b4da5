"""SQL, YAML and Python in cells, as JupyterLab and Notebook 7 show them; SQL formatted there."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from odibi_nb.cells.body import split_header
from odibi_nb.cells.language import detect_language, node_fields
from odibi_nb.cells.magics import find_magic
from odibi_nb.cells.options import parse_node_line
from tests.cells.test_cell_language import CASES

from .conftest import screenshot, screenshots
from .notebooks import write_notebook

SQL = (
    "%%odibi_node by_region --write local:by_region.parquet\ntags: [daily]  # a header\n---\n"
    "-- the sums\nselect region, sum(amount)::hugeint as total -- in euros\nfrom clean_sales\n"
    "where amount >= $min_amount and status = 'paid' qualify total > 1"
)
PYTHON = (
    '%%odibi_node clean_sales --describe "from here"\ndef clean_sales(load_sales):\n    """select from"""\n'
    '    text = f"""\n    SELECT * FROM a\n    """\n    return load_sales if text else None'
)
CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nproject: shop\nconnections: {local: {type: local, base_path: ./data}}",
    SQL,
    PYTHON,
    "%%odibi_expect by_region positive\nSELECT * FROM by_region WHERE total < 0",
    "select = 1\nselect",
)
OPENING = "%%odibi_node n\nwith a as (select 1)\nselect\n"
CELL_CASES = [
    *(f"%%odibi_node n\n{body}" for body, _ in CASES),
    "\n  \n%%odibi_node n --lang sql\na.b",
    "%%odibi_node n --lang=python\nSELECT 1",
    "%%odibi_node n --describe 'it is --lang sql' --tag x\na.b",
    '%%odibi_node n --describe "x" --lang yaml\nSELECT 1',
    "%%odibi_node n\n# why\ntags: [x]\n---\n\nSELECT 1\n\n",
    "%%odibi_node n\nread: {path: x}\n---\ndef n(df):\n    return df",
    "%%odibi_node n\n---\nselect 1",
    "%%odibi_node n\nwith (open('x') as f,\n      open('y') as g):\n    z = 1\nz",
    "%%odibi_node n\nset(a.x); b: int",
    "%%odibi_node n\ntags: [x]; y = 1",
    "%%odibi_node n",
    "%%odibi_node n\ntags: [x]\n---",
    "%%odibi_nod n\nSELECT 1",
    "# no\n%%odibi_node n\nSELECT 1",
]


def test_the_browser_finds_the_languages_that_the_package_finds(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    write_notebook(lab[1], "rules.ipynb", ("1",), "region\nN\n")
    page = run_in_lab("rules.ipynb")
    found = page.evaluate(
        """async (cells) => {
          const container = window._JUPYTERLAB["odibi-nb"];
          const { parts } = (await container.get("./cell"))();
          const { statementsOf } = (await container.get("./python"))();
          const registry = window.jupyterapp.shell.currentWidget.content.activeCell.editor._languages;
          const python = (await registry.getLanguage("Python")).support.language.parser;
          const statements = statementsOf(python);
          return cells.map((cell) => parts(cell, statements).map(
            (part) => [part.language, cell.slice(part.from, part.to)]));
        }""",
        CELL_CASES,
    )
    expected = [_parts(cell) for cell in CELL_CASES]
    assert [(cell, one) for cell, one in zip(CELL_CASES, found, strict=True)] == list(
        zip(CELL_CASES, expected, strict=True)
    )
    fields = page.evaluate("async () => [...(await window._JUPYTERLAB['odibi-nb'].get('./cell'))().NODE_FIELDS]")
    assert set(fields) == node_fields()


def _parts(cell: str) -> list[list[str]]:
    """Return what the package makes of a node's cell, in the browser's form."""
    magic = find_magic(cell)
    if magic is None or magic.name != "odibi_node":
        return []
    lines = cell.split("\n")
    split = split_header(magic.body, first_line=magic.magic_line + 1)
    found = [["magic", lines[magic.magic_line - 1].strip()]]
    if split.header:
        divider = lines[magic.magic_line + split.header.count("\n")]
        found += [["yaml", split.header], ["divider", divider]]
    body = "\n".join(lines[split.body_line - 1 :])
    return [*found, [detect_language(split.body, parse_node_line(magic.line).lang), body]]


def test_sql_is_shown_as_sql_and_python_stays_python(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    name = "highlighted.ipynb"
    write_notebook(lab[1], name, CELLS, "region,amount\nN,1\n")
    page = run_in_lab(name)
    cells = page.locator(".jp-CodeCell .cm-content")
    expect(cells.nth(2)).to_have_attribute("data-language", "odibi", timeout=30_000)
    expect(_spans(cells.nth(2), "select")).to_have_count(1)
    colours = {word: _colour(cells.nth(2), word) for word in ("select", "qualify", "$min_amount", "'paid'")}
    assert colours["select"] == colours["qualify"] == _colour(cells.nth(4), "SELECT")
    assert colours["select"] == _colour(cells.nth(3), "def")  # Lab's colour of keywords
    assert len(set(colours.values())) == 3, colours
    assert _colour(cells.nth(2), "-- the sums") == _colour(cells.nth(2), "-- in euros")
    # A string of Python is one span, whatever stands in it.
    assert _colour(cells.nth(3), "SELECT * FROM a") != colours["select"]
    expect(cells.nth(5)).to_have_attribute("data-language", "python")
    screenshots(page, "highlighting")


def test_an_edit_of_the_magics_line_changes_the_language(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    write_notebook(lab[1], "edited.ipynb", ("%%odibi_nod n\nselect 1 from a", "x"), "region\nN\n")
    page = run_in_lab("edited.ipynb")
    cell = page.locator(".jp-CodeCell .cm-content").first
    expect(cell).to_have_attribute("data-language", "python")
    cell.locator(".cm-line").first.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("e")
    expect(cell).to_have_attribute("data-language", "odibi")
    expect(_spans(cell, "select")).to_have_count(1)
    page.keyboard.press("End")
    page.keyboard.type(" --lang python")
    expect(_spans(cell, "select")).to_have_count(0)
    page.keyboard.press("Control+Home")
    page.keyboard.type("#")
    expect(cell).to_have_attribute("data-language", "python")


def test_formatting_keeps_comments_and_is_one_undo_step(lab: tuple[str, Path], run_in_lab: Callable[..., Page]) -> None:
    write_notebook(lab[1], "formatted.ipynb", (*CELLS[:3], "%%odibi_node n\na.b"), "region,amount\nN,1\n")
    page = run_in_lab("formatted.ipynb")
    cell = page.locator(".jp-CodeCell .cm-content").nth(2)
    expect(cell).to_have_attribute("data-language", "odibi", timeout=30_000)
    expect(page.locator(".jp-InputPrompt").first).to_have_text("[1]:", timeout=30_000)
    expect(page.locator(".jp-InputPrompt", has_text="*")).to_have_count(0, timeout=30_000)
    cell.locator(".cm-line", has_text="clean_sales").click()
    page.keyboard.press("Home")
    page.keyboard.type("  ")
    page.keyboard.press("Control+Alt+f")
    expect(cell).to_contain_text("QUALIFY", timeout=30_000)
    assert _source(page) == (
        "%%odibi_node by_region --write local:by_region.parquet\ntags: [daily]  # a header\n---\n"
        "-- the sums\nSELECT region, sum(amount)::hugeint AS total -- in euros\nFROM clean_sales\n"
        "WHERE amount >= $min_amount AND status = 'paid'\nQUALIFY total > 1"
    )
    page.keyboard.type("|")  # the cursor is where it was
    assert "in euros\n|FROM" in _source(page).replace(" |", "|")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert _source(page) == SQL.replace("from clean", "  from clean")
    assert page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 2
    page.locator(".jp-CodeCell .cm-content").nth(3).click()
    page.keyboard.press("Control+Alt+f")
    expect(page.locator(".jp-Dialog")).to_contain_text("this cell is written in Python", timeout=30_000)
    screenshot(page, "formatting_refused")
    page.keyboard.press("Enter")


def test_notebook_7_highlights_and_formats_too(lab: tuple[str, Path], browser: Browser) -> None:
    write_notebook(lab[1], "seven.ipynb", ("%%odibi_sql\nselect 1 frm a where", SQL), "region,amount\nN,1\n")
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto(f"{lab[0]}/notebooks/seven.ipynb")
    page.add_locator_handler(page.get_by_role("button", name="Select Kernel"), lambda button: button.click())
    cells = page.locator(".jp-CodeCell .cm-content")
    expect(_spans(cells.nth(1), "select")).to_have_count(1, timeout=90_000)
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible(timeout=60_000)
    for _ in range(6):  # a kernel that says it is idle may still be about to answer nobody
        page.keyboard.press("Escape")  # it may have said so, and a dialog takes the keys
        cells.nth(1).click()
        expect(page.locator(".jp-Notebook.jp-mod-editMode")).to_be_visible()
        page.keyboard.press("Control+Alt+f")
        with suppress(AssertionError):
            expect(cells.nth(1)).to_contain_text("QUALIFY", timeout=5_000)
            break
    expect(cells.nth(1)).to_contain_text("QUALIFY")
    cells.nth(0).click()
    page.keyboard.press("Control+Alt+f")
    expect(page.locator(".jp-Dialog")).to_contain_text("syntax error", timeout=30_000)
    screenshot(page, "formatting_notebook_7")
    page.close()


def _spans(cell: Locator, word: str) -> Locator:
    return cell.locator("span").get_by_text(re.compile(f"^{re.escape(word)}$"))


def _colour(cell: Locator, text: str) -> str:
    """Return the colour in which the first piece of text is shown that is just this."""
    return cell.locator("span").get_by_text(text, exact=True).first.evaluate("span => getComputedStyle(span).color")


def _source(page: Page) -> str:
    return page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.getSource()")
