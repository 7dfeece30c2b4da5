"""Calls in plain code that declare something by the Python API: `ws.node(…)` of `ws = odibi_nb.workspace()`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

__all__ = ["declares", "workspace_names"]

_DECLARING = frozenset({"configure", "expect", "mock", "node", "set_params"})


def workspace_names(sources: Iterable[str]) -> frozenset[str]:
    """Return the names to which texts assign the session's workspace."""
    statements = (one for source in sources if "workspace" in source for one in ast.parse(source).body)
    assigned = (one for one in statements if isinstance(one, ast.Assign) and _is_workspace(one.value))
    return frozenset(target.id for one in assigned for target in one.targets if isinstance(target, ast.Name))


def declares(tree: ast.Module, workspaces: Collection[str]) -> bool:
    """Whether code calls what declares or sets something in the session; workspaces: the names that it goes by."""
    done = (one for one in tree.body if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
    calls = (node.func for each in done for node in ast.walk(each) if isinstance(node, ast.Call))
    named = (one for one in calls if isinstance(one, ast.Attribute) and one.attr in _DECLARING)
    return any(
        one.value.id in workspaces if isinstance(one.value, ast.Name) else _is_workspace(one.value) for one in named
    )


def _is_workspace(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] == "workspace"
