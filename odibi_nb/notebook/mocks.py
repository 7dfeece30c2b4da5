"""What a mock cell, or a node's cell with `--mock`, shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from odibi_nb.commands.base import Shown
from odibi_nb.exceptions import did_you_mean
from odibi_nb.notebook.card import bound_note
from odibi_nb.pictures import node_html, node_text
from odibi_nb.pictures.text import join_facts
from odibi_nb.views.build import node_view

if TYPE_CHECKING:
    from odibi_nb.runner import Listener
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.trials import DeclaredMocks

__all__ = ["declared_mocks", "mock_card"]


def mock_card(
    workspace: Workspace,
    name: str,
    *,
    auto: bool = False,
    notes: Sequence[str] = (),
    into: str = "",
    listeners: Iterable[Listener] = (),
) -> Shown:
    """Run a node on mock rows and show it; its error is raised below the card.

    notes: of the mocks. into: the variable that will have the rows.
    """
    result = workspace.trials.try_node(name, auto=auto, listeners=listeners)
    view = node_view(workspace, name, trial=workspace.trials.result(name))
    bound = (bound_note(into, result.badges),) if into and result.success else ()
    view = replace(view, notes=(*notes, *view.notes, *bound), error=None)
    return Shown(node_text(view), node_html(view), error=result.error)


def declared_mocks(workspace: Workspace, mocks: DeclaredMocks, listeners: Iterable[Listener] = ()) -> Shown:
    """Show the node on the mocks of a cell; where it can't run on them yet, say what it waits for."""
    waits = _waits(workspace, mocks)
    if waits is None and mocks.node is not None:
        return mock_card(workspace, mocks.node, notes=mocks.notes, listeners=listeners)
    kept = f"mock rows for {mocks.node or 'all readers'}: {', '.join(mocks.inputs)}"
    return Shown("\n".join([join_facts(kept, waits or ""), *(f"note: {note}" for note in mocks.notes)]))


def _waits(workspace: Workspace, mocks: DeclaredMocks) -> str | None:
    """Return why there is nothing to run yet; None where there is."""
    name = mocks.node
    if name is None:
        return " ".join(filter(None, (_undeclared(workspace, one) for one in mocks.inputs)))
    if name not in workspace:
        return _undeclared(workspace, name)
    if not workspace.options["auto"]:
        return "auto=off: not run"
    gaps = workspace.trials.gaps(name)
    return f"still without rows: {', '.join(gaps)}" if gaps else None


def _undeclared(workspace: Workspace, name: str) -> str | None:
    near = did_you_mean(name, workspace)
    return None if name in workspace else f"'{name}' is not declared yet{f', {near}' if near else ''}"
