"""`%%odibi_sql` and `%odibi_sql`: queries that are no nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.exceptions import TransformError, UsageError
from tests.notebook.shells import BY_REGION, CLEAN, LOAD, Notebook


def test_a_cell_shows_the_rows_of_a_query(sales: Notebook) -> None:
    ran = sales.ok("%%odibi_sql\nSELECT region, sum(amount) AS total\nFROM clean_sales GROUP BY ALL ORDER BY region")
    assert "query · 2 rows · " in ran.text
    assert "N         150" in ran.text
    assert "<summary>2 columns</summary>" in ran.html
    assert "HUGEINT" not in ran.html


def test_a_line_does_too(sales: Notebook) -> None:
    assert "query · 1 row" in sales.ok("%odibi_sql SELECT count(*) AS n FROM clean_sales WHERE amount > '100'").text


def test_it_is_no_node_and_writes_nothing(nb: Notebook) -> None:
    nb.ok(f"{LOAD} --no-run", "%odibi set auto=off", CLEAN, BY_REGION, "%odibi_sql SELECT * FROM by_region")
    assert list(nb.ws) == ["load_sales", "clean_sales", "by_region"]
    assert set(nb.ws.statuses().values()) == {"completed"}
    assert not Path("data/by_region.parquet").exists()
    assert "3 nodes" in nb.ok("%odibi run").text


def test_rows_are_as_many_as_asked_for(sales: Notebook) -> None:
    assert "2 more rows" in sales.ok("%odibi_sql --rows 2 SELECT * FROM load_sales").text
    ran = sales.ok("%odibi_sql --rows 0 SELECT 'secret' AS x")
    assert "secret" not in ran.text + ran.html.replace("SELECT", "")
    assert "10 more" not in sales.ok("%odibi set preview=1", "%odibi_sql SELECT * FROM load_sales").text


def test_a_number_of_rows_that_is_not_known_is_marked(nb: Notebook) -> None:
    ran = nb.ok("%odibi_sql SELECT i FROM range(1000) t(i)")
    assert "≥ 20 rows" in ran.text
    assert "preview; rows not all checked" in ran.text


def test_into_binds_all_rows(sales: Notebook) -> None:
    ran = sales.ok('%%odibi_sql --into big --rows 1\nSELECT * FROM "local:sales.csv" WHERE amount >= $min_amount')
    assert "2 rows" in ran.text
    assert "in big" in ran.text
    assert sales.shell.user_ns["big"].amount.tolist() == [150, 200]


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_columns_of_one_name_are_shown_numbered(sales: Notebook, engine: str) -> None:
    sales.ok(f"%%odibi_project\nengine: {engine}\nconnections: {{local: {{type: local, base_path: ./data}}}}")
    query = "SELECT a.amount, b.amount, 1 AS AMOUNT FROM load_sales a JOIN load_sales b USING (amount) ORDER BY 1 DESC"
    ran = sales.ok(f"%%odibi_sql\n{query}")
    assert "note: columns of one name are numbered: amount → amount_1, AMOUNT → AMOUNT_2" in ran.text
    assert [line.split() for line in ran.text.splitlines() if line.lstrip().startswith(("amount", "200"))] == [
        ["amount", "amount_1", "AMOUNT_2"],
        ["200", "200", "1"],
    ]
    sales.ok(f"%odibi_sql --into v {query}")
    assert list(sales.shell.user_ns["v"].columns) == ["amount", "amount_1", "AMOUNT_2"]
    assert sales.ws.sql(query).df().shape == (3, 3)
    assert [column.name for column in sales.ws.sql(query).schema] == ["amount", "amount_1", "AMOUNT_2"]


def test_columns_of_one_name_whose_types_are_narrowed_are_numbered(nb: Notebook) -> None:
    ran = nb.ok("%odibi_sql --into v SELECT sum(i) AS s, sum(i) AS s, sum(i) AS s_1 FROM range(3) t(i)")
    assert "s → s_1, s_1 → s_1_1" in ran.text
    assert nb.shell.user_ns["v"].to_numpy().tolist() == [[3, 3, 3]]


def test_a_node_still_has_each_name_once(sales: Notebook) -> None:
    error = sales.fails("%%odibi_node n\nSELECT amount, amount FROM load_sales")
    assert "two columns are named 'amount'" in error.message


def test_into_checks_all_rows_at_their_line(nb: Notebook) -> None:
    error = nb.fails("%%odibi_sql --into x\nSELECT i,\n  i::TINYINT AS t\nFROM range(1000) t(i)")
    assert (error.where.cell, error.where.line) == ("3", 3)
    assert "x" not in nb.shell.user_ns


@pytest.mark.parametrize(
    ("cell", "line", "column"),
    [
        ("%odibi_sql \\\n  SELECT amuont FROM load_sales", 2, 10),
        ("x = 1\n\n%odibi_sql --rows 3 \\\n  --into v \\\n  SELECT region, \\\n    amuont \\\nFROM load_sales", 6, 5),
        ("if True:\n    %odibi_sql SELECT \\\n      amuont FROM load_sales", 3, 7),
    ],
)
def test_an_error_points_at_the_line_that_a_backslash_continues(
    sales: Notebook, cell: str, line: int, column: int
) -> None:
    error = sales.fails(cell)
    assert (error.where.cell, error.where.line, error.where.column) == ("6", line, column)
    assert error.where.source == cell.split("\n")[line - 1]


def test_a_wrong_option_of_a_line_that_goes_on_is_at_its_magic(sales: Notebook) -> None:
    error = sales.fails("x = 1\n%odibi_sql --rwos \\\n  3 SELECT 1")
    assert (error.where.cell, error.where.line) == ("6", 2)
    error = sales.fails("x = 1\n%odibi params \\\n  min_amount=abc")
    assert (error.where.cell, error.where.line) == ("7", 2)


def test_an_error_points_at_its_line_and_column(sales: Notebook) -> None:
    error = sales.fails("%%odibi_sql\nSELECT region,\n  amuont FROM clean_sales")
    assert isinstance(error, TransformError)
    assert (error.node, error.where.cell, error.where.line, error.where.column) == (None, "6", 3, 3)
    assert error.hint == "did you mean 'amount'?"


@pytest.mark.parametrize("query", ["SELECT amuont FROM load_sales", "SELECT 1 AS a FRM load_sales"])
def test_an_error_of_a_line_points_into_it(sales: Notebook, query: str) -> None:
    error = sales.fails(f"x = 1\n%odibi_sql {query}")
    assert (error.where.cell, error.where.line) == ("6", 2)
    assert error.where.source == f"%odibi_sql {query}"
    assert error.where.source[error.where.column - 1 :].startswith(("amuont", "FRM"))


def test_a_failing_node_is_raised_at_its_own_cell(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node bad --no-run\nload_sales['nope']")
    error = nb.fails("%%odibi_sql\nSELECT * FROM bad")
    assert (error.node, error.where.cell, error.where.line) == ("bad", "4", 2)


def test_a_variable_is_no_table(nb: Notebook) -> None:
    nb.ok("import pandas as pd\nframe = pd.DataFrame({'a': [1]})")
    assert "make it a node" in nb.fails("%odibi_sql FROM frame").hint


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%odibi_sql --row 3\nSELECT 1", "did you mean '--rows'?"),
        ("%%odibi_sql SELECT 1\n", "%odibi_sql SELECT"),
        ("%odibi_sql --int x SELECT 1", "did you mean '--into'?"),
        ("%odibi_sql", "the SQL is empty"),
        ("%%odibi_sql", "the SQL is empty"),
        ("%%odibi_sql\nCOPY load_sales TO 'x.csv'", "SQL only reads here"),
    ],
)
def test_what_makes_no_sense_is_one_error_at_the_cell(nb: Notebook, cell: str, said: str) -> None:
    error = nb.fails(cell)
    assert isinstance(error, UsageError | TransformError)
    assert error.where.cell == "3"
    assert said in str(error)


def test_explain_shows_the_plan(sales: Notebook) -> None:
    ran = sales.ok("%%odibi_sql\nEXPLAIN\nSELECT * FROM load_sales WHERE amount > 5")
    assert "amount" in ran.text
    assert "<pre>" in ran.html


def test_work_that_took_long_is_named_before_it_is_done(sales: Notebook) -> None:
    sales.ws.result("clean_sales").duration = 60.0
    sales.ok("%odibi params min_amount=1")
    assert "running first: clean_sales · about 60 s" in sales.ok("%odibi_sql FROM clean_sales").text


@pytest.mark.parametrize("asked", ["%odibi_sql --help", "%%odibi_sql --help", "%%odibi_expect --help"])
def test_help_lists_the_options(nb: Notebook, asked: str) -> None:
    assert "options:" in nb.ok(asked).text


def test_data_is_escaped(nb: Notebook) -> None:
    ran = nb.ok("%odibi_sql SELECT '<script>x</script>' AS \"a<b>\"")
    assert "<script" not in ran.html
    assert "&lt;script&gt;" in ran.html
