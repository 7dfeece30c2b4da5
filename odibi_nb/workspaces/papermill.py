"""Papermill's cell: it arrives as plain code that assigns parameters."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from odibi_nb.cells.parsing import parse_python

__all__ = ["injected_values"]

_TAG = "injected-parameters"
# A kernel isn't told a cell's tags; this is the line that papermill begins its cell with.
_MARK = "# Parameters"


def injected_values(source: str, tags: Collection[str] = ()) -> dict[str, Any] | None:
    """Return the values that papermill's cell assigns; None for any other cell."""
    if _TAG not in tags and source.lstrip().partition("\n")[0].rstrip() != _MARK:
        return None
    try:
        statements = parse_python(source).body
    except SyntaxError:
        return None
    values: dict[str, Any] = {}
    for statement in statements:
        if isinstance(statement, ast.Assign) and isinstance(target := statement.targets[0], ast.Name):
            try:
                values[target.id] = ast.literal_eval(statement.value)
            except (ValueError, TypeError):  # `float("nan")`: no value that a YAML could have said
                continue
    return values
