"""What becomes of a project's `transforms.py` in a notebook: imports, helpers, and the functions of nodes."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from odibi_nb.cells.names import names_of
from odibi_nb.importing.cell import NewCell
from odibi_nb.importing.loading import Loading
from odibi_nb.importing.module_file import modules_beside, without_file
from odibi_nb.importing.pieces import NODE, TRANSFORM, Function, Piece, cut, library_decorator
from odibi_nb.workspaces.source_functions import transforms_in

__all__ = ["CodeCells", "ProjectCode", "called_names", "read_code"]

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
    runs_whole: its pieces can't be told apart. loading: what they do before any node runs.
    """

    docstring: str = ""
    pieces: tuple[Piece, ...] = ()
    functions: Mapping[str, Piece] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    runs_whole: bool = False
    loading: Loading = field(default_factory=lambda: Loading(()))

    def is_marked(self, function: str) -> bool:
        """Whether `@node` marks a function."""
        return function in self.functions and _is_node(self.functions[function])

    def body(self, function: str, node: str) -> str | None:
        """Return a function as the body of a node's cell, named like the node; None where it has to stay as it is."""
        piece = self._alone(function, with_others=True)
        if piece is None or piece.function is None or self._users(piece):
            return None
        own = piece.function.name
        if own != node and {own, node} & _names_in(piece.function):
            return None
        lines = _below_decorator(piece)
        at = next(number for number, line in enumerate(lines) if line.startswith(("def", "async")))
        lines[at] = re.sub(rf"(def\s+){re.escape(own)}\b", rf"\g<1>{node}", lines[at], count=1)
        return "\n".join([*([piece.head] if piece.head else []), *lines])

    def declaration(self, function: str, node: str, options: str, *, above: Iterable[str]) -> str | None:
        """Return a function that `@node` marks, as a cell that declares the node while others go on calling it.

        options: what stands between the decorator's brackets. above: functions that earlier cells call, which would
        miss it. None where it can be none.
        """
        piece = self._alone(function)
        if piece is None or piece.function is None or not _is_node(piece) or piece.function.name != node:
            return None
        earlier = [self.functions[name] for name in above if name in self.functions]
        if piece.bound & self.loading.reached(name for one in earlier for name in one.uses):
            return None
        decorator = piece.function.decorator_list[0]
        spelt = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        marked = f"@{spelt}({options})" if options else f"@{spelt}"
        return "\n".join([*([piece.head] if piece.head else []), marked, *_below_decorator(piece)])

    def cells(
        self, bodies: Collection[str], calls: Mapping[str, Collection[str]], declared: Collection[str] = ()
    ) -> CodeCells:
        """Return the plain cells.

        bodies: the functions that became bodies of nodes. calls: by node, in order, the other functions it calls.
        declared: those that declare their nodes themselves.
        """
        gone = [self.functions[name] for name in bodies]
        marked = [self.functions[name] for name in declared]
        kept = [piece for piece in self._own if piece not in gone and piece not in marked]
        bare = [*gone, *(piece for piece in kept if _is_node(piece))]
        needed = frozenset[str]().union(*(_uses(piece, is_bare=piece in bare) for piece in self.pieces))
        first = [NewCell("imports", _IMPORT)] if TRANSFORM not in needed and any(map(_is_node, kept)) else []
        if self.runs_whole:
            text = _joined(kept, _as_transform)
            return CodeCells((*first, NewCell("code", text, is_setup=True)) if text else ())
        placed = self._placed(kept, calls)
        elsewhere = [piece for pieces in placed.values() for piece in pieces]
        rest = [piece for piece in kept if piece not in elsewhere and _is_needed(piece, needed)]
        by_node = {node: _joined(pieces, _as_transform) for node, pieces in placed.items()}
        acting = self._acting({*bodies, *declared, *(name for names in calls.values() for name in names)})
        return CodeCells((*first, *_grouped(rest, needed, acting)), by_node)

    @property
    def _own(self) -> list[Piece]:
        """What of the module is there for the notebook too."""
        return list(self.pieces)

    def _acting(self, called: Iterable[str]) -> list[Piece]:
        """Return what has to be run for more than its names, where nodes call these functions."""
        pieces = [self.functions[name] for name in called if name in self.functions]
        return self.loading.acting(self.loading.reached(name for one in pieces for name in one.uses | one.bound))

    def _alone(self, function: str, *, with_others: bool = False) -> Piece | None:
        """Return a function that has one decorator, and may stand below the rest of the module.

        with_others: it may have more below `@node`, which a node's cell has too.
        """
        piece = self.functions.get(function)
        if piece is None or piece.function is None or self.runs_whole:
            return None
        first, *others = piece.function.decorator_list
        if others and not (with_others and library_decorator(first) == NODE):
            return None
        return piece if self.loading.may_move(piece) else None

    def _users(self, piece: Piece) -> list[Piece]:
        return [other for other in self.pieces if other is not piece and piece.bound & other.uses]

    def _placed(self, kept: Collection[Piece], calls: Mapping[str, Collection[str]]) -> dict[str, list[Piece]]:
        """Return the functions that only nodes need, by the first node that calls them."""
        placed: dict[str, list[Piece]] = {}
        first = {
            name: node for node, names in reversed(list(calls.items())) for name in names if name in self.functions
        }
        for name, node in first.items():
            piece = self.functions[name]
            if piece in kept and not self._users(piece) and self.loading.may_move(piece):
                placed.setdefault(node, []).append(piece)
        return placed


def read_code(file: Path, folder: Path) -> ProjectCode:
    """Read `transforms.py` for a notebook in `folder`. Raises TransformError for what a notebook can't have."""
    if not file.is_file():
        return ProjectCode()
    source = file.read_text(encoding="utf-8")
    docstring, pieces = cut(source)
    dropped = tuple(piece.text.partition("\n")[0] for piece in pieces if piece.is_main)
    kept = [piece for piece in pieces if not piece.is_main and piece.bound != {"__all__"}]
    beside = modules_beside(kept, file.parent)
    kept = without_file(kept, file, folder)
    loading = Loading(kept, beside)
    functions = {name: piece for piece in kept if piece.function for name in called_names(piece.function)}
    return ProjectCode(docstring, tuple(kept), functions, dropped, loading.needs_all, loading)


def called_names(function: Function) -> Iterator[str]:
    """Yield the names by which steps call a function."""
    yield from transforms_in(ast.Module([function], []))
    if NODE in map(library_decorator, function.decorator_list):
        yield function.name


def _is_node(piece: Piece) -> bool:
    return piece.function is not None and NODE in map(library_decorator, piece.function.decorator_list)


def _names_in(definition: Function) -> set[str]:
    arguments = {one.arg for one in ast.walk(definition) if isinstance(one, ast.arg)}
    return arguments | {one.id for one in ast.walk(definition) if isinstance(one, ast.Name)}


def _below_decorator(piece: Piece) -> list[str]:
    """Return the lines of a function below its first decorator."""
    assert piece.function is not None  # noqa: S101 - the callers have seen to it
    statements = [*piece.function.decorator_list[1:], piece.function]
    return piece.text.split("\n")[statements[0].lineno - piece.function.decorator_list[0].lineno :]


def _uses(piece: Piece, *, is_bare: bool) -> frozenset[str]:
    """Return the names that a piece takes from outside; is_bare: as a function without decorators."""
    if piece.function is None or not is_bare:
        return piece.uses
    bare = ast.parse(ast.unparse(piece.function)).body[0]
    assert isinstance(bare, Function)  # noqa: S101 - what was a function is one
    bare.decorator_list = []
    return names_of([bare]).uses


def _as_transform(piece: Piece) -> str:
    """Return the text of a piece; in a notebook `@node` would declare one more node."""
    if not _is_node(piece) or piece.function is None:
        return piece.whole
    return "\n".join([*([piece.head] if piece.head else []), f"@{TRANSFORM}", *_below_decorator(piece)])


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


def _grouped(pieces: Iterable[Piece], needed: Collection[str], acting: Collection[Piece]) -> Iterator[NewCell]:
    """Yield cells: imports, then what is defined; what does something has a cell that headless runs run whole.

    Lines without a blank one between them stay together.
    """
    groups: list[tuple[str, bool, list[Piece]]] = []
    for paragraph in _paragraphs(pieces):
        is_first = all(name == "imports" for name, _, _ in groups)
        is_setup = any(piece in acting for piece in paragraph)
        is_import = is_first and not is_setup and all(piece.is_import for piece in paragraph)
        kind = ("imports", False) if is_import else ("code", is_setup)
        if not groups or groups[-1][:2] != kind:
            groups.append((*kind, []))
        groups[-1][2].extend(paragraph)
    for name, is_setup, group in groups:
        yield NewCell(name, _joined(group, lambda piece: _trimmed(piece, needed)), is_setup=is_setup)


def _paragraphs(pieces: Iterable[Piece]) -> list[list[Piece]]:
    found: list[list[Piece]] = []
    for piece in pieces:
        if found and not piece.gap:
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def _joined(pieces: Iterable[Piece], text_of: Callable[[Piece], str]) -> str:
    text = ""
    for piece in pieces:
        text += "\n" * (min(piece.gap, 2) + 1 if text else 0) + text_of(piece)
    return text
