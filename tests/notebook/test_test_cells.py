"""`%%odibi_test` and `%odibi test` in a real shell."""

from __future__ import annotations

from typing import Any

from odibi_nb.exceptions import NodeExecutionError, UnitTestFailed, UsageError
from tests.notebook.shells import BY_REGION, Kernel, Notebook

GIVEN = "given: {clean_sales: [{region: N, amount: 5}, {region: N, amount: 7}]}\n"
GOOD = f"%%odibi_test by_region sums\n{GIVEN}expect: [{{region: N, total: 12}}]"
BAD = f"%%odibi_test by_region wrong\n{GIVEN}expect: [{{region: N, total: 13}}]"


def test_running_a_test_s_cell_runs_the_test_and_nothing_else(nb: Notebook) -> None:
    nb.ok("%odibi set auto=off", BY_REGION, "%odibi set auto=on")
    ran = nb.ok(GOOD)
    assert ran.text.startswith("by_region::sums · ✓ passed · ")
    assert "✓ passed" in ran.html
    assert nb.ws.status("by_region") == "pending"


def test_a_test_that_fails_shows_what_differs_and_raises(sales: Notebook) -> None:
    ran = sales.run(BAD)
    assert ran.text.count("1 row differs") == 1  # in what is raised, not on the card as well
    assert "1 · region N  total   13        12" in ran.text
    assert "<td>1 · region N</td>" in ran.html
    error: Any = ran.error
    assert isinstance(error, UnitTestFailed)
    assert isinstance(error, AssertionError)
    assert error.message == "1 row differs: row 1 · region N, total is 12, not 13"
    assert (error.where.cell, error.where.line) == ("6", 3)
    assert sales.ws.status("by_region") == "completed"


def test_a_node_that_raises_is_shown_at_its_own_line(sales: Notebook) -> None:
    error = sales.fails("%%odibi_test clean_sales typo\ngiven: {load_sales: [{region: N}]}\nexpect: []")
    assert isinstance(error, NodeExecutionError)
    assert (error.where.cell, error.where.line) == ("4", 3)


def test_a_test_may_come_before_its_node(nb: Notebook) -> None:
    ran = nb.ok(GOOD)
    assert ran.text.splitlines() == ["by_region::sums · ○ pending", "waits for node 'by_region'"]
    nb.ok("%odibi set auto=off", BY_REGION)
    assert "1 test: 1 passed" in nb.ok("%odibi test").text


def test_a_test_of_a_node_that_is_gone_is_an_error(sales: Notebook) -> None:
    sales.ok(GOOD, "%odibi rename by_region totals")
    ran = sales.run("%odibi test")
    assert isinstance(ran.error, UnitTestFailed)
    assert "there is no node 'by_region'" in ran.text


def test_the_command_shows_every_test_and_raises_their_sum(sales: Notebook) -> None:
    sales.ok(GOOD)
    assert sales.run(BAD).error is not None
    ran = sales.run("%odibi test")
    assert "2 tests: 1 passed, 1 failed" in ran.text
    assert "1 row differs · cell 7, line 3" in ran.text
    assert "by_region::wrong" in ran.html
    assert str(ran.error) == "1 of 2 tests failed: by_region::wrong"
    assert sales.run("%odibi test -k sums").error is None


def test_without_tests_the_command_is_refused(sales: Notebook) -> None:
    assert isinstance(sales.fails("%odibi test"), UsageError)


def test_the_same_cell_run_again_replaces_its_test(sales: Notebook) -> None:
    sales.run(BAD, cell_id="a")
    sales.run(GOOD, cell_id="a")
    assert list(sales.ws.tests) == ["by_region::sums"]
    assert "note: cells 7 and 8 both declare the test 'by_region::sums'" in sales.run(GOOD, cell_id="b").text


def test_a_test_can_be_dropped(sales: Notebook) -> None:
    sales.ok(GOOD, "%odibi drop by_region::sums")
    assert not sales.ws.tests
    assert "by_region" in sales.ws
    assert "there is no test 'by_region::sums'" in str(sales.fails("%odibi drop by_region::sums"))


def test_bad_yaml_is_an_error_of_the_cell(nb: Notebook) -> None:
    error = nb.fails("\n%%odibi_test by_region sums\nexpct: []")
    assert (error.where.cell, error.where.line) == ("3", 3)


def test_an_empty_cell_says_what_is_missing(nb: Notebook) -> None:
    assert nb.fails("%%odibi_test by_region sums").message == "'expect' is missing"
    assert nb.fails("%%odibi_test by_region").message == "odibi_test: TEST is missing"


def test_the_help_has_an_example(nb: Notebook) -> None:
    for cell in ("%%odibi_test --help", "%%odibi_test?"):
        ran = nb.run(cell)
        assert "expect: [{region: N, total: 12}]" in ran.text + str(ran.bundles)


def test_a_deleted_cell_s_test_is_dropped_with_a_notice(kernel: Kernel) -> None:
    kernel.ok("%load_ext odibi_nb", "%%odibi_node one\nSELECT 1 AS x")
    assert "✓ passed" in kernel.run("%%odibi_test one x\nexpect: [{x: 1}]", cellId="t").text
    assert "dropped the test one::x: its cell was deleted" in kernel.run("pass", deletedCells=["t"]).text
    assert "there is no test to run" in kernel.run("%odibi test").traceback
