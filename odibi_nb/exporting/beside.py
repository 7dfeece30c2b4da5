"""What cells of nodes hold beside their functions: a notebook keeps it apart, a module has one place for all."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator, Sequence

from odibi_nb.cells.names import names_of
from odibi_nb.exceptions import TransformError
from odibi_nb.exporting.functions import NodeFunction
from odibi_nb.exporting.imports import bound_imports, is_import
from odibi_nb.exporting.pieces import Piece

__all__ = ["beside"]

_BUILTINS = frozenset(dir(builtins))
_SEPARATE = "rename one of them: an export has both in one module"
# What may stand in a value that is the same however many names it has.
_FIXED = (
    ast.Attribute, ast.BinOp, ast.BoolOp, ast.Compare, ast.Constant, ast.IfExp, ast.JoinedStr, ast.Name,
    ast.FormattedValue, ast.Tuple, ast.UnaryOp, ast.Lambda, ast.arguments, ast.arg, ast.expr_context, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
_MAKES_FIXED = frozenset(
    {"bool", "compile", "date", "datetime", "float", "frozenset", "int", "Path", "str", "timedelta"}
)


def beside(functions: Sequence[NodeFunction], pieces: Sequence[Piece]) -> list[Piece]:
    """Return what stands beside the functions of nodes, once what several have; pieces: of the plain cells.

    Raises TransformError, which names the node, for names that mean two things, and values that would be shared.
    """
    imported = bound_imports(pieces)
    bound = _meanings(pieces)
    whose: dict[str, str] = {}
    found: dict[str, Piece] = {}
    for one in functions:
        for name, things in bound_imports(one.beside).items():
            if name in bound or len({*things, *imported.setdefault(name, things)}) > 1:
                raise _two_meanings(name, one.node)
        for name, text in _meanings(one.beside).items():
            if name in imported or bound.setdefault(name, text) != text:
                raise _two_meanings(name, one.node)
        _refuse_shared(one, whose, [piece.text for piece in pieces])
        found.update({piece.text: piece for piece in one.beside if piece.names and piece.text not in found})
        found.update({f"{one.node}\n{number}": piece for number, piece in enumerate(one.beside) if not piece.names})
    _refuse_shadowed(functions, pieces)
    there = {piece.text for piece in pieces if not is_import(piece)}
    return [piece for piece in found.values() if piece.text not in there]


def _meanings(pieces: Iterable[Piece]) -> dict[str, str]:
    """Return by name the texts that bind it other than by an import."""
    texts: dict[str, list[str]] = {}
    for piece in pieces:
        others = [one for one in piece.tree.body if not isinstance(one, ast.Import | ast.ImportFrom)]
        for name in names_of(others).bound & piece.names:
            texts.setdefault(name, []).append(piece.text)
    return {name: "\n".join(found) for name, found in texts.items()}


def _refuse_shared(function: NodeFunction, whose: dict[str, str], plain: Collection[str]) -> None:
    """Refuse a value that may be changed and that each of several has for its own; whose: nodes by text."""
    for piece in function.beside:
        if is_import(piece) or not piece.names or _is_fixed(piece):
            continue
        other = whose.setdefault(piece.text, function.node)
        if other != function.node or piece.text in plain:
            of = "the plain cells" if piece.text in plain else f"node '{other}'"
            name = min(piece.names)
            message = f"node '{function.node}' and {of} each have their own '{name}', which an export would share"
            hint = "rename one of them, or define it once, in a plain cell, where it is one for all"
            raise TransformError(message, hint=hint, node=function.node)


def _is_fixed(piece: Piece) -> bool:
    """Whether what a piece binds can't be changed, so that one can stand for two."""
    return all(all(map(_is_fixed_value, _values_in(statement))) for statement in piece.tree.body)


def _values_in(statement: ast.stmt) -> Iterator[ast.AST | None]:
    """Yield what is evaluated when a statement runs; None for what can't be told."""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        yield statement.value
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from (*statement.args.defaults, *filter(None, statement.args.kw_defaults), *statement.decorator_list)
    elif isinstance(statement, ast.ClassDef):
        yield from (value for one in statement.body for value in _values_in(one))
        yield from statement.decorator_list
    elif not isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
        yield statement if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) else None


def _is_fixed_value(value: ast.AST | None) -> bool:
    if isinstance(value, ast.Expr):
        return True
    if isinstance(value, ast.Call):
        called = ast.unparse(value.func).rpartition(".")[2]
        return called in _MAKES_FIXED
    return value is not None and isinstance(value, _FIXED) and all(map(_is_fixed_value, ast.iter_child_nodes(value)))


def _refuse_shadowed(functions: Sequence[NodeFunction], pieces: Sequence[Piece]) -> None:
    """Refuse a name of Python's own that one cell gives another meaning, and that others use as Python's."""
    plain = {name for piece in pieces for name in piece.names}
    used_by_plain = {name for piece in pieces for name in piece.uses}
    for one in functions:
        for name in sorted({name for piece in one.beside for name in piece.names} & _BUILTINS - plain):
            others = [other for other in functions if name not in {n for p in other.beside for n in p.names}]
            if name in used_by_plain or any(name in other.uses for other in others):
                raise _two_meanings(name, one.node)


def _two_meanings(name: str, node: str) -> TransformError:
    message = f"'{name}' means one thing in the cell of node '{node}' and another one elsewhere"
    return TransformError(message, hint=_SEPARATE, node=node)
