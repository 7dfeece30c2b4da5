"""A plan → its view model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from odibi_nb.views.cells import kept_text
from odibi_nb.views.models import PlanNodeView, PlanView

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.plan import Plan, PlannedNode

__all__ = ["plan_view"]


def plan_view(workspace: Workspace, plan: Plan, notes: Iterable[str] = ()) -> PlanView:
    """Return what a run would do, for the eye; notes: on the whole of it."""
    unsure = [f"{one.name}: {note}" for one in plan for note in workspace.unsure(one.name) if one.action == "cached"]
    expected = workspace.durations([one.name for one in plan if one.action == "run"])
    return PlanView(workspace.title, tuple(_node(one, expected.get(one.name)) for one in plan), (*notes, *unsure))


def _node(one: PlannedNode, expected_s: float | None) -> PlanNodeView:
    kept = kept_text(one.form, one.form_reason)
    written = (one.write, one.write_reason)
    return PlanNodeView(one.name, one.action, one.reason, *written, one.form, one.form_reason, kept, expected_s)
