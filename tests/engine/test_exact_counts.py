"""What a run tells of how many rows its lazy results have, and what time they took."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline.project import Project, node, python, read, sql

from benchmarks.plan_shapes import SHAPES, Shape, hand_counts, make_sources, pipeline_of
from odibi_nb import Pipeline
from odibi_nb.config import PipelineConfig
from odibi_nb.connections import LocalConnection
from odibi_nb.engine.plans import SAMPLE, read_profile
from odibi_nb.engine.session import Cursor, Session

ROWS = 300_000
IS_DUCKDB_1 = duckdb.__version__.startswith("1.")
# Its scans of what a correlated subquery asks for are said to have no rows: what is joined with them isn't trusted.
LEFT_BY_DUCKDB_1 = {"anti join": ["picked"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_sources(str(tmp_path_factory.mktemp("shapes")), ROWS)["folder"]


def run(shape, folder, **options):
    config = PipelineConfig.model_validate(pipeline_of(shape))
    results = Pipeline(config, {"local": LocalConnection(folder)}).run(**options)
    assert [results.get_node_result(name).error for name in results.failed] == []
    return {name: results.get_node_result(name) for name in shape.nodes}


@pytest.mark.parametrize("name", SHAPES)
def test_a_run_tells_the_exact_rows_of_every_node(folder, name):
    shape = SHAPES[name]
    expected = hand_counts(shape, folder)
    results = run(shape, folder)
    told = {node: result.dataset.known_rows for node, result in results.items()}
    uncounted = {*shape.on_demand, *(LEFT_BY_DUCKDB_1.get(name, ()) if IS_DUCKDB_1 else ())}
    assert told == {node: None if node in uncounted else rows for node, rows in expected.items()}
    assert {node: result.rows_processed for node, result in results.items()} == expected


CONDITIONS = [
    "quantity > 4",
    "cents % 3 = 1",
    "channel <> 'web'",
    "store_id IN (3, 7, 20)",
    "cents < 0",
    "id >= 200000",
]
STEPS = st.one_of(
    st.sampled_from(CONDITIONS).map("SELECT * FROM {{0}} WHERE {}".format),
    st.sampled_from(
        [
            "SELECT *, cents / 7 AS part FROM {0}",
            "SELECT {0}.* FROM {0} JOIN stores USING (store_id)",
            "SELECT {0}.* FROM {0} LEFT JOIN (FROM customers WHERE age = 17) AS c USING (customer_id)",
            "SELECT * FROM {0} WHERE product_id IN (SELECT product_id FROM products WHERE kind = 'c')",
            "FROM {0} UNION ALL BY NAME SELECT * FROM {0} WHERE quantity = 9",
            "FROM {0} UNION ALL BY NAME FROM sales",
            "SELECT * FROM {0} LIMIT 70000",
            "SELECT * FROM {0} ORDER BY cents, id LIMIT 60000",
            "SELECT DISTINCT ON (product_id) * FROM {0} ORDER BY product_id, id",
        ]
    ),
)


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(STEPS, min_size=1, max_size=5), sink=st.booleans())
def test_a_number_that_a_run_tells_of_any_chain_is_exact(folder, texts, sink):
    names = ["sales", *(f"step_{number}" for number in range(len(texts)))]
    nodes = {name: text.format(above) for name, above, text in zip(names[1:], names, texts, strict=False)}
    shape = Shape(nodes, written=(names[-1],) if sink else ())
    expected = hand_counts(shape, folder)
    results = run(shape, folder)
    told = {name: result.dataset.known_rows for name, result in results.items()}
    assert {name: rows for name, rows in told.items() if rows is not None} == {
        name: expected[name] for name, rows in told.items() if rows is not None
    }


def test_a_sample_of_all_keeps_every_row_and_the_profile_says_how_many(folder):
    connection = duckdb.connect()
    connection.execute("SET disabled_optimizers = 'sampling_pushdown'; PRAGMA enable_profiling = 'no_output'")
    query = f"FROM (FROM '{folder}/sales.parquet' WHERE cents % 2 = 0) USING SAMPLE 100.0000 PERCENT (SYSTEM)"
    expected = duckdb.sql(f"SELECT count(*) FROM '{folder}/sales.parquet' WHERE cents % 2 = 0").fetchall()
    for _ in range(20):
        assert connection.execute(f"SELECT count(*) FROM ({query})").fetchall() == expected
        profile = read_profile(connection.get_profiling_information(format="json"))
        assert [(one.details["Sample Method"], one.rows) for one in profile if one.kind == SAMPLE] == [
            ("System: 100.000000%", expected[0][0])
        ]


def test_rows_stay_in_their_order_below_marks(folder):
    nodes = {"valid": "SELECT * FROM sales WHERE cents > 9", "out": "SELECT id FROM valid WHERE quantity > 1"}
    run(Shape(nodes, written=("out",)), folder)
    jumps = (
        f"SELECT count(*) FROM (SELECT id - lag(id) OVER () AS step FROM '{folder}/written/out.parquet') WHERE step < 0"
    )
    assert duckdb.sql(jumps).fetchall() == [(0,)]


@pytest.fixture
def project(folder, tmp_path):
    project = Project(tmp_path)
    project.connections["local"] = LocalConnection(folder)
    return project


LOAD = node("load", read=read("sales.parquet"))


def rows_of(results):
    return {name: result.dataset.known_rows for name, result in results.node_results.items()}


def count(folder, condition):
    return duckdb.sql(f"SELECT count(*) FROM '{folder}/sales.parquet' WHERE {condition}").fetchall()[0][0]


def test_parameters_of_one_name_keep_the_value_of_their_node(project, folder):
    results = project.run(
        LOAD,
        sql("few", "SELECT * FROM load WHERE cents > $least", {"least": 5000}),
        sql("fewer", "SELECT * FROM few WHERE quantity > $least", {"least": 3}),
        sql("total", "SELECT sum(cents) + $least AS cents FROM fewer", {"least": 7}),
    )
    assert rows_of(results) | {"load": ROWS} == {
        "load": ROWS,
        "few": count(folder, "cents > 5000"),
        "fewer": count(folder, "cents > 5000 AND quantity > 3"),
        "total": 1,
    }
    told = results.get_node_result("total").dataset.arrow()["cents"].to_pylist()
    expected = f"SELECT sum(cents) + 7 FROM '{folder}/sales.parquet' WHERE cents > 5000 AND quantity > 3"
    assert told == [duckdb.sql(expected).fetchall()[0][0]]


def test_nodes_that_look_alike_are_not_taken_for_each_other(project, folder):
    duckdb.execute(f"COPY (FROM '{folder}/sales.parquet' WHERE id % 5 <> 0) TO '{folder}/other.parquet'")
    results = project.run(
        LOAD,
        node("load_other", read=read("other.parquet")),
        sql("few", "SELECT * FROM load WHERE cents > 50000"),
        sql("few_other", "SELECT * FROM load_other WHERE cents > 50000"),
        sql("total", "SELECT count(*) AS n FROM few JOIN few_other USING (id)"),
    )
    rows = rows_of(results)
    assert (rows["few"], rows["few_other"]) == (
        count(folder, "cents > 50000"),
        count(folder, "cents > 50000 AND id % 5 <> 0"),
    )


@pytest.mark.skipif(IS_DUCKDB_1, reason="DuckDB 1 keeps no profile of a query with parameters that gives Arrow")
def test_what_a_python_node_reads_is_counted_too(project, folder):
    project.functions.register(lambda fewer: fewer[:10], "ten")
    results = project.run(
        LOAD,
        sql("few", "SELECT * FROM load WHERE cents > $least", {"least": 5000}),
        sql("fewer", "SELECT * FROM few WHERE quantity > 3"),
        python("ten"),
    )
    rows = rows_of(results)
    assert (rows["few"], rows["fewer"]) == (
        count(folder, "cents > 5000"),
        count(folder, "cents > 5000 AND quantity > 3"),
    )


def test_a_node_with_macros_of_its_own_is_read_as_it_is(project, folder):
    results = project.run(
        LOAD,
        sql("few", "CREATE MACRO dear(c) AS c > 5000; SELECT * FROM load WHERE dear(cents)"),
        sql("fewer", "SELECT * FROM few WHERE quantity > 3"),
        sql("total", "SELECT sum(cents) AS cents FROM fewer"),
    )
    assert rows_of(results)["fewer"] == count(folder, "cents > 5000 AND quantity > 3")
    assert results.get_node_result("few").rows_processed == count(folder, "cents > 5000")


def test_rows_that_only_a_mark_would_compute_break_no_run(project, folder):
    text = "CASE WHEN id = 250000 THEN 'x' ELSE '1' END"
    results = project.run(
        LOAD,
        sql("typed", f"SELECT *, CAST({text} AS INT) AS one FROM load WHERE cents > 9"),
        sql("total", "SELECT sum(one) AS ones FROM typed WHERE quantity > 5 AND id < 200000"),
    )
    assert results.failed == []
    assert results.get_node_result("typed").rows_processed == count(folder, "cents > 9")


def test_fused_nodes_share_the_time_of_the_query_that_evaluated_them(folder):
    results = run(SHAPES["three joins"], folder)
    times = {name: result.duration for name, result in results.items()}
    seconds = {name: result.dataset.seconds for name, result in results.items()}
    assert min(times.values()) > 0
    assert seconds["total"] == 0
    assert all(0 < seconds[name] <= times[name] for name in ("with_region", "with_kind", "with_age"))


def test_of_what_a_query_reads_twice_the_time_of_one_reading_is_known(project, folder):
    pair = "SELECT count(*) AS n FROM {0} JOIN {0} AS others USING (id)".format
    results = project.run(LOAD, sql("few", "SELECT * FROM load WHERE cents > 5000"), sql("pairs", pair("few")))
    for name in ("load", "few"):
        data = results.get_node_result(name).dataset
        assert data.seconds_once == pytest.approx(data.seconds / 2)
        assert data.seconds > 0
    once = project.run(LOAD, sql("few", "SELECT * FROM load WHERE cents > 5000"), sql("all", "SELECT sum(id) FROM few"))
    data = once.get_node_result("load").dataset
    assert data.seconds_once == data.seconds > 0


def test_what_a_result_has_taken_is_not_known_where_it_can_not_be_told_from_its_reader(project, folder):
    text = "CREATE MACRO dear(c) AS c > 5000; SELECT * FROM load WHERE dear(cents)"
    results = project.run(LOAD, sql("few", text), sql("total", "SELECT sum(cents) AS cents FROM few"))
    assert results.get_node_result("few").dataset.seconds_once is None


def test_a_run_with_workers_counts_the_same(folder):
    shape = SHAPES["fan-out"]
    results = run(shape, folder, parallel=True, workers=2)
    assert {name: result.dataset.known_rows for name, result in results.items()} == hand_counts(shape, folder)


def test_what_is_known_is_not_measured_again(project, monkeypatch):
    begun = []
    monkeypatch.setattr(Cursor, "profiling", lambda cursor, real=Cursor.profiling: begun.append(cursor) or real(cursor))
    readers = [sql(f"reader_{number}", f"SELECT i + {number} AS i FROM base") for number in range(3)]
    results = project.run(sql("base", "SELECT range AS i FROM range(9)"), *readers)
    assert set(rows_of(results).values()) == {9}
    assert len(begun) == 1


def test_sampling_is_not_moved_into_scans():
    told = Session().call(lambda cursor: cursor.run("SELECT current_setting('disabled_optimizers')"))
    assert told == [("sampling_pushdown",)]
