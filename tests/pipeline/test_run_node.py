"""One node on mock data: nothing written, real results left alone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from odibi_nb.exceptions import NodeExecutionError, TransformError, UsageError, ValidationError
from pipeline.project import node, python, read, sql, write

MOCKS = {
    "pandas": lambda: pd.DataFrame({"amount": [1, 2]}),
    "arrow": lambda: pa.table({"amount": [1, 2]}),
    "polars": lambda: pl.DataFrame({"amount": [1, 2]}),
    "relation": lambda: duckdb.sql("SELECT unnest([1, 2]) AS amount"),
    "rows": lambda: [{"amount": 1}, {"amount": 2}],
    "columns": lambda: {"amount": [1, 2]},
}


@pytest.fixture
def pipeline(project):
    project.put("sales.csv", "amount\n100\n")
    return project.pipeline(
        node("load", read=read("sales.csv")),
        sql("total", "SELECT sum(amount) AS total FROM load", write=write("total.parquet")),
        node("typed", "SELECT amount + 1 AS amount FROM df", read=read("sales.csv")),
    )


@pytest.mark.parametrize("kind", MOCKS)
def test_every_kind_of_frame_may_be_a_mock(pipeline, project, kind):
    result = pipeline.run_node("total", {"load": MOCKS[kind]()})
    assert result.dataset.arrow().to_pylist() == [{"total": 3}]
    assert project.files() == ["sales.csv"]


def test_a_node_that_reads_is_mocked_under_its_own_name(pipeline):
    assert pipeline.run_node("load", {"load": MOCKS["pandas"]()}).rows_processed == 2
    result = pipeline.run_node("typed", {"typed": MOCKS["rows"]()})
    assert result.dataset.arrow().to_pylist() == [{"amount": 2}, {"amount": 3}]


def test_real_results_stay_as_they_are(pipeline, project):
    pipeline.run()
    before = project.files()
    pipeline.run_node("total", {"load": MOCKS["pandas"]()})
    assert pipeline.context.get("total")["total"].tolist() == [100]
    assert pipeline.context.get("load")["amount"].tolist() == [100]
    assert project.files() == before
    assert duckdb.sql(f"SELECT total FROM '{project.path}/total.parquet'").fetchall() == [(100,)]


def test_without_mocks_the_nodes_above_run_and_nothing_is_written(pipeline, project):
    assert pipeline.run_node("total").dataset.arrow().to_pylist() == [{"total": 100}]
    assert project.files() == ["sales.csv"]


def test_an_input_without_a_mock_is_an_error_naming_it(pipeline):
    with pytest.raises(ValidationError, match="input 'load' of node 'total' has no mock") as caught:
        pipeline.run_node("total", {})
    assert caught.value.hint == "mocks are given for: none"


@pytest.mark.parametrize("others", [(), ("load",)])
def test_a_mock_of_no_input_is_an_error_naming_it(pipeline, others):
    with pytest.raises(ValidationError, match="'lode' is no input of node 'total'") as caught:
        pipeline.run_node("total", {name: MOCKS["rows"]() for name in (*others, "lode")})
    assert caught.value.hint == "did you mean 'load'?"


@pytest.mark.parametrize("mock", [5, "rows.csv", None, [1, 2]])
def test_a_mock_that_is_no_frame_is_an_error_that_says_what_may_be_one(pipeline, mock):
    with pytest.raises(TypeError, match="the mock of 'load' is a") as caught:
        pipeline.run_node("total", {"load": mock})
    assert caught.value.hint.startswith("give a DataFrame, rows [{column: value}")


def test_an_unknown_node_is_an_error_with_the_nearest(pipeline):
    with pytest.raises(UsageError, match="there is no node 'totl'") as caught:
        pipeline.run_node("totl")
    assert caught.value.hint == "did you mean 'total'?"


def test_mock_rows_may_lack_columns_and_keep_their_types(project):
    project.functions.register(lambda load: load, "same")
    pipeline = project.pipeline(sql("load", "SELECT 1 AS a"), python("same"))
    mock = [{"i": 2**53 + 1, "d": dt.date(2024, 1, 2)}, {"i": None, "n": Decimal("1.5"), "s": "x"}]
    result = pipeline.run_node("same", {"load": mock})
    assert [column.type for column in result.result_schema] == ["BIGINT", "DATE", "DECIMAL(2,1)", "VARCHAR"]
    assert result.dataset.arrow().to_pylist()[0]["i"] == 2**53 + 1


def test_inputs_are_mocked_by_their_aliases_and_nodes(project):
    project.put("a.csv", "v\n1\n")
    n = node("n", "SELECT src.v + s.v AS v FROM src, s", inputs={"src": read("a.csv"), "s": "load"})
    pipeline = project.pipeline(sql("load", "SELECT 1 AS v"), n)
    result = pipeline.run_node("n", {"src": [{"v": 10}], "load": [{"v": 20}]})
    assert result.dataset.arrow().to_pylist() == [{"v": 30}]


def test_a_node_that_fails_has_its_error_in_its_result(pipeline):
    result = pipeline.run_node("total", {"load": [{"other": 1}]})
    assert (result.success, type(result.error)) == (False, TransformError)
    assert "amount" in str(result.error)


def test_a_node_below_one_that_fails_says_why_it_was_skipped(project):
    project.functions.register(lambda: 1 / 0, "bad")
    result = project.pipeline(python("bad"), sql("below", "FROM bad")).run_node("below")
    assert (result.success, result.status) == (False, "skipped")
    assert "node 'below' was skipped: 'bad' failed" in str(result.error)


def test_the_error_of_a_python_node_has_its_cause(project):
    project.functions.register(lambda load: load["nope"], "bad")
    pipeline = project.pipeline(sql("load", "SELECT 1 AS a"), python("bad"))
    error = pipeline.run_node("bad", {"load": [{"a": 1}]}).error
    assert isinstance(error, NodeExecutionError)
    assert isinstance(error.__cause__, KeyError)


def test_data_tests_run_on_mocks_too(project):
    tests = [{"type": "not_null", "column": "a"}]
    checked = sql("checked", "SELECT a FROM load", validation={"tests": tests})
    pipeline = project.pipeline(sql("load", "SELECT 1 AS a"), checked)
    assert pipeline.run_node("checked", {"load": [{"a": 1}]}).success
    result = pipeline.run_node("checked", {"load": [{"a": None}, {"a": 1}]})
    assert (result.success, type(result.error), result.rows_processed) == (False, ValidationError, 2)
    assert "not_null(a)" in str(result.error)
