"""What a card says of an edit, and `%odibi diff` and `%odibi profile` in cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.exceptions import SourceNotFoundError, TransformError, UsageError, ValidationError
from tests.notebook.shells import BY_REGION, Notebook

EDITED = BY_REGION.replace("sum(amount) AS total", "sum(amount) * 2 AS total, count(*) AS sales")


def test_an_edited_cell_shows_what_it_has_changed(sales: Notebook) -> None:
    ran = sales.ok(EDITED)
    assert (
        "since the last result:\n  columns: + sales BIGINT\n  rows: 2 → 2 · 2 changed (total 2) · by region" in ran.text
    )
    assert ran.text.index("completed") < ran.text.index("since the last result") < ran.text.index("───")
    assert "rows that differ" in ran.html


def test_the_same_cell_again_shows_nothing(sales: Notebook) -> None:
    sales.ok(EDITED)
    assert "since the last result" not in sales.ok(EDITED).text
    assert "since the last result" not in sales.ok("%odibi show by_region").text


def test_an_edit_that_changes_nothing_says_so(sales: Notebook) -> None:
    ran = sales.ok(BY_REGION.replace("sum(amount)", "0 + sum(amount)"))
    assert "no difference: the same columns and 2 rows" in ran.text


def test_a_card_shows_the_change_after_broken_expectations(sales: Notebook) -> None:
    ran = sales.run(EDITED.replace("%%odibi_node by_region", "%%odibi_node by_region --expect 'total < 0'"))
    assert isinstance(ran.error, ValidationError)
    assert ran.text.index("total < 0: 2 of 2 rows") < ran.text.index("since the last result") < ran.text.rindex("───")


def test_a_diff_shows_samples(sales: Notebook) -> None:
    sales.ok(EDITED)
    ran = sales.ok("%odibi diff by_region")
    assert ran.text.startswith("by_region against the previous result\ncolumns: + sales BIGINT\n")
    assert "N       total   150     300" in ran.text
    assert "<script" not in ran.html
    assert "300" in ran.html


def test_the_first_result_has_no_previous_one_and_that_is_no_error(sales: Notebook) -> None:
    assert "there is no previous result" in sales.ok("%odibi run", "%odibi diff by_region --exit-code").text


def test_a_diff_computes_what_is_stale(sales: Notebook) -> None:
    sales.ok(EDITED + " -- \n", "%odibi set auto=off", BY_REGION)
    assert "− sales BIGINT" in sales.ok("%odibi diff by_region").text
    assert sales.ws.status("by_region") in ("completed", "cached")


def test_a_diff_against_what_is_written(sales: Notebook) -> None:
    error = sales.fails("%odibi diff by_region --against written")
    assert isinstance(error, SourceNotFoundError)
    sales.ok("%odibi run")
    written = Path("data/by_region.parquet").read_bytes()
    assert "no difference" in sales.ok("%odibi diff by_region --against written").text
    sales.ok(EDITED)
    ran = sales.ok("%odibi diff by_region --against written --rows 1")
    assert "by_region against local:by_region.parquet" in ran.text
    assert "… 1 more row" in ran.text
    assert Path("data/by_region.parquet").read_bytes() == written


def test_a_diff_against_any_file(sales: Notebook) -> None:
    ran = sales.ok("%odibi diff load_sales --against local:sales.csv")
    assert "no difference: the same columns and 4 rows" in ran.text
    assert sales.fails("%odibi diff load_sales --against local:sale.csv").hint == "did you mean 'sales.csv'?"


def test_a_key_and_a_tolerance(sales: Notebook) -> None:
    sales.ok(BY_REGION.replace("sum(amount)", "sum(amount) + 0.25"))
    assert "2 changed" in sales.ok("%odibi diff by_region --key region --tolerance 0.2").text
    assert "all the same" in sales.ok("%odibi diff by_region --key region --tolerance 0.25").text
    assert sales.fails("%odibi diff by_region --key regon").hint == "did you mean 'region'?"
    assert isinstance(sales.fails("%odibi diff by_region --tolerance x"), UsageError)
    assert "expects at most 1,000 rows" in str(sales.fails("%odibi diff by_region --rows 1001"))
    sales.ok("%%odibi_node twice\nSELECT 1 AS a, 2 AS b", "%%odibi_node twice\nSELECT 1 AS a, 3 AS b FROM range(2)")
    assert "a does not name a row: 2 rows now have '1'" in str(sales.fails("%odibi diff twice --key a"))


def test_exit_code_stops_run_all_when_something_differs(sales: Notebook) -> None:
    sales.ok(EDITED)
    ran = sales.run("%odibi diff by_region --exit-code")
    assert isinstance(ran.error, ValidationError)
    assert "by_region differs from the previous result" in str(ran.error)
    assert "2 changed" in ran.text


@pytest.mark.parametrize("against", ["nonsense", "local:", ":x.csv"])
def test_what_to_compare_with_is_one_of_three(sales: Notebook, against: str) -> None:
    assert "expects previous, written or CONN:PATH" in str(sales.fails(f"%odibi diff by_region --against {against}"))


@pytest.mark.parametrize("command", ["diff", "profile"])
def test_a_node_that_is_not_there_or_fails(sales: Notebook, command: str) -> None:
    assert sales.fails(f"%odibi {command} by_regon").hint == "did you mean 'by_region'?"
    sales.run("%%odibi_node bad\nSELECT nope FROM load_sales")
    error = sales.fails(f"%odibi {command} bad")
    assert isinstance(error, TransformError)
    assert error.where.line == 2


def test_a_profile_has_a_line_for_each_column(sales: Notebook) -> None:
    ran = sales.ok("%odibi profile load_sales")
    assert ran.text.startswith("load_sales · 4 rows · 2 columns")
    assert "1 (25%)" in ran.text
    assert "N 2, S 2" in ran.text
    assert "█" in ran.text
    assert "data:image/svg+xml;base64," in ran.html
    assert "region" not in sales.ok("%odibi profile load_sales amount").text
    assert sales.fails("%odibi profile load_sales amont").hint == "did you mean 'amount'?"


def test_a_profile_computes_what_never_ran(sales: Notebook) -> None:
    sales.ok("%%odibi_node later --no-run\nSELECT * FROM by_region")
    assert "later · 2 rows" in sales.ok("%odibi profile later").text


def test_an_object_has_no_columns(sales: Notebook) -> None:
    sales.ok("%%odibi_node model --returns object\n5")
    assert "is an object, not rows" in str(sales.fails("%odibi profile model"))


@pytest.mark.parametrize("command", ["diff", "profile"])
def test_a_session_has_the_values_of_parameters(sales: Notebook, command: str) -> None:
    assert "%odibi params" in sales.fails(f"%odibi {command} by_region --param min_amount=5").hint
