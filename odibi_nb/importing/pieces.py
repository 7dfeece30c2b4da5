"""The text of a Python module, cut between its statements; none of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from odibi_nb.cells.definitions import PlainCell, slice_definitions
from odibi_nb.cells.names import names_of
from odibi_nb.cells.parsing import parse_python

__all__ = ["NODE", "TRANSFORM", "Function", "Piece", "cut", "library_decorator"]

TRANSFORM, NODE = "transform", "node"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement, or several on one line.

    head: the comments above it. text: its own lines. gap: blank lines above all that. bound, uses: names.
    is_effect: it does something, and defines nothing.
    """

    head: str
    text: str
    gap: int
    statements: tuple[ast.stmt, ...]
    bound: frozenset[str]
    uses: frozenset[str]
    is_effect: bool = False

    @property
    def first(self) -> ast.stmt:
        return self.statements[0]

    @property
    def whole(self) -> str:
        """Its lines, comments above them included."""
        return f"{self.head}\n{self.text}" if self.head else self.text

    @property
    def function(self) -> Function | None:
        """The function that it defines."""
        return self.first if isinstance(self.first, Function) else None

    @property
    def is_import(self) -> bool:
        return all(isinstance(one, ast.Import | ast.ImportFrom) for one in self.statements)

    @property
    def is_future(self) -> bool:
        return isinstance(self.first, ast.ImportFrom) and self.first.module == "__future__"

    @property
    def is_main(self) -> bool:
        """Whether it is what a module does when it is run as a script, and only then."""
        first = self.first
        return isinstance(first, ast.If) and not first.orelse and ast.unparse(first.test) == "__name__ == '__main__'"


def cut(source: str) -> tuple[str, list[Piece]]:
    """Return a module's docstring, and its other statements; comments at the end go with the last one.

    Raises SyntaxError.
    """
    tree = parse_python(source)
    effects = _effects(source, names_of(tree.body).bound)
    pieces = [_piece(*found, effects) for found in _cuts(tree, source.split("\n"))]
    docstring = ast.get_docstring(tree) or ""
    return docstring, pieces[1:] if docstring else pieces


def library_decorator(decorator: ast.expr) -> str:
    """Return "transform" or "node" for a decorator of this library; "" for any other."""
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = ast.unparse(call).rpartition(".")[2]
    return name if name in (TRANSFORM, NODE) else ""


def _effects(source: str, bound: frozenset[str]) -> frozenset[int]:
    """Return the lines of statements that define nothing."""
    return frozenset(one.line for one in slice_definitions([PlainCell("1", source)], sorted(bound)).left_out)


def _cuts(tree: ast.Module, lines: list[str]) -> Iterator[tuple[list[str], list[str], list[ast.stmt]]]:
    """Yield the lines above statements, their own, and the statements."""
    groups: list[tuple[int, list[ast.stmt]]] = []
    for statement in tree.body:
        first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
        if groups and first <= (groups[-1][1][-1].end_lineno or 0):
            groups[-1][1].append(statement)
        else:
            groups.append((first, [statement]))
    above = 0
    for first, statements in groups:
        last = max(one.end_lineno or first for one in statements)
        is_final = statements is groups[-1][1]
        yield lines[above : first - 1], lines[first - 1 : len(lines) if is_final else last], statements
        above = last


def _piece(above: list[str], own: list[str], statements: list[ast.stmt], effects: frozenset[int]) -> Piece:
    head = "\n".join(above)
    names = names_of(statements)
    gap = len(head) - len(head.lstrip("\n")) + (1 if head.strip() == "" and above else 0)
    return Piece(
        head.strip("\n"),
        "\n".join(own).rstrip(),
        gap,
        tuple(statements),
        names.bound,
        names.uses,
        any(one.lineno in effects for one in statements) and not isinstance(statements[0], ast.Import | ast.ImportFrom),
    )
