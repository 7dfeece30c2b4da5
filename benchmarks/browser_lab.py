"""A notebook in a real JupyterLab and a real Chromium, and what a benchmark does in it."""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT, NotMeasuredError

__all__ = ["Notebook", "OpenNotebook", "opened_lab"]

PROBE = Path(__file__).with_name("page_probe.js")
# Cells are numbered from 0, and this one comes before all of them.
SETUP = f"""import sys
sys.path.insert(0, {str(ROOT)!r})
%load_ext odibi_nb
import odibi_nb
from benchmarks import browser_kernel
ws = odibi_nb.workspace()"""


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook that is open; file: where it is saved."""

    page: Any
    file: Path

    def run(self, number: int) -> dict[str, Any]:
        """Run a cell to its end; `kernel` is how many milliseconds the kernel was at it."""
        return self.call("run", number)

    def call(self, what: str, *arguments: Any) -> Any:
        """Call a function of the page's probe; raises NotMeasuredError, also for the error of a cell."""
        from playwright.sync_api import Error

        try:
            told = self.page.evaluate(f"given => window.odibiProbe.{what}(...given)", list(arguments))
        except Error as exc:
            raise NotMeasuredError(f"{what} in the page: {exc.message}") from exc
        if isinstance(told, dict) and told.get("error"):
            raise NotMeasuredError(f"{self.file.name}: {told['error']}")
        return told

    def ask(self, expression: str) -> Any:
        """Return the value of an expression in the kernel."""
        text = self.call("ask", f"__import__('json').dumps({expression})")
        return json.loads(ast.literal_eval(text))


OpenNotebook = Callable[..., Any]
"""Called with a name and the sources of cells, opens a notebook in a `with` block; its kernel ends with that."""


@contextmanager
def opened_lab() -> Iterator[OpenNotebook]:
    """Start JupyterLab and Chromium; raises NotMeasuredError where one of them is missing."""
    try:
        from tests.browser.jupyterlab import chromium, find_chromium, running_lab
    except ImportError as exc:
        raise NotMeasuredError(f"{exc}: pip install -e '.[test]'") from exc
    if (executable := find_chromium()) is None:
        raise NotMeasuredError("needs Chromium: apt-get install -y chromium")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url, root = stack.enter_context(running_lab(home))
        browser = stack.enter_context(chromium(executable))

        @contextmanager
        def open_notebook(name: str, *cells: str) -> Iterator[Notebook]:
            from tests.browser.jupyterlab import lab_page
            from tests.browser.notebooks import write_notebook

            write_notebook(root, f"{name}.ipynb", (SETUP, *cells), "a\n1\n")
            page = browser.new_page(viewport={"width": 1300, "height": 2600})
            notebook = Notebook(lab_page(page, url, f"{name}.ipynb"), root / f"{name}.ipynb")
            page.evaluate(PROBE.read_text("utf-8"))
            notebook.run(0)
            yield notebook
            page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
            page.close()

        yield open_notebook
