"""The type that an annotation's text means, told without evaluating the text."""

from __future__ import annotations

import ast
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

__all__ = ["MADE_OF_TEXT", "type_of_text"]

MADE_OF_TEXT = (date, datetime, Decimal)
"""Types whose values YAML and command lines can only say as texts."""

_TYPES: dict[str, Any] = {
    **{kind.__name__: kind for kind in (bool, dict, float, int, list, str, date, datetime, Decimal)},
    **{f"{module}.{kind.__name__}": kind for module in ("datetime", "dt") for kind in (date, datetime)},
    "decimal.Decimal": Decimal,
    "None": None,
}
_LIMITS = ("ge", "gt", "le", "lt", "multiple_of")


def type_of_text(text: str) -> Any:
    """Return the type that `text` means; the text itself where that isn't sure.

    Known are plain types, dates and decimals, lists and dicts of known types, unions of all these, literals, and
    limits of numbers: `Annotated[int, Range(0, 10)]`, or with `Ge`, `Le`, `Interval`, `Field`.
    """
    try:
        return _type(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError, LookupError, RecursionError):
        return text


def _type(tree: ast.expr) -> Any:
    """Raise LookupError for what isn't known, TypeError for what doesn't fit together."""
    match tree:
        case ast.Constant(value=str(text)):
            return _type(ast.parse(text.strip(), mode="eval").body)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _type(left) | _type(right)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            return _generic(name, inner)
        case ast.Constant(value=None) | ast.Name() | ast.Attribute():
            return _TYPES[ast.unparse(tree)]
    raise LookupError(ast.unparse(tree))


def _generic(name: str, inner: ast.expr) -> Any:
    """Return the type that is written `name[inner]`."""
    match name, inner:
        case "Optional", _:
            return _type(inner) | None
        case "list", _:
            return list[_type(inner)]  # type: ignore[misc]
        case "dict", ast.Tuple(elts=[key, value]):
            return dict[_type(key), _type(value)]  # type: ignore[misc]
        case "Literal", _:
            return Literal[_constants(inner)]
        case "Annotated", ast.Tuple(elts=[kind, *notes]):
            return _limited(_type(kind), notes)
    raise LookupError(name)


def _constants(tree: ast.expr) -> tuple[Any, ...]:
    value = ast.literal_eval(tree)
    return value if isinstance(value, tuple) else (value,)


def _limited(kind: Any, notes: list[ast.expr]) -> Any:
    """Return a type with the limits that its notes set; others say nothing that is known here."""
    limits = {key: value for note in notes if isinstance(note, ast.Call) for key, value in _limits(note).items()}
    if not limits:
        return kind
    from pydantic import Field

    return Annotated[kind, Field(**limits)]


def _limits(call: ast.Call) -> dict[str, Any]:
    name = ast.unparse(call.func).rpartition(".")[2]
    values = [ast.literal_eval(argument) for argument in call.args]
    if name == "Range":
        return dict(zip(("ge", "le"), values, strict=False))
    if values and name.lower() in _LIMITS:
        return {name.lower(): values[0]}
    if values and name == "MultipleOf":
        return {"multiple_of": values[0]}
    return {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg in _LIMITS}
