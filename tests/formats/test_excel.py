import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from openpyxl import Workbook

from odibi_nb.exceptions import ConfigValidationError, FormatError


def save(folder, rows, *, sheets=("S",)):
    book = Workbook(write_only=True)
    for name in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder.path / "a.xlsx")


def test_integers_dates_and_nulls_stay_what_they_are(folder):
    first = {"n": 1, "i": 1, "d": dt.date(2020, 1, 2), "t": dt.datetime(2020, 1, 2, 3), "b": True, "s": "x"}
    save(folder, [list(first), list(first.values()), [2]])
    table = folder.duckdb("a.xlsx")
    assert table.to_pylist() == [first, dict.fromkeys(first) | {"n": 2}]
    assert str(table.schema.field("i").type) == "int64"


def test_a_column_of_numbers_and_text_is_text(folder):
    save(folder, [["a"], [1], ["n/a"], [2.5]])
    assert folder.duckdb("a.xlsx")["a"].to_pylist() == ["1", "n/a", "2.5"]


def test_a_sheet_is_chosen_by_name(folder):
    save(folder, [["a"], [1]], sheets=("one", "two"))
    assert folder.duckdb("a.xlsx", sheet_name="two").num_rows == 1
    with pytest.raises(ConfigValidationError, match="did you mean 'two'"):
        folder.duckdb("a.xlsx", sheet="twoo")


def test_a_file_that_is_no_workbook_is_an_error(folder, read):
    folder.put("a.xlsx", "id,name\n")
    with pytest.raises(FormatError) as caught:
        read("a.xlsx")
    assert caught.value.where.file.endswith("a.xlsx")


def test_two_columns_of_one_name_are_an_error(folder):
    save(folder, [["a", "A"], [1, 2]])
    with pytest.raises(FormatError, match="one name"):
        folder.duckdb("a.xlsx")


def test_rows_survive_a_round_trip(folder):
    folder.write("b.xlsx", "SELECT 1 AS i, '=1+1' AS s, DATE '2020-01-02' AS d, 1.5::DECIMAL(3,1) AS n, [1] AS l")
    row = folder.duckdb("b.xlsx").to_pylist()[0]
    assert row == {"i": 1, "s": "=1+1", "d": dt.date(2020, 1, 2), "n": 1.5, "l": "[1]"}
    assert row["n"] == Decimal("1.5")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 9007199254740993 AS a", "exactly"),
        ("SELECT repeat('x', 40000) AS a", "characters"),
        ("SELECT chr(1) AS a", "control"),
    ],
)
def test_what_a_cell_cant_hold_is_an_error_and_leaves_no_file(folder, query, said):
    with pytest.raises(FormatError, match=said):
        folder.write("b.xlsx", query)
    assert not list(folder.path.iterdir())


def test_pandas_reads_what_pandas_wrote(folder):
    folder.write_pandas("b.xlsx", pd.DataFrame({"a": [1, 2]}))
    assert list(folder.pandas("b.xlsx")["a"]) == [1, 2]
