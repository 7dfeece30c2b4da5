"""A JupyterLab and a Chromium of one's own, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import TextIO

from playwright.sync_api import Browser, Page, expect, sync_playwright

LABEXTENSION = Path(__file__).parents[2] / "odibi_nb" / "labextension"
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


def find_chromium() -> str | None:
    """Return where it is installed."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """Start a browser."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS), timeout=90_000)
        yield launched
        launched.close()


@contextmanager
def running_lab(home: Path) -> Iterator[tuple[str, Path]]:
    """Start a JupyterLab with settings of its own below `home`; its URL, and its root folder."""
    root = home / "notebooks"
    root.mkdir()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    for name, values in SETTINGS.items():
        settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(values))
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    # An editable installation has none in share/jupyter; a wheel may have placed another state there.
    (home / "labextensions").mkdir()
    (home / "labextensions" / "odibi-nb").symlink_to(LABEXTENSION)
    options = (
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
        f"--LabServerApp.extra_labextensions_path={home / 'labextensions'}",
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--LabApp.news_url=",
    )
    env = {**inherited, **own, "IPYTHONDIR": str(home / "ipython")}
    for _ in range(3):  # somebody else may take the port before the server does
        port = _free_port()
        command = [sys.executable, "-m", "jupyterlab", f"--port={port}", *options]
        with (home / "log").open("w") as log, _running(command, env, log) as server:
            if _is_up(server, f"http://127.0.0.1:{port}"):
                yield f"http://127.0.0.1:{port}", root
                return
    raise RuntimeError(f"JupyterLab did not start:\n{(home / 'log').read_text()[-2000:]}")


KERNEL = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"
IS_IDLE = f"{KERNEL}?.connectionStatus === 'connected' && {KERNEL}?.status === 'idle'"


def command(page: Page, name: str, arguments: str = "{}") -> None:
    """Execute a command of JupyterLab."""
    page.evaluate(f"window.jupyterapp.commands.execute('{name}', {arguments})")


# A context that is disposed of forgets that its kernel was to end.
CLOSE_ALL = """() => {
  const { shell, serviceManager } = window.jupyterapp;
  for (const widget of [...shell.widgets("main")]) {
    const session = widget.sessionContext?.session;
    if (session) serviceManager.sessions.shutdown(session.id);
    widget.dispose();
  }
}"""
IS_OPEN = """name => {
  const context = window.jupyterapp?.shell?.currentWidget?.context;
  return context?.isReady && context.path === name;
}"""


def lab_page(page: Page, url: str, name: str, *, dark: bool = False) -> Page:
    """Open a notebook in JupyterLab, and wait for its kernel."""
    page.goto(f"{url}/lab/tree/{name}?reset")
    return wait_for_kernel(page, name, dark=dark)


def open_beside(page: Page, name: str, *, dark: bool = False) -> Page:
    """Open a notebook where JupyterLab is loaded, in the place of all that are open, and wait for its kernel."""
    page.evaluate(CLOSE_ALL)
    page.evaluate(f"void window.jupyterapp.commands.execute('docmanager:open', {{path: '{name}'}})")
    return wait_for_kernel(page, name, dark=dark)


def wait_for_kernel(page: Page, name: str, *, dark: bool = False) -> Page:
    """Wait until a notebook is there and its kernel has nothing to do."""
    page.wait_for_function(IS_OPEN, arg=name, timeout=90_000)
    # The server keeps what an earlier test has chosen.
    command(page, "apputils:change-theme", f"{{theme: 'JupyterLab {'Dark' if dark else 'Light'}'}}")
    expect(page.locator(f"body[data-jp-theme-light={str(not dark).lower()}]")).to_have_count(1, timeout=90_000)
    page.wait_for_function(IS_IDLE, timeout=90_000)
    return page


def run_in_notebook_7(browser: Browser, url: str, name: str) -> Page:
    """Open a notebook in Notebook 7, and run all its cells."""
    page = browser.new_page(viewport={"width": 1300, "height": 1900})
    page.goto(f"{url}/notebooks/{name}")
    expect(page.get_by_text("Python 3 (ipykernel)")).to_be_visible(timeout=90_000)
    page.add_locator_handler(page.get_by_role("button", name="Select Kernel"), lambda button: button.click())
    # Without a kernel cells are cleared and don't run. What is expected has the handler called, other waiting hasn't.
    expect(page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')).to_be_visible(timeout=90_000)
    page.wait_for_function(IS_IDLE, timeout=90_000)
    page.get_by_role("menuitem", name="Run", exact=True).click(timeout=90_000)
    page.get_by_text("Run All Cells", exact=True).click()
    return page


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(command: list[str], env: dict[str, str], log: TextIO) -> Iterator[subprocess.Popen[bytes]]:
    server = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:  # it waits for a kernel that is busy, and that ends with it
            server.kill()


def _is_up(server: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until a server answers; whether it does."""
    for _ in range(360):
        if server.poll() is not None:
            return False
        try:
            urllib.request.urlopen(f"{url}/api", timeout=5).close()
        except (OSError, HTTPException):
            time.sleep(0.5)
        else:
            return True
    return False
