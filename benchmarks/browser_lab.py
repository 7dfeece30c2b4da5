"""A notebook in a real JupyterLab and a real Chromium, and what a benchmark does in it."""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.processes import ROOT, NotMeasuredError

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
def opened_lab(*, one_page: bool = False) -> Iterator[OpenNotebook]:
    """Start JupyterLab and Chromium; raises NotMeasuredError where one of them is missing.

    one_page: load JupyterLab once for all notebooks; that is sooner done, and measures what was there before as well.
    """
    try:
        from playwright.sync_api import Error

        from tests.browser.jupyterlab import chromium, find_chromium, lab_page, open_beside, running_lab
        from tests.browser.notebooks import write_notebook
    except ImportError as exc:
        raise NotMeasuredError(f"{exc}: pip install -e '.[test]'") from exc
    if (executable := find_chromium()) is None:
        raise NotMeasuredError("needs Chromium: apt-get install -y chromium")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        try:
            url, root = stack.enter_context(running_lab(home))
            browser = stack.enter_context(chromium(executable))
        except (RuntimeError, Error) as exc:
            raise NotMeasuredError(_last_line(exc)) from exc

        loaded: list[Page] = []

        @contextmanager
        def open_notebook(name: str, *cells: str) -> Iterator[Notebook]:
            write_notebook(root, f"{name}.ipynb", (SETUP, *cells), "a\n1\n")
            page = loaded[0] if loaded else browser.new_page(viewport={"width": 1300, "height": 2600})
            try:
                if loaded:
                    open_beside(page, f"{name}.ipynb")
                else:
                    lab_page(page, url, f"{name}.ipynb")
                notebook = Notebook(page, root / f"{name}.ipynb")
                page.evaluate(PROBE.read_text("utf-8"))
                notebook.run(0)
                yield notebook
            except Error as exc:
                raise NotMeasuredError(f"{name}.ipynb: {exc.message}") from exc
            finally:
                with suppress(Error):  # of a page without a kernel
                    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
                loaded[:] = [page] if one_page else []
                if not one_page:
                    page.close()

        yield open_notebook


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
