from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tests.notebook.shells import BY_REGION, CLEAN, LOAD, PROJECT, Kernel, Notebook

ROOT = Path(__file__).parents[2]
SALES = "region,amount\nN,50\nN,150\nS,200\nS,\n"


def _fill(folder: Path) -> Path:
    (folder / "data").mkdir()
    (folder / "data" / "sales.csv").write_text(SALES)
    return folder


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """An IPython shell in a folder with `data/sales.csv`."""
    monkeypatch.chdir(_fill(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    yield shell
    workspace = getattr(shell, "odibi_nb_workspace", None)
    if workspace is not None:
        workspace.close()
    InteractiveShell.clear_instance()
    HistoryManager.clear_instance() if hasattr(HistoryManager, "clear_instance") else None


@pytest.fixture
def nb(shell: InteractiveShell) -> Notebook:
    """A notebook that has loaded the extension and configured the project."""
    notebook = Notebook(shell)
    notebook.ok("%load_ext odibi_nb", PROJECT)
    return notebook


@pytest.fixture
def sales(nb: Notebook) -> Notebook:
    """The notebook after the three nodes of the journey."""
    nb.ok(LOAD, CLEAN, BY_REGION)
    return nb


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A real kernel; its working directory has `data/sales.csv`."""
    folder = _fill(tmp_path_factory.mktemp("kernel"))
    env = {**os.environ, "IPYTHONDIR": str(folder / ".ipython"), "PYTHONPATH": str(ROOT)}
    kernel = Kernel(str(folder), env)
    yield kernel
    kernel.close()
