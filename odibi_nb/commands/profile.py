"""`profile`: a node's result by its columns."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.results import PARAM_IN_SHELL, looked_into
from odibi_nb.profile import kind_of, summarize
from odibi_nb.views.build_profile import profile_view

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.profile import ColumnProfile

__all__ = ["COMMANDS", "column_dict"]


def profile(call: Call) -> Shown:
    """Sum up the columns of a node's result."""
    from odibi_nb.pictures import profile_html, profile_text
    from odibi_nb.workspaces.computed import evaluated

    name, *columns = call.words

    def look(rows: Dataset, notes: tuple[str, ...]) -> Shown:
        found = evaluated(call.ws, name, lambda: summarize(call.ws.engine, rows, columns))
        view = profile_view(name, found, notes=notes)
        data = {"node": name, "rows": found.rows, "columns": [column_dict(column) for column in found.columns]}
        return Shown(profile_text(view), profile_html(view), data=data)

    return looked_into(call, name, look)


def column_dict(column: ColumnProfile) -> dict[str, Any]:
    """Return one column's profile as plain JSON values; what is no number is text."""
    found = asdict(column)
    low, high = found.pop("low"), found.pop("high")
    return found | {"min": _plain(low, column), "max": _plain(high, column)}


def _plain(text: str | None, column: ColumnProfile) -> str | int | float | None:
    if text is None or not kind_of(column.type).mean:
        return text
    return int(text) if text.lstrip("-").isdecimal() else float(text)


COMMANDS = {
    "profile": Command(
        "profile",
        "Sum up the columns of a node's result: NULLs, distinct values, range, mean, and how the values are spread.",
        "profile by_region total",
        profile,
        words=("NODE", "[COLUMN…]"),
        options=(PARAM_IN_SHELL,),
        executes=True,
        details="The node is computed first where that has to be; nothing is written. ≈ marks an estimate.",
    )
}
