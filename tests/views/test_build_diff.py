"""Comparisons and profiles as view models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from odibi_nb import Workspace
from odibi_nb.comparison import ChangedCell, ChangedRow, Comparison, RowChanges, SchemaChanges
from odibi_nb.engine.schema import Column
from odibi_nb.profile import ColumnProfile, Profile, summarize
from odibi_nb.views import DiffView
from odibi_nb.views.build import node_view
from odibi_nb.views.build_diff import diff_view
from odibi_nb.views.build_profile import profile_view

SCHEMA = (Column("id", "BIGINT"), Column("x", "VARCHAR"))


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    yield workspace
    workspace.close()


def view_of(rows: RowChanges) -> DiffView:
    return diff_view("n", Comparison(SCHEMA, SCHEMA, SchemaChanges(), 3, 4, rows), against="the previous result")


def test_a_changed_row_has_a_line_for_each_cell_and_its_key_once() -> None:
    cells = (ChangedCell("x", "a", None), ChangedCell("y", "", "b"))
    view = view_of(RowChanges(("id",), changed=9, changed_rows=(ChangedRow(("1",), cells),)))
    assert view.changed_cells is not None
    assert [column.name for column in view.changed_cells.columns] == ["id", "column", "before", "now"]
    assert view.changed_cells.rows == (("1", "x", "a", None), ("", "y", "", "b"))
    assert view.changed_cells.more_rows == 8


def test_long_values_are_shown_from_shortly_before_their_difference() -> None:
    before, after = "a" * 500 + "b" + "c" * 500, "a" * 500 + "d" + "c" * 500
    cells = (ChangedCell("x", before, after), ChangedCell("y", "k" * 100, "k" * 99), ChangedCell("z", None, before))
    view = view_of(RowChanges(("id",), changed=1, changed_rows=(ChangedRow(("1",), cells),)))
    assert view.changed_cells is not None
    (_, _, old, new), (_, _, longer, shorter), (_, _, none, cut) = view.changed_cells.rows
    assert (old, new) == (f"…{'a' * 20}b{'c' * 37}…", f"…{'a' * 20}d{'c' * 37}…")
    assert (longer, shorter) == (f"…{'k' * 21}", f"…{'k' * 20}")
    assert (none, len(cut or "")) == (None, 60)


def test_samples_say_how_many_more_there_are() -> None:
    view = view_of(RowChanges(added=7, added_rows=(("1", "a"), ("2", None))))
    assert view.added_rows is not None
    assert (view.added_rows.more_rows, view.added_rows.right_aligned) == (5, (True, False))
    assert view.removed_rows is None


def test_a_card_shows_what_an_edit_has_changed(ws: Workspace) -> None:
    for x in (1, 2):
        ws.node("n", f"SELECT 1 AS id, {x} AS x")
        ws.run_cell("n")
    card = node_view(ws, "n")
    assert card.changes is not None
    assert (card.changes.against, card.changes.changed) == ("the last result", 1)
    assert card.changes.changed_cells is not None
    json.dumps(asdict(card))


def test_a_card_without_preview_shows_no_value_of_a_change(ws: Workspace) -> None:
    for x in (12345, 67890):
        ws.node("n", f"SELECT 1 AS id, {x} AS x", preview=0)
        ws.run_cell("n")
    card = node_view(ws, "n")
    assert card.changes is not None
    assert card.changes.changed == 1
    assert "67890" not in json.dumps(asdict(card.changes))


@pytest.mark.parametrize(
    ("nulls", "rows", "said"),
    [(0, 4, ""), (1, 4, "1 (25%)"), (4, 4, "4 (100%)"), (1, 1000, "1 (<1%)"), (999, 1000, "999 (99%)")],
)
def test_a_share_of_nulls_is_never_rounded_to_none_or_all(nulls: int, rows: int, said: str) -> None:
    (column,) = profile_view("n", Profile(rows, (ColumnProfile("x", "BIGINT", nulls, 1),))).columns
    assert column.nulls == said


def test_estimates_and_what_is_no_number_are_marked() -> None:
    found = ColumnProfile("x", "DOUBLE", 0, 1234, False, "0.5", "2.5", 1.23456789, not_finite=2)
    (column,) = profile_view("n", Profile(2000, (found,))).columns
    assert (column.distinct, column.mean, column.notes) == ("≈ 1,234", "1.23457", ("2 not finite",))


def test_a_profile_is_plain_json(ws: Workspace) -> None:
    ws.node("n", "SELECT i, 'x' AS s, i / 3 AS f, DATE '2024-01-01' + i::INT AS d FROM range(20) t(i)")
    ws.run_cell("n")
    result = ws.result("n")
    assert result is not None
    assert result.dataset is not None
    view = profile_view("n", summarize(ws.engine, result.dataset))
    assert [len(column.bins) for column in view.columns] == [10, 0, 10, 10]
    json.dumps(asdict(view))
