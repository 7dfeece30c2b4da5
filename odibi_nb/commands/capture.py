"""`capture`: real rows as mock rows."""

from __future__ import annotations

from odibi_nb.cells.option_parser import Option, count_of
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.results import failed
from odibi_nb.workspaces.capturing import CaptureRequest
from odibi_nb.workspaces.computed import result_of

__all__ = ["COMMANDS"]


def capture(call: Call) -> Shown:
    """Show a node's real inputs as a `%%odibi_mock` cell, which becomes the next cell of a notebook."""
    values, name = call.values, call.words[0]
    if call.door == "shell" and (shown := _computed(call, name)) is not None:
        return shown
    request = CaptureRequest(name, values.get("rows", 5), values.get("where"), values.get("mask", ()))
    text = call.ws.trials.capture(request)
    return Shown(text, data={"node": name, "cell": text}, next_cell=text)


def _computed(call: Call, name: str) -> Shown | None:
    """Compute a node's inputs, which no earlier run has left; return what is shown where that fails."""
    for one in call.ws.nodes.task(call.ws.nodes[name].name).depends_on:
        result = result_of(call.ws, one, call.listeners)
        if result.error is not None:
            return failed(call, result.error)
    return None


COMMANDS = {
    "capture": Command(
        "capture",
        "Turn a few of a node's real input rows into a %%odibi_mock cell.",
        "capture by_region --rows 3 --mask email",
        capture,
        words=("NODE",),
        options=(
            Option("--rows", convert=count_of("rows", least=1), metavar="N", help="rows of each input, at most (5)"),
            Option("--where", metavar="SQL", help="which rows, of the first input that has these columns"),
            Option("--mask", takes="many", metavar="COLUMN…", help="columns to mask, beside those marked sensitive"),
        ),
        executes=True,
        for_files=True,
        details=(
            "Rows of the other inputs are those that match: on columns that the node's SQL sets equal, else on\n"
            "those of one name. A masked value is the same everywhere, so that joins still find their rows.\n"
            "In a notebook the text becomes the next cell; in a shell it is all that stdout gets: … > mock.txt"
        ),
    )
}
