"""`graph`: the picture of what depends on what."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import partial

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call, Command, LiveGraph, Shown
from odibi_nb.commands.selecting import EXCLUDE, SELECT, SELECTORS, asks_for_states, selectors
from odibi_nb.exceptions import UsageError
from odibi_nb.views import DagView
from odibi_nb.views.build import dag_view
from odibi_nb.views.grouping import GROUPINGS, collapsed

__all__ = ["COMMANDS"]


def graph(call: Call) -> Shown:
    """Show the graph; in a shell as text unless --format says otherwise. Nothing is executed."""
    from odibi_nb.pictures import dag_html, dag_mermaid, dag_svg, dag_text

    view = dag_view(call.ws, _selected(call))
    view = _without_states(view) if call.door == "shell" else view
    by = call.values.get("collapse") or ""
    view = collapsed(view, by) if by else view
    data = asdict(view)
    wanted = call.values.get("format") or ("text" if call.door == "shell" else "")
    match wanted:
        case "":
            names = partial(_selected, call)
            return Shown(dag_text(view), dag_html(view), dag_svg(view), data, live=LiveGraph(names, by))
        case "dot":
            text = str(call.ws.graph.to_graphviz(view).source).rstrip()
        case "json":
            text = json.dumps(data, indent=2)
        case _:
            text = {"svg": dag_svg, "mermaid": dag_mermaid, "text": dag_text}[wanted](view)
    return Shown(text, data=data)


def _without_states(view: DagView) -> DagView:
    """Say nothing of how nodes stand: without executing code nobody can tell `pending` from `cached`."""
    nodes = (node if node.status == "unresolved" else replace(node, status="") for node in view.nodes)
    return replace(view, nodes=tuple(nodes))


def _selected(call: Call) -> list[str]:
    if call.door == "shell" and asks_for_states(call):
        hint = "odibi-nb ls and plan know states"
        raise UsageError("states can't be told without executing code, which graph doesn't", hint=hint)
    return call.ws.select(selectors(call), call.values.get("exclude", ()))


_FORMATS = ("text", "svg", "dot", "mermaid", "json")

COMMANDS = {
    "graph": Command(
        "graph",
        "Show the graph: every node, what it depends on, and in a session its status.",
        "graph +by_region --format svg",
        graph,
        words=SELECTORS,
        options=(
            SELECT,
            EXCLUDE,
            Option("--collapse", choices=GROUPINGS, metavar="BY", help="one node for all of a tag, layer or pipeline"),
            Option("--format", choices=_FORMATS, metavar="FORMAT", help="text, svg, dot, mermaid or json"),
        ),
    )
}
