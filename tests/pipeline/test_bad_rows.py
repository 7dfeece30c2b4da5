"""Data tests that are a SELECT of the bad rows, in pipelines."""

from __future__ import annotations

from typing import Any

import pytest

from odibi_nb.exceptions import DependencyError, OdibiException, TransformError, ValidationError
from pipeline.project import Project, node, python, read, sql, write


def rule(text: str, **fields: Any) -> dict[str, Any]:
    return {"validation": {"tests": [{"type": "custom_sql", "name": "rule", "sql": text, **fields}]}}


def outcome(project: Project, *nodes: Any, **options: Any) -> Any:
    return project.pipeline(*nodes, **options).run().get_node_result("n")


ROWS = "SELECT i, 'x' || i AS name FROM range(10) t(i)"


def test_bad_rows_fail_the_node_and_nothing_is_written(project: Project) -> None:
    result = outcome(project, sql("n", ROWS, write=write("n.parquet"), **rule("SELECT * FROM n WHERE i >= 3")))
    assert isinstance(result.error, ValidationError)
    assert result.error.message == "rule: 7 bad rows"
    assert result.dataset.count() == 10
    assert project.files() == []


def test_their_number_is_exact_and_five_are_shown(project: Project) -> None:
    (found,) = outcome(project, sql("n", ROWS, **rule("FROM n WHERE i >= 3 ORDER BY i DESC"))).expectations
    assert (found.passed, found.bad_rows) == (False, 7)
    assert [row["i"] for row in found.sample] == [9, 8, 7, 6, 5]
    assert found.sample[0] == {"i": 9, "name": "x9"}


def test_no_bad_row_passes_and_the_node_is_written(project: Project) -> None:
    result = outcome(project, sql("n", ROWS, write=write("n.parquet"), **rule("SELECT * FROM n WHERE i < 0")))
    assert result.success
    assert [found.passed for found in result.expectations] == [True]
    assert project.files() == ["n.parquet"]


@pytest.mark.parametrize("fields", [{"on_fail": "warn"}, {}])
def test_one_that_warns_only_reports(project: Project, fields: dict[str, Any]) -> None:
    validation = rule("FROM n", **fields)["validation"]
    mode = {"mode": "warn"} if not fields else {}
    result = outcome(project, sql("n", ROWS, write=write("n.parquet"), validation={**validation, **mode}))
    assert result.success
    assert [(found.severity, found.bad_rows) for found in result.expectations] == [("warn", 10)]


def test_it_sees_its_node_and_what_that_reads(project: Project) -> None:
    up = sql("up", "SELECT unnest([1, 2]) AS i")
    reads = "SELECT * FROM N WHERE i NOT IN (SELECT i FROM UP)"
    assert outcome(project, up, sql("n", "SELECT i + 1 AS i FROM up", **rule(reads))).error.message == "rule: 1 bad row"


def test_it_sees_inputs_under_their_names(project: Project) -> None:
    project.put("ids.csv", "i\n1\n2\n")
    given = {"a": "up", "b": read("ids.csv")}
    reads = "SELECT * FROM n WHERE i NOT IN (SELECT i FROM a) OR i NOT IN (SELECT i FROM b)"
    below = sql("n", "SELECT a.i FROM a JOIN b USING (i)", inputs=given, **rule(reads))
    assert outcome(project, sql("up", "SELECT 1 AS i"), below).success


def test_of_a_python_node_too(project: Project) -> None:
    @project.function
    def n(context: Any) -> Any:
        return context.get("up").head(2)

    nodes = [sql("up", ROWS), python("n", depends_on=["up"], **rule("FROM n WHERE i = 1"))]
    assert outcome(project, *nodes).error.message == "rule: 1 bad row"


def test_of_a_node_that_only_reads(project: Project) -> None:
    project.put("a.csv", "i\n1\n2\n")
    assert outcome(project, node("n", read=read("a.csv"), **rule("FROM n WHERE i > 1"))).status == "failed"


def test_parameters_are_bound_as_values(project: Project) -> None:
    nodes = sql("n", ROWS, **rule("FROM n WHERE name = $name"))
    assert outcome(project, nodes, params={"name": "x' OR true --"}).success
    assert outcome(project, nodes, params={"name": "x3"}).status == "failed"


def test_file_literals_start_at_the_root(project: Project) -> None:
    project.put("known.csv", "i\n0\n1\n")
    nodes = sql("n", "SELECT 2 AS i", **rule("FROM n WHERE i NOT IN (SELECT i FROM 'known.csv')"))
    assert outcome(project, nodes).status == "failed"


def test_it_runs_beside_tests_of_rows(project: Project) -> None:
    tests = [{"type": "custom_sql", "sql": "FROM n WHERE i = 0"}, {"type": "not_null", "column": "i"}]
    result = outcome(project, sql("n", ROWS, validation={"tests": tests}))
    assert [(found.name, found.passed) for found in result.expectations] == [
        ("not_null(i)", True),
        ("FROM n WHERE i = 0", False),
    ]


def test_what_its_node_does_not_depend_on_it_does_not_see(project: Project) -> None:
    nodes = [sql("other", "SELECT 1 AS i"), sql("n", ROWS, **rule("SELECT *\nFROM n JOIN other USING (i)"))]
    with pytest.raises(DependencyError, match="'rule' reads 'other', which 'n' doesn't depend on") as caught:
        project.pipeline(*nodes)
    assert caught.value.where.line == 2
    assert "--depends-on other" in caught.value.hint


def test_with_depends_on_it_sees_more(project: Project) -> None:
    below = sql("n", ROWS, depends_on=["other"], **rule("FROM n JOIN other USING (i)"))
    assert outcome(project, sql("other", "SELECT 3 AS i"), below).error.message == "rule: 1 bad row"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DELETE FROM n", "DELETE is not a query"),
        ("FROM n WHERE i = $nope", "$nope has no value"),
        ("", "the SQL is empty"),
    ],
)
def test_what_is_wrong_with_its_text_is_found_before_anything_runs(project: Project, text: str, said: str) -> None:
    with pytest.raises(OdibiException) as caught:
        project.run(sql("n", ROWS, write=write("n.parquet"), **rule(text)))
    assert said in str(caught.value)


def test_a_misspelt_column_is_the_tests_fault_at_its_line(project: Project) -> None:
    error = outcome(project, sql("n", ROWS, **rule("SELECT *\nFROM n\nWHERE naem = ''"))).error
    assert isinstance(error, TransformError)
    assert (error.where.line, error.where.source, error.hint) == (
        3,
        "WHERE naem = ''",
        "did you mean 'name'? columns: i, name",
    )


def test_a_cast_in_the_test_is_the_tests_fault_at_its_line(project: Project) -> None:
    error = outcome(project, sql("n", ROWS, **rule("SELECT *\nFROM n WHERE name::INT > 0"))).error
    assert (error.where.line, error.where.source) == (2, "FROM n WHERE name::INT > 0")


def test_rows_that_can_not_be_computed_are_the_nodes_fault(lazy_project: Project) -> None:
    rows = "SELECT ('x' || i)::INT AS i,\n i AS j FROM range(100000) t(i)"
    error = outcome(lazy_project, sql("n", rows, materialize="view", **rule("FROM n\n\nWHERE i > 0"))).error
    assert error.where.source == "SELECT ('x' || i)::INT AS i,"


def test_a_mocked_node_is_tested_on_its_mock_rows(project: Project) -> None:
    up = node("up", read=read("nowhere.csv"))
    below = sql("n", "SELECT i FROM up", **rule("FROM n WHERE i NOT IN (SELECT i FROM up WHERE i > 1)"))
    pipeline = project.pipeline(up, below)
    assert pipeline.run_node("n", {"up": [{"i": 2}]}).success
    error = pipeline.run_node("n", {"up": [{"i": 1}, {"i": 2}]}).error
    assert isinstance(error, ValidationError)
    assert "rule: 1 bad row" in error.message


def test_a_source_is_tested_under_its_own_name_on_mock_rows(project: Project) -> None:
    pipeline = project.pipeline(node("up", read=read("nowhere.csv"), **rule("FROM up WHERE i > 1")))
    assert pipeline.run_node("up", {"up": [{"i": 1}]}).success
