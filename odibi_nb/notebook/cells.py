"""What the front end and IPython tell of the running cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from odibi_nb.cells.definitions import cell_filename
from odibi_nb.cells.magics import find_magic
from odibi_nb.workspaces.declared import CellOrigin

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.workspaces import Workspace

__all__ = ["CellWatch", "fill_empty_cells"]


def fill_empty_cells(lines: list[str]) -> list[str]:
    """Give a `%%odibi…` magic without a body a blank line: IPython refuses empty cell magics before we see them."""
    magic = find_magic("".join(lines))
    if magic is None or magic.body.strip():
        return lines
    return [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else lines[-1] + "\n", "\n"]


class CellWatch:
    """Knows which cell runs, and drops the nodes of deleted cells."""

    def __init__(self, shell: InteractiveShell, workspace: Workspace) -> None:
        self._shell, self._workspace = shell, workspace

    def before_cell(self, info: Any) -> None:
        """Drop nodes whose cells are gone, and say so."""
        deleted = self._metadata().get("deletedCells") or ()
        for name in self._workspace.drop_cells(deleted):
            print(f"dropped {name}: its cell was deleted · %odibi drop {name} --undo brings it back")  # noqa: T201

    def origin(self, body: str) -> CellOrigin:
        """Return where the running cell is; body: what follows the magic's line, to find the cell by."""
        text = self._text(body)
        label = str(len(self._inputs()) - 1) if text is not None else None
        code_file = cell_filename(label or "?")
        self._remember_lines(code_file, text or f"%%odibi_node\n{body}")
        return CellOrigin(label, self._metadata().get("cellId"), text or f"\n{body}", code_file=code_file)

    def magic_line(self, origin: CellOrigin) -> int:
        """Return the line of the cell on which its magic stands: blank lines may come before it."""
        found = find_magic(origin.text)
        return found.magic_line if found else 1

    def _text(self, body: str) -> str | None:
        """Return the whole cell, when the last one that IPython has stored is this one."""
        inputs = self._inputs()
        last = inputs[-1] if len(inputs) > 1 else ""
        return last if body.strip() in last else None

    def _inputs(self) -> list[str]:
        history = self._shell.history_manager
        return list(history.input_hist_raw) if history is not None else []

    def _metadata(self) -> dict[str, Any]:
        parent: Any = getattr(self._shell, "parent_header", None)
        get_parent = getattr(self._shell, "get_parent", None)  # a kernel's shell has it, a terminal's not
        parent = get_parent() if get_parent is not None else parent
        return dict((parent or {}).get("metadata") or {})

    def _remember_lines(self, filename: str, text: str) -> None:
        """Let tracebacks quote the cell."""
        import linecache

        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
