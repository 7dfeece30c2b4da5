"""`show`: a node's card, or all that its error says."""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.option_parser import Option, number_of_rows
from odibi_nb.commands.base import Call, Command, LiveCard, Shown
from odibi_nb.commands.results import PARAM_IN_SHELL, failed, take_parameters
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.pipeline.results import node_dict
from odibi_nb.runner import NodeResult
from odibi_nb.runner.hints import is_users_code
from odibi_nb.views.build import node_view
from odibi_nb.workspaces.computed import result_of
from odibi_nb.workspaces.paging import has_pages

if TYPE_CHECKING:
    from odibi_nb.views import TableView

__all__ = ["COMMANDS"]


def show(call: Call) -> Shown:
    """Show a node's card; with --traceback all that its error says."""
    from odibi_nb.pictures import node_html, node_text

    name = call.words[0]
    take_parameters(call)
    if call.door == "shell":
        return _computed(call, name)
    if call.values.get("traceback"):
        return Shown(_traceback(call, name))
    trial = call.ws.trials.result(name) if call.values.get("mock") else None
    view = node_view(call.ws, name, preview=call.values.get("preview"), trial=trial)
    is_real = not call.values.get("mock") and has_pages(call.ws, name)
    return Shown(node_text(view), node_html(view), live=LiveCard(view) if is_real else None)


def _computed(call: Call, name: str) -> Shown:
    """Show the card of a node that is computed first where that has to be, since a shell has no cell that does it."""
    from odibi_nb.pictures import node_text

    ws = call.ws
    if call.values.get("mock"):
        raise UsageError("--mock shows a trial of a session", hint=f"odibi-nb run TARGET {name} --mock")
    result = ws.result(name) if ws.nodes[name].config.returns == "none" else result_of(ws, name, call.listeners)
    error = result.error if result is not None and result.node_name != name else None  # above it
    try:
        view = node_view(ws, name, preview=call.values.get("preview"))
        data = {"node": name, **node_dict(result or NodeResult(name)), "preview": _table_dict(view.preview)}
    except UsageError:
        raise
    except OdibiException as exc:  # of rows that nobody has computed yet
        error = exc
    if call.values.get("traceback"):
        return Shown(_traceback(call, name, error), exit_status=1)
    if error is not None:
        return failed(call, error)
    return Shown(node_text(view), data=data, exit_status=1 if view.status == "failed" else 0)


def _table_dict(view: TableView | None) -> dict[str, Any] | None:
    """Return the rows that are shown as plain values: texts, cut as a card cuts them; null is NULL."""
    if view is None:
        return None
    return {"columns": [column.name for column in view.columns], "rows": [list(row) for row in view.rows]}


def _traceback(call: Call, name: str, error: OdibiException | None = None) -> str:
    """Return what was raised, from the node's own code on, and below it what was made of it; error: the node's own."""
    import traceback

    result = call.ws.result(name)
    error = error or (result.error if result is not None else None) or call.ws.nodes.problem(name)
    if error is None:
        raise UsageError(f"node '{name}' has no error to show", node=name)
    own = {place.code_file for place in call.ws.nodes[name].body_places if place.code_file}
    raised = error.__cause__ or error
    shown = traceback.format_exception(type(raised), raised, _from_users(raised.__traceback__, own))
    if raised is not error:
        shown.append(f"\n{type(error).__name__}: {error}")
    return "".join(shown).rstrip()


def _from_users(trace: TracebackType | None, own: Collection[str]) -> TracebackType | None:
    """Return a traceback from the node's own code on, else from any code of the user's; None without any."""
    steps = []
    while trace is not None:
        steps.append(trace)
        trace = trace.tb_next
    files = [step.tb_frame.f_code.co_filename for step in steps]
    first = next((at for at, file in enumerate(files) if file in own), None)
    if first is None:
        first = next((at for at, file in enumerate(files) if is_users_code(file)), None)
    return None if first is None else steps[first]


COMMANDS = {
    "show": Command(
        "show",
        "Show a node's card.",
        "show by_region --traceback",
        show,
        words=("NODE",),
        options=(
            Option("--traceback", takes="nothing", help="the whole traceback of the node's error"),
            Option("--mock", takes="nothing", help="its last result on mock rows, in this session"),
            Option("--preview", convert=number_of_rows, metavar="N", help="rows shown"),
            PARAM_IN_SHELL,
        ),
        executes=True,
        details="In a shell the node is computed first where that has to be; nothing is written.",
    )
}
