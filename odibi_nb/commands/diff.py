"""`diff`: what differs between a node's result and another one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.option_parser import Option, number_of_rows
from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.results import PARAM_IN_SHELL, looked_into
from odibi_nb.exceptions import UsageError, ValidationError
from odibi_nb.views.build_diff import diff_view

if TYPE_CHECKING:
    from odibi_nb.comparison import Comparison, RowChanges, Texts
    from odibi_nb.engine.base import Dataset
    from odibi_nb.engine.schema import Schema

__all__ = ["COMMANDS", "diff_columns", "diff_dict"]

_SAMPLE_ROWS, _MOST_ROWS = 10, 1_000


def diff(call: Call) -> Shown:
    """Compare a node's result with its previous one, with the file it has written, or with any file."""
    from odibi_nb.comparison import Request
    from odibi_nb.pictures import diff_html, diff_text
    from odibi_nb.workspaces.comparing import compare_to, find_other

    (name,), values = call.words, call.values
    if values.get("run") is not None:
        from odibi_nb.commands.diff_run import diff_to_run

        return diff_to_run(call, name)
    against = _against(call)
    find_other(call.ws, name, against)  # refuses, before the node runs, what can't be compared with
    request = Request(values.get("key", ()), tolerance=values.get("tolerance"), sample=values.get("rows", _SAMPLE_ROWS))

    def look(rows: Dataset, notes: tuple[str, ...]) -> Shown:
        other = find_other(call.ws, name, against)
        found = compare_to(call.ws, name, rows, other, request)
        view = diff_view(name, found, against=other.called, notes=[*notes, *filter(None, [other.note])])
        data = diff_dict(name, other.called, found)
        if not values.get("exit_code") or found.same:
            return Shown(diff_text(view), diff_html(view), data=data)
        error = ValidationError(f"{name} differs from {other.called}", node=name)
        return Shown(diff_text(view), diff_html(view), data=data, error=error, exit_status=1)

    return looked_into(call, name, look)


def diff_dict(name: str, against: str, found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain JSON values; those of samples are texts."""
    schema, rows = found.schema, found.rows
    return {
        "node": name,
        "against": against,
        "same": None if found.same and found.reason else found.same,
        "columns": {
            "added": diff_columns(schema.added),
            "removed": diff_columns(schema.removed),
            "changed": [
                {"before": diff_columns([old])[0], "now": diff_columns([new])[0]} for old, new in schema.changed
            ],
            "reordered": schema.reordered,
        },
        "rows": {"before": found.rows_before, "now": found.rows_after} | ({} if rows is None else _counts(rows)),
        "reason": found.reason or None,
        "samples": None if rows is None else _samples(found, rows),
    }


def _counts(rows: RowChanges) -> dict[str, Any]:
    return {
        "key": list(rows.key) or None,
        "added": rows.added,
        "removed": rows.removed,
        "changed": rows.changed,
        "changed_columns": dict(rows.changed_columns),
        "note": rows.note or None,
    }


def _samples(found: Comparison, rows: RowChanges) -> dict[str, Any]:
    return {
        "added": _records(rows.added_rows, found.after),
        "removed": _records(rows.removed_rows, found.before),
        "changed": [
            {
                "key": dict(zip(rows.key, row.key, strict=True)),
                "cells": {cell.column: {"before": cell.before, "now": cell.after} for cell in row.cells},
            }
            for row in rows.changed_rows
        ],
    }


def diff_columns(schema: Sequence[Any]) -> list[dict[str, str]]:
    return [{"name": column.name, "type": column.type} for column in schema]


def _records(rows: Sequence[Texts], schema: Schema) -> list[dict[str, str | None]]:
    names = [column.name for column in schema]
    return [dict(zip(names, row, strict=False)) for row in rows]


def _against(call: Call) -> str:
    """Return what to compare with; a shell has no previous result."""
    given: str | None = call.values.get("against")
    if call.door == "cell":
        return given or "previous"
    if given == "previous":
        hint = "--against written, --against CONN:PATH, or --run previous for columns and counts"
        raise UsageError("a shell knows no previous result", hint=hint)
    return given or "written"


def _place(text: str) -> str:
    connection, colon, path = text.partition(":")
    if text not in ("previous", "written") and not (connection and colon and path):
        raise ValueError("previous, written or CONN:PATH")
    return text


def _sample(text: str) -> int:
    if (rows := number_of_rows(text)) > _MOST_ROWS:
        raise ValueError(f"at most {_MOST_ROWS:,} rows")
    return rows


def _tolerance(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError("a number, 0 or more")
    return number


COMMANDS = {
    "diff": Command(
        "diff",
        "Compare a node's result with its previous one, with the file it has written, or with any other file.",
        "diff by_region --key region",
        diff,
        words=("NODE",),
        options=(
            Option("--key", takes="many", metavar="COLUMN…", help="columns that name a row (found if there are any)"),
            Option(
                "--against",
                convert=_place,
                metavar="WHAT",
                help="previous (in a cell, the default), written (in a shell the default) or CONN:PATH",
            ),
            Option("--rows", convert=_sample, metavar="N", help=f"rows shown of each kind ({_SAMPLE_ROWS})"),
            Option(
                "--tolerance",
                convert=_tolerance,
                metavar="X",
                help="by how much numbers in paired rows may differ (else floats by 1e-12 of their size)",
            ),
            Option(
                "--run",
                metavar="RUN",
                help="compare columns and number of rows with what a run has told: its id, latest or previous",
            ),
            PARAM_IN_SHELL,
            Option("--exit-code", takes="nothing", help="fail (exit status 1) when something differs"),
        ),
        executes=True,
        details="The node is computed first where that has to be; nothing is written.",
    )
}
