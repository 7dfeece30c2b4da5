"""A real JupyterLab and a real Chromium."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from .jupyterlab import CLOSE_ALL, chromium, command, find_chromium, lab_page, open_beside, running_lab

SCREENSHOTS = Path(os.environ.get("ODIBI_NB_SCREENSHOTS") or Path(__file__).parents[2] / "build" / "screenshots")
INSTALL = "apt-get install -y chromium"

expect.set_options(timeout=30_000)  # a busy machine takes its time; what is there already isn't waited for


@pytest.fixture(scope="package")
def executable() -> str:
    """Return where Chromium is."""
    found = find_chromium()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs Chromium: {INSTALL}")
        pytest.skip(f"needs Chromium: {INSTALL}")
    return found


@pytest.fixture(scope="package")
def browser(executable: str) -> Iterator[Browser]:
    with chromium(executable) as launched:
        yield launched


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A JupyterLab with settings of its own: its URL, and its root folder."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def shared_pages(browser: Browser) -> Iterator[list[Page]]:
    """The page with JupyterLab that tests use one after the other, if there is one: loading it takes longest."""
    pages: list[Page] = []
    yield pages
    for page in pages:
        page.close()


@pytest.fixture
def run_in_lab(
    browser: Browser, lab: tuple[str, Path], shared_pages: list[Page], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open a notebook of the lab's root, run all its cells, and return the page at once."""
    failed = request.session.testsfailed

    def run(name: str, *, dark: bool = False) -> Page:
        if shared_pages:
            page = open_beside(shared_pages[0], name, dark=dark)
        else:
            page = browser.new_page(viewport={"width": 1300, "height": 2600})
            shared_pages.append(page)
            lab_page(page, lab[0], name, dark=dark)
        page.emulate_media(
            color_scheme="dark" if dark else "light", forced_colors="none", reduced_motion="no-preference"
        )
        # Cells may well run until the test lets them end.
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        return page

    yield run
    if request.session.testsfailed > failed:  # who knows what it has left open
        while shared_pages:
            shared_pages.pop().close()
    for page in shared_pages:
        page.evaluate(CLOSE_ALL)


def screenshot(page: Page, name: str) -> None:
    """Keep what a person would see; `.ci/run` says where, and `ODIBI_NB_SCREENSHOTS`."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def screenshots(page: Page, name: str) -> None:
    """Keep what a person would see in JupyterLab, light and dark; all that is live follows the theme."""
    for theme, other in (("dark", "light"), ("light", "dark")):
        command(page, "apputils:change-theme", f"{{theme: 'JupyterLab {theme.capitalize()}'}}")
        expect(page.locator(f"body[data-jp-theme-light={str(theme == 'light').lower()}]")).to_have_count(1)
        expect(page.locator(f".odibi-live[data-theme={other}]")).to_have_count(0)
        screenshot(page, f"{name}_{theme}")


@dataclass
class Watched:
    """What a page does that it shouldn't: dialogs, requests to elsewhere, errors; filled while it lives.

    An `alert` counts as harm wherever it is called, in frames too, and stops nothing.
    """

    page: Page
    origin: str = ""
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script("window.alert = () => { top.__pwned = (top.__pwned ?? 0) + 1; }")
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.on("request", self._requested)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    @property
    def harm(self) -> tuple[object, list[str], list[str]]:
        """How often a text ran as code, dialogs, requests to elsewhere; `UNHARMED` is what all is well."""
        return self.page.evaluate("window.__pwned ?? 0"), self.dialogs, self.requests

    def _requested(self, request: Request) -> None:
        own = ("data:", "blob:", "about:", *([self.origin, self.origin.replace("http", "ws")] if self.origin else []))
        if not request.url.startswith(own):
            self.requests.append(request.url)


UNHARMED: tuple[object, list[str], list[str]] = (0, [], [])
