"""Types that a test gives to its rows, and what is said where only the rows tell them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.node_tests import declared_test
from odibi_nb.workspaces.testing import Verdict, run_test

TYPES = "SELECT typeof(id) AS i, typeof(amount) AS a, typeof(closed) AS c FROM load"
GIVEN = "given:\n  load: [{id: 1, amount: 5, closed: null}]\n"
KNOWN = "expect: [{i: INTEGER, a: 'DECIMAL(9,2)', c: DATE}]"
PINNED = 'types: {load: {id: INTEGER, amount: "DECIMAL(9,2)", closed: DATE}}'

Tested = Callable[..., Verdict]


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    local = {"local": {"type": "local", "base_path": "."}}
    workspace.configure(ProjectConfig.model_validate({"connections": local}))
    workspace.node("load", read={"connection": "local", "path": "sales.parquet"})
    workspace.node("types", TYPES)
    yield workspace
    workspace.close()


@pytest.fixture
def tested(ws: Workspace) -> Tested:
    def run(body: str, node: str = "types") -> Verdict:
        origin = CellOrigin("7", "id7", f"%%odibi_test {node} it\n{body}")
        return run_test(ws, declared_test(f"{node} it", body, origin))

    return run


def put_data(ws: Workspace, amount: str = "DECIMAL(9,2)") -> None:
    columns = f"1::INTEGER AS id, 5::{amount} AS amount, NULL::DATE AS closed"
    duckdb.sql(f"COPY (SELECT {columns}) TO '{ws.root / 'sales.parquet'}'")


def test_a_failing_test_says_which_types_were_guessed_and_how_to_say_them(tested: Tested) -> None:
    verdict = tested(GIVEN + KNOWN)
    assert verdict.status == "failed"
    (note,) = verdict.notes
    assert note.startswith("the types of 'load' were guessed from its rows (id BIGINT, amount BIGINT, closed VARCHAR)")
    assert "types: {load: {id: TYPE}}" in note


def test_texts_alone_are_in_doubt_only_where_a_test_fails(tested: Tested) -> None:
    given = "given: {load: [{id: a, amount: b, closed: c}]}\n"
    verdict = tested(given + "expect: {count: 1}")
    assert (verdict.status, verdict.guessed, verdict.notes) == ("passed", (), ())
    verdict = tested(given + "expect: {count: 9}")
    assert (verdict.status, verdict.guessed) == ("failed", ())
    assert "(id VARCHAR, amount VARCHAR, closed VARCHAR)" in verdict.notes[0]


def test_a_test_that_passes_tells_which_inputs_were_guessed_and_no_more(tested: Tested) -> None:
    verdict = tested(GIVEN + "expect: {count: 1}")
    assert (verdict.status, verdict.guessed, verdict.notes) == ("passed", ("load",), ())


def test_what_passes_only_with_the_types_known_here_says_so_and_pins_them(tested: Tested, ws: Workspace) -> None:
    put_data(ws)
    verdict = tested(GIVEN + KNOWN)
    assert verdict.status == "passed"
    (note,) = verdict.notes
    assert "it fails (1 row is missing, 1 row too many)" in note
    assert note.endswith(PINNED)
    assert tested(GIVEN + "expect: {count: 1}").notes == ()


def test_types_that_sql_alone_tells_are_the_same_everywhere(tested: Tested, ws: Workspace) -> None:
    ws.node("load", "SELECT 1::INTEGER AS id, 5::DECIMAL(9,2) AS amount, NULL::DATE AS closed")
    verdict = tested(GIVEN + KNOWN)
    assert (verdict.status, verdict.notes) == ("passed", ())


def test_types_of_the_test_are_the_same_with_and_without_data(tested: Tested, ws: Workspace) -> None:
    def outcome() -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        verdict = tested(f"{GIVEN}{PINNED}\n{KNOWN}")
        return verdict.status, verdict.guessed, verdict.notes

    assert outcome() == ("passed", (), ())
    put_data(ws)
    assert outcome() == ("passed", (), ())
    ws.run()
    assert outcome() == ("passed", (), ())


def test_types_that_the_input_has_not_are_noted(tested: Tested, ws: Workspace) -> None:
    put_data(ws, amount="DOUBLE")
    verdict = tested(f"{GIVEN}{PINNED}\n{KNOWN}")
    assert verdict.notes == ("types says amount DECIMAL(9,2), but 'load' has amount DOUBLE",)


def test_types_hold_for_csv_and_for_mocks_and_python_nodes(tested: Tested, ws: Workspace) -> None:
    ws.node(
        "kinds", "def kinds(load):\n    return load.dtypes.astype(str).rename('k').reset_index(drop=True).to_frame()"
    )
    expect = "\nexpect: [{k: Int32}, {k: 'decimal128(9, 2)[pyarrow]'}]"
    types = '\ntypes: {load: {id: int, amount: "decimal(9, 2)"}}'
    csv = "given:\n  load: |\n    id,amount\n    1,5"
    assert tested(csv + types + expect, "kinds").status == "passed"
    ws.mock("kinds", {"load": [{"id": 1, "amount": 5}]})
    assert tested("given: mock" + types + expect, "kinds").status == "passed"


@pytest.mark.parametrize(
    ("types", "line", "message", "hint"),
    [
        ("{lode: {id: INTEGER}}", 4, "types is for given inputs, and 'lode' is none", "did you mean 'load'?"),
        ("{load: {ids: INTEGER}}", 3, "the given 'load' has no column 'ids', which types names", "did you mean 'id'?"),
        ("{load: {id: INTEGR}}", 4, "'INTEGR' is no type of DuckDB", "such as INTEGER"),
        ("{load: {amount: DECIMAL(9,2)}}", 4, "'2)' is given no type", "quote a type with a comma"),
        ("{load: {id: DATE}}", 3, "row 1 of the given 'load': 1 is no DATE, the type of 'id'", ""),
        ("[load]", 4, "types gives inputs the types of columns", "types: {sales:"),
    ],
)
def test_types_that_can_t_be_given_are_an_error_at_their_line(
    tested: Tested, types: str, line: int, message: str, hint: str
) -> None:
    verdict = tested(f"{GIVEN}types: {types}\nexpect: {{count: 1}}")
    assert verdict.error is not None
    assert (verdict.status, verdict.error.where.line) == ("error", line)
    assert message in verdict.error.message
    assert hint in (verdict.error.hint or "")


def test_a_frame_has_its_types_already(tested: Tested, ws: Workspace) -> None:
    ws.mock("types", {"load": duckdb.sql("SELECT 1 AS id, 5 AS amount, NULL::DATE AS closed").df()})
    verdict = tested(f"given: mock\n{PINNED}\nexpect: {{count: 1}}")
    assert verdict.error is not None
    assert "is no written rows" in verdict.error.message


def test_an_expected_message_spelt_in_another_case_says_so(tested: Tested, ws: Workspace) -> None:
    ws.node("stop", "def stop(load):\n    raise ValueError('Too much')")
    verdict = tested(GIVEN + "expect: {error: too much}", "stop")
    assert verdict.error is not None
    assert verdict.error.hint == "upper and lower case count"
