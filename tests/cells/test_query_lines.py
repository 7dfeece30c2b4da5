"""The lines of `%%odibi_sql`, `%odibi_sql` and `%%odibi_expect`."""

from __future__ import annotations

import pytest

from odibi_nb.cells.queries import ExpectOptions, SqlOptions, parse_expect_line, parse_sql_line, split_sql
from odibi_nb.exceptions import UsageError


@pytest.mark.parametrize(
    ("line", "options", "query"),
    [
        ("SELECT 'it''s' AS x", SqlOptions(), "SELECT 'it''s' AS x"),
        ("--rows 3 SELECT 1", SqlOptions(rows=3), "SELECT 1"),
        ("--rows=3 --into big FROM a WHERE b = '--into'", SqlOptions("big", 3), "FROM a WHERE b = '--into'"),
        ("", SqlOptions(), ""),
    ],
)
def test_options_stand_before_a_query_that_stays_as_it_is(line: str, options: SqlOptions, query: str) -> None:
    assert split_sql(line) == (options, query)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--row 3", "did you mean '--rows'?"),
        ("--rows many", "a number of rows"),
        ("--into 1x", "the name of a variable"),
        ("--into", "--into needs a value"),
        ("--rows 1 --rows 2", "given twice"),
        ("SELECT 1", "%odibi_sql SELECT"),
        ("--rows 1 SELECT 1", "%odibi_sql SELECT"),
    ],
)
def test_the_line_of_a_cell_takes_options_alone(line: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_sql_line(line)
    assert said in str(caught.value)


def test_a_line_of_odibi_expect() -> None:
    assert parse_expect_line("clean no_refunds") == ExpectOptions("clean", "no_refunds")
    assert parse_expect_line("--warn clean no_refunds").warn


@pytest.mark.parametrize(
    ("line", "said"),
    [("", "NODE is missing"), ("clean", "NAME is missing"), ("a b c", "'c'"), ("a b --wran", "did you mean '--warn'?")],
)
def test_a_line_of_odibi_expect_that_makes_no_sense(line: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_expect_line(line)
    assert said in str(caught.value)
