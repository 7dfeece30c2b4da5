"""Write modes, replaced files, and what may go wrong with a target, on each engine."""

from __future__ import annotations

import subprocess

import pytest
from pipeline.project import Project, node, python, read, sql, write

from odibi_nb.exceptions import ConfigValidationError, ConnectionError, ValidationError  # noqa: A004

FORMATS = ["x.csv", "x.parquet", "x.json", "x.jsonl", "x.xlsx"]


def put(project: Project, path: str, text: str, mode: str = "overwrite", **options):
    return project.run(sql("out", text, write=write(path, mode, **options))).get_node_result("out")


def rows(project: Project, path: str):
    dtype = {"dtype": {"id": "str"}} if project.engine == "pandas" and path.endswith((".csv", ".xlsx")) else {}
    results = project.run(node("again", read=read(path, **dtype)), sql("ordered", "FROM again ORDER BY ALL"))
    result = results.get_node_result("ordered")
    assert result.success, results.get_node_result("again").error
    return [tuple(row.values()) for row in result.dataset.arrow().to_pylist()]


def values(*pairs):
    return f"SELECT id, v::BIGINT AS v FROM (VALUES {', '.join(map(str, pairs))}) t(id, v)"


@pytest.mark.parametrize("path", FORMATS)
def test_overwrite_replaces(project, path):
    put(project, path, values(("001", 1), ("002", 2)))
    result = put(project, path, values(("007", 7)))
    assert (result.rows_written, rows(project, path)) == (1, [("007", 7)])


@pytest.mark.parametrize("path", FORMATS)
def test_append_adds(project, path):
    put(project, path, values(("001", 1)), "append")
    result = put(project, path, values(("007", 7), ("008", 8)), "append")
    assert result.success, result.error
    assert (result.rows_written, rows(project, path)) == (2, [("001", 1), ("007", 7), ("008", 8)])


@pytest.mark.parametrize("path", FORMATS)
def test_upsert_replaces_rows_of_the_same_key(project, path):
    put(project, path, values(("001", 1), ("007", 2)))
    result = put(project, path, values(("007", 7), ("008", 8)), "upsert", keys=["id"])
    assert result.success, result.error
    assert (result.rows_written, rows(project, path)) == (2, [("001", 1), ("007", 7), ("008", 8)])


@pytest.mark.parametrize("path", FORMATS)
def test_append_once_adds_rows_of_new_keys_and_says_how_many(project, path):
    put(project, path, values(("001", 1), ("007", 2)))
    result = put(project, path, values(("007", 7), ("008", 8)), "append_once", keys=["id"])
    assert result.success, result.error
    assert (result.rows_written, rows(project, path)) == (1, [("001", 1), ("007", 2), ("008", 8)])


def test_an_upsert_of_doubled_keys_is_an_error_naming_them_and_the_file_stays(project):
    put(project, "x.csv", values(("001", 1)))
    before = project.text("x.csv")
    error = put(project, "x.csv", values(("007", 7), ("007", 8)), "upsert", keys=["id"]).error
    assert isinstance(error, ValidationError)
    assert "id='007'" in error.message
    assert project.text("x.csv") == before


@pytest.mark.parametrize("path", ["x.csv", "x.parquet"])
def test_rows_of_other_columns_than_the_targets_are_an_error_naming_them(project, path):
    put(project, path, values(("001", 1)))
    error = put(project, path, "SELECT '002' AS id, 1 AS w", "append").error
    assert "lack v" in error.message
    assert "add w" in error.message


def test_a_key_that_is_no_column_is_an_error_with_the_nearest(project):
    error = put(project, "x.csv", values(("001", 1)), "upsert", keys=["ids"]).error
    assert error.hint == "did you mean 'id'?"


def test_columns_may_come_in_another_order(project):
    put(project, "x.parquet", values(("001", 1)))
    put(project, "x.parquet", "SELECT 2::BIGINT AS v, '002' AS id", "append")
    assert rows(project, "x.parquet") == [("001", 1), ("002", 2)]


def test_a_file_written_with_options_is_read_back_with_them(project):
    options = {"sep": ";"}
    put(project, "x.csv", values(("001", 1)), **options)
    assert put(project, "x.csv", values(("002", 2)), "append", **options).success
    assert project.text("x.csv").splitlines() == ["id;v", "001;1", "002;2"]


def test_an_empty_json_takes_rows_in(project):
    project.put("x.json", "[]")
    assert put(project, "x.json", values(("001", 1)), "append").success
    assert rows(project, "x.json") == [("001", 1)]


def test_an_unknown_option_is_an_error_with_the_nearest(project):
    error = put(project, "x.csv", values(("001", 1)), delimitr=";").error
    assert isinstance(error, ConfigValidationError)
    assert "delimiter" in error.hint or "sep" in error.hint


OLD = "id,v\n1,10\n2,20\n"


def test_a_node_may_overwrite_the_file_it_reads(project):
    project.put("x.csv", OLD)
    steps = ["SELECT id, v + 1 AS v FROM df"]
    results = project.run(node("again", *steps, read=read("x.csv"), write=write("x.csv")))
    assert results.failed == [], results.get_node_result("again").error
    assert project.text("x.csv") == "id,v\n1,11\n2,21\n"
    assert [row["v"] for row in results.get_node_result("again").dataset.arrow().to_pylist()] == [11, 21]


@pytest.mark.parametrize("source", ["x.csv", "*.csv", "."])
def test_a_file_overwritten_later_in_the_run_is_read_before(project, source):
    project.put("x.csv", OLD)
    options = {"format": "csv"} if source == "." else {}
    results = project.run(
        node("load", read={**read(source), **options}),
        sql("small", "SELECT id, 0 AS v FROM load WHERE id = 1", write=write("x.csv")),
        sql("total", "SELECT sum(v) AS v FROM load, (SELECT count(*) FROM small)"),
    )
    assert results.failed == [], [results.get_node_result(name).error for name in results.failed]
    assert results.get_node_result("total").dataset.arrow().to_pylist() == [{"v": 30}]
    assert len(results.get_node_result("load").dataset.frame()) == 2


def test_a_file_literal_overwritten_later_in_the_run_is_read_before(lazy_project):
    project = lazy_project
    project.run(sql("made", "SELECT i FROM range(100000) t(i)", write=write("x.parquet")))
    results = project.run(
        sql("load", "FROM 'x.parquet'"),
        sql("few", "SELECT i FROM load WHERE i < 3", write=write("x.parquet")),
        sql("total", "SELECT count(*) AS n FROM load, (SELECT max(i) FROM few)"),
    )
    assert results.failed == [], [results.get_node_result(name).error for name in results.failed]
    assert results.get_node_result("load").rows_processed == 100_000
    assert results.get_node_result("total").dataset.arrow().to_pylist() == [{"n": 100_000}]


def test_a_parquet_that_is_read_lazily_may_be_overwritten_by_its_reader(lazy_project):
    project = lazy_project
    project.run(sql("made", "SELECT i FROM range(100000) t(i)", write=write("x.parquet")))
    results = project.run(
        node("load", read=read("x.parquet")), sql("more", "SELECT i + 1 AS i FROM load", write=write("x.parquet"))
    )
    assert results.failed == []
    head = results.get_node_result("more").dataset.first(1).to_pylist()
    assert (head, results.get_node_result("load").dataset.first(1).to_pylist()) == ([{"i": 1}], [{"i": 0}])


def test_two_runs_in_a_row_write_twice(project):
    pipeline = project.pipeline(sql("out", values(("1", 1)), write=write("x.csv", "append")))
    pipeline.run()
    assert pipeline.run().failed == []
    assert len(project.text("x.csv").splitlines()) == 3


def test_a_target_outside_of_the_connection_is_refused_before_anything_runs(project):
    ran = []
    project.functions.register(lambda: ran.append(1), "first")
    with pytest.raises(ConnectionError, match="lies outside of"):
        project.run(python("first", returns="none"), sql("out", "SELECT 1 AS a", write=write("../x.csv")))
    assert ran == []


def test_an_unknown_format_is_refused_before_anything_runs(project):
    with pytest.raises(Exception, match="format 'prket'"):
        project.run(sql("out", "SELECT 1 AS a", write={**write("x"), "format": "prket"}))


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, check=False)
    if mount.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("path", ["x.csv", "x.parquet", "x.json"])
def test_a_full_disk_is_a_clear_error_and_the_old_file_stays(project, small_disk, path):
    (small_disk / path).write_text("the old file")
    full = Project(small_disk, project.engine)
    text = "SELECT i, md5(i::VARCHAR) AS h, md5((i + 1)::VARCHAR) AS g FROM range(200000) t(i)"
    error = full.run(sql("out", text, write=write(path))).get_node_result("out").error
    assert isinstance(error, ConnectionError)
    assert "space" in error.message
    assert error.hint.startswith("free some space")
    assert full.files() == [path]
    assert full.text(path) == "the old file"
