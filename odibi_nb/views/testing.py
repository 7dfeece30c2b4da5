"""Unit tests and how they came out → view models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import Where, did_you_mean
from odibi_nb.views.build import error_view
from odibi_nb.views.cells import cell_text, duration_text, is_number, long_text
from odibi_nb.views.differences import differences_view
from odibi_nb.views.models import ColumnView, TableView, TestsView, TestView

if TYPE_CHECKING:
    from odibi_nb.matching import Difference, RowPair
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.node_tests import NodeTest
    from odibi_nb.workspaces.testing import Verdict

__all__ = ["pending_view", "verdict_view", "verdicts_view"]

_LINES, _COLUMNS = 10, 20


def verdicts_view(title: str, verdicts: Sequence[Verdict]) -> TestsView:
    """Return tests that ran together; title: of their workspace."""
    duration = sum(verdict.duration for verdict in verdicts)
    return TestsView(title, duration, duration_text(duration), tuple(map(verdict_view, verdicts)))


def pending_view(workspace: Workspace, test: NodeTest) -> TestView:
    """Return a test that waits for its node to be declared."""
    hint = did_you_mean(test.node, workspace.nodes)
    return TestView(
        test.node, test.name, "pending", message=f"waits for node '{test.node}'", hint=hint, notes=test.notes
    )


def verdict_view(verdict: Verdict) -> TestView:
    """Return one test."""
    test, error = verdict.test, verdict.error
    view = TestView(
        test.node,
        test.name,
        verdict.status,
        duration_s=verdict.duration,
        time=duration_text(verdict.duration),
        output=long_text(verdict.output) if error is not None else "",
        notes=(*test.notes, *verdict.notes),
        guessed=verdict.guessed,
    )
    if error is None:
        return view
    if verdict.status == "error":
        shown = error_view(error)
        return replace(view, message=f"{shown.type}: {shown.message}", place=shown.where, error=shown)
    file = Path(error.where.file).name if error.where.file and error.where.cell is None else None
    where = Where(cell=error.where.cell, file=file, line=error.where.line)
    view = replace(view, message=error.message, hint=error.hint, place=str(where))
    if verdict.raised is not None:
        view = replace(view, error=error_view(verdict.raised))
    if verdict.difference:
        types = [column.type for column in verdict.schema]
        difference = verdict.difference
        cells, rows = _cells(difference, types), _unpaired(difference, types)
        view = replace(view, cells=cells, rows=rows, differences=differences_view(difference, verdict.schema))
    return view


def _cells(difference: Difference, types: Sequence[str]) -> TableView | None:
    """Return the cells that differ, each with its row's number and what tells the row apart from others."""
    if not difference.pairs:
        return None
    lines = [line for pair in difference.pairs for line in _lines(pair, difference.columns, types)]
    columns = tuple(ColumnView(name, "VARCHAR") for name in ("row", "column", "expected", "got"))
    return TableView(columns, tuple(lines[:_LINES]), more_rows=max(len(lines) - _LINES, 0))


def _lines(pair: RowPair, columns: Sequence[str], types: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    from odibi_nb.workspaces.mock_values import kind_of_value

    same = next((at for at in range(len(columns)) if at not in pair.differing), None)
    label = f"{pair.number}" if same is None else f"{pair.number} · {columns[same]} {_text(pair.got[same]) or 'NULL'}"
    for at in pair.differing:
        expected, got = _text(pair.expected[at]), _text(pair.got[at])
        if expected == got:  # they look alike: what they are tells them apart
            expected, got = f"{expected} ({kind_of_value(pair.expected[at])})", f"{got} ({types[at]})"
        yield label, columns[at], expected, got


def _unpaired(difference: Difference, types: Sequence[str]) -> TableView | None:
    """Return rows that are missing and rows that are too many, half of the lines for each if need be."""
    missing, extra = difference.missing, difference.extra
    if not missing and not extra:
        return None
    room = max(_LINES - len(extra), _LINES // 2)
    shown = [(f"missing, {number}", row) for number, row in missing[:room]]
    shown += [("too many", row) for row in extra[: _LINES - len(shown)]]
    columns = [ColumnView(*column) for column in zip(difference.columns, types, strict=True)][:_COLUMNS]
    return TableView(
        columns=(ColumnView("row", "VARCHAR"), *columns),
        rows=tuple((label, *map(_text, row[:_COLUMNS])) for label, row in shown),
        right_aligned=(False, *(is_number(column.type) for column in columns)),
        more_columns=len(difference.columns) - len(columns),
        more_rows=len(missing) + len(extra) - len(shown),
    )


def _text(value: Any) -> str | None:
    from odibi_nb.engine.values import value_text

    return cell_text(value_text(value))
