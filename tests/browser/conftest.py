"""A real JupyterLab and a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

LABEXTENSION = Path(__file__).parents[2] / "odibi_nb" / "labextension"
ARTIFACTS = Path(__file__).parents[2] / "artifacts"
INSTALL = "apt-get install -y chromium"
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
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    # An editable installation has none in share/jupyter; a wheel may have placed another state there.
    (home / "labextensions").mkdir()
    (home / "labextensions" / "odibi-nb").symlink_to(LABEXTENSION)
    options = (
        f"--port={port}",
        f"--ServerApp.root_dir={root}",
        f"--LabServerApp.extra_labextensions_path={home / 'labextensions'}",
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
    """Open a notebook of the lab's root, run all its cells, and return the page."""
    url, _ = lab
    pages: list[Page] = []

    def run(name: str, *, dark: bool = False) -> Page:
        page = browser.new_page(viewport={"width": 1300, "height": 2600}, color_scheme="dark" if dark else "light")
        pages.append(page)
        page.goto(f"{url}/lab/tree/{name}?reset")
        page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.context?.isReady", timeout=90_000)
        # The server keeps what an earlier test has chosen.
        _command(page, "apputils:change-theme", f"{{theme: 'JupyterLab {'Dark' if dark else 'Light'}'}}")
        page.wait_for_function(f"{_KERNEL}?.connectionStatus === 'connected' && {_KERNEL}?.status === 'idle'")
        _command(page, "notebook:run-all-cells")
        return page

    yield run
    for page in pages:
        page.close()


def screenshot(page: Page, name: str) -> None:
    """Keep what a person would see, for CI to store."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


_KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel"


def _command(page: Page, command: str, arguments: str = "{}") -> None:
    page.evaluate(f"window.jupyterapp.commands.execute('{command}', {arguments})")


def _wait_for(url: str, log: Path) -> None:
    for _ in range(180):
        try:
            urllib.request.urlopen(f"{url}/api", timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
