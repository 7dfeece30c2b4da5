"""The Python that nodes use, in a project's module and in a notebook: whether it is the same, read from source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from odibi_nb.cells.definitions import PlainCell, slice_definitions
from odibi_nb.cells.magics import find_magic, python_text
from odibi_nb.cells.names import names_of
from odibi_nb.cells.notebook_file import read_notebook
from odibi_nb.cells.parsing import parse_python
from odibi_nb.importing.code import called_names, library_decorator
from odibi_nb.importing.pieces import Function, cut
from odibi_nb.runner.tasks import FunctionStep, NodeTask
from odibi_nb.workspaces.functions import CellFunction

__all__ = ["UsedCode"]


class UsedCode:
    """What a project's `transforms.py` and the plain cells of a notebook define.

    folder: the project's. notebook: the file.
    """

    def __init__(self, folder: Path, notebook: Path) -> None:
        file = folder / "transforms.py"
        source = file.read_text(encoding="utf-8") if file.is_file() else ""
        cells = [cell for cell in read_notebook(notebook).cells if find_magic(cell.source) is None]
        self._module = _Code([source])
        self._notebook = _Code([python_text(cell.source).text for cell in cells])
        setup = _Code([cell.source for cell in cells if "odibi-setup" in cell.tags])
        effects = [one for one in cut(source)[1] if one.is_effect and not one.is_main and "__file__" not in one.uses]
        done = {text for piece in effects for text in _normal(piece.statements)}
        self.does_the_same = done <= set(_normal(setup.statements))

    def is_same(self, ours: NodeTask, theirs: NodeTask) -> bool:
        """Whether a node's functions, and all that these use, are those of the notebook's node."""
        mine = [step for step in ours.steps if isinstance(step, FunctionStep)]
        others = [step for step in theirs.steps if isinstance(step, FunctionStep)]
        return len(mine) == len(others) and all(map(self._is_same_step, mine, others))

    def _is_same_step(self, ours: FunctionStep, theirs: FunctionStep) -> bool:
        one = self._module.functions.get(ours.name)
        if one is None:  # it comes from a package
            return ours.name == theirs.name
        if isinstance(theirs.function, CellFunction):
            body = theirs.function.body
            other = _Code([body.source]).definitions.get(body.node)
        else:
            other = self._notebook.functions.get(theirs.name)
        if other is None or _unnamed(one) != _unnamed(other):
            return False
        wanted = names_of([_bare(one)]).uses - {one.name}
        return self._module.used(wanted) == self._notebook.used(wanted)


class _Code:
    """Statements of several texts, read one after the other.

    definitions: functions by their own names. functions: those that steps call, by the names they call them.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._cells = [PlainCell(str(number), text) for number, text in enumerate(texts, start=1)]
        self.statements = [statement for text in texts for statement in parse_python(text).body]
        functions = [one for one in self.statements if isinstance(one, Function)]
        self.definitions = {one.name: one for one in functions}
        self.functions = {name: one for one in functions for name in called_names(one)}

    def used(self, wanted: Iterable[str]) -> list[str]:
        """Return the normal form of all statements that define the wanted names."""
        statements = slice_definitions(self._cells, sorted(wanted)).statements
        return sorted(text for one in statements for text in _normal(parse_python(one.source).body))


def _normal(statements: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield statements in normal form, each imported name apart; what marks nodes and transforms is no part of it."""
    for one in statements:
        if isinstance(one, ast.Import | ast.ImportFrom):
            yield from (f"{ast.unparse(part)}" for part in _apart(one) if "odibi_nb" not in ast.unparse(part))
        else:
            yield ast.unparse(_bare(one) if isinstance(one, Function) else one)


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
