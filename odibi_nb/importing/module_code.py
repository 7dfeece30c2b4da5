"""The Python that nodes use, in a project's module and in a notebook: whether it is the same, read from source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from odibi_nb.cells.definitions import PlainCell, slice_definitions
from odibi_nb.cells.magics import find_magic, python_text
from odibi_nb.cells.names import names_of
from odibi_nb.cells.notebook_file import read_notebook
from odibi_nb.cells.parsing import parse_python
from odibi_nb.importing.code import ProjectCode, called_names
from odibi_nb.importing.pieces import Function, Piece, library_decorator
from odibi_nb.runner.tasks import FunctionStep, NodeTask
from odibi_nb.workspaces.functions import CellFunction

__all__ = ["UsedCode"]


class UsedCode:
    """What a project's module and the plain cells of a notebook do.

    notebook: the file. pairs: the nodes as the project has them, each with the notebook's.
    """

    def __init__(self, code: ProjectCode, notebook: Path, pairs: Sequence[tuple[NodeTask, NodeTask]]) -> None:
        self._code, self._folder = code, notebook.parent
        self._cells = [cell for cell in read_notebook(notebook).cells if find_magic(cell.source) is None]
        texts = (python_text(cell.source).text for cell in self._cells)
        functions = (one for text in texts for one in parse_python(text).body if isinstance(one, Function))
        self._functions = {name: one for one in functions for name in called_names(one)}
        self._steps = [steps for ours, theirs in pairs for steps in zip(_calls(ours), _calls(theirs), strict=False)]

    def is_same(self, ours: NodeTask, theirs: NodeTask) -> bool:
        """Whether a node's functions themselves are those of the notebook's node."""
        mine, others = _calls(ours), _calls(theirs)
        return len(mine) == len(others) and all(map(self._is_same_step, mine, others))

    def _is_same_step(self, ours: FunctionStep, theirs: FunctionStep) -> bool:
        one = self._function(ours)
        if one is None:  # it comes from a package
            return ours.name == theirs.name
        if isinstance(theirs.function, CellFunction):
            body = theirs.function.body
            functions = (each for each in parse_python(body.source).body if isinstance(each, Function))
            other = next((each for each in functions if each.name == body.node), None)
        else:
            other = self._functions.get(theirs.name)
        return other is not None and _unnamed(one) == _unnamed(other)

    def _function(self, step: FunctionStep) -> Function | None:
        piece = self._code.functions.get(step.name)
        return piece.function if piece is not None else None

    @cached_property
    def does_the_same(self) -> bool:
        """Whether what nodes use comes about in the same order, and all that the module does besides is done.

        Only functions that are the same below what follows them may stand elsewhere.
        """
        wanted = self._wanted()
        cells = [PlainCell(cell.label, cell.source, is_setup="odibi-setup" in cell.tags) for cell in self._cells]
        found = slice_definitions(cells, sorted(wanted), self._folder)
        statements = [one for each in found.statements for one in parse_python(each.source).body]
        used = {*wanted, *(name for one in statements for name in names_of([one]).uses)}
        fixed, movable = _parts(self._code)
        said = list(_normal(statements))
        left = _left(fixed, [text for text in said if text not in movable])
        bound = {name for piece in self._code.pieces for name in piece.bound}
        if left is None or not bound.isdisjoint(found.missing):
            return False
        acts, called = self._code.loading.acts, self._called()
        if any(acts(piece, called | used) for text, piece in movable.items() if text not in said):
            return False
        return not any(acts(part.piece, ()) or part.names & used for part in left)

    def _called(self) -> set[str]:
        functions = (self._function(ours) for ours, _ in self._steps)
        return {function.name for function in functions if function is not None}

    def _wanted(self) -> set[str]:
        """Return the names that nodes need of plain cells."""
        wanted: set[str] = set()
        for ours, theirs in self._steps:
            if (function := self._function(ours)) is not None:
                in_cell = isinstance(theirs.function, CellFunction)
                wanted |= names_of([_bare(function)]).uses - {function.name} if in_cell else {function.name}
        return wanted


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement of a piece in normal form, and what it binds."""

    text: str
    piece: Piece
    names: frozenset[str]


def _parts(code: ProjectCode) -> tuple[list[_Part], dict[str, Piece]]:
    """Return what has to stay in order, and the functions that may stand anywhere below, by their texts."""
    fixed, movable = list[_Part](), dict[str, Piece]()
    for piece in code.pieces:
        if code.loading.may_move(piece):
            movable |= dict.fromkeys(_normal(piece.statements), piece)
        else:
            fixed += (_Part(text, piece, names) for one in piece.statements for text, names in _named(one))
    return fixed, movable


def _left(fixed: Iterable[_Part], texts: Sequence[str]) -> list[_Part] | None:
    """Return the parts that are not among the texts; None where those are not in the order of the parts."""
    left, at = list[_Part](), 0
    for part in fixed:
        if at < len(texts) and part.text == texts[at]:
            at += 1
        else:
            left.append(part)
    return left if at == len(texts) else None


def _calls(task: NodeTask) -> list[FunctionStep]:
    return [step for step in task.steps if isinstance(step, FunctionStep)]


def _normal(statements: Iterable[ast.stmt]) -> Iterator[str]:
    yield from (text for one in statements for text, _ in _named(one))


def _named(statement: ast.stmt) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield a statement in normal form, and what it binds; each imported name apart.

    What marks nodes and transforms is no part of it.
    """
    parts: Iterable[ast.stmt] = [_bare(statement) if isinstance(statement, Function) else statement]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        parts = (part for part in _apart(statement) if not {"odibi_nb", "__future__"} & _said_in(part))
    yield from ((ast.unparse(part), names_of([part]).bound) for part in parts)


def _said_in(part: ast.stmt) -> set[str]:
    return set(re.findall(r"\w+", ast.unparse(part)))


def _apart(statement: ast.Import | ast.ImportFrom) -> Iterator[ast.stmt]:
    for name in statement.names:
        if isinstance(statement, ast.Import):
            yield ast.Import([name])
        else:
            yield ast.ImportFrom(statement.module, [name], statement.level)


def _bare(definition: Function) -> Function:
    """Return a copy of a function without this library's decorators."""
    (copy,) = ast.parse(ast.unparse(definition)).body
    assert isinstance(copy, Function)  # noqa: S101 - what was a function is one
    copy.decorator_list = [one for one in copy.decorator_list if not library_decorator(one)]
    return copy


def _unnamed(definition: Function) -> str:
    copy = _bare(definition)
    copy.name = "_"
    return ast.unparse(copy)
