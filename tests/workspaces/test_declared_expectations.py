"""Data tests declared apart from their nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import DependencyError, NodeExecutionError, TransformError, UsageError, ValidationError
from odibi_nb.views.build import node_view
from odibi_nb.workspaces import RunRequest
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.expectations import Expectation, expectation_from_cell


@pytest.fixture(params=["duckdb", "pandas"])
def ws(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "sales.csv").write_text("region,amount\nN,50\nN,150\nS,200\n")
    workspace = Workspace(tmp_path)
    config = {"engine": request.param, "connections": {"local": {"type": "local", "base_path": "."}}}
    workspace.configure(ProjectConfig.model_validate(config))
    workspace.node("sales", read={"connection": "local", "path": "sales.csv"})
    yield workspace
    workspace.close()


class Counted:
    """A node in Python that counts how often it is computed."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, sales: Any) -> Any:
        self.runs += 1
        return sales


@pytest.fixture
def clean(ws: Workspace) -> Counted:
    counted = Counted()
    ws.node("clean", counted, write={"connection": "local", "path": "clean.csv"})
    return counted


def failed(ws: Workspace) -> list[str]:
    result = ws.result("clean")
    assert result is not None
    return [one.name for one in result.expectations if not one.passed]


def cell(label: str, line: str, body: str, cell_id: str | None = None) -> Expectation:
    return expectation_from_cell(line, body, CellOrigin(label, cell_id, f"%%odibi_expect {line}\n{body}"))


LARGE = "SELECT * FROM clean WHERE amount > 160"
NONE = "SELECT * FROM clean WHERE amount > 1000"


@pytest.mark.parametrize("first", ["node", "expectation"])
def test_it_is_declared_before_or_after_its_node_and_runs_with_it(ws: Workspace, first: str) -> None:
    write = {"connection": "local", "path": "clean.csv"}
    declare = [lambda: ws.node("clean", "FROM sales", write=write), lambda: ws.expect("clean", "small", LARGE)]
    for one in declare if first == "node" else reversed(declare):
        one()
    with pytest.raises(ValidationError, match="small: 1 bad row"):
        ws.run()
    assert ws.status("clean") == "failed"
    assert ws["clean"].rows == 3
    assert not (ws.root / "clean.csv").exists()


def test_one_that_warns_only_reports(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", LARGE, warn=True)
    ws.run()
    assert (ws.status("clean"), failed(ws)) == ("completed", ["small"])


def test_it_is_in_the_config_that_everything_is_made_of(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", LARGE)
    (test,) = ws.nodes["clean"].config.validation.tests  # type: ignore[union-attr]
    assert (test.type, test.name, test.sql, test.on_fail) == ("custom_sql", "small", LARGE, "fail")


def test_the_nodes_own_tests_stay_beside_it(ws: Workspace) -> None:
    own = {"tests": [{"type": "not_null", "column": "region"}]}
    ws.expect("clean", "small", LARGE)
    for _ in range(2):
        ws.node("clean", "FROM sales", validation=own)
        ws.expect("clean", "few", NONE)
        with pytest.raises(ValidationError):
            ws.run()
        outcomes = ws.result("clean").expectations  # type: ignore[union-attr]
        assert [(one.name, one.passed) for one in outcomes] == [
            ("not_null(region)", True),
            ("small", False),
            ("few", True),
        ]
    ws.expectations.drop("clean", "small")
    ws.expectations.drop("clean", "few")
    assert len(ws.nodes["clean"].config.validation.tests) == 1  # type: ignore[union-attr]


def test_a_new_one_makes_its_node_stale_until_it_is_evaluated(ws: Workspace, clean: Counted) -> None:
    ws.run()
    ws.expect("clean", "small", LARGE)
    assert ws.status("clean") == "stale"
    assert not ws.expectations.check("clean", "small").passed
    assert ws.status("clean") == "failed"
    ws.expect("clean", "small", NONE)
    assert ws.status("clean") != "completed"
    assert ws.expectations.check("clean", "small").passed
    assert ws.status("clean") == "completed"


def test_rows_that_are_there_are_not_computed_again(ws: Workspace, clean: Counted) -> None:
    ws.run()
    for text in (NONE, LARGE, LARGE, "SELECT * FROM clean WHERE amuont > 1", NONE):
        ws.expect("clean", "small", text)
        if "amuont" in text:
            with pytest.raises(TransformError):
                ws.expectations.check("clean", "small")
        else:
            assert ws.expectations.check("clean", "small").passed == (text == NONE)
    assert clean.runs == 1
    assert ws.status("clean") == "completed"


def test_rows_that_are_not_there_are_computed(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", NONE)
    assert ws.expectations.check("clean", "small").passed
    assert (clean.runs, ws.status("sales")) == (1, "completed")
    (ws.root / "sales.csv").write_text("region,amount\nN,5000\n")
    assert not ws.expectations.check("clean", "small").passed
    assert clean.runs == 2


def test_rows_of_other_parameters_are_not_those_of_now(ws: Workspace) -> None:
    ws.node("clean", "def clean(sales, least=0):\n    return sales[sales.amount >= least]")
    ws.run()
    ws.expect("clean", "some", "SELECT 1 WHERE (SELECT count(*) FROM clean) < 3")
    ws.attempt(RunRequest(params={"least": 1000}))
    assert ws.expectations.check("clean", "some").passed


def test_the_outcome_of_the_others_is_kept(ws: Workspace, clean: Counted) -> None:
    ws.run()
    ws.expect("clean", "small", LARGE)
    ws.expectations.check("clean", "small")
    ws.expect("clean", "none", NONE)
    assert ws.expectations.check("clean", "none").passed
    assert (ws.status("clean"), failed(ws)) == ("failed", ["small"])


def test_an_outcome_of_an_earlier_text_is_not_kept(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", NONE)
    ws.run()
    ws.expect("clean", "small", LARGE)
    ws.expect("clean", "none", NONE)
    assert ws.expectations.check("clean", "none").passed
    assert (ws.status("clean"), failed(ws), clean.runs) == ("failed", ["small"], 1)


def test_one_that_can_not_be_evaluated_is_not_forgotten_by_the_next(ws: Workspace, clean: Counted) -> None:
    ws.run()
    ws.expect("clean", "wrong", "SELECT amuont FROM clean")
    with pytest.raises(TransformError):
        ws.expectations.check("clean", "wrong")
    ws.expect("clean", "none", NONE)
    with pytest.raises(TransformError):
        ws.expectations.check("clean", "none")
    assert (ws.status("clean"), ws["clean"].rows) == ("failed", 3)


def test_without_the_one_that_failed_its_node_is_completed(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", LARGE)
    ws.expect("clean", "none", NONE)
    with pytest.raises(ValidationError):
        ws.run()
    ws.expectations.drop("clean", "small")
    assert (ws.status("clean"), clean.runs) == ("completed", 1)
    assert ws.run().names("cached") == ["sales", "clean"]


def test_dropping_another_one_evaluates_none(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "none", NONE)
    ws.run()
    ws.expect("clean", "small", LARGE)
    ws.expectations.drop("clean", "none")
    assert ws.status("clean") == "stale"


def test_an_unknown_one_can_not_be_dropped(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", LARGE)
    with pytest.raises(UsageError, match="has no expectation 'smal' to drop") as caught:
        ws.expectations.drop("clean", "smal")
    assert caught.value.hint == "did you mean 'small'?"


def test_a_failure_above_is_raised_at_its_own_place(ws: Workspace) -> None:
    ws.node("bad", "1 / 0")
    ws.node("clean", "FROM bad")
    ws.expect("clean", "small", LARGE)
    with pytest.raises(NodeExecutionError) as caught:
        ws.expectations.check("clean", "small")
    assert caught.value.node == "bad"


def test_dropping_a_node_drops_it_and_undo_brings_both_back(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", LARGE)
    ws.drop("clean")
    ws.run()
    ws.restore("clean")
    with pytest.raises(ValidationError, match="small"):
        ws.run()


def test_renaming_a_node_leaves_it_waiting_and_runs_say_so(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", LARGE)
    assert ws.rename("clean", "cleaned") == ["expectation small"]
    with pytest.raises(DependencyError, match="'small' is about 'clean', which is not declared") as caught:
        ws.run()
    assert caught.value.hint == "did you mean 'cleaned'?"
    assert ws.nodes["cleaned"].config.validation.tests == []  # type: ignore[union-attr]
    ws.run("cleaned")


def test_an_orphan_is_among_the_problems(ws: Workspace) -> None:
    ws.expectations.put(cell("3", "slaes small", "FROM slaes"))
    (problem,) = ws.problems()
    assert (problem.where.cell, problem.where.line, problem.hint) == ("3", 1, "did you mean 'sales'?")


def test_a_cell_that_runs_again_replaces_what_it_said(ws: Workspace, clean: Counted) -> None:
    ws.expectations.put(cell("1", "clean small", LARGE, "a"))
    ws.expectations.put(cell("2", "clean few", NONE, "a"))
    assert [one.name for one in ws.expectations.of("clean")] == ["few"]
    ws.expectations.put(cell("3", "sales few", "FROM sales WHERE amount > 1000", "a"))
    assert ws.expectations.of("clean") == ()
    ws.run()


def test_a_cell_that_says_the_same_again_changes_nothing(ws: Workspace, clean: Counted) -> None:
    ws.expectations.put(cell("1", "clean few", NONE, "a"))
    ws.expectations.put(cell("2", "clean small", LARGE.replace("160", "900"), "b"))
    ws.node("below", "FROM clean")
    ws.run()
    ws.expectations.put(cell("3", "clean few", NONE, "a"))
    assert ws.statuses() == dict.fromkeys(["sales", "clean", "below"], "completed")


def test_two_cells_of_one_name_are_told_apart(ws: Workspace, clean: Counted) -> None:
    ws.expectations.put(cell("1", "clean small", LARGE, "a"))
    assert ws.expectations.put(cell("2", "clean small", NONE, "b")).notes == (
        "cells 1 and 2 both declare 'small' of 'clean': that of cell 2 counts",
    )


def test_a_deleted_cell_takes_it_along_and_a_nodes_leaves_it_waiting(ws: Workspace) -> None:
    ws.declare_cell("clean", "SELECT * FROM sales", CellOrigin("1", "n", "%%odibi_node clean\nSELECT * FROM sales"))
    ws.expectations.put(cell("2", "clean small", LARGE, "e"))
    assert ws.drop_cells(["n"]) == ["clean"]
    assert [one.name for one in ws.expectations.of("clean")] == ["small"]
    assert [one.name for one in ws.expectations.drop_cells(["e"])] == ["small"]
    assert ws.problems() == []


def test_wrong_text_changes_nothing(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "small", NONE)
    ws.run()
    for text in ("SELECT * FRM clean", "DELETE FROM clean", "FROM clean JOIN nobody USING (i)", "FROM clean WHERE $x"):
        with pytest.raises(Exception, match=r"syntax|not a query|doesn't depend|has no value"):
            ws.expectations.put_sound(cell("4", "clean small", text))
    assert ws.expectations.of("clean")[0].sql == NONE
    assert ws.status("clean") == "completed"


def test_wrong_text_is_raised_at_its_line(ws: Workspace) -> None:
    with pytest.raises(TransformError) as caught:
        ws.expectations.put_sound(cell("4", "clean small", "SELECT *\nFRM clean"))
    assert (caught.value.where.cell, caught.value.where.line) == ("4", 3)


def test_put_as_it_is_what_is_wrong_is_a_problem_of_its_node(ws: Workspace, clean: Counted) -> None:
    ws.expectations.put(cell("4", "clean small", "SELECT *\nFRM clean"))
    (problem,) = ws.problems()
    assert (problem.where.node, problem.where.cell, problem.where.line) == ("clean", "4", 3)


def test_a_parameter_in_it_counts(ws: Workspace, clean: Counted) -> None:
    ws.configure(ProjectConfig.model_validate({**ws.project.model_dump(exclude_unset=True), "vars": {"most": 1000}}))  # type: ignore[union-attr]
    ws.expect("clean", "small", "FROM clean WHERE amount > $most")
    ws.run()
    ws.set_params({"most": 160})
    assert ws.status("clean") == "stale"
    with pytest.raises(ValidationError):
        ws.run()


def test_a_file_in_it_counts(ws: Workspace, clean: Counted) -> None:
    (ws.root / "known.csv").write_text("region\nN\nS\n")
    ws.expect("clean", "known", "FROM clean WHERE region NOT IN (SELECT region FROM 'known.csv')")
    ws.run()
    (ws.root / "known.csv").write_text("region\nN\n")
    assert ws.status("clean") == "stale"


def test_a_card_shows_what_does_not_hold_with_bad_rows(ws: Workspace, clean: Counted) -> None:
    ws.expect("clean", "large", "FROM clean WHERE amount > 60")
    ws.expect("clean", "small", LARGE, warn=True)
    with pytest.raises(ValidationError):
        ws.run()
    large, small = node_view(ws, "clean").expectations
    assert (large.name, large.status, large.detail) == ("large", "failed", "2 bad rows")
    assert large.sample is not None
    assert large.sample.rows == (("N", "150"), ("S", "200"))
    assert (small.status, small.detail) == ("warning", "1 bad row")
    assert node_view(ws, "clean", preview=0).expectations[0].sample is None
