"""What the commands with selectors share."""

from __future__ import annotations

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call
from odibi_nb.exceptions import UsageError

__all__ = ["EXCLUDE", "SELECT", "SELECTORS", "selected", "selectors"]

SELECTORS = ("[SELECTOR…]",)
SELECT = Option(
    "--select", takes="many", also=("-s",), metavar="SELECTOR…", help="the same as SELECTOR: name, +name, name+, tag:x"
)
EXCLUDE = Option("--exclude", takes="many", metavar="SELECTOR…", help="nodes to leave out")


def selectors(call: Call) -> tuple[str, ...]:
    """Return the selectors given as words and by --select."""
    return (*call.words, *call.values.get("select", ()))


def selected(call: Call) -> list[str]:
    """Return the names that the call's selectors mean; in a shell, for commands that execute nothing.

    Those know of no state there: what a result stands for is told by the code that the node uses.
    """
    asked, left_out = selectors(call), call.values.get("exclude", ())
    if call.door == "shell" and (of_state := [text for text in (*asked, *left_out) if "state:" in text]):
        hint = f"ask odibi-nb plan TARGET {of_state[0]}"
        raise UsageError(f"'{of_state[0]}' can't be told without executing code, which this command doesn't", hint=hint)
    return call.ws.select(asked, left_out)
