"""What the commands with selectors share."""

from __future__ import annotations

from odibi_nb.cells.option_parser import Option
from odibi_nb.commands.base import Call

__all__ = ["EXCLUDE", "SELECT", "SELECTORS", "asks_for_states", "selectors"]

SELECTORS = ("[SELECTOR…]",)
SELECT = Option(
    "--select", takes="many", also=("-s",), metavar="SELECTOR…", help="the same as SELECTOR: name, +name, name+, tag:x"
)
EXCLUDE = Option("--exclude", takes="many", metavar="SELECTOR…", help="nodes to leave out")


def selectors(call: Call) -> tuple[str, ...]:
    """Return the selectors given as words and by --select."""
    return (*call.words, *call.values.get("select", ()))


def asks_for_states(call: Call) -> bool:
    """Whether a selector asks for a state: what a result stands for is told by the code that its node uses."""
    return any("state:" in text for text in (*selectors(call), *call.values.get("exclude", ())))
