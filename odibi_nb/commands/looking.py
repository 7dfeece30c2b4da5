"""`status` and `ls`: what there is."""

from __future__ import annotations

from collections.abc import Callable

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.selecting import EXCLUDE, SELECT, SELECTORS, asks_for_states, selectors
from odibi_nb.exceptions import plural
from odibi_nb.views import DagNodeView
from odibi_nb.views.build import status_view

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
    )
}
