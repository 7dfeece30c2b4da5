"""Graph and static pictures for those who see little, use the keyboard, or hear the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from odibi_nb import pictures
from odibi_nb.views import DagNodeView, DagView, RunView
from odibi_nb.views.models import NodeView
from tests.pictures import samples

from .conftest import screenshot
from .notebooks import write_notebook

CELLS = (
    "%load_ext odibi_nb",
    "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}",
    "%odibi_node load_sales --read local:sales.csv",
    "%%odibi_node broken --no-run\nSELECT region::INTEGER AS n FROM load_sales",
    "%%odibi_node after --no-run\nSELECT * FROM broken",
    "%%odibi_node waiting --no-run\nSELECT * FROM load_sales JOIN not_there USING (region)",
    (
        "%%odibi_node slow --no-run\nimport pathlib, time\n"
        "while not pathlib.Path('heard').exists():\n    time.sleep(0.05)\nload_sales"
    ),
    "%odibi graph",
    "print('the end')",
)
HEARD = """() => {
  window.heard = [];
  const live = document.querySelector(".odibi-dag-live");
  new MutationObserver(() => window.heard.push(live.textContent))
    .observe(live, { childList: true, characterData: true, subtree: true });
}"""
ACTIVE = "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent)"
# Draws a text's colour on its ground, and returns their contrast (WCAG 2).
CONTRAST = """(one) => {
  const context = document.createElement("canvas").getContext("2d");
  const pixel = (...colours) => {
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
    return context.getImageData(0, 0, 1, 1).data;
  };
  const linear = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const bright = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = getComputedStyle(document.body).backgroundColor;
  const [a, b] = [bright(pixel(ground)), bright(pixel(ground, getComputedStyle(one).color))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
THEMES = {
    "light": "background:#fff;--jp-ui-font-color1:rgba(0,0,0,.87)",
    "dark": "background:#111;--jp-ui-font-color1:rgba(255,255,255,1)",
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": 1000, "height": 900})
    yield made
    made.close()


@pytest.mark.parametrize("theme", THEMES)
def test_statuses_and_badges_are_legible_on_light_and_dark(page: Page, theme: str) -> None:
    nodes = tuple(NodeView(f"a_{status}", "sql", status) for status in samples.STATUSES)
    html = pictures.run_html(RunView("sales", "failed", "1 s", nodes)) + pictures.node_html(samples.card())
    page.set_content(f"<body style='{THEMES[theme]}'>{html}</body>")
    shown = page.locator(".odibi-status, .odibi-badge")
    contrasts = dict(zip(shown.all_inner_texts(), shown.evaluate_all(f"all => all.map({CONTRAST})"), strict=True))
    assert len(contrasts) > len(samples.STATUSES)
    assert {text: round(ratio, 1) for text, ratio in contrasts.items() if ratio < 4.5} == {}
    screenshot(page, f"statuses_{theme}")


def test_a_static_graph_shows_statuses_in_high_contrast_and_is_said_in_words(page: Page) -> None:
    nodes = tuple(DagNodeView(f"a_{status}", "sql", status, "3", "2 ms") for status in samples.STATUSES)
    view = DagView("sales", nodes, tuple((nodes[0].name, node.name) for node in nodes[1:]))
    page.emulate_media(forced_colors="active", color_scheme="dark")
    page.set_content(pictures.dag_html(view) + pictures.node_html(samples.failed()))
    described = page.get_by_role("img").get_attribute("alt") or ""
    assert [node.name for node in nodes if f"{node.name} · sql · {node.status}" not in described] == []
    page.locator("details > summary").first.click()
    table = page.get_by_role("table").first
    for status in samples.STATUSES:
        expect(table.get_by_role("row", name=re.compile(f"a_{status} .*{status}"))).to_be_visible()
    screenshot(page, "static_forced_colors_dark")


def test_the_live_graph_is_named_heard_and_reached_by_keyboard(
    lab: tuple[str, Path], run_in_lab: Callable[..., Page]
) -> None:
    write_notebook(lab[1], "heard.ipynb", CELLS, "region,amount\nN,50\n")
    page = run_in_lab("heard.ipynb")
    expect(page.get_by_text("the end", exact=True)).to_be_visible(timeout=90_000)
    graph = page.locator(".odibi-live")
    node(graph, "slow").click()
    expect(graph.locator(".odibi-dag-details .odibi-card")).to_be_visible()
    named(graph)
    assert tabbed(page, graph.get_by_role("searchbox", name="Find a node or tag"), 5) == [
        "Show one node for all of a group", "Zoom out", "Zoom in", "Fit",
        "slow · python · pending",
    ]  # fmt: skip
    assert float(node(graph, "slow").locator(".odibi-dag-box").evaluate(STROKE)) == 2.5
    page.keyboard.press("Tab")
    assert page.evaluate(ACTIVE) == "Run"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    page.evaluate(HEARD)
    page.keyboard.press("Enter")
    running = graph.locator('.odibi-dag-node[data-status="running"] .odibi-dag-mark')
    expect(running).to_be_attached(timeout=30_000)
    assert running.evaluate(ANIMATION) == "odibi-pulse"
    page.emulate_media(reduced_motion="reduce")
    assert running.evaluate(ANIMATION) == "none"
    page.wait_for_function("window.heard.some((text) => text.includes('1 running'))")
    (lab[1] / "heard").touch()
    expect(graph.locator('.odibi-dag-node[data-node="slow"][data-status="completed"]')).to_be_visible(timeout=30_000)
    page.wait_for_function("window.heard.at(-1).includes('2 completed')")
    heard = page.evaluate("window.heard")
    assert len(heard) <= 6, heard  # not every step

    page.keyboard.press("Escape")
    node(graph, "after").click()
    graph.get_by_role("button", name="Run", exact=True).click()
    expect(graph.locator('.odibi-dag-node[data-node="after"][data-status="skipped"]')).to_be_visible(timeout=30_000)
    page.emulate_media(forced_colors="active", color_scheme="dark")
    marks = graph.locator(".odibi-dag-node").evaluate_all(MARKS)
    assert {status for status, *_ in marks} == {"completed", "failed", "skipped", "pending", "unresolved"}
    assert len({path for _, path, _, _ in marks}) == 5  # told by their shapes
    assert all(stroke != fill for _, _, stroke, fill in marks)
    screenshot(page, "live_forced_colors_dark")


STROKE = "box => getComputedStyle(box).strokeWidth.replace('px', '')"
ANIMATION = "mark => getComputedStyle(mark).animationName"
MARKS = """nodes => nodes.map((node) => {
  const mark = node.querySelector(".odibi-dag-mark");
  const fill = getComputedStyle(node.querySelector(".odibi-dag-box")).fill;
  return [node.dataset.status, mark.getAttribute("d"), getComputedStyle(mark).stroke, fill];
})"""


def node(graph: Locator, name: str) -> Locator:
    return graph.locator(f'.odibi-dag-node[data-node="{name}"]')


def named(graph: Locator) -> None:
    """Everything that can be used has a name, and so have the regions."""
    tree = graph.aria_snapshot()
    assert re.findall(r"- (?:button|searchbox|combobox|complementary|img)(?! \")[^\n]*", tree) == []
    for said in ('group "Graph of nodes"', 'complementary "Details of a node"', 'button "slow · python · pending"'):
        assert said in tree
    assert graph.locator(".odibi-dag-live").get_attribute("aria-live") == "polite"
    assert graph.locator(".odibi-dag-answer").get_attribute("aria-live") == "polite"


def tabbed(page: Page, start: Locator, steps: int) -> list[str]:
    """Return what has the focus after each press of Tab."""
    start.focus()
    names = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        names.append(page.evaluate(ACTIVE))
    return names
