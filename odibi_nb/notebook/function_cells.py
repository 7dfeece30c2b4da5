"""`@node` in cells: the function that a plain cell decorates is declared and run as its magic would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from odibi_nb.notebook.cells import CellWatch, spelt_in
from odibi_nb.notebook.interrupts import short_interrupts

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["FunctionCells"]


class FunctionCells:
    """Takes decorated functions; variables: the notebook's. try_node: runs a node as far as its card shows it."""

    def __init__(
        self,
        workspace: Workspace,
        watch: CellWatch,
        variables: Callable[[], dict[str, Any]],
        try_node: Callable[[DeclaredNode], None],
    ) -> None:
        self._workspace, self._watch = workspace, watch
        self._variables, self._try_node = variables, try_node

    def take(self, function: Callable[..., object]) -> None:
        """Declare the node of a function that `@node` decorates in the running cell, and run it."""
        found = self._watch.decorated(function, spelt_in(self._variables()))
        if found is None:
            return
        decorated, origin = found
        with short_interrupts():
            with self._workspace.broken.noting(origin, "odibi_node", decorated.name):
                node = self._workspace.declare_function(decorated, origin)
            self._try_node(node)
