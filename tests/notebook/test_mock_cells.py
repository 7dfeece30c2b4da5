"""`%%odibi_mock` and `--mock` in cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from odibi_nb.exceptions import ConfigValidationError, TransformError, UsageError, ValidationError
from tests.notebook.shells import BY_REGION, CLEAN, LOAD, Notebook

MOCK = "%%odibi_mock by_region\nclean_sales: [{region: NO, amount: 5}, {region: NO, amount: 7}]"


def test_a_mock_cell_shows_its_node_on_the_rows(sales: Notebook) -> None:
    ran = sales.ok(MOCK)
    head, *table = ran.text.splitlines()
    assert head.startswith("by_region · ✓ completed · 1 row")
    assert head.endswith("[MOCK]")
    assert table[-1].split() == ["NO", "12"]  # no boolean
    assert '<span class="odibi-badge">MOCK</span>' in ran.html
    assert "NO" not in sales.ok("%odibi show by_region").text
    assert sales.ok("%odibi show by_region --mock").text == ran.text


def test_the_journey_needs_no_other_result(nb: Notebook) -> None:
    nb.ok("%odibi set auto=off", LOAD, CLEAN, BY_REGION, "%odibi set auto=on")
    assert "[MOCK]" in nb.ok(MOCK).text
    assert nb.ws.status("by_region") == "pending"


def test_a_mock_cell_before_its_node_waits_for_it(nb: Notebook) -> None:
    assert nb.ok(MOCK).text.strip() == "mock rows for by_region: clean_sales · 'by_region' is not declared yet"
    assert "did you mean 'load_sales'?" in nb.ok(LOAD, "%%odibi_mock\nload_sale: [{a: 1}]").text


def test_a_mock_of_one_of_two_inputs_waits_for_the_other(sales: Notebook) -> None:
    sales.ok("%%odibi_node joined --no-run\nSELECT * FROM clean_sales JOIN load_sales USING (region)")
    csv = "%%odibi_mock joined --input clean_sales\nregion, amount\nN, 5\n"
    assert "still without rows: load_sales" in sales.ok(csv).text
    ran = sales.ok("%%odibi_mock joined --input load_sales\nregion\nN\nN")
    assert "2 rows" in ran.text


@pytest.mark.parametrize(
    ("header", "said"), [("regoin, amount", "has a column 'regoin'"), ("region, region", "two columns")]
)
def test_a_misspelt_header_in_csv_is_blamed_at_its_own_line(sales: Notebook, header: str, said: str) -> None:
    error = sales.fails(f"%%odibi_mock by_region --input clean_sales\n\n{header}\nN, 5\n")
    assert said in error.message
    assert (error.where.line, error.where.source) == (3, header)


def test_rows_for_all_readers_say_what_they_are_for(sales: Notebook) -> None:
    assert sales.ok("%%odibi_mock\nload_sales: [{region: N, amount: 500}]").text.strip() == (
        "mock rows for all readers: load_sales"
    )
    ran = sales.ok("%odibi run --mock")
    assert ran.text.count("MOCK") == 3
    assert not Path("data/by_region.parquet").exists()
    assert sales.ws.trials["by_region"].df().to_dict("records") == [{"region": "N", "total": 500}]


def test_auto_off_keeps_the_rows_and_runs_nothing(sales: Notebook) -> None:
    sales.ok("%odibi set auto=off")
    assert "auto=off: not run" in sales.ok(MOCK).text


def test_a_node_with_mock_runs_on_its_mocks_alone(nb: Notebook) -> None:
    nb.ok(MOCK)
    ran = nb.ok(BY_REGION.replace("by_region ", "by_region --mock --into found ", 1))
    assert "[MOCK]" in ran.text
    assert "note: found has these rows (MOCK), not the node's result" in ran.text
    assert nb.shell.user_ns["found"].to_dict("records") == [{"region": "NO", "total": 12}]
    assert nb.ws.status("by_region") == "pending"
    error = nb.fails("%%odibi_node other --mock\nSELECT * FROM clean_sales")
    assert error.message == "input 'clean_sales' of node 'other' has no mock"
    assert error.where.cell == str(nb.shell.execution_count - 1)


def test_a_node_with_made_up_rows(sales: Notebook) -> None:
    ran = sales.ok("%%odibi_node sums --mock=auto\nSELECT count(*) AS n, min(region) AS region FROM clean_sales")
    assert ran.text.splitlines()[-1].split() == ["5", "east"]


def test_no_run_only_declares(sales: Notebook) -> None:
    assert "MOCK" not in sales.ok("%%odibi_node n --mock --no-run\nSELECT * FROM clean_sales").text


def test_a_failing_node_raises_and_names_the_column_that_is_left_out(sales: Notebook) -> None:
    error = sales.fails("%%odibi_mock by_region\nclean_sales: [{region: N}]")
    assert isinstance(error, TransformError)
    assert error.hint == "the mock of 'clean_sales' has no column 'amount': add it to its rows"


@pytest.mark.parametrize(
    ("cell", "kind", "message", "line"),
    [
        ("by_region\n", UsageError, "the cell has no rows", 1),
        ("by_region --inptu x\na\n1", UsageError, "unknown option --inptu", 1),
        ("by_region more\na: []", UsageError, "unexpected 'more'", 1),
        ("by_region\n[1]", ConfigValidationError, "mock rows are a mapping: input: [rows]", 2),
        ("by_region\n\nclean_sales: 5", ConfigValidationError, "the rows of 'clean_sales' are no rows", 3),
        ("by_region\nclean_sales: [5]", ConfigValidationError, "the rows of 'clean_sales' are no rows", 2),
        ("by_region\nclean_sales: [5", ConfigValidationError, "not YAML", 2),
        ("by_region\nclean_sales:\n- {amount: 1}\n- {amount: x}", ValidationError, "'x' is no BIGINT", 4),
        ("by_region\nclean_sales:\n- {amont: 1}", ValidationError, "has a column 'amont' that", 3),
        ("by_region\nsales: [{amount: 1}]", ValidationError, "'sales' is no input of node 'by_region'", 2),
        ("by_region --input clean_sales\nregion, amount\nN, 5, 6", ValidationError, "has 3 values, its header 2", 3),
        ("by_region --input clean_sales\namount\n5\n\nx", ValidationError, "'x' is no BIGINT", 5),
    ],
)
def test_a_mistake_is_one_error_at_its_line(sales: Notebook, cell: str, kind: Any, message: str, line: int) -> None:
    error = sales.fails(f"%%odibi_mock {cell}")
    assert isinstance(error, kind)
    assert message in error.message
    assert (error.where.cell, error.where.line) == (str(sales.shell.execution_count - 1), line)
    assert not list(sales.ws.trials.mocks)


def test_running_a_cell_again_replaces_its_mocks(sales: Notebook) -> None:
    both = "%%odibi_mock\nload_sales: [{region: N, amount: 500}]\nclean_sales: [{region: N, amount: 1}]"
    sales.run(both, cell_id="one")
    sales.run("%%odibi_mock\nload_sales: [{region: S, amount: 900}]", cell_id="one")
    assert [mock.input for mock in sales.ws.trials.mocks] == ["load_sales"]
    sales.ok("%odibi run --mock")
    assert sales.ws.trials["by_region"].df().region.tolist() == ["S"]


def test_two_cells_that_mock_one_input_are_named(sales: Notebook) -> None:
    first = sales.run(MOCK, cell_id="one")
    second = sales.run(MOCK.replace("NO", "X"), cell_id="two")
    assert "both mock" not in first.text
    assert "both mock 'clean_sales' of 'by_region': that of cell " in second.text
    assert second.text.split("note: ")[1].startswith("cells ")


def test_a_deleted_cell_takes_its_mocks_along(sales: Notebook) -> None:
    sales.run(MOCK, cell_id="one")
    sales.shell.get_parent = lambda: {"metadata": {"deletedCells": ["one"]}}  # what a kernel's shell has
    assert "dropped mock rows for by_region: their cell was deleted" in sales.ok("1").text
    assert not list(sales.ws.trials.mocks)


def test_a_cell_under_another_name_takes_the_nodes_mocks_along(sales: Notebook) -> None:
    sales.run(BY_REGION.replace("by_region", "areas"), cell_id="x")
    sales.ok("%%odibi_mock areas\nclean_sales: [{region: A, amount: 1}]")
    sales.run(BY_REGION.replace("by_region", "zones"), cell_id="x")
    assert [mock.node for mock in sales.ws.trials.mocks] == ["zones"]
    sales.ok("%odibi run zones --mock")


def test_the_help_shows_examples_and_options(nb: Notebook) -> None:
    page = nb.ok("%%odibi_mock --help\n").text
    assert "%%odibi_mock by_region\n" in page
    assert "--input NAME" in page


def test_showing_a_trial_that_never_was_says_how(sales: Notebook) -> None:
    assert sales.fails("%odibi show by_region --mock").hint == "%odibi run by_region --mock"
