from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from odibi_nb.sql import SqlProblem, explain_sql_error


def problem(text: str, **options: object) -> SqlProblem:
    con = duckdb.connect(config={"python_enable_replacements": "false"})
    con.execute("CREATE TABLE sales (region VARCHAR, amount INTEGER)")
    con.execute("INSERT INTO sales VALUES ('N', 1), ('oops', 2)")
    with pytest.raises(duckdb.Error) as caught:
        con.execute(text).fetchall()
    return explain_sql_error(caught.value, text, **options)  # type: ignore[arg-type]


def test_an_unknown_table_takes_duckdbs_suggestion() -> None:
    found = problem("SELECT 1\nFROM salez")
    assert found.message == "Table with name salez does not exist"
    assert (found.line, found.column, found.source) == (2, 6, "FROM salez")
    assert found.hint == "did you mean 'sales'?"


def test_a_text_that_ends_too_early_is_wrong_at_its_last_word() -> None:
    found = problem("SELECT 1\nFROM (\n")
    assert (found.line, found.column, found.source) == (2, 6, "FROM (")


def test_an_unknown_column_names_the_nearest_one() -> None:
    found = problem("SELECT region,\n  amuont\nFROM sales")
    assert found.message == 'Referenced column "amuont" not found in FROM clause'
    assert (found.line, found.column, found.source) == (2, 3, "  amuont")
    assert found.hint == "did you mean 'amount'?"


def test_an_unknown_column_like_none_shows_the_candidates() -> None:
    hint = problem("SELECT sales.zzz FROM sales").hint or ""
    assert hint.startswith("candidate bindings: ")
    assert "amount" in hint


def test_an_unknown_alias_names_the_tables_in_reach() -> None:
    assert problem("SELECT q.region FROM sales").hint == "candidate tables: sales"


def test_an_unknown_function_names_the_nearest_one() -> None:
    found = problem("SELECT summ(amount) FROM sales")
    assert (found.message, found.column) == ("Scalar Function with name summ does not exist", 8)
    assert found.hint == "did you mean 'sum'?"


def test_a_name_that_is_a_word_of_sql_is_to_be_quoted() -> None:
    assert 'quote it: "order"' in (problem("SELECT * FROM order").hint or "")
    assert 'quote it: "table"' in (problem("SELECT * FROM sales\nJOIN table USING (region)").hint or "")
    assert "a table is missing" in (problem("SELECT * FROM ORDER BY 1").hint or "")


def test_a_wrong_argument_shows_a_few_signatures() -> None:
    found = problem("SELECT amount || 1 + region FROM sales")
    assert "Candidate" not in found.message
    assert "more" in (found.hint or "")
    assert len(found.hint or "") < 300


def test_a_bad_cast_tells_how_to_find_the_rows() -> None:
    found = problem("SELECT\n  region::INTEGER FROM sales")
    assert found.message == "Could not convert string 'N' to INT32 when casting from source column region"
    assert (found.line, found.source) == (2, "  region::INTEGER FROM sales")
    assert "TRY_CAST" in (found.hint or "")


@pytest.mark.parametrize(
    ("complaint", "extension"),
    [
        ('An error occurred … install the required extension \'httpfs:\nExtension "/x" not found.', "httpfs"),
        ("File https://x.y/z.csv requires the extension httpfs to be loaded\n\nPlease try installing", "httpfs"),
        (
            'Function with name "st_point" is …, but it exists in the spatial extension.\n\nPlease INSTALL',
            "spatial",
        ),
    ],
)
def test_what_needs_an_extension_is_not_told_to_install_it(complaint: str, extension: str) -> None:
    found = explain_sql_error(duckdb.Error(complaint), "SELECT 1")
    assert found.message == f"DuckDB's extension {extension} is needed, and not installed"
    assert "INSTALL" not in (found.hint or "INSTALL")


def test_a_missing_group_by_is_a_hint() -> None:
    found = problem("SELECT amount FROM sales GROUP BY region")
    assert "\n" not in found.message
    assert (found.hint or "").startswith("add it to the GROUP BY list")


def test_a_missing_parameter_tells_where_to_give_it() -> None:
    found = problem("SELECT $low")
    assert found.message.endswith("parameters: low")
    assert "--param" in (found.hint or "")


def test_an_error_without_a_place_is_found_by_its_name() -> None:
    found = problem("SELECT *\nFROM sales JOIN sales AS t\n  USING (zz)")
    assert (found.line, found.column) == (3, 10)


def test_lines_count_from_the_first_line_given() -> None:
    found = problem("SELECT 1\nFROM salez", first_line=5)
    assert (found.line, found.source) == (6, "FROM salez")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("SELECT\t\tzzz\tFROM sales", 9),
        ("SELECT 'üüü', 'ö', zzz FROM sales", 20),
        ("SELECT '日本', zzz FROM sales", 14),
        ("SELECT " + ", ".join(f"amount + {i}" for i in range(60)) + ", zzz FROM sales", 778),
        ("SELECT zzz, " + ", ".join(f"amount + {i}" for i in range(60)) + " FROM sales", 8),
    ],
)
def test_the_column_counts_characters(text: str, column: int) -> None:
    assert text.index("zzz") + 1 == column
    assert problem(text).column == column


def test_the_column_of_a_syntax_error_counts_characters() -> None:
    text = "SELECT é, ü, 'ß' x qq z"
    assert problem(text).column == text.index("qq") + 1


def test_windows_lines_are_shown_without_their_end() -> None:
    assert problem("SELECT 1\r\nFROM salez\r\nWHERE true").source == "FROM salez"


@pytest.mark.parametrize(
    "options",
    [
        ", columns = {'a': 'INTEGER', 'b': 'INTEGER'}",
        ", columns = {'a': 'INTEGER', 'b': 'INTEGER'}, header = true, auto_detect = false",
    ],
)
def test_an_error_in_a_csv_file_is_kept_whole(tmp_path: Path, options: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n1,2\n1,2,3\n", encoding="utf-8")
    found = problem(f"FROM read_csv('{path}'{options})")
    assert found.message.startswith(("Invalid Input Error: ", "Conversion Error: "))
    assert str(path) in found.message
    assert found.line is None


def test_a_problem_becomes_an_error_of_ours() -> None:
    error = problem("SELECT region, amuont FROM sales").as_error()
    assert (error.where.line, error.where.column, error.hint) == (1, 16, "did you mean 'amount'?")
