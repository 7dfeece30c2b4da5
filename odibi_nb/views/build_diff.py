"""Comparisons → view models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from odibi_nb.engine.base import PREVIEW_CHARACTERS
from odibi_nb.views.cells import cell_text, table_view
from odibi_nb.views.models import ColumnView, DiffView, TableView
from odibi_nb.workspaces.comparing import compare_last

if TYPE_CHECKING:
    from odibi_nb.comparison import Comparison, RowChanges, Texts
    from odibi_nb.engine.schema import Schema
    from odibi_nb.workspaces import Workspace

__all__ = ["changes_of", "diff_view"]

_BEFORE_DIFFERENCE = 20


def changes_of(workspace: Workspace, name: str, *, sample: int) -> DiffView | None:
    """Return what a node's card says of its last result; None where there is none to compare with."""
    found = compare_last(workspace, name, sample=sample)
    return None if found is None else diff_view(name, found, against="the last result")


def diff_view(name: str, found: Comparison, *, against: str, notes: Sequence[str] = ()) -> DiffView:
    """Return a comparison of a node's result for the eye; against: with what, in words."""
    schema = found.schema
    view = DiffView(
        name,
        against,
        columns_added=_columns(schema.added),
        columns_removed=_columns(schema.removed),
        columns_changed=tuple((ColumnView(*old), ColumnView(*new)) for old, new in schema.changed),
        reordered=schema.reordered,
        rows_before=found.rows_before,
        rows_after=found.rows_after,
        reason=found.reason,
        notes=tuple(notes),
    )
    return view if found.rows is None else _with_rows(view, found, found.rows)


def _with_rows(view: DiffView, found: Comparison, rows: RowChanges) -> DiffView:
    return replace(
        view,
        compared=True,
        key=rows.key,
        added=rows.added,
        removed=rows.removed,
        changed=rows.changed,
        changed_columns=rows.changed_columns,
        changed_cells=_changed_cells(rows),
        added_rows=_sample(rows.added_rows, found.after, rows.added),
        removed_rows=_sample(rows.removed_rows, found.before, rows.removed),
        notes=(*view.notes, *([rows.note] if rows.note else [])),
    )


def _columns(schema: Schema) -> tuple[ColumnView, ...]:
    return tuple(ColumnView(*column) for column in schema)


def _sample(rows: Sequence[Texts], schema: Schema, total: int) -> TableView | None:
    return table_view(tuple(rows), schema, rows=len(rows), total=total) if rows else None


def _changed_cells(rows: RowChanges) -> TableView | None:
    """Return a line for each cell that differs; a row's key is on its first line."""
    if not rows.changed_rows:
        return None
    names = [*rows.key, "column", "before", "now"]
    return TableView(
        columns=tuple(ColumnView(name, "") for name in names),
        rows=tuple(_lines(rows)),
        right_aligned=(False,) * len(names),
        more_rows=rows.changed - len(rows.changed_rows),
    )


def _lines(rows: RowChanges) -> Iterator[Texts]:
    for row in rows.changed_rows:
        key: Texts = tuple(map(cell_text, row.key))
        for cell in row.cells:
            yield (*key, cell.column, *_told_apart(cell.before, cell.after))
            key = ("",) * len(key)


def _told_apart(before: str | None, after: str | None) -> Texts:
    """Return both values as the eye can tell them apart: long ones from shortly before their first difference."""
    if before is None or after is None or max(len(before), len(after)) <= PREVIEW_CHARACTERS:
        return cell_text(before), cell_text(after)
    pairs = enumerate(zip(before, after, strict=False))
    first = next((place for place, (old, new) in pairs if old != new), min(len(before), len(after)))
    start = max(first - _BEFORE_DIFFERENCE, 0)
    cut = "…" if start else ""
    return cell_text(cut + before[start:]), cell_text(cut + after[start:])
