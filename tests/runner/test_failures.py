"""What a failure stops, and what it doesn't."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from pipeline.project import node, python, read, sql, write

from odibi_nb.connections import LocalConnection
from odibi_nb.exceptions import NodeExecutionError, SourceNotFoundError, TransformError, ValidationError
from odibi_nb.runner.retry import Attempts


def status(results):
    return {name: result.status for name, result in results.node_results.items()}


def test_all_below_a_failed_node_are_skipped_with_the_reason_and_others_go_on(project):
    results = project.run(
        sql("ok", "SELECT 1 AS a"),
        sql("bad", "SELECT nothing AS a"),
        sql("child", "FROM bad"),
        sql("grandchild", "FROM child"),
        sql("both", "FROM ok, grandchild"),
        sql("other", "FROM ok"),
    )
    assert status(results) == {
        "ok": "completed",
        "bad": "failed",
        "child": "skipped",
        "grandchild": "skipped",
        "both": "skipped",
        "other": "completed",
    }
    assert results.get_node_result("grandchild").reason == "'bad' failed"
    assert (results.completed, results.failed, results.skipped) == (
        ["ok", "other"],
        ["bad"],
        ["child", "grandchild", "both"],
    )


def test_an_error_in_sql_names_node_line_and_column_and_suggests(project):
    error = (
        project.run(sql("ok", "SELECT 1 AS amount"), sql("bad", "SELECT 1 AS x,\n  amoun\nFROM ok"))
        .get_node_result("bad")
        .error
    )
    assert isinstance(error, TransformError)
    assert (error.where.node, error.where.line, error.where.column) == ("bad", 2, 3)
    assert error.hint == "did you mean 'amount'?"


def test_an_error_in_python_names_node_and_line_and_keeps_its_cause(project):
    def bad(ok):
        return ok["amoun"].sum()

    project.functions.register(bad)
    error = project.run(sql("ok", "SELECT 1 AS amount"), python("bad")).get_node_result("bad").error
    assert isinstance(error, NodeExecutionError)
    assert isinstance(error.__cause__, KeyError)
    assert error.where.source.strip() == 'return ok["amoun"].sum()'
    assert error.hint == "did you mean 'amount'?"


def test_a_node_that_exits_fails_alone(project):
    project.functions.register(lambda: exit(3), "leaves")
    assert status(project.run(python("leaves"), sql("ok", "SELECT 1 AS a"))) == {"leaves": "failed", "ok": "completed"}


def test_a_disabled_node_and_all_below_it_are_skipped(project):
    results = project.run(
        sql("off", "SELECT 1 AS a", enabled=False), sql("below", "FROM off"), sql("ok", "SELECT 1 AS a")
    )
    assert status(results) == {"off": "skipped", "below": "skipped", "ok": "completed"}
    assert "enabled: false" in results.get_node_result("off").reason
    assert results.get_node_result("below").reason == "'off' was skipped"


def test_a_disabled_node_may_name_a_connection_that_is_not_configured(project):
    off = node("off", read={"connection": "nowhere", "path": "x.csv"}, enabled=False)
    assert project.run(off).skipped == ["off"]


@pytest.mark.parametrize("by_node", [False, True], ids=["run", "node"])
def test_fail_fast_starts_nothing_after_a_failure(project, by_node):
    bad = sql("bad", "SELECT nothing", **({"on_error": "fail_fast"} if by_node else {}))
    results = project.run(sql("first", "SELECT 1 AS a"), bad, sql("later", "SELECT 2 AS a"), fail_fast=not by_node)
    assert status(results) == {"first": "completed", "bad": "failed", "later": "skipped"}
    assert results.get_node_result("later").reason == "fail-fast: 'bad' failed"


def test_a_missing_file_is_a_clear_error(project):
    project.put("sales.csv", "a\n1\n")
    error = project.run(node("load", read=read("sale.csv"))).get_node_result("load").error
    assert isinstance(error, SourceNotFoundError)
    assert isinstance(error, FileNotFoundError)
    assert "did you mean 'sales.csv'?" in error.hint


def checked(name="checked", mode="fail", **fields):
    tests = [{"type": "not_null", "column": "a"}]
    return sql(name, "SELECT unnest([1, NULL]) AS a", validation={"mode": mode, "tests": tests}, **fields)


def test_a_broken_expectation_fails_the_node_and_writes_nothing_but_its_rows_are_viewable(project):
    results = project.run(checked(write=write("out.parquet")), sql("below", "FROM checked"))
    result = results.get_node_result("checked")
    assert isinstance(result.error, ValidationError)
    assert "not_null(a)" in result.error.message
    assert project.files() == []
    assert result.dataset.arrow().to_pylist() == [{"a": 1}, {"a": None}]
    assert status(results)["below"] == "skipped"


def test_a_broken_expectation_that_warns_only_reports(project):
    result = project.run(checked(mode="warn", write=write("out.parquet"))).get_node_result("checked")
    assert result.success
    assert [(check.passed, check.bad_rows) for check in result.expectations] == [(False, 1)]
    assert project.files() == ["out.parquet"]


class Flaky:
    """Raises its errors one after the other, then returns a frame."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    def call(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return pd.DataFrame({"a": [1]})


def run_flaky(project, flaky, **options):
    project.functions.register(flaky.call, "flaky")
    pipeline = project.pipeline(python("flaky", **options))
    pipeline._attempts = Attempts(most=3, backoff="constant", wait_s=0.01)
    return pipeline.run().get_node_result("flaky")


@pytest.mark.parametrize("error", [TimeoutError("slow"), ConnectionResetError("gone"), OSError(5, "I/O error")])
def test_what_may_heal_is_tried_again(project, error):
    flaky = Flaky(error, error)
    assert run_flaky(project, flaky).success
    assert flaky.calls == 3


@pytest.mark.parametrize(
    "error", [KeyError("a"), ValueError("x"), PermissionError(13, "no"), FileNotFoundError(2, "no")]
)
def test_what_cannot_heal_is_not_tried_again(project, error):
    flaky = Flaky(error, error)
    assert not run_flaky(project, flaky).success
    assert flaky.calls == 1


def test_attempts_end(project):
    flaky = Flaky(*[TimeoutError("slow")] * 5)
    assert not run_flaky(project, flaky).success
    assert flaky.calls == 3


def test_a_node_tried_again_may_make_the_same_names_again(project):
    """Its first attempt has left a table of its name behind."""

    class Slow(LocalConnection):
        failures = 2

        def replacing(self, path):
            if self.failures:
                self.failures -= 1
                raise TimeoutError("slow disk")
            return super().replacing(path)

    project.connections["local"] = Slow(project.path)
    nodes = [sql("ones", "SELECT 1 AS a", write=write("out.parquet")), sql("below", "SELECT a + 1 AS a FROM ones")]
    pipeline = project.pipeline(*nodes)
    pipeline._attempts = Attempts(most=3, backoff="constant", wait_s=0.01)
    results = pipeline.run()
    assert results.failed == [], results.get_node_result("ones").error
    assert results.get_node_result("below").dataset.arrow().to_pylist() == [{"a": 2}]


def test_waits_grow_as_configured():
    attempts = {kind: Attempts(most=4, backoff=kind, wait_s=1) for kind in ("constant", "linear", "exponential")}
    pauses = {}
    for kind, attempt in attempts.items():
        pauses[kind] = waited = []
        with pytest.raises(TimeoutError):
            attempt.call(Flaky(*[TimeoutError()] * 4).call, sleep=waited.append)
    assert pauses == {"constant": [1, 1, 1], "linear": [1, 2, 3], "exponential": [1, 2, 4]}


def test_output_of_a_node_belongs_to_its_result(project):
    def talks():
        print("hello")
        return pd.DataFrame({"a": [1]})

    project.functions.register(talks)
    started = time.time()
    result = project.run(python("talks")).get_node_result("talks")
    assert result.output.text == "hello\n"
    assert 0 < result.duration < time.time() - started + 1
