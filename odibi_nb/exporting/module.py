"""`transforms.py`: the functions of nodes with exactly what they use, in working order."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.as_function import renamed_function
from odibi_nb.cells.decorated import imports_of_ours
from odibi_nb.cells.definitions import PlainCell, Slice, slice_definitions
from odibi_nb.cells.magics import python_text
from odibi_nb.cells.names import AMBIENT
from odibi_nb.cells.parsing import parse_python
from odibi_nb.exceptions import OdibiException, TransformError
from odibi_nb.exporting.beside import beside
from odibi_nb.exporting.functions import NodeFunction, function_of, functions_of_steps
from odibi_nb.exporting.imports import (
    bound_imports,
    import_lines,
    is_import,
    leading_imports,
    local_modules,
    path_lines,
    with_moved_path,
)
from odibi_nb.exporting.naming import function_names, mark
from odibi_nb.exporting.parameters import injected_names, without_injected
from odibi_nb.exporting.pieces import Piece, joined, piece_of, pieces_of, users_of, waits
from odibi_nb.registry import is_node_function
from odibi_nb.workspaces.source_functions import transforms_in

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["HEAD", "Module", "module_of"]

HEAD = '"""What the Python nodes of this project do; exported by odibi-nb."""'
_FRAMES = frozenset({"pandas", "polars", "pyarrow", "duckdb", "_duckdb"})
_ONLY_HERE = dict.fromkeys(AMBIENT - set(dir(builtins)) - {"__annotations__"}, "only a notebook has it") | {
    "__file__": "an export lies elsewhere: write the path out, or into vars as a parameter's value"
}


@dataclass(frozen=True, slots=True)
class Module:
    """text: of the file, "" where no node has Python. functions: of nodes, named as the module names them.

    defaults: names for which it says the notebook's own values, where the session has others; made_of_them: what
    else it makes of these.
    """

    text: str = ""
    functions: Mapping[str, NodeFunction] = field(default_factory=dict)
    defaults: frozenset[str] = frozenset()
    made_of_them: frozenset[str] = frozenset()


def module_of(ws: Workspace, folder: Path) -> Module:
    """Return the module of a workspace's Python nodes, to be put into `folder`.

    Raises TransformError, which names the node, for what a module can't have.
    """
    functions = [found for node in ws.nodes.values() if (found := function_of(ws, node)) is not None]
    called = [name for node in ws.nodes.values() for name in functions_of_steps(ws, node)]
    if not functions and not called:
        return Module()
    try:
        return _Builder(ws, functions, called, folder).module()
    except OdibiException as exc:
        place = ws.nodes[exc.where.node].place.locate(None) if exc.where.node else {}
        raise exc.at(**place) from exc.__cause__


class _Builder:
    """Puts pieces together."""

    def __init__(self, ws: Workspace, functions: Sequence[NodeFunction], called: Iterable[str], folder: Path) -> None:
        self._ws, self._functions, self._folder = ws, functions, folder
        cells = ws.sources.plain_cells()
        self._cells, self._injected = without_injected(cells), injected_names(cells).intersection(ws.params)
        wanted = {name for function in functions for name in function.uses} | self._definitions(called)
        self._decorated = {name for cell in self._cells for name in cell.nodes}
        quoted = {name for one in functions if one.piece is not None for name in one.piece.quoted}
        quoted |= {name for piece in pieces_of(self._sliced(wanted)) for name in piece.quoted}
        self._slice = self._sliced(wanted | quoted)
        self._missing = [name for name in self._slice.missing if name not in quoted]
        pieces = list(pieces_of(self._slice))
        used = wanted.union(*(piece.uses for piece in pieces if not self._declares(piece)))
        pieces = [piece for piece in pieces if not (_is_ours(piece) and piece.names.isdisjoint(used))]
        self._pieces = [with_moved_path(piece, ws.root, folder) for piece in pieces]
        self._first = leading_imports(self._pieces)
        self._variables = ws.nodes.variables()
        ours = {"odibi_nb"} if bound_imports(self._pieces).get("odibi_nb") == {("", "odibi_nb", "odibi_nb")} else set()
        self._mark, self._ours = mark((self._taken() - ours) | {one.name for one in functions})

    def module(self) -> Module:
        self._check_names()
        names = function_names(self._functions, {*dir(builtins), *self._taken()})
        around = beside(self._functions, self._pieces)
        helpers, written = self._in_their_places(names)
        rest = [self._text(one, names) for one in self._functions if one.piece is not None and one.node not in written]
        code = [*helpers, *(piece for piece in around if not is_import(piece)), *rest]
        imports = [*self._first, *(piece for piece in around if is_import(piece))]
        named = {
            one.node: replace(one, name=names[one.node], piece=self._renamed(one, names)) for one in self._functions
        }
        defaults = self._injected.intersection(name for piece in helpers for name in piece.names)
        return Module(self._whole(imports, code), named, defaults, users_of(defaults, helpers))

    def _sliced(self, names: Iterable[str]) -> Slice:
        return slice_definitions(self._cells, sorted(names), self._ws.root)

    def _definitions(self, called: Iterable[str]) -> set[str]:
        """Return the names of the functions that steps call, as cells define them."""
        trees = map(_tree, self._cells)
        known = {name: one.name for tree in trees for name, one in transforms_in(tree).items()}
        nodes = {name for cell in self._cells for name in cell.nodes}
        return {known.get(name, name) for name in called if name in known or name in nodes}

    def _check_names(self) -> None:
        """Refuse names that a module wouldn't have, and data that it would have to hold."""
        used = {name for piece in self._pieces for name in piece.uses}
        used |= {name for function in self._functions for name in function.uses}
        for name in (*self._missing, *sorted(used & _ONLY_HERE.keys())):
            if name in self._missing and self._is_frame(name):
                raise self._refused(name, "a DataFrame")
            hint = _ONLY_HERE.get(name, "no plain code defines it")
            if name in self._ws.params:
                hint = f"only this session gives it: write a default, {name} = …, into a cell before"
            raise TransformError(
                f"{self._user(name)} uses '{name}', which an export can't hold", hint=hint, **self._place(name)
            )
        for piece in self._pieces:
            for name in sorted(piece.names):
                if not is_import(piece) and not piece.is_block and self._is_frame(name):
                    raise self._refused(name, "a DataFrame")

    def _is_frame(self, name: str) -> bool:
        value = self._variables.get(name)
        is_frame = hasattr(value, "columns") and hasattr(type(value), "columns")
        return is_frame and type(value).__module__.partition(".")[0] in _FRAMES

    def _refused(self, name: str, what: str) -> OdibiException:
        message = f"{self._user(name)} uses the variable '{name}', {what}: data is no part of an export"
        hint = f"make it a node: %%odibi_node NAME, and let it be a parameter of {self._user(name)}"
        return TransformError(message, hint=hint, **self._place(name))

    def _reader(self, name: str) -> str | None:
        """Return the first node that uses a name, itself or by what it uses."""
        for node in self._ws.nodes.values():
            uses = self._definitions(functions_of_steps(self._ws, node))
            uses |= {used for one in self._functions if one.node == node.name for used in one.uses}
            sliced = [piece_of(one.source) for one in self._sliced(uses).statements if uses]
            if name in uses.union(*(piece.uses | piece.names for piece in sliced)):
                return node.name
        return None

    def _user(self, name: str) -> str:
        reader = self._reader(name)
        return f"node '{reader}'" if reader else "code of no node"

    def _place(self, name: str) -> dict[str, Any]:
        if (reader := self._reader(name)) is not None:
            return {"node": reader, **self._ws.nodes[reader].place.locate(None)}
        cell = next((piece.cell for piece in self._pieces if name in piece.uses | piece.names), "")
        return {"cell": cell} if cell.isdigit() else {}

    def _taken(self) -> set[str]:
        """Return the names that mean something else than the function of a node."""
        pieces = [piece for piece in self._pieces if not self._declares(piece)]
        beside = [piece for one in self._functions for piece in one.beside]
        registered = {name for piece in pieces for name in transforms_in(piece.tree)}
        return registered.union(*(piece.names for piece in (*pieces, *beside)))

    def _declares(self, piece: Piece) -> bool:
        """Whether a piece is the decorated function of a node."""
        return piece.is_block and len(piece.names) == 1 and piece.names <= self._decorated

    def _in_their_places(self, names: Mapping[str, str]) -> tuple[list[Piece], set[str]]:
        """Return the notebook's own pieces, with the functions of nodes where others use them; and these nodes."""
        by_name = {one.name: one for one in self._functions}
        code, written = list[Piece](), set[str]()
        for piece in (one for one in self._pieces if one not in self._first):
            function = by_name.get(next(iter(piece.names), "")) if len(piece.names) == 1 else None
            if function is not None and function.piece is not None and self._declares(piece):
                if not self._is_run(piece):  # it may as well stand with those of the other nodes
                    continue
                written.add(function.node)
                code.append(replace(self._text(function, names), cell=piece.cell, line=piece.line, end=piece.end))
            elif function is not None and function.piece is None and piece.is_block:
                code.append(self._marked(piece))
            else:
                code.append(piece)
        return code, written

    def _is_run(self, piece: Piece) -> bool:
        """Whether other pieces use a function already where they stand, not only once they are called."""
        users = [other for other in self._pieces if other is not piece and piece.names & other.uses]
        return not all(waits(other.text) for other in users)

    def _marked(self, piece: Piece) -> Piece:
        """Return a function that `Workspace.node` was given with the mark of a node's."""
        lines = piece.text.split("\n")
        at = next(number for number, line in enumerate(lines) if line.startswith(("@", "def ", "async ")))
        mark = [] if is_node_function(self._variables.get(next(iter(piece.names)))) else [self._mark]
        return piece_of("\n".join([*lines[:at], *mark, *lines[at:]]), cell=piece.cell, line=piece.line)

    def _renamed(self, function: NodeFunction, names: Mapping[str, str]) -> Piece | None:
        if function.piece is None:
            return None
        return piece_of(renamed_function(function.piece.text, function.name, names[function.node]))

    def _text(self, function: NodeFunction, names: Mapping[str, str]) -> Piece:
        """Return the function of a node as the module has it, with its mark."""
        piece = self._renamed(function, names)
        assert piece is not None  # noqa: S101 - the callers have seen to it
        lines = piece.text.split("\n")
        at = next(number for number, line in enumerate(lines) if line.startswith(("@", "def ", "async ")))
        return piece_of("\n".join([*lines[:at], self._mark, *lines[at:]]))

    def _whole(self, imports: Sequence[Piece], code: Sequence[Piece]) -> str:
        needed = {name for piece in code for name in piece.uses}
        if any(self._mark in piece.text for piece in code):
            imports = [*imports, piece_of(self._ours)]
        head, lines = [HEAD], import_lines(imports, needed)
        if any(is_import(piece) or (len(piece.tree.body) > 1 and "import" in piece.text) for piece in code):
            head.append("# ruff: noqa: E402, F401, F811")
        if future := sorted({feature for one in self._slice.statements for feature in one.future}):
            head.append(f"from __future__ import {', '.join(future)}")
        if local := local_modules([*imports, *code], self._ws.root):
            head.append(path_lines(local, self._ws.root, self._folder))
        parts = [*head, *([lines] if lines else [])]
        gap = "\n\n\n" if code and code[0].is_block else "\n\n"
        text = "\n\n".join(parts) + (f"{gap}{joined(code)}" if code else "") + "\n"
        return text.replace("\r\n", "\n").replace("\r", "\n")  # Python reads all of them alike, also in texts


def _is_ours(piece: Piece) -> bool:
    """Whether a piece imports the decorator alone: the module imports its own."""
    return all(imports_of_ours(statement) for statement in piece.tree.body)


def _tree(cell: PlainCell) -> ast.Module:
    try:
        return parse_python(python_text(cell.source).text)
    except SyntaxError:
        return ast.Module([], [])
