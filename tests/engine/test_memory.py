"""Results that nobody holds any more leave nothing behind in DuckDB."""

from __future__ import annotations

import gc

import pandas as pd
import pytest
from pipeline.project import node, python, read, sql


def session(pipeline):
    engine = pipeline._engine
    return getattr(engine, "_sql", engine)._session


def catalog(pipeline) -> tuple[int, int, int]:
    """Numbers of tables and views, of schemas, and of macros that are ours."""
    gc.collect()
    queries = (
        "SELECT count(*) FROM information_schema.tables",
        "SELECT count(*) FROM duckdb_schemas() WHERE schema_name LIKE 'odibi%'",
        "SELECT count(*) FROM duckdb_functions() WHERE schema_name LIKE 'odibi%'",
    )
    return session(pipeline).call(lambda cursor: tuple(cursor.run(query)[0][0] for query in queries))


@pytest.fixture
def pipeline(project):
    project.put("x.csv", "v\n1\n2\n")
    project.functions.register(lambda df: df.assign(w=1), "wider")
    return project.pipeline(
        node("load", "SELECT v + 1 AS v FROM df", read=read("x.csv")),
        sql("twisted", "CREATE MACRO twist(x) AS x * 2; SELECT twist(v) AS v FROM load"),
        python("wide", "wider", depends_on=["twisted"]),
        sql("total", "SELECT sum(v) AS v, sum(w) AS w FROM wide"),
        node("last", {"operation": "rename", "params": {"columns": {"v": "u"}}}, depends_on=["total"]),
    )


def test_results_that_are_dropped_are_dropped_in_the_database(pipeline):
    results = pipeline.run()
    assert catalog(pipeline)[0] > 0 or pipeline._engine.name == "pandas"
    del results
    pipeline._outcome.results.clear()
    pipeline._engine.begin()
    assert catalog(pipeline) == (0, 0, 0)


def test_a_result_outlives_its_run_for_as_long_as_it_is_held(pipeline):
    held = pipeline.run().get_node_result("last")
    for _ in range(3):
        pipeline.run()
    gc.collect()
    assert held.dataset.arrow().to_pylist() == [{"u": 10, "w": 2}]


def test_forty_runs_leave_nothing_behind(pipeline):
    pipeline.run()
    before = catalog(pipeline)
    for _ in range(40):
        assert pipeline.run().failed == []
    assert catalog(pipeline) == before
    registered = [len(cursor._leaves) for cursor in session(pipeline)._free]
    assert sum(registered) < 20


def test_frames_are_unregistered_once_their_results_are_gone(lazy_project):
    lazy_project.functions.register(lambda: pd.DataFrame({"a": range(10)}), "made")
    pipeline = lazy_project.pipeline(python("made"), sql("reader", "SELECT sum(a) AS a FROM made"))
    for _ in range(20):
        pipeline.run()
    gc.collect()
    session(pipeline).call(lambda cursor: cursor.see([]))
    assert max(len(cursor._leaves) for cursor in session(pipeline)._free) <= 1


def test_a_closed_engine_may_be_closed_again(pipeline):
    pipeline.run()
    pipeline._engine.close()
    pipeline._engine.close()
