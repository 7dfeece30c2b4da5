"""Unit tests of nodes: what is given, what is expected, and what is said when it doesn't come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import UnitTestFailed
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.given_rows import given_rows
from odibi_nb.workspaces.node_tests import NodeTest, declared_test
from odibi_nb.workspaces.testing import Verdict, problems_of_tests, run_test

SUMS = "SELECT region, sum(amount) AS total FROM clean GROUP BY region ORDER BY region"
CLEAN = "def clean(load, least=0):\n    print('cleaning')\n    return load[load['amount'] >= least]"
GIVEN = "given: {clean: [{region: N, amount: 5}, {region: N, amount: 7}, {region: NO, amount: 1}]}\n"

Tested = Callable[[str, str], Verdict]


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """Nodes in SQL and Python; nothing they read is there."""
    workspace = Workspace(tmp_path)
    workspace.node("load", read={"connection": "nowhere", "path": "sales.csv"})
    workspace.node("clean", CLEAN)
    workspace.node("sums", SUMS, write={"connection": "nowhere", "path": "sums.parquet"})
    yield workspace
    workspace.close()


def declared(node: str, body: str, name: str = "it", cell: str = "7") -> NodeTest:
    text = f"%%odibi_test {node} {name}\n{body}"
    return declared_test(f"{node} {name}", body, CellOrigin(cell, f"id{cell}", text))


@pytest.fixture
def tested(ws: Workspace) -> Tested:
    return lambda node, body: run_test(ws, declared(node, body))


def error_of(verdict: Verdict, status: str) -> tuple[str, str | None, int | None]:
    assert verdict.status == status, verdict.error
    assert verdict.error is not None
    return verdict.error.message, verdict.error.hint, verdict.error.where.line


def test_sql_is_tested_on_given_rows_and_nothing_else_is_needed(tested: Tested, ws: Workspace) -> None:
    assert tested("sums", GIVEN + "expect: [{region: NO, total: 1}, {region: N, total: 12}]").status == "passed"
    assert ws.result("sums") is None
    assert not list(ws.root.iterdir())


def test_python_is_tested_with_parameters_of_the_test(tested: Tested) -> None:
    given = "given: {load: [{amount: 5}, {amount: 50}]}\n"
    assert tested("clean", given + "params: {least: 50}\nexpect: [{amount: 50}]").status == "passed"
    assert tested("clean", given + "expect: {count: 2}").status == "passed"


def test_a_parameter_that_has_a_value_in_the_test_alone_is_enough(tested: Tested, ws: Workspace) -> None:
    ws.node("large", "SELECT * FROM load WHERE amount > $least_of_all")
    body = "given: {load: [{amount: 5}, {amount: 50}]}\nparams: {least_of_all: 10}\nexpect: [{amount: 50}]"
    assert tested("large", body).status == "passed"


def test_a_node_of_steps_is_tested(tested: Tested, ws: Workspace) -> None:
    steps = [{"operation": "filter", "params": {"condition": "amount > 5"}}, {"sql": "SELECT count(*) AS n FROM df"}]
    ws.node("steps", depends_on=["load"], transform={"steps": steps})
    assert tested("steps", "given: {load: [{amount: 5}, {amount: 50}]}\nexpect: [{n: 1}]").status == "passed"


def test_a_node_that_reads_is_given_its_rows_under_its_own_name(tested: Tested) -> None:
    assert tested("load", "given: {load: [{amount: 5}]}\nexpect: [{amount: 5}]").status == "passed"


def test_a_test_needs_nothing_above_its_node_to_be_declared(tested: Tested, ws: Workspace) -> None:
    ws.node("alone", "SELECT max(x) AS x FROM not_yet")
    assert tested("alone", "given: {not_yet: [{x: 1}, {x: 3}]}\nexpect: [{x: 3}]").status == "passed"


def test_what_differs_is_in_the_verdict_at_the_line_of_the_row(tested: Tested) -> None:
    verdict = tested("sums", GIVEN + "expect:\n- {region: NO, total: 1}\n- {region: N, total: 13}")
    assert error_of(verdict, "failed") == ("1 row differs", None, 5)
    assert isinstance(verdict.error, UnitTestFailed)
    assert verdict.difference is not None
    (pair,) = verdict.difference.pairs
    assert (pair.number, pair.expected, pair.got) == (2, ("N", 13), ("N", 12))
    assert [column.type for column in verdict.schema] == ["VARCHAR", "BIGINT"]


def test_only_the_expected_columns_are_compared(tested: Tested) -> None:
    assert tested("sums", GIVEN + "expect: [{total: 12}, {total: 1}]").status == "passed"


def test_a_column_that_isn_t_there_is_named(tested: Tested) -> None:
    verdict = tested("sums", GIVEN + "expect: [{totl: 12}]")
    assert error_of(verdict, "failed") == ("the result has no column 'totl'", "did you mean 'total'?", 3)


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("[{region: N, total: 12}, {region: 'NO', total: 1}]", None),
        ("[{region: N, total: 12.0}, {region: 'NO', total: 1.0}]", "2 rows differ"),
        ("[{total: 12}, {total: 1}]", "the result has more columns than expected: region"),
        ("[{total: 12, region: N}]", "the columns come in another order than expected: region, total"),
    ],
)
def test_exactly_means_columns_order_and_kinds_of_numbers_too(tested: Tested, expect: str, message: str | None) -> None:
    verdict = tested("sums", GIVEN + f"exact: true\nexpect: {expect}")
    assert (verdict.error.message if verdict.error else None) == message


def test_the_order_counts_when_asked_for(tested: Tested) -> None:
    rows = "expect: [{region: NO}, {region: N}]"
    assert tested("sums", GIVEN + rows).status == "passed"
    verdict = tested("sums", GIVEN + "ordered: true\n" + rows)
    assert error_of(verdict, "failed")[0] == "the rows are as expected, but in another order"


def test_a_tolerance_is_kept(tested: Tested) -> None:
    assert tested("sums", GIVEN + "tolerance: 1\nexpect: [{total: 13}, {total: 0}]").status == "passed"
    assert tested("sums", GIVEN + "tolerance: 0.5\nexpect: [{total: 13}, {total: 1}]").status == "failed"


def test_no_rows_can_be_expected(tested: Tested) -> None:
    nothing = "given: {load: [{amount: 1}]}\nparams: {least: 9}\nexpect: []"
    assert tested("clean", nothing).status == "passed"
    assert error_of(tested("sums", GIVEN + "expect: []"), "failed")[0] == "2 rows too many"


def test_a_count_can_be_expected(tested: Tested) -> None:
    assert tested("sums", GIVEN + "expect: {count: 2}").status == "passed"
    assert error_of(tested("sums", GIVEN + "expect: {count: 3}"), "failed")[0] == "the result has 2 rows, not 3"


def test_an_error_that_was_not_expected_is_at_the_node_s_own_line(tested: Tested) -> None:
    verdict = tested("sums", "given: {clean: [{region: N, amont: 5}]}\nexpect: []")
    message, hint, line = error_of(verdict, "error")
    assert "amount" in message
    assert (hint, line) == ("did you mean 'amont'?", 1)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("amount", None),
        ("{type: KeyError}", None),
        ("{type: LookupError, message: amount}", None),
        ("{type: KeyError, message: total}", "the node raised another error than the one expected: KeyError 'total'"),
        ("{type: TypeError}", "the node raised another error than the one expected: TypeError"),
    ],
)
def test_an_error_can_be_expected(tested: Tested, error: str, message: str | None) -> None:
    verdict = tested("clean", f"given: {{load: [{{total: 5}}]}}\nexpect: {{error: {error}}}")
    assert (verdict.error.message if verdict.error else None) == message
    assert (verdict.raised is None) == (message is None)


def test_an_expected_error_that_doesn_t_come_is_missed(tested: Tested) -> None:
    verdict = tested("clean", "given: {load: [{amount: 5}]}\nexpect: {error: negative}")
    assert error_of(verdict, "failed")[0] == "the node raised nothing where an error was expected: 'negative'"


def test_a_broken_expectation_of_the_node_is_an_error_that_can_be_expected(tested: Tested, ws: Workspace) -> None:
    check = {"tests": [{"type": "not_null", "columns": ["amount"]}]}
    ws.node("checked", "SELECT * FROM load", validation=check)
    given = "given: {load: [{amount: 5}, {amount: null}]}\n"
    assert tested("checked", given + "expect: {error: not_null}").status == "passed"
    assert tested("checked", given + "expect: {count: 2}").status == "error"


def test_the_output_of_the_node_is_kept(tested: Tested) -> None:
    assert tested("clean", "given: {load: [{amount: 5}]}\nexpect: {count: 3}").output == "cleaning\n"


def test_a_node_without_rows_can_t_be_compared(tested: Tested, ws: Workspace) -> None:
    ws.node("figure", "def figure(load):\n    return 'a picture'", returns="object")
    verdict = tested("figure", "given: {load: [{amount: 5}]}\nexpect: {count: 1}")
    assert error_of(verdict, "failed")[0] == "the node returns no rows to compare"


def test_a_side_effect_is_not_performed_for_a_test(tested: Tested, ws: Workspace) -> None:
    ws.node("notify", "def notify(load):\n    raise SystemError('performed')", returns="none")
    verdict = tested("notify", "given: {load: [{amount: 5}]}\nexpect: {error: performed}")
    assert error_of(verdict, "error")[0] == "node 'notify' is a side effect, which only a run performs"


def test_a_disabled_node_passes_no_test(tested: Tested, ws: Workspace) -> None:
    ws.node("off", "SELECT * FROM load", enabled=False)
    verdict = tested("off", "given: {load: [{amount: 5}]}\nexpect: {count: 1}")
    assert error_of(verdict, "failed")[0].startswith("the node was not run: ")


def test_csv_is_typed_by_its_columns(tested: Tested) -> None:
    body = (
        'given:\n  clean: |\n    region, amount, code\n    N,5,07\n    NO,,x7\n    "a, b",2.5,\n'
        "expect: [{region: N, total: 5}, {region: 'NO', total: null}, {region: 'a, b', total: 2.5}]"
    )
    assert tested("sums", body).status == "passed"


@pytest.mark.parametrize("kind", ["VARCHAR", None])
def test_a_cell_of_csv_means_the_same_in_a_mock_and_in_a_test(ws: Workspace, kind: str | None) -> None:
    csv = 'day,n,flag,code,note,at\n2026-01-01,"5",TRUE,007,"", 2026-01-01 10:00\n2026-01-02,,false,8,NULL,\n'
    if kind:
        ws.node("clean", f"SELECT '' AS day, '' AS n, '' AS flag, ''::{kind} AS code, '' AS note, '' AS at")
    ws.node("types", "SELECT * FROM clean")
    ws.mock("types", {"clean": csv})
    ws.trials.try_node("types")
    mocked = ws.trials["types"]
    result = ws.try_node("types", given_rows(declared("types", body_of(csv)).read(), dict))
    assert result.dataset is not None
    assert (result.dataset.schema, result.dataset.arrow().to_pylist()) == (mocked.schema, mocked.arrow().to_pylist())
    first, second = mocked.arrow().to_pylist()
    assert (first["note"], second["note"]) == ("", "NULL")
    assert (first["code"], second["n"]) == (("007" if kind else 7), None)


def body_of(csv: str) -> str:
    return f"given:\n  clean: |\n{indent(csv, '    ')}expect: []"


def test_csv_can_give_columns_without_rows(tested: Tested) -> None:
    assert tested("clean", "given:\n  load: |\n    amount,region\nexpect: []").status == "passed"


@pytest.mark.parametrize(
    ("fill", "passes"),
    [
        ("", False),
        ("fill: null\n", True),
        ("fill: {clean: {amount: null}}\n", True),
        ("fill: {clean: {x: 1}}\n", False),
    ],
)
def test_columns_that_rows_leave_out_are_filled_only_when_asked(tested: Tested, fill: str, passes: bool) -> None:
    body = f"given: {{clean: [{{region: N, amount: 5}}, {{region: N}}]}}\n{fill}expect: [{{region: N, total: 5}}]"
    verdict = tested("sums", body)
    assert verdict.status == ("passed" if passes else "error")
    if not passes:
        assert error_of(verdict, "error")[0] == "row 2 of input 'clean' leaves out 'amount', which the first row has"


def test_a_column_that_no_row_has_is_filled_with_its_value(tested: Tested) -> None:
    body = "given: {clean: [{amount: 5}, {amount: 7}]}\nfill: {clean: {region: S}}\nexpect: [{region: S, total: 12}]"
    assert tested("sums", body).status == "passed"


@pytest.mark.parametrize(
    ("body", "line", "message", "hint"),
    [
        ("expect: []", 2, "input 'clean' of node 'sums' has no mock", None),
        ("given:\n  clea: [{a: 1}]\nexpect: []", 3, "'clea' is no input of node 'sums'", "did you mean 'clean'?"),
        ("given:\n  clean: []\nexpect: []", 3, "input 'clean' has no rows, and so no columns", "CSV"),
        ("given:\n  clean: ''\nexpect: []", 3, "input 'clean' has no rows, and so no columns", "CSV"),
        ("given:\n  clean: |\n    a,b\n    1\nexpect: []", 5, "a row of the given 'clean' has 1 value", "quotes"),
        ('given:\n  clean: |\n    a,b\n    1,x"y\nexpect: []', 5, "the given 'clean': a quote opens or closes", None),
        ("given:\n  clean:\n  - {a: 1}\n  - {a: x}\nexpect: []", 4, "column 'a' of the given 'clean' mixes", None),
        ("given:\n  clean: mock\nexpect: []", None, "node 'sums' has no mocks", "%%odibi_mock sums"),
        (GIVEN + "fill: {claen: {a: 1}}\nexpect: []", 3, "'claen' is none", "did you mean 'clean'?"),
        (GIVEN + "params: {x: 1}\nexpect: []", 3, "node 'sums' takes no parameter 'x'", "its parameters: none"),
        ("exact: [\nexpect: []", None, "not YAML", None),
        ("- 5", 2, "a test is a mapping of given and expect", "given"),
    ],
)
def test_a_test_that_can_t_be_run_is_an_error_at_its_line(
    tested: Tested, body: str, line: int | None, message: str, hint: str | None
) -> None:
    verdict = tested("sums", body)
    said, hinted, at = error_of(verdict, "error")
    assert message in said
    assert (hint or "") in (hinted or "")
    assert at == line or line is None
    assert verdict.error is not None
    assert (verdict.error.where.cell, verdict.error.node) == ("7", "sums")


def test_mocks_of_the_node_serve_as_given(ws: Workspace) -> None:
    ws.mock("sums", {"clean": [{"region": "N", "amount": 5}]})
    for given in ("mock", "{clean: mock}"):
        assert run_test(ws, declared("sums", f"given: {given}\nexpect: [{{total: 5}}]")).status == "passed"
    verdict = run_test(ws, declared("clean", "given: {load: mock}\nexpect: []"))
    assert error_of(verdict, "error")[:2] == ("node 'clean' has no mocks", "declare them: %%odibi_mock clean")


def test_a_test_of_an_unknown_node_is_an_error_that_suggests(ws: Workspace) -> None:
    verdict = run_test(ws, declared("sum", "expect: []"))
    assert error_of(verdict, "error") == ("there is no node 'sum'", "did you mean 'sums'?", 1)


def test_a_test_of_the_same_name_or_cell_is_replaced(ws: Workspace) -> None:
    ws.tests.put(declared("sums", "expect: []", name="old", cell="5"))
    ws.tests.put(declared("sums", "expect: {count: 1}", name="new", cell="5"))
    assert list(ws.tests) == ["sums::new"]
    other = ws.tests.put(declared("sums", "expect: {count: 2}", name="new", cell="6"))
    assert other.notes == ("cells 5 and 6 both declare the test 'sums::new': that of cell 6 counts",)
    assert ws.tests["sums::new"] is other


def test_the_tests_of_deleted_cells_are_dropped(ws: Workspace) -> None:
    ws.tests.put(declared("sums", "expect: []", cell="5"))
    assert ws.tests.drop_cells(["id6"]) == []
    assert ws.tests.drop_cells(["id5"]) == ["sums::it"]
    assert not ws.tests


def test_a_reset_forgets_tests_too(ws: Workspace) -> None:
    ws.tests.put(declared("sums", "expect: []"))
    ws.reset()
    assert not ws.tests


def test_what_keeps_tests_from_being_run_shows_without_running_them(ws: Workspace) -> None:
    for name, node, body in (("a", "sums", "expect: []"), ("b", "sum", "expect: []"), ("c", "sums", "expct: []")):
        ws.tests.put(declared(node, body, name, cell=name))
    messages = [problem.message.splitlines()[0] for problem in problems_of_tests(ws)]
    assert messages == ["there is no node 'sum'", "2 problems:"]


def test_pandas_nodes_are_tested_as_well(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.configure(ProjectConfig(engine="pandas"))
    workspace.node("clean", CLEAN)
    body = "given: {load: [{amount: 5, day: '2024-01-31'}]}\nexpect: [{amount: 5, day: '2024-01-31'}]"
    assert run_test(workspace, declared("clean", body)).status == "passed"
    workspace.close()
