"""What names may be, and what SQL may say, on each engine."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from odibi_nb.exceptions import ParameterError
from pipeline.project import node, python, read, sql


def rows(results, name):
    result = results.get_node_result(name)
    assert result.success, [results.get_node_result(failed).error for failed in results.failed]
    return result.dataset.arrow().to_pylist()


@pytest.mark.parametrize("name", ["order", "group", "select", "table", "values", "Größe", "日本", "_x1"])
def test_any_name_is_a_table_when_sql_quotes_it(project, name):
    results = project.run(sql(name, "SELECT 1 AS a"), sql("reader", f'SELECT a + 1 AS a FROM "{name}"'))
    assert rows(results, "reader") == [{"a": 2}]


def test_sql_does_not_tell_cases_apart(project):
    nodes = [
        sql("Load_Sales", "SELECT 1 AS a"),
        sql("reader", "SELECT LOAD_SALES.a, l.A AS b FROM load_sales l, LOAD_sales"),
    ]
    results = project.run(sql("Load_Sales", "SELECT 1 AS a"), sql("reader", "SELECT l.A AS b FROM LOAD_SALES l"))
    assert rows(results, "reader") == [{"b": 1}]
    assert rows(project.run(nodes[0], sql("twice", "SELECT x.a FROM load_sales x, LOAD_SALES y")), "twice") == [
        {"a": 1}
    ]


def test_sql_finds_a_python_result_whatever_the_case(project):
    project.functions.register(lambda: pd.DataFrame({"a": [1]}), "Made")
    results = project.run(python("Made"), sql("one", "FROM made"), sql("two", "FROM MADE"))
    assert rows(results, "one") == rows(results, "two") == [{"a": 1}]


SALES = sql("sales", "SELECT * FROM (VALUES ('N', 'q1', 1), ('S', 'q2', 2)) t(region, quarter, amount)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "PIVOT sales ON quarter USING sum(amount) GROUP BY region",
            [{"region": "N", "q1": 1, "q2": None}, {"region": "S", "q1": None, "q2": 2}],
        ),
        ("FROM (PIVOT sales ON quarter USING sum(amount) GROUP BY region) SELECT count(*) AS n", [{"n": 2}]),
        ("SELECT column_name FROM (SUMMARIZE sales) WHERE column_type = 'INTEGER'", [{"column_name": "amount"}]),
        ("SELECT column_name FROM (DESCRIBE sales) LIMIT 1", [{"column_name": "region"}]),
        ("UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b", [{"name": "a", "value": 1}, {"name": "b", "value": 2}]),
        ("VALUES (1), (2)", [{"col0": 1}, {"col0": 2}]),
        ("WITH sales AS (SELECT 9 AS amount) FROM sales", [{"amount": 9}]),
        ("SELECT amount FROM sales -- the end", [{"amount": 1}, {"amount": 2}]),
        ("SELECT amount FROM sales;", [{"amount": 1}, {"amount": 2}]),
    ],
)
def test_a_query_may_be_any_that_gives_rows(project, text, expected):
    got = rows(project.run(SALES, sql("q", text)), "q")
    assert sorted(map(repr, got)) == sorted(map(repr, expected))


@pytest.mark.parametrize("text", ["SUMMARIZE sales", "DESCRIBE sales", "PIVOT sales ON quarter USING sum(amount)"])
def test_a_statement_that_is_no_select_is_a_node_that_others_read(project, text):
    results = project.run(SALES, sql("q", text), sql("reader", "SELECT count(*) > 0 AS some FROM q"))
    assert rows(results, "reader") == [{"some": True}]


@pytest.mark.parametrize(
    "create", ["CREATE MACRO", "CREATE OR REPLACE MACRO", "CREATE TEMP MACRO", "create temporary function"]
)
@pytest.mark.parametrize("workers", [1, 3])
def test_macros_belong_to_their_node(project, create, workers):
    nodes = [sql(f"n{n}", f"{create} twist(x) AS x * {n};\nSELECT twist(amount) AS v FROM sales") for n in range(4)]
    results = project.run(
        SALES, *nodes, sql("all", "SELECT sum(v) AS v FROM (FROM n0 UNION ALL FROM n3)"), workers=workers
    )
    assert [rows(results, f"n{n}") for n in range(4)] == [[{"v": n}, {"v": 2 * n}] for n in range(4)]
    assert rows(results, "all") == [{"v": 9}]
    error = project.run(*nodes[:0], SALES, sql("none", "SELECT twist(amount) FROM sales")).get_node_result("none").error
    assert "twist" in error.message


def test_a_table_macro_may_be_used(project):
    text = "CREATE MACRO above(x) AS TABLE SELECT amount FROM sales WHERE amount > x; SELECT * FROM above(1)"
    assert rows(project.run(SALES, sql("q", text)), "q") == [{"amount": 2}]


@pytest.mark.parametrize(
    "value", [7, 2**40, "it's; DROP TABLE x --", None, [1, 2], ["a", "b'c"], dt.date(2024, 2, 29), 1.5, True]
)
@pytest.mark.parametrize("materialize", ["view", "table"])
def test_parameters_are_bound(project, value, materialize):
    text = "SELECT amount, $value AS v FROM sales"
    results = project.run(
        SALES, sql("q", text, {"value": value}, materialize=materialize), sql("reader", "SELECT v FROM q LIMIT 1")
    )
    assert rows(results, "reader") == [{"v": value}]


def test_a_parameter_without_a_value_is_an_error_before_anything_runs(project):
    with pytest.raises(ParameterError, match=r"\$amout has no value") as caught:
        project.pipeline(SALES, sql("q", "SELECT $amout"), params={"amount": 1}).run()
    assert caught.value.hint == "did you mean 'amount'?"


def test_parameters_of_the_pipeline_reach_sql(project):
    pipeline = project.pipeline(SALES, sql("q", "SELECT amount FROM sales WHERE amount > $least"), params={"least": 1})
    assert rows(pipeline.run(), "q") == [{"amount": 2}]


def test_steps_of_all_kinds_follow_one_another_in_a_node(project):
    project.functions.register(lambda df, by: df.assign(amount=df.amount * by), "times")
    steps = [
        "SELECT * FROM df WHERE amount > 0",
        {"function": "times", "params": {"by": 10}},
        {"operation": "rename", "params": {"columns": {"amount": "total"}}},
        "SELECT region, total + (SELECT max(amount) FROM sales) AS total FROM df",
        {"operation": "sort", "params": {"by": "total", "ascending": False}},
    ]
    assert rows(project.run(SALES, node("n", *steps, depends_on=["sales"])), "n") == [
        {"region": "S", "total": 22},
        {"region": "N", "total": 12},
    ]


def test_two_nodes_that_read_have_each_its_own_df(project):
    project.put("a.csv", "v\n1\n")
    project.put("b.csv", "v\n2\n")
    nodes = [node(name, "SELECT v * 10 AS v FROM df", read=read(f"{name}.csv")) for name in "ab"]
    results = project.run(*nodes, sql("both", "SELECT a.v + b.v AS v FROM a, b"))
    assert rows(results, "both") == [{"v": 30}]


def test_inputs_give_nodes_and_files_names_of_the_nodes_own(project):
    project.put("a.csv", "v\n1\n")
    project.put("b.csv", "v\n2\n")
    nodes = [
        node("n1", "SELECT src.v + s.amount AS v FROM Src, s", inputs={"src": read("a.csv"), "s": "sales"}),
        node("n2", "SELECT src.v + s.v AS v FROM src, s", inputs={"src": read("b.csv"), "s": "n1"}),
    ]
    results = project.run(SALES, *nodes)
    assert sorted(row["v"] for row in rows(results, "n1")) == [2, 3]
    assert sorted(row["v"] for row in rows(results, "n2")) == [4, 5]


def test_an_input_may_have_the_name_of_another_node(project):
    project.put("a.csv", "v\n1\n")
    results = project.run(
        SALES, node("n", "SELECT v FROM sales", inputs={"sales": read("a.csv")}), sql("m", "FROM sales")
    )
    assert rows(results, "n") == [{"v": 1}]
    assert len(rows(results, "m")) == 2


def test_python_gets_inputs_by_their_names(project):
    project.put("a.csv", "v\n1\n")
    project.functions.register(lambda src, s: src.assign(n=len(s)), "joined")
    n = python("n", "joined", inputs={"src": read("a.csv"), "s": "sales"})
    assert rows(project.run(SALES, n), "n") == [{"v": 1, "n": 2}]


def test_sql_may_stand_in_a_file(project):
    project.put("sql/q.sql", "SELECT amount\nFROM sales\nWHERE amount > 1")
    project.put("sql/bad.sql", "SELECT 1,\n  amout\nFROM sales")
    results = project.run(SALES, node("q", {"sql_file": "sql/q.sql"}), node("bad", {"sql_file": "sql/bad.sql"}))
    assert rows(results, "q") == [{"amount": 2}]
    where = results.get_node_result("bad").error.where
    assert (where.file, where.line, where.source) == (str(project.path / "sql/bad.sql"), 2, "  amout")


def test_a_node_without_read_starts_from_its_first_dependency(project):
    results = project.run(
        SALES, node("op", {"operation": "filter", "params": {"condition": "amount > 1"}}, depends_on=["sales"])
    )
    assert rows(results, "op")[0]["amount"] == 2
