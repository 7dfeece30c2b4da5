"""Texts that would do harm as markup: shown as they are, in a real browser; nothing runs, nothing is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from odibi_nb.pictures.text import visible
from tests.pictures.payloads import DRAWINGS, PAYLOADS

from .conftest import UNHARMED, Watched, screenshot
from .jupyterlab import command, lab_page
from .notebooks import write_notebook

IMAGE = "<img src=x onerror=alert(1)>"
# A lone surrogate is no text for DuckDB and Arrow.
WRITABLE = [payload for payload in PAYLOADS if "\ud800" not in payload]
COLUMNS = (
    "for k in range(0, len(P), 20):\n"
    "    ws.node(f'columns_{k}', f'import pandas as pd\\npd.DataFrame({{p: [p] for p in P[{k}:{k + 20}]}})')"
)
PROJECT = (
    f'%%odibi_project\nproject: "{IMAGE}"\nconnections: {{local: {{type: local, base_path: ./data}}}}\n'
    f'vars: {{low: "{IMAGE}"}}'
)
UNRESOLVED = "for n, p in enumerate(P):\n    ws.node(f'reads_{n}', 'SELECT * FROM \"' + p.replace('\"', '\"\"') + '\"')"
CELLS = (
    "%load_ext odibi_nb\nimport json, odibi_nb\nws = odibi_nb.workspace()\nP = json.load(open('payloads.json'))",
    "from IPython.display import HTML\nHTML('<p id=typeset>$a$</p>')",
    PROJECT,
    "%%odibi_node rows --preview 100\nimport pandas as pd\npd.DataFrame({'n': range(len(P)), 'text': P})",
    COLUMNS,
    "ws.node('described', 'SELECT 1 AS x', description='\\n'.join(P), tags=P)",
    "ws.node('tagged', 'SELECT 1 AS y', tags=P)",
    f'%odibi_node read --read "local:{IMAGE} read.csv"',
    "%%odibi_node failing\nraise ValueError('\\n'.join(P))",
    "%%odibi_node printing\nimport pandas as pd\nfor p in P:\n    print(p)\npd.DataFrame({'x': [1]})",
    UNRESOLVED,
    f"%%odibi_node files\nSELECT * FROM '{IMAGE}.csv'",
    f'%odibi_node named --read "local:{IMAGE}.csv" --tag "<b>" --describe "</style><script>alert(1)</script>"',
    f'%%odibi_expect rows "{IMAGE}"\nSELECT * FROM rows',
    '%%odibi_test printing prints\ngiven: {}\nexpect: {rows: [{x: "' + IMAGE + '"}]}',
    "%odibi run rows columns_* described printing",
    *(f"%odibi {words}" for words in ("plan", "profile rows", "lineage columns_0", "params", "test", "status", "ls")),
    f'%odibi "{IMAGE}"',
    f'%odibi run --param "{IMAGE}=1" rows',
    "%odibi graph",
    "print('the end')",
)
OURS = ":is(.odibi-card, .odibi-static, .odibi-live)"
# The only link is ours, to the story of a run.
ACTIVE = (
    ":is(script, iframe, object, embed, form, base, link, meta, video, audio, mjx-container, a:not(.odibi-story > a))"
)

# All that a careless page could be brought to do: folds open, pointers come, fields get the focus, forms are sent.
PROVOKE = """() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  for (const one of document.querySelectorAll("body *")) {
    for (const event of ["mouseover", "focus", "load", "error", "toggle"]) one.dispatchEvent(new Event(event));
    if (one.matches("a, button, input")) one.click();
  }
}"""
SAID = """section => [section.textContent, ...[...section.querySelectorAll("*")].flatMap((one) =>
  ["alt", "title", "aria-label"].map((name) => one.getAttribute(name) ?? ""))].join("\\n")"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    yield page
    page.close()


@pytest.fixture
def watched(page: Page) -> Watched:
    """A page with nothing on it, and with nothing of what was there before."""
    made = Watched(page)
    page.goto("about:blank")
    return made


def show(page: Page, parts: list[str]) -> None:
    page.set_content("".join(f"<section>{part}</section>" for part in parts), wait_until="load")
    page.evaluate(PROVOKE)
    page.wait_for_timeout(300)


def test_the_browser_sees_harm_where_texts_are_not_escaped(watched: Watched) -> None:
    watched.page.route("http*://**", lambda route: route.abort())
    show(watched.page, ["<img src=x onerror=alert(1)>", "<img src=http://x.example/x.png>"])
    ran, _, requests = watched.harm
    assert ran
    assert "http://x.example/x.png" in requests


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_texts_are_shown_and_not_obeyed(watched: Watched, drawing: str) -> None:
    show(watched.page, [DRAWINGS[drawing](payload) for payload in PAYLOADS])
    assert watched.harm == UNHARMED
    sections = watched.page.locator("body > section")
    said = sections.evaluate_all(f"sections => sections.map({SAID})")
    assert len(said) == len(PAYLOADS)
    assert watched.page.evaluate("document.body.children.length") == len(PAYLOADS)
    missing = [payload for payload, text in zip(PAYLOADS, said, strict=True) if not _is_in(payload, text)]
    assert missing == []


def test_a_hostile_notebook_stays_harmless(browser: Browser, lab: tuple[str, Path]) -> None:
    url, root = lab
    (root / "payloads.json").write_text(json.dumps(WRITABLE))
    write_notebook(root, "payloads.ipynb", CELLS, "region,amount\nN,1\n", may_fail=True)
    (root / "data" / f"{IMAGE} read.csv").write_text(f'"{IMAGE}",n\n<script>alert(1)</script>,1\n')
    watched = Watched(browser.new_page(viewport={"width": 1300, "height": 2600}), url)
    page = lab_page(watched.page, url, "payloads.ipynb")
    command(page, "notebook:run-all-cells")
    expect(page.get_by_text("the end", exact=True)).to_be_visible(timeout=90_000)
    graph = page.locator(".odibi-live")
    expect(graph.locator(".odibi-dag-node").nth(2 * len(WRITABLE))).to_be_attached()
    expect(page.locator("#typeset mjx-container")).to_have_count(1)  # so that its absence below says something

    rows = page.locator('.odibi-card[data-node="rows"]').first.inner_text()
    assert [payload for payload in WRITABLE if visible(payload)[:55] not in rows] == []
    for name in ("described", "failing", "printing", "columns_0", "reads_3", IMAGE):
        graph.locator(f".odibi-dag-node[data-node={json.dumps(name)}]").dispatch_event("click")
        expect(graph.locator(".odibi-dag-details")).to_be_visible()
    for name in ("reads_3", "rows"):
        graph.locator(f".odibi-dag-node[data-node={json.dumps(name)}]").dispatch_event("click")
        graph.get_by_role("button", name="Plan", exact=True).click()
        expect(graph.locator(".odibi-dag-answer .odibi-card")).to_be_visible()
    graph.locator('.odibi-dag-node[data-node="read"]').dispatch_event("click")
    graph.get_by_role("combobox", name="Show where a column").select_option(IMAGE)
    expect(graph.locator(".odibi-dag-answer .odibi-card")).to_contain_text(f"{IMAGE} read.csv")
    graph.get_by_role("combobox", name="Show one node").select_option(index=1)
    group = graph.locator(f".odibi-dag-node[data-node^={json.dumps('<')}]").first
    expect(group).to_be_attached()
    group.dispatch_event("click")
    expect(graph.locator(".odibi-dag-details")).to_be_visible()
    graph.get_by_role("searchbox").fill(IMAGE)
    page.locator(".odibi-card details").evaluate_all("folds => folds.forEach((fold) => { fold.open = true; })")
    page.locator(f"{OURS} *").evaluate_all(
        "ones => ones.forEach((one) => ['mouseover', 'focus'].forEach((what) => one.dispatchEvent(new Event(what))))"
    )
    screenshot(page, "payloads_light")
    assert watched.harm == UNHARMED
    assert page.locator(f"{OURS} {ACTIVE}").count() == 0
    sources = page.locator(f"{OURS} img").evaluate_all("images => images.map((image) => image.src.slice(0, 19))")
    assert set(sources) <= {"data:image/svg+xml;"}
    page.close()


def _is_in(payload: str, text: str) -> bool:
    """Whether a text is shown whole; a browser makes blanks of line ends."""
    return any(visible(payload, lines=lines) in text for lines in (True, False))
