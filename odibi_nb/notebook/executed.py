"""The plain code that a session has executed, as a file of the notebook would have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from odibi_nb.cells.definitions import PlainCell
from odibi_nb.cells.magics import find_magic
from odibi_nb.exceptions import OdibiException
from odibi_nb.notebook.cells import spelt_in
from odibi_nb.workspaces.node_functions import functions_in_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.workspaces import Workspace

__all__ = ["executed_cells"]

_SETUP = "odibi-setup"


def executed_cells(shell: InteractiveShell, workspace: Workspace, ids: Mapping[str, str]) -> list[PlainCell]:
    """Return the plain cells, each as it ran last, where it ran first.

    ids: the front end's, by label; cells without one are the same where their texts are.
    """
    history = shell.history_manager
    texts = list(history.input_hist_raw) if history is not None else []
    latest: dict[str, tuple[str, str]] = {}
    for number, text in enumerate(texts):
        if text.strip() and find_magic(text) is None:
            latest[ids.get(str(number), text)] = str(number), text
    setup = _setup_cells(workspace) if ids else frozenset[str]()
    spelt = spelt_in(shell.user_ns)
    return [
        PlainCell(label, text, key in setup, nodes=frozenset(one.name for one in functions_in_cell(text, spelt)))
        for key, (label, text) in latest.items()
    ]


def _setup_cells(workspace: Workspace) -> frozenset[str]:
    """Return the ids of the cells that run whole, by the notebook's file: a kernel isn't told a cell's tags."""
    from odibi_nb.cells.notebook_file import read_notebook

    if workspace.notebook is None:
        return frozenset()
    try:
        cells = read_notebook(workspace.root / workspace.notebook).cells
    except OdibiException:  # not saved yet
        return frozenset()
    return frozenset(cell.id for cell in cells if cell.id is not None and _SETUP in cell.tags)
