"""Which parameters there are: the project's vars, `$name`s of SQL, and defaults of Python nodes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import UsageError, did_you_mean
from odibi_nb.runner.tasks import SqlStep

if TYPE_CHECKING:
    from odibi_nb.workspaces.nodes import Nodes

__all__ = ["known_parameters", "refuse_unknown"]


def known_parameters(nodes: Nodes, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter with its value: as set, else the default of the function that takes it."""
    known: dict[str, Any] = {}
    for name, node in nodes.items():
        if node.body is not None:
            known.update({p.name: p.default for p in node.body.parameters if p.has_default})
        for step in nodes.task(name).steps:
            if isinstance(step, SqlStep):
                known.update(step.params)
    return {**known, **params}


def refuse_unknown(names: Collection[str], known: Mapping[str, Any]) -> None:
    """Raise UsageError for a parameter that nothing takes."""
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no parameter '{name}'",
                hint=did_you_mean(name, known) or f"parameters: {', '.join(known) or 'none'}",
            )
