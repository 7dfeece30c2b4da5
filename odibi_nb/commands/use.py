"""`use`: what a file declares, with the results that there are of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.exceptions import OdibiException, plural, shortened
from odibi_nb.views import DagNodeView
from odibi_nb.views.build import status_view
from odibi_nb.workspaces.plan import clock

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.using import Used

__all__ = ["COMMANDS"]

_HEADER = ("node", "kind", "status", "rows", "computed", "why")
_RIGHT = (False, False, False, True)
_NAMES = 300


def use(call: Call) -> Shown:
    """Declare the nodes of a file, and show what is known of them."""
    from odibi_nb.pictures import framed, listing_html, listing_text
    from odibi_nb.pictures.markup import tag
    from odibi_nb.pictures.text import visible

    ws = call.ws
    used = ws.use(call.words[0] if call.words else None)
    told = {*used.declared, *used.kept}
    nodes = [one for one in status_view(ws).nodes if one.name in told]
    rows = [_row(ws, one) for one in nodes]
    columns = len(_HEADER) if any(row[-1] for row in rows) else len(_HEADER) - 1
    header, shown = _HEADER[:columns], [row[:columns] for row in rows]
    head, notes = _head(used, nodes), list(_notes(used))
    table = [listing_text(header, shown, right_aligned=_RIGHT)] if rows else []
    text = "\n".join([visible(head), *table, *(visible(f"note: {note}") for note in notes)])
    parts = [listing_html(header, shown, right_aligned=_RIGHT)] if rows else []
    html = framed(head, *parts, *(tag("div", note, class_="odibi-muted") for note in notes))
    return Shown(text, html, data=_data(used))


def _row(ws: Workspace, node: DagNodeView) -> tuple[str, ...]:
    at = ws.computed_at(node.name)
    return (node.name, node.kind, node.status, node.rows, clock(at) if at is not None else "", node.reason)


def _head(used: Used, nodes: Sequence[DagNodeView]) -> str:
    """Say what the file has declared, how many of its results stand, and how many nodes have failed the last time."""
    fresh = sum(one.status in ("completed", "cached") for one in nodes)
    facts = [f"{used.file.name}: {plural(len(used.declared), 'node')} declared, none run", f"{fresh} fresh"]
    facts += [f"{failed} failed"] if (failed := sum(one.status == "failed" for one in nodes)) else []
    facts += [f"kept as they are here: {_listed(used.kept)}"] if used.kept else []
    facts += [f"dropped, gone from the file: {_listed(used.dropped)}"] if used.dropped else []
    facts += [f"defined: {_listed(used.definitions.names)}"] if used.definitions.names else []
    facts += [f"as they are here: {_listed(used.definitions.held)}"] if used.definitions.held else []
    return " · ".join(facts)


def _notes(used: Used) -> Iterable[str]:
    yield from used.notes
    yield from (f"not read: {_line(error)}" for error in used.broken)
    more = [one for one in used.left_out if one.changes is not None]
    yield from (f"left out, cell {one.cell}, line {one.line}: {one.text}  ({one.reason})" for one in more)
    if rest := len(used.left_out) - len(more):
        yield f"left out: {plural(rest, 'statement')} that no node uses"


def _line(error: OdibiException) -> str:
    return f"{error.where}: {error.message.partition(chr(10))[0]}"


def _listed(names: Iterable[str]) -> str:
    return shortened(", ".join(names), _NAMES)


def _data(used: Used) -> dict[str, Any]:
    return {
        "file": str(used.file),
        "declared": list(used.declared),
        "kept": list(used.kept),
        "dropped": list(used.dropped),
        "defined": list(used.definitions.names),
    }


COMMANDS = {
    "use": Command(
        "use",
        "Declare the nodes of a notebook or YAML file as it is saved, and run none; the store has their results.",
        "use sales.ipynb",
        use,
        words=("[FILE]",),
        details=(
            "FILE: a notebook, a YAML file, or a folder with odibi.yaml; without it this notebook, where the front\n"
            "end tells its name. Tests, mocks, expectations and the project come along, and so do the definitions\n"
            "that nodes use. What this session has declared or defined itself stays as it is."
        ),
    )
}
