"""`%%odibi_expect`, and `--expect` on a node's line."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.exceptions import TransformError, UsageError, ValidationError
from tests.notebook.shells import BY_REGION, CLEAN, LOAD, PROJECT, Notebook

SMALL = "%%odibi_expect clean_sales small\nSELECT *\nFROM clean_sales WHERE amount > 160"
ENGINES = pytest.mark.parametrize("engine", ["duckdb", "pandas"])


def _on(nb: Notebook, engine: str) -> None:
    nb.ok(f"{PROJECT}\nengine: {engine}", LOAD)


@ENGINES
def test_an_expectation_on_the_line_fails_the_cell_below_its_rows(nb: Notebook, engine: str) -> None:
    _on(nb, engine)
    ran = nb.run("%%odibi_node n --write local:n.csv --expect 'amount > 60'\nSELECT * FROM load_sales")
    assert isinstance(ran.error, ValidationError)
    assert str(ran.error).splitlines()[:2] == ["amount > 60: 1 of 4 rows", "  in node 'n', cell 5, line 1"]
    assert "n · ✗ failed · 4 rows" in ran.text
    assert "✗ failed: amount > 60: 1 of 4 rows\n    region  amount\n    ──────  ──────\n    N           50" in ran.text
    assert nb.ws["n"].rows == 4
    nb.run("%odibi run")
    assert not Path("data/n.csv").exists()


@ENGINES
def test_null_passes_a_condition(nb: Notebook, engine: str) -> None:
    _on(nb, engine)
    assert "✓ completed" in nb.ok("%%odibi_node n --expect 'amount >= 50'\nSELECT * FROM load_sales").text


@ENGINES
def test_one_that_warns_only_reports_in_cells_and_runs(nb: Notebook, engine: str) -> None:
    _on(nb, engine)
    cell = "%%odibi_node n --write local:n.csv --expect 'warn: not_null(amount)'\nSELECT * FROM load_sales"
    assert "! warning: not_null(amount): 1 of 4 rows" in nb.ok(cell).text
    ran = nb.ok("%odibi run")
    assert "! warning: n: not_null(amount): 1 of 4 rows" in ran.text
    assert "not_null(amount): 1 of 4 rows" in ran.html
    assert Path("data/n.csv").exists()


@ENGINES
def test_a_cell_tries_a_data_test_on_its_nodes_rows(nb: Notebook, engine: str) -> None:
    _on(nb, engine)
    nb.ok(CLEAN)
    ran = nb.run(SMALL)
    assert isinstance(ran.error, ValidationError)
    assert (ran.error.node, ran.error.where.cell, ran.error.where.line) == ("clean_sales", "6", 1)
    assert "small of clean_sales · ✗ failed · 1 bad row" in ran.text
    assert "S          200" in ran.text
    assert "<td>S</td>" in ran.html
    assert nb.ws.status("clean_sales") == "failed"
    assert "small of clean_sales · ✓ passed" in nb.ok(SMALL.replace("160", "1000")).text
    assert nb.ws.status("clean_sales") == "completed"


def test_it_computes_what_is_not_there(nb: Notebook) -> None:
    nb.ok("%odibi set auto=off", LOAD, CLEAN, "%odibi set auto=on")
    assert isinstance(nb.fails(SMALL), ValidationError)
    assert nb.ws.status("load_sales") == "completed"


def test_it_fails_its_nodes_cell_and_run(sales: Notebook) -> None:
    sales.run(SMALL)
    ran = sales.run(CLEAN)
    assert str(ran.error).startswith("small: 1 bad row")
    assert "✗ failed: small: 1 bad row\n    region  amount" in ran.text
    assert isinstance(sales.fails("%odibi run"), ValidationError)
    assert not Path("data/by_region.parquet").exists()
    assert sales.ws.status("by_region") in ("skipped", "stale")


@pytest.mark.parametrize("cell", [CLEAN, "%odibi run", "%odibi run --force"])
def test_its_failure_is_blamed_on_its_own_line_and_shows_the_bad_rows(sales: Notebook, cell: str) -> None:
    sales.run(SMALL)
    ran = sales.run(cell)
    where = ran.error.where  # type: ignore[union-attr]
    assert (where.node, where.cell, where.line) == ("clean_sales", "6", 1)
    assert where.source == "%%odibi_expect clean_sales small"
    assert "small: 1 bad row\n    region  amount\n    ──────  ──────\n    S          200" in ran.text
    assert "<td>S</td>" in ran.html
    sales.ok("%odibi set preview=0")
    assert "S          200" not in sales.run(cell).text


@pytest.mark.parametrize(
    ("expectation", "check"),
    [
        ("acepted_values(region, 'N', 'S')", "accepted_values"),
        ("acepted_values(region, 'N') AND amount > 0", "accepted_values"),
        ("uniqe(region) OR amount > 0", "unique"),
        ("row_cuont > 0", "row_count"),
    ],
)
def test_of_a_misspelt_check_the_check_is_suggested(nb: Notebook, expectation: str, check: str) -> None:
    error = nb.fails(f'%odibi_node n --read local:sales.csv --expect "{expectation}"')
    assert str(error.hint).startswith(f"did you mean '{check}'?")


def test_with_warn_it_only_reports(sales: Notebook) -> None:
    ran = sales.ok(SMALL.replace(" small", " small --warn"))
    assert "! warning · 1 bad row" in ran.text
    assert "! warning: clean_sales: small: 1 bad row" in sales.ok("%odibi run").text


def test_before_its_node_it_waits(nb: Notebook) -> None:
    assert "small of clean_sales · ○ pending: waits for clean_sales" in nb.ok(SMALL).text
    nb.ok(LOAD)
    assert isinstance(nb.fails(CLEAN), ValidationError)


def test_before_its_node_a_near_name_is_suggested(sales: Notebook) -> None:
    ran = sales.ok(SMALL.replace("clean_sales", "clean_sale"))
    assert "pending: waits for clean_sale (did you mean 'clean_sales'?)" in ran.text


def test_it_waits_with_a_node_that_waits_and_with_auto_off(nb: Notebook) -> None:
    nb.ok("%%odibi_node clean_sales\nSELECT * FROM nobody")
    assert "pending: clean_sales waits for nobody" in nb.ok(SMALL).text
    nb.ok("%%odibi_node clean_sales\nSELECT 1 AS amount", "%odibi set auto=off")
    assert "auto=off" in nb.ok(SMALL.replace("160", "0")).text
    assert nb.ws.status("clean_sales") == "stale"


def test_of_a_side_effect_it_waits_for_a_run(nb: Notebook) -> None:
    nb.ok("%%odibi_node clean_sales --returns none\nopen('mark', 'w')")
    assert "only `%odibi run` performs clean_sales" in nb.ok(SMALL).text
    assert not Path("mark").exists()


def test_a_misspelt_column_is_at_its_line(sales: Notebook) -> None:
    error = sales.fails(SMALL.replace("amount", "amuont"))
    assert isinstance(error, TransformError)
    assert error.message == "expectation 'small': there is no column 'amuont'"
    assert (error.where.node, error.where.cell, error.where.line) == ("clean_sales", "6", 3)
    assert error.hint == "did you mean 'amount'? columns: region, amount"


@pytest.mark.parametrize("expectation", ["amuont > 0", "not_null(amuont)", "unique(region, amuont)"])
def test_a_column_that_an_expectation_misspells_is_at_its_place(nb: Notebook, expectation: str) -> None:
    line = f"%%odibi_node n --expect 'row_count > 0' --expect '{expectation}'"
    nb.ok(LOAD)
    error = nb.fails(f"{line}\nSELECT region, amount FROM load_sales -- amuont")
    assert error.message == f"expectation '{expectation}': there is no column 'amuont'"
    assert error.hint == "did you mean 'amount'? columns: region, amount"
    assert (error.where.node, error.where.cell, error.where.line) == ("n", "4", 1)
    assert error.where.column == line.index("amuont") + 1


@pytest.mark.parametrize("before", ["--write local:amuont/x.csv --tag amuont", "--describe 'amuont of each'"])
def test_only_the_expectation_is_pointed_at(nb: Notebook, before: str) -> None:
    line = f"%%odibi_node n {before} --expect 'row_count > 0' --expect 'amuont > 0' --tag amuont"
    nb.ok(LOAD)
    error = nb.fails(f"{line}\nSELECT region, amount FROM load_sales")
    assert error.where.column == line.index("'amuont > 0'") + 2


def test_columns_that_a_query_itself_defines_are_suggested(sales: Notebook) -> None:
    query = "WITH c AS (SELECT amount AS key_no FROM clean_sales) SELECT * FROM c WHERE key_n = 1"
    assert "key_no" in sales.fails(f"%%odibi_expect clean_sales keys\n{query}").hint


def test_a_misspelt_column_in_a_header_is_at_its_line(nb: Notebook) -> None:
    nb.ok(LOAD)
    tests = "  tests:\n  - {type: not_null, columns: [region]}\n  - {type: unique, column: amuont}"
    error = nb.fails(f"%%odibi_node n\nvalidation:\n{tests}\n---\nload_sales.assign(amuont=1)[['region']]")
    assert error.message == "expectation 'unique(amuont)': there is no column 'amuont'"
    assert (error.where.line, error.hint) == (5, "columns: region")


def test_what_is_not_even_sql_changes_nothing(sales: Notebook) -> None:
    sales.ok(SMALL.replace("160", "1000"))
    error = sales.fails(SMALL.replace("FROM", "FRM"))
    assert (error.where.cell, error.where.line) == ("7", 3)
    assert sales.ws.status("clean_sales") == "completed"


def test_other_nodes_are_seen_if_its_node_reads_them(sales: Notebook) -> None:
    sales.ok("%%odibi_expect clean_sales kept\nFROM clean_sales WHERE region NOT IN (SELECT region FROM load_sales)")
    error = sales.fails("%%odibi_expect clean_sales other\nFROM clean_sales JOIN\nby_region USING (region)")
    assert (error.where.cell, error.where.line) == ("7", 3)
    assert "it sees clean_sales and load_sales" in error.hint


def test_the_same_cell_with_another_name_renames_it(sales: Notebook) -> None:
    sales.run(SMALL, cell_id="e")
    sales.run(SMALL.replace(" small", " tiny"), cell_id="e")
    assert [one.name for one in sales.ws.expectations.of("clean_sales")] == ["tiny"]


def test_two_cells_of_one_name_are_a_note(sales: Notebook) -> None:
    sales.run(SMALL, cell_id="e")
    ran = sales.run(SMALL, cell_id="f")
    assert "note: cells 6 and 7 both declare 'small' of 'clean_sales'" in ran.text


def test_a_command_drops_it(sales: Notebook) -> None:
    sales.run(SMALL)
    assert "dropped expectation small of clean_sales" in sales.ok("%odibi drop clean_sales small").text
    assert sales.ws.status("clean_sales") == "completed"
    assert "has no expectation 'small'" in str(sales.fails("%odibi drop clean_sales small"))
    assert "run its cell again" in sales.fails("%odibi drop clean_sales small --undo").hint


def test_without_its_node_a_run_stops_and_names_the_cell(sales: Notebook) -> None:
    sales.ok("%%odibi_expect clean_sale small\nFROM clean_sale")
    error = sales.fails("%odibi run")
    assert (error.where.cell, error.where.line, error.hint) == ("6", 1, "did you mean 'clean_sales'?")
    sales.ok("%odibi run clean_sales")
    assert "'clean_sale', which is not declared" in sales.run("%odibi validate").text


@pytest.mark.parametrize(
    ("line", "said"),
    [("clean_sales", "NAME is missing"), ("a b --wran", "did you mean '--warn'?"), ("a b", "the SQL is empty")],
)
def test_what_makes_no_sense_is_one_error_at_the_cell(nb: Notebook, line: str, said: str) -> None:
    error = nb.fails(f"%%odibi_expect {line}")
    assert isinstance(error, UsageError | TransformError)
    assert error.where.cell == "3"
    assert said in str(error)


def test_no_rows_are_shown_where_none_are_to_be(sales: Notebook) -> None:
    sales.ok("%odibi set preview=0")
    ran = sales.run(SMALL)
    assert "1 bad row" in ran.text
    assert "<td>" not in ran.html


def test_a_nodes_cell_keeps_it(sales: Notebook) -> None:
    sales.run(SMALL)
    sales.ok("%odibi params min_amount=180", "%odibi drop by_region")
    assert isinstance(sales.fails(CLEAN), ValidationError)
    sales.ok(BY_REGION.replace("clean_sales", "load_sales"))


@pytest.mark.parametrize(
    "declared",
    [
        "%%odibi_node big --expect 'amount >= $min_amount' --write local:big.csv\nSELECT * FROM load_sales",
        "%%odibi_node big --write local:big.csv --expect 'sum(amount) OVER () / 4 >= $min_amount -- mean'\nload_sales",
    ],
)
def test_a_condition_takes_parameters(nb: Notebook, declared: str) -> None:
    nb.ok(LOAD, "%odibi params min_amount=0", declared, "%odibi params min_amount=120")
    assert "min_amount 0 → 120" in nb.ok("%odibi plan big").text
    error = nb.fails("%odibi run big")
    assert "$min_amount" in error.message
    assert "bad row" in error.message
    assert nb.ws.plan("big", params={"min_amount": 10})[-1].write == "write"
    nb.ok("%odibi run big --param min_amount=10")
    assert nb.ws["load_sales"].rows == 4


def test_a_unit_test_gives_parameters_of_conditions_too(nb: Notebook) -> None:
    cell = "%%odibi_node big --expect 'amount >= $min_amount'\nSELECT * FROM load_sales WHERE amount IS NOT NULL"
    nb.ok(LOAD, f"{cell} AND amount >= 100")
    test = "%%odibi_test big kept\ngiven: {{load_sales: [{{region: N, amount: 150}}]}}\nparams: {{min_amount: {}}}\n"
    nb.ok(f"{test.format(150)}expect: {{count: 1}}")
    nb.ok(f"{test.format(151)}expect: {{error: 1 bad row}}")


def test_a_parameter_that_only_a_condition_lacks_can_be_set(nb: Notebook) -> None:
    assert nb.fails("%%odibi_node big --expect 'amount >= $least'\nSELECT 5 AS amount").hint.startswith("give it")
    nb.ok("%odibi params least=5", "%odibi run big")
    assert nb.ws["big"].status == "completed"


def test_a_condition_with_a_parameter_that_has_no_value_is_an_error_at_its_place(nb: Notebook) -> None:
    error = nb.fails("%%odibi_node big --expect 'amount >= $min_amont'\nSELECT 1 AS amount")
    assert (error.hint, error.where.line) == ("did you mean 'min_amount'?", 1)


def test_a_condition_in_a_header_is_shown_on_its_line(nb: Notebook) -> None:
    header = "validation:\n  tests:\n  - type: custom_sql\n    condition: amount >= $min_amount"
    error = nb.fails(f"%%odibi_node big\n{header}\n---\nSELECT 1 AS amount")
    assert (error.where.line, error.where.source) == (5, "    condition: amount >= $min_amount")


def test_a_count_compared_in_another_way_says_how(sales: Notebook) -> None:
    hint = sales.fails("%%odibi_node some --expect 'row_count % 2 = 0'\nSELECT * FROM load_sales").hint
    assert hint.startswith("the number of rows alone is compared with a number: row_count >= 1;")
