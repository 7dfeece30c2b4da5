"""`plan`: what a run would do, and why."""

from __future__ import annotations

from typing import Any

from odibi_nb.cells.option_parser import collect
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.run import PARAM, RECOMPUTING, request_of
from odibi_nb.commands.selecting import EXCLUDE, SELECT, SELECTORS
from odibi_nb.commands.settings import typed_parameters
from odibi_nb.views import PlanView
from odibi_nb.views.plan import plan_view

__all__ = ["COMMANDS"]


def plan(call: Call) -> Shown:
    """Show for each node whether `run` would compute it, take its result as it is, or skip it, and why.

    Of what runs it says whether the result becomes a view, a table or a stored file.
    """
    from odibi_nb.pictures import plan_html, plan_text

    params = typed_parameters(call, collect("plan", "--param", call.values.get("param", ())))
    request = request_of(call, params)
    planned = call.ws.plan_of(request)
    view = plan_view(call.ws, planned, call.ws.notes_on(planned, request))
    return Shown(plan_text(view), plan_html(view), data=plan_dict(view))


def plan_dict(view: PlanView) -> dict[str, Any]:
    """Return a plan as plain JSON values."""
    nodes = {
        node.name: {
            "action": node.action,
            "reason": node.reason,
            "write": node.write,
            "write_reason": node.write_reason,
            "form": node.form,
            "form_reason": node.form_reason,
            "expected_s": None if node.expected_s is None else round(node.expected_s, 6),
        }
        for node in view.nodes
    }
    return {"pipeline": view.title, "nodes": nodes, "notes": list(view.notes)}


COMMANDS = {
    "plan": Command(
        "plan",
        "Show what a run would do to each node and make of its result, and why; nothing is computed or written.",
        "plan +by_region --param min_amount=100",
        plan,
        words=SELECTORS,
        options=(SELECT, EXCLUDE, PARAM, *RECOMPUTING),
        executes=True,
    )
}
