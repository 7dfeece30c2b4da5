"""`lineage`: which columns a column comes from, and which it goes into."""

from __future__ import annotations

from dataclasses import asdict

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.exceptions import UsageError

__all__ = ["COMMANDS"]


def lineage(call: Call) -> Shown:
    """Show where a node's column comes from and goes to; without a column, each of the node's in a line."""
    from odibi_nb.pictures import lineage_html, lineage_text
    from odibi_nb.views.lineage import lineage_view

    node, dot, column = call.words[0].partition(".")
    if dot and not column:
        raise UsageError(f"'{call.words[0]}' names no column", hint=f"{node}.COLUMN, or {node} for all of them")
    view = lineage_view(call.ws, node, column or None)
    return Shown(lineage_text(view), lineage_html(view), data=asdict(view))


COMMANDS = {
    "lineage": Command(
        "lineage",
        "Show which columns a column comes from and goes into, up to files and down to targets.",
        "lineage by_region.total",
        lineage,
        words=("NODE[.COLUMN]",),
        details=(
            "NODE ends at the first dot; NODE alone lists its columns, with those next to each. Nothing is run.\n"
            "What only chooses rows (WHERE, JOIN … ON, GROUP BY) is no origin of a value. `likely` and `?` mark\n"
            "what isn't certain: Python nodes are not traced."
        ),
    )
}
