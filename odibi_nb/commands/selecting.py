"""What the commands with selectors share."""

from __future__ import annotations

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call

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
    """Return the names that the call's selectors mean."""
    return call.ws.select(selectors(call), call.values.get("exclude", ()))
