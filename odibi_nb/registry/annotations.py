"""The type that an annotation's text means, told without evaluating the text."""

from __future__ import annotations

import ast
from datetime import date, datetime
from decimal import Decimal
from typing import Any

__all__ = ["MADE_OF_TEXT", "type_of_text"]

MADE_OF_TEXT = (date, datetime, Decimal)
"""Types whose values YAML and command lines can only say as texts."""

_TYPES: dict[str, Any] = {
    **{kind.__name__: kind for kind in (bool, dict, float, int, list, str, date, datetime, Decimal)},
    **{f"{module}.{kind.__name__}": kind for module in ("datetime", "dt") for kind in (date, datetime)},
    "decimal.Decimal": Decimal,
    "None": None,
}


def type_of_text(text: str) -> Any:
    """Return the type that `text` means; the text itself where that isn't sure.

    Known are plain types, dates and decimals, lists and dicts of known types, and unions of all these.
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
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _type(inner) | None
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return list[_type(inner)]  # type: ignore[misc]
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, value])):
            return dict[_type(key), _type(value)]  # type: ignore[misc]
        case ast.Constant(value=None) | ast.Name() | ast.Attribute():
            return _TYPES[ast.unparse(tree)]
    raise LookupError(ast.unparse(tree))
