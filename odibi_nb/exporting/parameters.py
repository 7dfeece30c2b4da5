"""Parameters of nodes that a project would lack: a session has set them, and neither `vars` nor a default says them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from odibi_nb.exceptions import ParameterError
from odibi_nb.runner.tasks import FunctionStep, SqlStep, Step
from odibi_nb.workspaces.functions import CellFunction

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["refuse_unsaid"]


def refuse_unsaid(ws: Workspace) -> None:
    """Raise ParameterError, which names the node, for a parameter that only the session gives."""
    variables = ws.project.vars if ws.project is not None else {}
    for node in ws.nodes.values():
        name = next((one for one in _needed(ws, node) if one in ws.params and one not in variables), None)
        if name is not None:
            hint = f"a project has its parameters in vars: {{{name}: …}}"
            message = f"node '{node.name}' takes '{name}', which only this session gives"
            raise ParameterError(message, hint=hint, node=node.name, **node.place.locate(None))


def _needed(ws: Workspace, node: DeclaredNode) -> Iterator[str]:
    """Yield the parameters that a node can't do without."""
    task, steps = ws.nodes.task(node.name), node.config.transform.steps if node.config.transform else []
    for step, said in zip(task.steps, steps, strict=True):
        yield from (name for name in _asked(step) if name not in said.params)
    for test in task.queries:
        yield from test.query.params


def _asked(step: Step) -> Iterator[str]:
    if not isinstance(step, FunctionStep):
        yield from step.params if isinstance(step, SqlStep) else step.values
    elif isinstance(step.function, CellFunction):
        defaults = {one.name for one in step.function.body.parameters if one.has_default}
        yield from (name for name in step.function.parameters if name not in defaults)
