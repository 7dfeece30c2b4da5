"""The report: a table for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.rows import Row

__all__ = ["as_json", "as_table"]

HEADINGS = ("benchmark", "who", "median (quartiles)", "target", "verdict", "note")


def as_table(rows: Sequence[Row], machine: Mapping[str, Any], *, judged: bool) -> str:
    """Return the machine and one line a row. judged: whether the run's sizes are those of the targets."""
    lines = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    table = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    table.insert(1, "-" * max(map(len, table)))
    about = ", ".join(f"{name} {value}" for name, value in machine.items())
    unjudged = [] if judged else ["quick: every benchmark runs, on sizes too small to say anything about speed"]
    return "\n".join([about, *unjudged, "", *table])


def as_json(rows: Sequence[Row], machine: Mapping[str, Any], *, judged: bool) -> str:
    """Return everything, every sample included."""
    return json.dumps({"machine": dict(machine), "judged": judged, "rows": [row.to_dict() for row in rows]}, indent=2)


def _cells(row: Row) -> tuple[str, ...]:
    return row.name, row.who, row.measured, row.wanted, row.verdict, row.error or row.note
