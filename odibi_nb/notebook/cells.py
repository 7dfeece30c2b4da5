"""What the front end and IPython tell of the running cell."""

from __future__ import annotations

import inspect
import linecache
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from odibi_nb.cells.definitions import cell_filename
from odibi_nb.cells.magics import find_line_magics, find_magic
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.registry import node
from odibi_nb.runner import Place
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.node_functions import functions_in_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from odibi_nb.cells.decorated import NodeFunction

__all__ = ["CellWatch", "blaming", "fill_empty_cells", "label_of", "line_magic_text", "magic_line", "spelt_in"]

_CONTINUED = "\\\n"


class _Running(NamedTuple):
    """A cell: its text, its number, and the front end's id; None where there is none."""

    text: str
    label: str | None = None
    id: str | None = None


def fill_empty_cells(lines: list[str]) -> list[str]:
    """Give a `%%odibi…` magic without a body a blank line: IPython refuses empty cell magics before we see them."""
    magic = find_magic("".join(lines))
    if magic is None or magic.body.strip():
        return lines
    return [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else lines[-1] + "\n", "\n"]


def label_of(shell: InteractiveShell, file: str) -> str | None:
    """Return the label of the cell that IPython has compiled under a file's name; None for what is none."""
    named = shell.compile.format_code_name(file)
    return named[1].removeprefix("In[").removesuffix("]") if named is not None else None


def magic_line(origin: CellOrigin, line: str = "") -> int:
    """Return the line of the cell on which its magic stands: blank lines may come before it.

    line: what a magic of one line was given; such a one stands anywhere in a plain cell.
    """
    found = [found] if (found := find_magic(origin.text)) else find_line_magics(origin.text)
    return next((one.magic_line for one in found if not line or _flat(line) == _flat(one.line)), 1)


def line_magic_text(origin: CellOrigin, name: str, line: str) -> tuple[str, int]:
    """Return what follows `%name` as the cell has it, and the line of the cell on which that begins.

    line: what the magic was given, in which IPython has joined the lines that a backslash continues.
    """
    for number, text in _logical_lines(origin.text):
        _, found, rest = text.partition(f"%{name}")
        if found and rest.split() == line.split():
            return rest, number
    return line, 1


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with those that a backslash continues, without the backslashes; and their numbers."""
    number = 1
    for logical in text.replace(_CONTINUED, "\0").split("\n"):
        yield number, logical.replace("\0", "\n")
        number += 1 + logical.count("\0")


def _flat(text: str) -> str:
    """Return a text in which it doesn't count how it is broken into lines."""
    return " ".join(text.replace(_CONTINUED, " ").split())


@contextmanager
def blaming(place: Place) -> Iterator[None]:
    """Give what is raised the place of a magic's line."""
    try:
        yield
    except OdibiException as exc:
        raise exc.at(**place.locate(1)) from exc.__cause__


def spelt_in(variables: Mapping[str, Any]) -> list[str]:
    """Return how cells may write the decorator `@node`, by the variables that there are."""
    ours = [node, sys.modules.get("odibi_nb.node"), sys.modules["odibi_nb"]]
    found = [(name, value) for name, value in list(variables.items()) if any(value is one for one in ours)]
    return [f"{name}.node" if value is ours[2] else name for name, value in found]


class CellWatch:
    """Knows which cell runs; ids: of those that ran, by label, where the front end tells them."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._running = self._unseen()
        self.ids: dict[str, str] = {}

    def begin(self, info: Any) -> list[str]:
        """Take note of the cell that begins; return the ids of cells deleted since the last one.

        info: IPython's ExecutionInfo.
        """
        history = self._shell.history_manager
        # `execution_count` is counted up before the cell in IPython 9 and after it in IPython 8.
        label = str(len(history.input_hist_raw)) if info.store_history and history is not None else None
        self._running = _Running(info.raw_cell, label, getattr(info, "cell_id", None))
        if label is not None and self._running.id is not None:
            self.ids[label] = self._running.id
        # What was deleted and put back runs again under its old id.
        return [gone for gone in self._metadata().get("deletedCells") or () if gone != self._running.id]

    def _unseen(self) -> _Running:
        """Return the cell in whose middle we are loaded, as far as IPython remembers it."""
        history = self._shell.history_manager
        cells = history.input_hist_raw if history is not None else []
        return _Running(cells[-1], str(len(cells) - 1)) if cells and cells[-1] else _Running("")

    @property
    def running(self) -> tuple[str, str] | None:
        """The id and the label of the cell that runs; None where it lacks one of them."""
        _, label, cell_id = self._running
        return (cell_id, label) if cell_id is not None and label is not None else None

    @property
    def is_looked_at(self) -> bool:
        """Whether a front end shows the cell: such a one says which it is, those that run whole files don't.

        What Colab says isn't known; as anywidget does, it is known by its package.
        """
        return self._running.id is not None or "google.colab.output" in sys.modules

    def origin(self, line: str, body: str = "", *, alone: bool = True) -> CellOrigin:
        """Return where the running cell is.

        line, body: what the magic was given; a cell without them is another one (`%run` has begun it).
        alone: the cell is the magic's, not one line of several.
        """
        cell = self._running
        is_its_own = line.strip() in cell.text or _flat(line) in _flat(cell.text)
        if not is_its_own or body.strip() not in cell.text:
            cell = _Running("")
        text = cell.text or f"%%odibi_node {line}\n{body}"
        file = cell_filename(cell.label or "?")
        # Tracebacks quote the cell from here.
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        return CellOrigin(cell.label, cell.id, text, code_file=file, alone=alone)

    def decorated(self, function: Callable[..., Any], spelt: Collection[str]) -> tuple[NodeFunction, CellOrigin] | None:
        """Return what `@node` has just decorated as the running cell has it; None for what another file defines.

        Raises UsageError where it doesn't stand at the top level of the cell: there no headless run finds it.
        """
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None or label_of(self._shell, code.co_filename) is None:
            return None
        functions = functions_in_cell(self._running.text, spelt)
        named = [one for one in functions if one.name == code.co_name]
        origin = self.origin("", alone=len(functions) == 1 and not find_line_magics(self._running.text))
        if not named:
            hint = "put it above the `def`, at the left margin of a cell"
            raise UsageError(
                f"@node can't find '{code.co_name}' in this cell", hint=hint, **origin.place().locate(None)
            )
        # IPython leaves out blank lines before the first one that isn't.
        above = len(self._running.text) - len(self._running.text.lstrip("\n"))
        return min(named, key=lambda one: abs(one.line - above - code.co_firstlineno)), origin

    def _metadata(self) -> dict[str, Any]:
        get_parent = getattr(self._shell, "get_parent", None)  # a kernel's shell has it, a terminal's not
        parent = get_parent() if get_parent is not None else None
        return dict((parent or {}).get("metadata") or {})
