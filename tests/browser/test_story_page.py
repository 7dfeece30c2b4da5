"""The story of a failing run, and the list of runs, in a real browser: light, dark, printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.story.shops import TOTALS, Shop

from .conftest import UNHARMED, Watched, screenshot

PAYLOAD = "<img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a story have its rows, however slow the machine is."""
    monkeypatch.setattr("odibi_nb.views.sampled._PATIENCE_S", 60.0)


def story_of_a_failing_run(folder: Path) -> Path:
    shop = Shop(folder)
    shop.run()
    shop.total(TOTALS.replace(" FROM", ", count(*) AS n FROM"))
    shop.ws.expect("totals", "enough", "SELECT * FROM totals WHERE total < 100000")
    shop.ws.node("odd", f"SELECT '{PAYLOAD}' AS \"{PAYLOAD}\"", description=PAYLOAD)
    shop.fail("def score(clean):\n    print('scoring', len(clean))\n    return clean[clean.amounts > 3]\n")
    page = shop.run(force=True)
    shop.ws.close()
    return page


def open_page(page: Page, path: Path, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", media="screen")
    page.goto(path.as_uri())


def contrast(page: Page, selector: str) -> float:
    """Return the contrast of a text against the page, as WCAG counts it."""
    ratio: float = page.locator(selector).first.evaluate(
        """element => {
          const parts = (colour) => {
            const canvas = document.createElement("canvas").getContext("2d");
            canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
            .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
            .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
          const [text, ground] = [getComputedStyle(element).color, getComputedStyle(document.body).backgroundColor]
            .map(parts).map(light);
          return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
        }"""
    )
    return ratio


def test_the_story_of_a_failing_run_reads_well_everywhere(browser: Browser, tmp_path: Path) -> None:
    path = story_of_a_failing_run(tmp_path)
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    watched = Watched(page, origin="file://")
    for scheme in ("light", "dark"):
        open_page(page, path, scheme)
        expect(page.locator("h2").first).to_have_text("What failed")
        expect(page.locator("#failures h3")).to_have_text(["✗ failed totals", "✗ failed score"])
        expect(page.locator("#failures .odibi-source").last).to_contain_text("clean.amounts")
        # A caret stands below its column only where its line isn't wrapped; a page shows every node.
        assert page.locator("#failures .odibi-source").last.evaluate("e => getComputedStyle(e).whiteSpace") == "pre"
        assert page.locator("#nodes .odibi-scroll").evaluate("e => getComputedStyle(e).maxHeight") == "none"
        assert page.locator("#graph img").evaluate("image => image.complete && image.naturalWidth > 100")
        for selector in ("h1", "a", ".odibi-status.odibi-failed", ".odibi-status.odibi-completed", ".lead", "td"):
            assert contrast(page, selector) >= 4.5, (scheme, selector)
        page.screenshot(path=tmp_path / "story.png", full_page=True)
        screenshot(page, f"story_{scheme}")
    # A link opens the section that it leads to, without a script; the keyboard opens the others.
    section = page.locator("details[data-node=top]")
    expect(section).not_to_have_attribute("open", "")
    page.locator("#nodes a", has_text=re.compile("^top$")).click()
    expect(section).to_have_attribute("open", "")
    load = page.locator("details[data-node=load]")
    load.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(load.locator("table").first).to_be_visible()
    expect(load.locator("td", has_text="masked_").first).to_be_visible()
    screenshot(page, "story_node_dark")
    assert watched.harm == UNHARMED
    assert watched.errors == []
    page.close()


def test_everything_is_open_on_paper(browser: Browser, tmp_path: Path) -> None:
    path = story_of_a_failing_run(tmp_path)
    page = browser.new_page(viewport={"width": 1000, "height": 1200})
    open_page(page, path, "dark")
    code = page.locator("details[data-node=clean] pre")
    expect(code).not_to_be_visible()
    page.emulate_media(media="print")
    expect(code).to_be_visible()
    expect(page.locator("details[data-node=load] td").first).to_be_visible()
    expect(page.locator("nav")).not_to_be_visible()
    screenshot(page, "story_print")
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 2
    page.close()


def test_the_list_of_runs_shows_times_and_leads_to_stories(browser: Browser, tmp_path: Path) -> None:
    path = story_of_a_failing_run(tmp_path)
    page = browser.new_page(viewport={"width": 1100, "height": 700})
    watched = Watched(page, origin="file://")
    for scheme in ("light", "dark"):
        open_page(page, path.with_name("index.html"), scheme)
        expect(page.locator("h1")).to_have_text("Runs")
        assert page.locator(".chart img").evaluate("image => image.complete && image.naturalWidth > 300")
        expect(page.locator("tbody tr")).to_have_count(2)
        screenshot(page, f"story_index_{scheme}")
    page.locator("tbody a").first.click()
    expect(page).to_have_url(path.as_uri())
    assert watched.harm == UNHARMED
    page.close()
