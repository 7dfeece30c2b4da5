"""`status`, `ls` and `show`: what there is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import TracebackType

from odibi_nb.cells.option_parser import Option, number_of_rows
from odibi_nb.commands.base import Call, Command, LiveCard, Shown
from odibi_nb.commands.selecting import EXCLUDE, SELECT, SELECTORS, asks_for_states, selectors
from odibi_nb.exceptions import UsageError, plural
from odibi_nb.runner.hints import is_users_code
from odibi_nb.views import DagNodeView
from odibi_nb.views.build import node_view, status_view
from odibi_nb.workspaces.paging import has_pages

__all__ = ["COMMANDS"]

_STATUS = ("node", "kind", "status", "rows", "time", "reads", "why")


def status(call: Call) -> Shown:
    """Show every node with its status, rows and time."""
    from odibi_nb.pictures import framed, listing_html, listing_text
    from odibi_nb.pictures.card import status_html
    from odibi_nb.pictures.symbols import mark

    ws = call.ws
    view = status_view(ws)
    data = {"pipeline": view.title, "root": str(ws.root), "nodes": {one.name: _status_dict(one) for one in view.nodes}}
    head = f"{view.title} · {plural(len(ws), 'node')} · root {ws.root}"
    if not view.nodes:
        return Shown(f"{head}\nno node is declared yet: start a cell with %%odibi_node NAME", data=data)
    reads = {name: ", ".join(ws.nodes.task(name).depends_on) for name in ws}
    columns = len(_STATUS) if any(one.reason for one in view.nodes) else len(_STATUS) - 1

    def rows(shown: Callable[[str], str]) -> list[tuple[str, ...]]:
        listed = [
            (n.name, n.kind, shown(n.status), n.rows, n.time, reads.get(n.name, ""), n.reason) for n in view.nodes
        ]
        return [row[:columns] for row in listed]

    header, right = _STATUS[:columns], (False, False, False, True, True)
    text = f"{head}\n{listing_text(header, rows(mark), right_aligned=right)}"
    html = framed(head, listing_html(header, rows(status_html), right_aligned=right))
    return Shown(text, html, data=data)


def _status_dict(view: DagNodeView) -> dict[str, str]:
    return {"status": view.status, "reason": view.reason}


def ls(call: Call) -> Shown:
    """Show the names that selectors mean, a line each."""
    names = call.ws.select(selectors(call), call.values.get("exclude", ()))
    return Shown("\n".join(names), data={"nodes": names})


def show(call: Call) -> Shown:
    """Show a node's card; with --traceback all that its error says."""
    from odibi_nb.pictures import node_html, node_text

    name = call.words[0]
    if call.values.get("traceback"):
        return Shown(_traceback(call, name))
    trial = call.ws.trials.result(name) if call.values.get("mock") else None
    view = node_view(call.ws, name, preview=call.values.get("preview"), trial=trial)
    is_real = not call.values.get("mock") and has_pages(call.ws, name)
    return Shown(node_text(view), node_html(view), live=LiveCard(view) if is_real else None)


def _traceback(call: Call, name: str) -> str:
    """Return what was raised, from the node's own code on, and below it what was made of it."""
    import traceback

    result = call.ws.result(name)
    error = (result.error if result is not None else None) or call.ws.nodes.problem(name)
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
    command.name: command
    for command in (
        Command("status", "Show every node with its status, rows and time.", "status", status, executes=True),
        Command(
            "ls",
            "Show the names that selectors mean.",
            "ls +by_region tag:daily",
            ls,
            words=SELECTORS,
            options=(SELECT, EXCLUDE),
            executes=asks_for_states,
        ),
        Command(
            "show",
            "Show a node's card.",
            "show by_region --traceback",
            show,
            words=("NODE",),
            options=(
                Option("--traceback", takes="nothing", help="the whole traceback of the node's error"),
                Option("--mock", takes="nothing", help="its last result on mock rows"),
                Option("--preview", convert=number_of_rows, metavar="N", help="rows shown"),
            ),
        ),
    )
}
