"""Nodes that are computed by whoever reads them: who is blamed, what is said of them, what stays."""

from __future__ import annotations

import pytest
from pipeline.project import node, python, read, sql, write

ROWS = 1_200_000
BAD_ROW = 1_000_001


@pytest.fixture
def project(lazy_project):
    """A Parquet file with one text, deep down, that is no number."""
    made = sql("made", f"SELECT CASE WHEN i = {BAD_ROW} THEN 'bad' ELSE i::VARCHAR END AS s FROM range({ROWS}) t(i)")
    lazy_project.run(node("file", *made.transform.steps, write=write("raw.parquet")))
    return lazy_project


LOAD = node("load", read=read("raw.parquet"))


def lazy_chain(*, cast_in: str):
    """Three lazy nodes and a sink; one of them casts the texts."""
    casts = {name: "CAST(s AS INT) AS s" if name == cast_in else "s" for name in ("first", "second", "third", "out")}
    return [
        LOAD,
        sql("first", f"SELECT\n  {casts['first']}\nFROM load"),
        sql("second", f"SELECT\n  {casts['second']}\nFROM first"),
        sql("third", f"SELECT\n  {casts['third']}\nFROM second"),
        sql("out", f"SELECT\n  {casts['out']}\nFROM third", write=write("out.parquet")),
    ]


def status(results):
    return [results.get_node_result(name).status for name in ("load", "first", "second", "third", "out")]


@pytest.mark.parametrize(
    ("cast_in", "expected"),
    [
        ("first", ["completed", "failed", "skipped", "skipped", "skipped"]),
        ("third", ["completed", "completed", "completed", "failed", "skipped"]),
        ("out", ["completed", "completed", "completed", "completed", "failed"]),
    ],
)
def test_the_node_at_fault_is_blamed_at_its_line_and_the_old_file_stays(project, cast_in, expected):
    project.put("out.parquet", "the old file")
    results = project.run(*lazy_chain(cast_in=cast_in))
    assert status(results) == expected
    error = results.get_node_result(cast_in).error
    assert "Could not convert string 'bad'" in error.message
    assert (error.where.node, error.where.line, error.where.column) == (cast_in, 2, 3)
    assert error.where.source == "  CAST(s AS INT) AS s"
    assert project.text("out.parquet") == "the old file"
    assert project.files() == ["out.parquet", "raw.parquet"]


def test_fused_nodes_say_into_what_they_were_fused(project):
    results = project.run(*lazy_chain(cast_in="nobody"))
    fused = [results.get_node_result(name).fused_into for name in ("load", "first", "second", "third", "out")]
    assert fused == [("out",)] * 4 + [()]
    assert results.get_node_result("out").rows_written == ROWS


def test_an_error_behind_a_good_preview_is_found_when_the_node_is_written(project):
    results = project.run(*lazy_chain(cast_in="first"), preview=20)
    assert results.failed == ["first"]


def test_an_eager_reader_of_lazy_nodes_blames_them_too(project):
    results = project.run(
        LOAD,
        sql("typed", "SELECT CAST(s AS INT) AS i FROM load"),
        sql("total", "SELECT\n\n sum(i) AS total\nFROM typed"),
    )
    assert (results.failed, results.skipped) == (["typed"], ["total"])
    assert results.get_node_result("typed").error.where.line == 1


def test_a_python_reader_of_lazy_nodes_blames_them_too(project):
    project.functions.register(lambda typed: typed, "reader")
    results = project.run(LOAD, sql("typed", "SELECT CAST(s AS INT) AS i FROM load"), python("reader"))
    assert (results.failed, results.skipped) == (["typed"], ["reader"])


def test_a_context_reader_of_lazy_nodes_blames_them_too(project):
    project.functions.register(lambda context: context.get("typed"), "reader")
    nodes = [LOAD, sql("typed", "SELECT CAST(s AS INT) AS i FROM load"), python("reader", depends_on=["typed"])]
    results = project.run(*nodes)
    assert (results.failed, results.skipped) == (["typed"], ["reader"])


def test_a_value_that_a_function_refuses_is_no_fault_of_the_file(project):
    refusing = sql("checked", "SELECT s, strptime('y' || s, '%Y') AS n\nFROM load")
    results = project.run(LOAD, refusing, sql("out", "SELECT count(n) AS n FROM checked", write=write("out.parquet")))
    assert [results.get_node_result(name).status for name in ("load", "checked")] == ["completed", "failed"]
    assert results.get_node_result("checked").error.message.startswith("Could not parse string")


def test_rows_that_the_reader_filters_out_are_not_held_against_it(project):
    results = project.run(
        LOAD,
        sql("typed", "SELECT s, TRY_CAST(s AS INT) AS i FROM load"),
        sql("wrong", "SELECT CAST(s || '!' AS INT) AS j FROM typed WHERE i < 5", write=write("out.parquet")),
    )
    assert results.failed == ["wrong"]
    assert results.get_node_result("wrong").error.where.column == 8


def test_a_step_within_a_node_is_blamed_at_its_own_line(project):
    steps = ["SELECT\n\n  CAST(s AS INT) AS i\nFROM df", "SELECT sum(i) AS total FROM df"]
    results = project.run(LOAD, node("steps", *steps, depends_on=["load"]))
    error = results.get_node_result("steps").error
    assert (results.failed, error.where.line, error.where.column) == (["steps"], 3, 3)


def test_a_bad_line_of_a_csv_is_told_with_file_and_line_whoever_reads_it(lazy_project):
    lines = [f"{i},x" for i in range(60_000)]
    lines[50_000] = "oops,x"
    lazy_project.put("big.csv", "id,name\n" + "\n".join(lines) + "\n")
    results = lazy_project.run(
        node("load", read=read("big.csv")), sql("ids", "SELECT id + 1 AS id FROM load", write=write("ids.parquet"))
    )
    error = results.get_node_result("load").error
    assert (results.failed, results.skipped) == (["load"], ["ids"])
    assert error.where.file.endswith("big.csv")
    assert error.where.line == 50_002
    assert "'oops'" in error.message


def test_a_lazy_node_whose_readers_all_failed_is_verified(project):
    nodes = [
        LOAD,
        sql("typed", "SELECT CAST(s AS INT) AS i FROM load"),
        sql("reader", "SELECT nothing FROM typed"),
    ]
    results = project.run(*nodes)
    assert (results.failed, results.completed) == (["typed", "reader"], ["load"])


def test_a_lazy_node_that_is_good_completes_though_its_readers_failed(project):
    results = project.run(LOAD, sql("same", "SELECT s FROM load"), sql("reader", "SELECT nothing FROM same"))
    assert (results.failed, results.completed) == (["reader"], ["load", "same"])


def test_a_node_that_is_only_waited_for_is_not_called_fused(project):
    project.functions.register(lambda: __import__("pandas").DataFrame({"a": [1]}), "after")
    results = project.run(
        LOAD, sql("typed", "SELECT CAST(s AS INT) AS i FROM load"), python("after", depends_on=["typed"])
    )
    assert results.failed == ["typed"]
    assert results.get_node_result("after").success


def test_materialize_table_evaluates_all_of_a_node(project):
    nodes = lazy_chain(cast_in="nobody")
    nodes[1] = sql("first", "SELECT s FROM load", materialize="table")
    first = project.run(*nodes).get_node_result("first")
    assert (first.fused_into, first.dataset.known_rows) == ((), ROWS)


def test_volatile_sql_shows_its_readers_what_the_card_shows(lazy_project):
    nodes = [sql("dice", "SELECT random() AS x FROM range(100)"), sql("a", "FROM dice"), sql("b", "FROM dice")]
    results = lazy_project.run(*nodes)
    a, b, dice = (results.get_node_result(name).dataset.arrow() for name in ("a", "b", "dice"))
    assert a.equals(b)
    assert a.equals(dice)
