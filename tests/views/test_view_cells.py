"""Values and durations as short texts; a few rows as a table."""

from __future__ import annotations

import pytest

from odibi_nb.engine.schema import Column
from odibi_nb.views.cells import cell_text, duration_text, long_text, sample_view, table_view


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0001, "<1 ms"),
        (0.0123, "12 ms"),
        (0.9994, "999 ms"),
        (3.44, "3.4 s"),
        (125, "2 min 5 s"),
        (59.97, "1 min 0 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_null_is_none_and_not_the_empty_text() -> None:
    assert [cell_text(text) for text in (None, "")] == [None, ""]


def test_a_text_is_cut_at_sixty_characters() -> None:
    assert cell_text("x" * 60) == "x" * 60
    assert cell_text("x" * 61) == "x" * 59 + "…"


def test_a_long_text_is_cut() -> None:
    assert len(long_text("x" * 5000)) == 2000


def test_twenty_columns_and_the_number_of_the_rest() -> None:
    view = table_view((("1",) * 20,), tuple(Column(f"c{i}", "BIGINT") for i in range(54)), rows=10, total=1)
    assert (len(view.columns), view.more_columns, view.more_rows) == (20, 34, 0)


@pytest.mark.parametrize(("total", "more"), [(25, 15), (None, None), (10, 0)])
def test_how_many_rows_are_not_shown(total: int | None, more: int | None) -> None:
    head = tuple((str(i),) for i in range(10))
    view = table_view(head, (Column("a", "BIGINT"),), rows=10, total=total)
    assert (len(view.rows), view.more_rows) == (10, more)


def test_fewer_rows_than_asked_for_are_all_there_are() -> None:
    view = table_view((("1",), ("2",)), (Column("a", "BIGINT"),), rows=10, total=None)
    assert view.more_rows == 0


def test_numbers_stand_at_the_right_and_lists_of_numbers_do_not() -> None:
    types = ("BIGINT", "DECIMAL(18,2)", "UTINYINT", "DOUBLE", "VARCHAR", "BIGINT[]", "DATE")
    schema = tuple(Column(f"c{i}", kind) for i, kind in enumerate(types))
    view = table_view((), schema, rows=1, total=0)
    assert view.right_aligned == (True, True, True, True, False, False, False)


def test_bad_rows_are_texts_with_numbers_at_the_right() -> None:
    rows = [{"id": 1, "of": None, "name": "x" * 70, "is": True}, {"id": None, "of": 2.5, "name": None, "is": False}]
    view = sample_view(rows, total=7)
    assert view.rows == (("1", None, "x" * 59 + "…", "true"), (None, "2.5", None, "false"))
    assert view.right_aligned == (True, True, False, False)
    assert (view.more_rows, view.more_columns) == (5, 0)


def test_of_bad_rows_twenty_columns_are_shown() -> None:
    view = sample_view([{f"c{i}": i for i in range(54)}], total=1)
    assert (len(view.columns), view.more_columns) == (20, 34)
