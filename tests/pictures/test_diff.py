from dataclasses import replace

import pytest

from odibi_nb import pictures
from odibi_nb.views import ColumnView, DiffView, NodeView

from . import samples

SAME = DiffView("n", "the previous result", rows_before=3, rows_after=3, compared=True, key=("id",))


def lines(view: DiffView) -> list[str]:
    return pictures.diff_text(view).splitlines()


def test_a_line_on_columns_and_one_on_rows():
    assert lines(samples.diff())[:4] == [
        "by_region against the last result",
        "columns: + discount DOUBLE · − note VARCHAR · total BIGINT → DOUBLE · in another order",
        "rows: 1,234 → 1,235 · 2 added · 1 removed · 3 changed (total 3, note 1) · by region",
        "id no longer names one row",
    ]


def test_samples_are_small_tables():
    text = pictures.diff_text(samples.diff())
    assert "changed rows\nregion  column  before  now\n" in text
    assert "N       total   5       7\n" in text
    assert "        note    NULL    'NULL'\n… 2 more rows" in text
    assert text.index("changed rows") < text.index("added rows") < text.index("removed rows")
    page = samples.read(pictures.diff_html(samples.diff()))
    assert len(page.all("table")) == 3
    assert "5" in page.text


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (SAME, ["no difference: the same columns and 3 rows"]),
        (replace(SAME, reordered=True), ["columns: in another order", "rows: 3, all the same"]),
        (replace(SAME, added=1, rows_after=4), ["rows: 3 → 4 · 1 added · by id"]),
        (replace(SAME, added=1, rows_after=4, key=()), ["rows: 3 → 4 · 1 added · compared as wholes"]),
        (DiffView("n", "x", reason="they are gone"), ["they are gone"]),
        (DiffView("n", "x", rows_before=3, reason="too many"), ["rows: 3 → ?", "too many"]),
        (
            replace(SAME, columns_changed=((ColumnView("ID", "BIGINT"), ColumnView("id", "BIGINT")),)),
            ["columns: ID → id", "rows: 3, all the same"],
        ),
        (
            replace(SAME, columns_changed=((ColumnView("ID", "BIGINT"), ColumnView("id", "DOUBLE")),)),
            ["columns: ID BIGINT → id DOUBLE", "rows: 3, all the same"],
        ),
    ],
)
def test_what_is_said_of_each_kind_of_difference(view, said):
    assert lines(view)[1:] == said


def test_many_columns_are_counted():
    added = tuple(ColumnView(f"c{n}", "BIGINT") for n in range(30))
    counts = tuple((f"c{n}", n + 1) for n in range(30))
    text = pictures.diff_text(replace(SAME, columns_added=added, changed=30, changed_columns=counts))
    assert "+ c7 BIGINT · and 22 more" in text
    assert "30 changed (c29 30, c28 29, " in text
    assert "and 22 more columns)" in text


def test_a_long_type_is_shortened():
    kind = "STRUCT(" + ", ".join(f"a{n} BIGINT" for n in range(100)) + ")"
    assert max(map(len, lines(replace(SAME, columns_added=(ColumnView("x", kind),))))) < 80


def test_a_card_says_what_changed_before_its_rows():
    view = samples.changed_card()
    text = pictures.node_text(view)
    assert "since the last result:\n  columns: + discount" in text
    assert text.index("warn: 3 rows") < text.index("since the last result") < text.rindex("North")
    page = samples.read(pictures.node_html(view))
    assert page.text.index("warn: 3 rows") < page.text.index("since the last result") < page.text.rindex("North")
    assert len(page.all("details")) == 5
    assert all("open" not in details for details in page.all("details"))


def test_a_card_without_samples_folds_nothing():
    bare = NodeView("n", "sql", "completed", changes=SAME)
    assert samples.read(pictures.node_html(bare)).all("details") == []
