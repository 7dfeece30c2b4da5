"""What becomes of a project's `transforms.py` in a notebook: imports, helpers, and the functions of nodes."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from odibi_nb.cells.names import names_of
from odibi_nb.importing.cell import NewCell
from odibi_nb.importing.pieces import Function, Piece, cut
from odibi_nb.workspaces.source_functions import transforms_in

__all__ = ["CodeCells", "ProjectCode", "called_names", "library_decorator", "read_code"]

_TRANSFORM, _NODE = "transform", "node"
_IMPORT = "from odibi_nb import transform"


@dataclass(frozen=True, slots=True)
class CodeCells:
    """Plain cells: those above all nodes, and the functions that stand above the node that calls them, by its name."""

    above: tuple[NewCell, ...] = ()
    by_node: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProjectCode:
    """The module, in pieces that a notebook can take over.

    functions: what steps may call, by the names they call it. dropped: the first lines of what no notebook has.
    runs_whole: its pieces can't be told apart, since some names are imported for type checkers alone.
    """

    docstring: str = ""
    pieces: tuple[Piece, ...] = ()
    functions: Mapping[str, Piece] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    runs_whole: bool = False

    def body(self, function: str, node: str) -> str | None:
        """Return a function as the body of a node's cell, named like the node; None where it has to stay as it is."""
        piece = self.functions.get(function)
        definition = piece.function if piece is not None else None
        if piece is None or definition is None or self.runs_whole or len(definition.decorator_list) != 1:
            return None
        others = frozenset[str]().union(*(other.uses for other in self.pieces if other is not piece))
        if definition.name in others or (definition.name != node and {definition.name, node} & _names_in(definition)):
            return None
        lines = piece.text.split("\n")[definition.lineno - definition.decorator_list[0].lineno :]
        lines[0] = re.sub(rf"(def\s+){re.escape(definition.name)}\b", rf"\g<1>{node}", lines[0], count=1)
        return "\n".join([*([piece.head] if piece.head else []), *lines])

    def cells(self, bodies: Collection[str], calls: Mapping[str, Collection[str]]) -> CodeCells:
        """Return the plain cells.

        bodies: the functions that became bodies of nodes. calls: by node, in order, the other functions it calls.
        """
        gone = [self.functions[name] for name in bodies]
        kept = [piece for piece in self.pieces if piece not in gone]
        needed = frozenset[str]().union(*(_uses(piece, is_body=piece in gone) for piece in self.pieces))
        first = [NewCell("imports", _IMPORT)] if _TRANSFORM not in needed and any(map(_is_node, kept)) else []
        if self.runs_whole:
            text = _joined(kept, _as_transform)
            return CodeCells((*first, NewCell("code", text, is_setup=True)) if text else ())
        placed = self._placed(kept, calls)
        elsewhere = [piece for pieces in placed.values() for piece in pieces]
        rest = [piece for piece in kept if piece not in elsewhere and _is_needed(piece, needed)]
        by_node = {node: _joined(pieces, _as_transform) for node, pieces in placed.items()}
        return CodeCells((*first, *_grouped(rest, needed)), by_node)

    def _placed(self, kept: Collection[Piece], calls: Mapping[str, Collection[str]]) -> dict[str, list[Piece]]:
        """Return the functions that only nodes need, by the first node that calls them."""
        placed: dict[str, list[Piece]] = {}
        first = {
            name: node for node, names in reversed(list(calls.items())) for name in names if name in self.functions
        }
        for name, node in first.items():
            piece = self.functions[name]
            if not any(piece.bound & other.uses for other in kept if other is not piece):
                placed.setdefault(node, []).append(piece)
        return placed


def read_code(source: str) -> ProjectCode:
    """Read the text of `transforms.py`. Raises SyntaxError."""
    docstring, pieces = cut(source)
    runs_whole = "TYPE_CHECKING" in source and any(piece.is_future for piece in pieces)
    dropped = tuple(piece.text.partition("\n")[0] for piece in pieces if piece.is_main)
    kept = [piece for piece in pieces if not piece.is_main and piece.bound != {"__all__"}]
    kept = [piece for piece in kept if runs_whole or not piece.is_future]
    functions = {name: piece for piece in kept if piece.function for name in called_names(piece.function)}
    return ProjectCode(docstring, tuple(kept), functions, dropped, runs_whole)


def called_names(function: Function) -> Iterator[str]:
    """Yield the names by which steps call a function."""
    yield from transforms_in(ast.Module([function], []))
    if _NODE in map(library_decorator, function.decorator_list):
        yield function.name


def library_decorator(decorator: ast.expr) -> str:
    """Return "transform" or "node" for a decorator of this library; "" for any other."""
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = ast.unparse(call).rpartition(".")[2]
    return name if name in (_TRANSFORM, _NODE) else ""


def _is_node(piece: Piece) -> bool:
    return piece.function is not None and _NODE in map(library_decorator, piece.function.decorator_list)


def _names_in(definition: Function) -> set[str]:
    arguments = {one.arg for one in ast.walk(definition) if isinstance(one, ast.arg)}
    return arguments | {one.id for one in ast.walk(definition) if isinstance(one, ast.Name)}


def _uses(piece: Piece, *, is_body: bool) -> frozenset[str]:
    """Return the names that a piece takes from outside, as it is in the notebook."""
    if piece.function is None or not (is_body or _is_node(piece)):
        return piece.uses
    bare = ast.parse(ast.unparse(piece.function)).body[0]
    assert isinstance(bare, Function)  # noqa: S101 - what was a function is one
    bare.decorator_list = []
    return names_of([bare]).uses


def _as_transform(piece: Piece) -> str:
    """Return the text of a piece; in a notebook `@node` would declare one more node."""
    if not _is_node(piece) or piece.function is None:
        return piece.whole
    first = piece.function.decorator_list[0].lineno
    below = piece.text.split("\n")[piece.function.lineno - first :]
    return "\n".join([*([piece.head] if piece.head else []), f"@{_TRANSFORM}", *below])


def _is_needed(piece: Piece, needed: Collection[str]) -> bool:
    """Whether a notebook needs a piece; names of this library are no longer needed where only decorators used them."""
    return not _is_ours(piece) or not piece.bound.isdisjoint(needed)


def _is_ours(piece: Piece) -> bool:
    first = piece.first
    if isinstance(first, ast.ImportFrom):
        return (first.module or "").partition(".")[0] == "odibi_nb"
    return isinstance(first, ast.Import) and all(name.name.partition(".")[0] == "odibi_nb" for name in first.names)


def _trimmed(piece: Piece, needed: Collection[str]) -> str:
    """Return an import of this library without names that nothing needs."""
    first = piece.first
    if not _is_ours(piece) or not isinstance(first, ast.ImportFrom) or piece.bound <= set(needed):
        return _as_transform(piece)
    kept = [one for one in first.names if (one.asname or one.name) in needed]
    return ast.unparse(ast.ImportFrom(first.module, kept, first.level))


def _grouped(pieces: Iterable[Piece], needed: Collection[str]) -> Iterator[NewCell]:
    """Yield cells: imports, then what is defined; what does something has a cell that headless runs run whole."""
    groups: list[tuple[str, bool, list[Piece]]] = []
    for piece in pieces:
        is_first = all(name == "imports" for name, _, _ in groups)
        kind = ("imports", False) if piece.is_import and is_first else ("code", piece.is_effect)
        if not groups or groups[-1][:2] != kind:
            groups.append((*kind, []))
        groups[-1][2].append(piece)
    for name, is_setup, group in groups:
        yield NewCell(name, _joined(group, lambda piece: _trimmed(piece, needed)), is_setup=is_setup)


def _joined(pieces: Iterable[Piece], text_of: Callable[[Piece], str]) -> str:
    text = ""
    for piece in pieces:
        text += "\n" * (min(piece.gap, 2) + 1 if text else 0) + text_of(piece)
    return text
