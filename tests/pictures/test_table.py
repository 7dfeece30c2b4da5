from odibi_nb import pictures
from odibi_nb.views import ColumnView, TableView

from . import samples


def test_text_aligns_numbers_right_and_tells_null_from_the_rest():
    assert pictures.table_text(samples.table()).splitlines() == [
        "  id  region",
        "────  ──────",
        "   1  North",
        "  20  NULL",
        "NULL",
        "   3  'NULL'",
        "… 1,224 more rows · +34 columns",
    ]


def test_html_tells_null_from_empty_and_from_the_text_null():
    page = pictures.table_html(samples.table())
    assert '<td class="odibi-null"><i>NULL</i></td>' in page
    assert "<td></td>" in page
    assert "<td>NULL</td>" in page


def test_html_headers_carry_types_and_numbers_align_right():
    page = samples.read(pictures.table_html(samples.table()))
    assert page.all("th")[0] == {"title": "id BIGINT", "class": "odibi-right", "scope": "col"}
    assert page.all("td")[0] == {"class": "odibi-right"}


def test_what_is_not_shown_is_said_in_html_too():
    assert samples.read(pictures.table_html(samples.table())).text.endswith("… 1,224 more rows · +34 columns")


def test_rows_of_unknown_number_and_none_at_all_are_said():
    column = (ColumnView("a", "INTEGER"),)
    assert pictures.table_text(TableView(column, (("1",),), more_rows=None)).endswith("\n… more rows")
    assert pictures.table_text(TableView(column, ())).endswith("\nno rows")
    assert pictures.table_text(TableView(column, (("1",),), more_rows=1, more_columns=1)).endswith(
        "\n… 1 more row · +1 column"
    )


def test_a_table_without_columns_is_no_failure():
    assert pictures.table_text(TableView((), ())).strip() == "no rows"
    assert "no rows" in pictures.table_html(TableView((), ()))


def test_a_line_break_in_a_cell_keeps_the_row_on_one_line():
    view = TableView((ColumnView("a", "VARCHAR"),), (("x\r\ny\nz",),))
    assert pictures.table_text(view).splitlines()[-1] == "x↵y↵z"
    assert "<td>x↵y↵z</td>" in pictures.table_html(view)


def test_wide_characters_keep_the_columns_straight():
    assert pictures.listing_text(["a", "b"], [["日本", "1"], ["x", "2"]]).splitlines() == [
        "a     b",
        "────  ─",
        "日本  1",
        "x     2",
    ]


def test_a_listing_may_be_empty():
    assert pictures.listing_text(["name", "rows"], []).splitlines() == ["name  rows", "────  ────"]
    assert samples.read(pictures.listing_html(["name", "rows"], [])).text == "namerows"


def test_listing_flags_are_for_the_first_columns():
    text = pictures.listing_text(["n", "name"], [["10", "a"], ["2", "b"]], right_aligned=[True])
    assert text.splitlines()[2:] == ["10  a", " 2  b"]
