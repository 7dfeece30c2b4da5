"""A project's module as the plain cells of a notebook that would do the same."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Literal

from odibi_nb.cells.definitions import PlainCell, slice_definitions
from odibi_nb.cells.names import names_of
from odibi_nb.cells.parsing import parse_python

__all__ = ["module_cells"]

_Kind = Literal["code", "setup", "script"]


def module_cells(text: str, name: str, nodes: Collection[str]) -> list[PlainCell]:
    """Return a module in cells, in order: what does something, and defines nothing, is in setup cells.

    name: the file's, which labels begin with. nodes: its functions that are nodes. What it does as a script, and its
    docstring, are left out. Raises SyntaxError.
    """
    cells = list[PlainCell]()
    for kind, group in groupby(_parts(text), key=itemgetter(0)):
        source = "\n".join(part for _, part in group).strip("\n")
        if kind != "script":
            label = f"{name}, part {len(cells) + 1}" if cells else name
            cells.append(PlainCell(label, source, kind == "setup", nodes=frozenset(nodes)))
    return cells


def _parts(text: str) -> Iterator[tuple[_Kind, str]]:
    """Yield the statements with what stands above them; those that share a line are one part."""
    tree, lines = parse_python(text), text.split("\n")
    sliced = slice_definitions([PlainCell("", text)], sorted(names_of(tree.body).bound))
    effects = {one.line for one in sliced.left_out}
    listed: list[list[ast.stmt]] = []
    for statement in tree.body:
        if listed and statement.lineno <= (listed[-1][-1].end_lineno or 0):
            listed[-1].append(statement)
        else:
            listed.append([statement])
    above = 0
    for statements in listed:
        end = statements[-1].end_lineno or above
        yield _kind(statements, effects), "\n".join(lines[above:end])
        above = end


def _kind(statements: list[ast.stmt], effects: Collection[int]) -> _Kind:
    first = statements[0]
    if isinstance(first, ast.If) and "__name__" in ast.unparse(first.test):
        return "script"
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(statements) == 1:
        return "script"
    does = (one for one in statements if not isinstance(one, ast.Import | ast.ImportFrom))
    return "setup" if any(one.lineno in effects for one in does) else "code"
