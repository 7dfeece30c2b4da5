"""What `from __future__ import …` turns on: for IPython in its cell from there on, and in all later ones."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any

__all__ = ["future_features", "future_flags", "future_in"]


def future_features(statement: ast.stmt) -> tuple[str, ...]:
    """Return the names that a statement imports from `__future__`."""
    if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
        return tuple(alias.name for alias in statement.names)
    return ()


def future_flags(names: Iterable[str]) -> int:
    """Return what tells Python's compiler of features; a name that is none tells it nothing."""
    known = (getattr(__future__, name) for name in names if name in __future__.all_feature_names)
    return reduce(or_, (feature.compiler_flag for feature in known), 0)


def future_in(namespace: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the features that a namespace has been given by such imports."""
    names = __future__.all_feature_names
    return tuple(name for name in names if namespace.get(name) is getattr(__future__, name))
