"""Nodes on mock rows: which rows they get, and that real results, sources and targets are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import NodeExecutionError, TransformError, UnknownNameError, UsageError, ValidationError
from odibi_nb.views.build import node_view

LOCAL = {"connection": "local", "path": "sales.csv"}


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """load_sales → clean_sales → by_region, and a file of two real rows."""
    (tmp_path / "sales.csv").write_text("region,amount,day\nN,50,2024-01-01\nS,200,2024-01-02\n")
    workspace = Workspace(tmp_path)
    workspace.configure(ProjectConfig.model_validate({"connections": {"local": {"type": "local", "base_path": "."}}}))
    workspace.node("load_sales", read=LOCAL)
    workspace.node("clean_sales", "def clean_sales(load_sales):\n    return load_sales[load_sales.amount > 0]")
    workspace.node(
        "by_region",
        "SELECT region, sum(amount) AS total FROM clean_sales GROUP BY region",
        write={"connection": "local", "path": "by_region.parquet"},
    )
    yield workspace
    workspace.close()


def rows(ws: Workspace, name: str) -> list[dict[str, Any]]:
    return list(ws.trials[name].arrow().to_pylist())


def refused(ws: Workspace, *selectors: str, mock: Any = "given") -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        ws.run(*selectors, mock=mock)
    return caught.value


def test_a_run_on_mocks_flows_from_the_mocked_source_and_writes_nothing(ws: Workspace, tmp_path: Path) -> None:
    ws.mock(None, {"load_sales": [{"region": "N", "amount": 5}, {"region": "N", "amount": 7}]})
    outcome = ws.run(mock="given")
    assert rows(ws, "by_region") == [{"region": "N", "total": 12}]
    assert {name: (result.status, result.badges) for name, result in outcome.results.items()} == dict.fromkeys(
        ["load_sales", "clean_sales", "by_region"], ("completed", ("MOCK",))
    )
    assert not (tmp_path / "by_region.parquet").exists()


def test_real_results_and_statuses_stay_as_they_are(ws: Workspace) -> None:
    ws.run()
    ws.mock("by_region", {"clean_sales": [{"region": "X", "amount": 1}]})
    ws.run("by_region", mock="given")
    assert sorted(ws["by_region"].df().region) == ["N", "S"]
    assert set(ws.statuses().values()) == {"completed"}
    assert node_view(ws, "by_region").badges == ()
    assert node_view(ws, "by_region", trial=ws.trials.result("by_region")).badges == ("MOCK",)


def test_a_mock_result_is_no_real_one(ws: Workspace) -> None:
    ws.mock("by_region", {"clean_sales": [{"region": "X", "amount": 1}]})
    ws.trials.try_node("by_region")
    assert ws.status("by_region") == "pending"
    with pytest.raises(UnknownNameError, match="has no result"):
        ws["by_region"].df()


def test_a_nodes_own_mock_is_for_it_alone(ws: Workspace) -> None:
    ws.node("other", "SELECT count(*) AS n FROM clean_sales")
    ws.mock(None, {"clean_sales": [{"region": "all", "amount": 1}] * 3})
    ws.mock("by_region", {"clean_sales": [{"region": "own", "amount": 1}]})
    ws.run("by_region", "other", mock="given")
    assert rows(ws, "by_region") == [{"region": "own", "total": 1}]
    assert rows(ws, "other") == [{"n": 3}]


def test_readers_of_a_mocked_node_read_its_mock_not_its_result(ws: Workspace) -> None:
    ws.mock("clean_sales", {"load_sales": [{"region": "own", "amount": 1}]})
    ws.mock(None, {"clean_sales": [{"region": "all", "amount": 1}]})
    ws.run("clean_sales", "by_region", mock="given")
    assert rows(ws, "clean_sales") == [{"region": "own", "amount": 1}]
    assert rows(ws, "by_region") == [{"region": "all", "total": 1}]


def test_a_node_that_cannot_run_shows_its_own_rows(ws: Workspace) -> None:
    ws.mock(None, {"clean_sales": [{"region": "all", "amount": 1}]})
    result = ws.run("clean_sales+", mock="given").results["clean_sales"]
    assert result.notes == ("these are its mock rows; it wasn't run",)
    assert rows(ws, "by_region") == [{"region": "all", "total": 1}]


def test_rows_for_all_readers_of_a_node_with_steps_are_its_result_not_its_source(ws: Workspace) -> None:
    ws.node("sums", "SELECT sum(amount) AS total FROM df", read=LOCAL)
    ws.node("doubled", "SELECT total * 2 AS total FROM sums")
    ws.mock(None, {"sums": [{"total": 5}]})
    ws.run("sums", "doubled", mock="given")
    assert rows(ws, "sums") == [{"total": 5}]
    assert rows(ws, "doubled") == [{"total": 10}]


def test_a_node_with_rows_of_its_own_does_not_wait_for_the_node_they_stand_for(ws: Workspace) -> None:
    ws.mock(None, {"load_sales": [{"region": "N"}]})
    ws.mock("by_region", {"clean_sales": [{"region": "own", "amount": 1}]})
    with pytest.raises(NodeExecutionError, match="amount"):
        ws.run(mock="given")
    assert ws.trials.result("clean_sales").status == "failed"
    assert rows(ws, "by_region") == [{"region": "own", "total": 1}]


def test_an_input_without_a_mock_is_named_with_what_it_comes_from(ws: Workspace) -> None:
    ws.run()  # real rows are there, and not taken
    error = refused(ws, "by_region")
    assert error.message == "input 'clean_sales' of node 'by_region' has no mock"
    assert error.hint == "mock it, or what it comes from: the source of node 'load_sales' has no mock"
    assert refused(ws).message == "the source of node 'load_sales' has no mock"


def test_rows_of_what_is_no_input_are_refused(ws: Workspace) -> None:
    with pytest.raises(ValidationError, match="'clean_sale' is no input of node 'by_region'") as caught:
        ws.mock("by_region", {"clean_sale": []})
    assert caught.value.hint == "did you mean 'clean_sales'?"


def test_mocks_may_come_before_their_node_and_are_checked_then(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.mock("late", {"nobody": [{"a": 1}], "above": [{"a": 1}]})
    ws.node("late", "SELECT * FROM above")
    assert refused(ws).message == "'nobody' is no input of node 'late'"
    ws.close()


def test_types_are_those_of_the_last_real_rows(ws: Workspace) -> None:
    ws.node("typed", "SELECT typeof(day) AS day, typeof(amount) AS amount FROM load_sales")
    ws.mock("typed", {"load_sales": [{"day": "2024-01-02", "amount": "7"}]})
    ws.run("load_sales")
    ws.trials.try_node("typed")
    assert rows(ws, "typed") == [{"day": "DATE", "amount": "BIGINT"}]
    with pytest.raises(ValidationError, match="'x' is no BIGINT"):
        ws.mock("typed", {"load_sales": [{"amount": "x"}]})


def test_a_node_with_steps_knows_the_columns_of_its_source(ws: Workspace) -> None:
    ws.node("sums", "SELECT sum(amount) AS total FROM df", read=LOCAL)
    ws.run("sums")
    with pytest.raises(ValidationError, match="has a column 'total' that 'sums' has not"):
        ws.mock("sums", {"sums": [{"total": 5}]})
    ws.mock("sums", {"sums": [{"amount": "7"}]})
    ws.trials.try_node("sums")
    assert rows(ws, "sums") == [{"total": 7}]


def test_python_nodes_get_the_dtypes_of_real_runs(ws: Workspace) -> None:
    ws.node("dtypes", "def dtypes(load_sales):\n    return {n: str(t) for n, t in load_sales.dtypes.items()}",
            returns="object")  # fmt: skip
    ws.run("dtypes")
    real = ws["dtypes"].value
    ws.mock("dtypes", {"load_sales": [{"region": "N", "amount": 1, "day": "2024-01-02"}, dict.fromkeys(real)]})
    ws.trials.try_node("dtypes")
    assert ws.trials["dtypes"].value == real


def test_a_column_left_out_is_named_when_the_node_fails_for_it(ws: Workspace) -> None:
    ws.run("+clean_sales")
    for name, given in (("by_region", "clean_sales"), ("clean_sales", "load_sales")):
        result = ws.try_node(name, {given: [{"region": "N"}]})
        assert result.status == "failed"
        assert result.error.hint == f"the mock of '{given}' has no column 'amount': add it to its rows"


def test_a_failing_node_fails_its_run_and_skips_its_readers(ws: Workspace) -> None:
    ws.mock(None, {"load_sales": [{"region": "N"}]})
    with pytest.raises(Exception, match="amount"):
        ws.run(mock="given")
    assert ws.trials.result("by_region").status == "skipped"


def test_frames_may_be_mocks_as_far_as_their_columns_are_known(ws: Workspace) -> None:
    ws.run("+clean_sales")
    ws.mock("by_region", {"clean_sales": pd.DataFrame({"region": ["N"], "amount": [5]})})
    ws.trials.try_node("by_region")
    assert rows(ws, "by_region") == [{"region": "N", "total": 5}]
    with pytest.raises(ValidationError, match="has a column 'regoin'"):
        ws.mock("by_region", {"clean_sales": pd.DataFrame({"regoin": ["N"]})})


def test_made_up_rows_have_the_columns_of_sources_that_never_were_read(ws: Workspace) -> None:
    ws.run(mock="auto")
    assert [column.type for column in ws.trials["load_sales"].schema] == ["VARCHAR", "BIGINT", "DATE"]
    assert ws.trials["load_sales"].rows == 5
    assert "N" not in ws.trials["load_sales"].df().region.tolist()
    assert ws.trials["by_region"].rows > 0


def test_made_up_rows_join(ws: Workspace) -> None:
    ws.node("orders", "SELECT 9 AS customer_id, 1.5 AS amount")
    ws.node("customers", "SELECT 7 AS id, 'x' AS name")
    ws.node("joined", "SELECT o.amount, c.name FROM orders o JOIN customers c ON o.customer_id = c.id")
    ws.run("joined")
    assert ws["joined"].rows == 0
    ws.trials.try_node("joined", auto=True)
    assert ws.trials["joined"].df().name.tolist() == ["Ada", "Ben", "Cleo", "Dan", "Eva"]


def test_rows_that_somebody_has_given_come_before_made_up_ones(ws: Workspace) -> None:
    ws.mock("clean_sales", {"load_sales": [{"region": "own", "amount": 1}]})
    ws.run(mock="auto")
    assert rows(ws, "by_region") == [{"region": "own", "total": 1}]


@pytest.mark.parametrize("wrong", [5, [1, 2], "", None])
def test_what_is_no_rows_is_refused(ws: Workspace, wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"the mock of 'clean_sales' (is a|has no columns)"):
        ws.mock("by_region", {"clean_sales": wrong})
    with pytest.raises(ValidationError, match=r"the mock of 'clean_sales' (is a|has no columns)"):
        ws.try_node("by_region", {"clean_sales": wrong})


def test_calls_that_make_no_sense_are_refused(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="mock rows are given by input"):
        ws.mock("by_region", [{"a": 1}])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="mock is 'given' or 'auto', not 'all'"):
        ws.run(mock="all")  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_runs_on_mocks_are_the_same_with_every_engine_and_in_parallel(ws: Workspace, engine: str) -> None:
    connections = {"local": {"type": "local", "base_path": "."}}
    ws.configure(ProjectConfig.model_validate({"connections": connections, "engine": engine}))
    ws.mock(None, {"load_sales": [{"region": "N", "amount": 5, "day": "2024-01-02"}]})
    ws.run(mock="given", workers=2)
    assert rows(ws, "by_region") == [{"region": "N", "total": 5}]


def test_parameters_hold_for_a_run_on_mocks(ws: Workspace) -> None:
    ws.node("taxed", "def taxed(clean_sales, rate=0.5):\n    return clean_sales.assign(tax=clean_sales.amount * rate)")
    ws.mock("taxed", {"clean_sales": [{"amount": 100}]})
    ws.run("taxed", mock="given", params={"rate": 0.25})
    assert rows(ws, "taxed") == [{"amount": 100, "tax": 25.0}]


def test_no_connection_is_needed(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.node("far", read={"connection": "nowhere", "path": "x.csv"})
    ws.node("n", "SELECT a + 1 AS a FROM far")
    ws.mock(None, {"far": [{"a": 1}]})
    ws.run(mock="given")
    assert rows(ws, "n") == [{"a": 2}]
    ws.trials.mocks.clear()
    assert "connection 'nowhere' is not configured" in str(refused_by_connection(ws))
    ws.close()


def refused_by_connection(ws: Workspace) -> Exception:
    with pytest.raises(Exception, match="nowhere") as caught:
        ws.run(mock="auto")
    return caught.value


def test_side_effects_are_not_performed(ws: Workspace, tmp_path: Path) -> None:
    ws.node("mail", f"def mail(clean_sales):\n    open({str(tmp_path / 'sent')!r}, 'w')", returns="none")
    ws.node("after", "def after(mail, clean_sales):\n    return clean_sales", depends_on=["mail"])
    ws.mock(None, {"load_sales": [{"amount": 1}]})
    outcome = ws.run("mail+", mock="given")
    assert outcome.results["mail"].reason == "a side effect is not performed on mocks"
    assert outcome.results["after"].status == "completed"
    assert not (tmp_path / "sent").exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("SELECT * FROM 'sales.csv'", "names the file 'sales.csv' in its SQL: no mock can stand in for it"),
        ("import pandas as pd\npd.DataFrame({'a': [1]})", "has no input to mock and may read the outside world"),
    ],
)
def test_what_no_mock_can_stand_in_for_is_refused(ws: Workspace, body: str, message: str) -> None:
    ws.node("outside", body)
    ws.node("reader", "SELECT * FROM outside")
    assert message in refused(ws, "outside").message.replace(str(ws.root) + "/", "")
    assert message in (refused(ws, "reader").hint or "").replace(str(ws.root) + "/", "")
    column = "region" if body.startswith("SELECT") else "a"
    ws.mock(None, {"outside": [{column: "x"}]})
    ws.run("reader", mock="given")
    assert rows(ws, "reader") == [{column: "x"}]


def test_rows_for_all_readers_of_a_name_misspelt_are_named_with_the_one_meant(ws: Workspace) -> None:
    ws.mock(None, {"load_sale": [{"region": "N"}]})
    error = refused(ws, "clean_sales")
    assert error.message.startswith("there are mock rows for 'load_sale', which is no node")
    assert error.hint == "did you mean 'load_sales'?"


def test_sql_without_inputs_runs_as_it_is(ws: Workspace) -> None:
    ws.node("numbers", "SELECT * FROM range(3) t(i)")
    ws.run("numbers", mock="given")
    assert ws.trials["numbers"].rows == 3


def test_a_node_with_a_mistake_says_it(ws: Workspace) -> None:
    ws.node("wrong", "SELECT FROM clean_sales GROUP")
    ws.mock("wrong", {"clean_sales": [{"a": 1}]})
    with pytest.raises(TransformError, match="syntax error"):
        ws.trials.try_node("wrong")


def test_aliases_and_the_nodes_own_source_are_mocked_together(ws: Workspace) -> None:
    ws.node(
        "both",
        "SELECT df.amount + src.amount + c.v AS v FROM df, src, clean_sales AS c",
        read=LOCAL,
        inputs={"src": LOCAL},
    )
    ws.mock("both", {"both": [{"amount": 1}], "src": [{"amount": 20}], "clean_sales": [{"v": 300}]})
    ws.trials.try_node("both")
    assert rows(ws, "both") == [{"v": 321}]


def test_a_context_gives_mocked_inputs_by_their_names(ws: Workspace) -> None:
    ws.node("asked", lambda context: context.get("clean_sales"), depends_on=["clean_sales"])
    ws.mock("asked", {"clean_sales": [{"a": 1}]})
    ws.trials.try_node("asked")
    assert rows(ws, "asked") == [{"a": 1}]


def test_renaming_a_node_takes_its_mocks_along(ws: Workspace) -> None:
    ws.mock("by_region", {"clean_sales": [{"region": "N", "amount": 5}]})
    ws.rename("by_region", "regions")
    ws.trials.try_node("regions")
    assert rows(ws, "regions") == [{"region": "N", "total": 5}]


def test_dropping_a_node_forgets_its_mock_result_and_keeps_its_mocks(ws: Workspace) -> None:
    ws.mock("by_region", {"clean_sales": [{"region": "N", "amount": 5}]})
    ws.trials.try_node("by_region")
    ws.drop("by_region")
    ws.restore("by_region")
    with pytest.raises(UnknownNameError, match="never ran on mock rows"):
        ws.trials.result("by_region")
    assert ws.trials.try_node("by_region").status == "completed"


def test_reset_forgets_mocks(ws: Workspace) -> None:
    ws.mock(None, {"load_sales": [{"a": 1}]})
    ws.reset()
    assert not list(ws.trials.mocks)


def test_the_mocks_of_a_node_can_be_asked_for_and_given(ws: Workspace) -> None:
    ws.mock(None, {"clean_sales": [{"region": "N", "amount": 5}]})
    given = ws.trials.mocks_of("by_region")
    assert ws.try_node("by_region", given).dataset.arrow().to_pylist() == [{"region": "N", "total": 5}]
    assert ws.trials.mocks_of("clean_sales") == {}


def test_rows_given_for_one_trial_take_the_types_of_real_ones(ws: Workspace) -> None:
    ws.run("load_sales")
    ws.node("days", "SELECT day + 1 AS next FROM load_sales")
    result = ws.try_node("days", {"load_sales": [{"day": "2024-01-31"}]})
    assert str(result.dataset.arrow()["next"][0]) == "2024-02-01"
