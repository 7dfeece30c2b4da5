"""A real JupyterLab and a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

SCREENSHOTS = Path(os.environ.get("ODIBI_NB_SCREENSHOTS") or Path(__file__).parents[2] / "build" / "screenshots")
INSTALL = "apt-get install -y chromium"
SETTINGS: dict[str, dict[str, object]] = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # outputs that nobody has scrolled to are drawn as well
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs Chromium: {INSTALL}")
        pytest.skip(f"needs Chromium: {INSTALL}")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A JupyterLab with settings of its own: its URL, and its root folder."""
    home = tmp_path_factory.mktemp("lab")
    root = home / "notebooks"
    root.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    for name, values in SETTINGS.items():
        settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(values))
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    options = (
        f"--port={port}",
        f"--ServerApp.root_dir={root}",
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=",
    )
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env={**inherited, **own, "IPYTHONDIR": str(home / "ipython")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, home / "log")
            yield url, root
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture
def run_in_lab(browser: Browser, lab: tuple[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open a notebook of the lab's root, run all its cells, and return the page at once."""
    url, _ = lab
    pages: list[Page] = []

    def run(name: str, *, dark: bool = False) -> Page:
        page = browser.new_page(viewport={"width": 1300, "height": 2600}, color_scheme="dark" if dark else "light")
        pages.append(page)
        lab_page(page, url, name, dark=dark)
        # Cells may well run until the test lets them end.
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        return page

    yield run
    for page in pages:
        page.close()


def screenshot(page: Page, name: str) -> None:
    """Keep what a person would see; `.ci/run` says where, and `ODIBI_NB_SCREENSHOTS`."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


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

KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel"


def command(page: Page, name: str, arguments: str = "{}") -> None:
    """Execute a command of JupyterLab."""
    page.evaluate(f"window.jupyterapp.commands.execute('{name}', {arguments})")


def lab_page(page: Page, url: str, name: str, *, dark: bool = False) -> Page:
    """Open a notebook in JupyterLab, and wait for its kernel."""
    page.goto(f"{url}/lab/tree/{name}?reset")
    page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.context?.isReady", timeout=90_000)
    # The server keeps what an earlier test has chosen.
    command(page, "apputils:change-theme", f"{{theme: 'JupyterLab {'Dark' if dark else 'Light'}'}}")
    page.wait_for_function(f"{KERNEL}?.connectionStatus === 'connected' && {KERNEL}?.status === 'idle'")
    return page


def _wait_for(url: str, log: Path) -> None:
    for _ in range(180):
        try:
            urllib.request.urlopen(f"{url}/api", timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
