"""The Python API that users of Odibi know, name by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from odibi_nb import Pipeline, PipelineResults
from odibi_nb.config import NodeConfig, PipelineConfig
from odibi_nb.connections import LocalConnection
from odibi_nb.engine import Engine, PandasEngine, create_engine
from odibi_nb.exceptions import (
    ConfigValidationError,
    ConnectionError,  # noqa: A004
    DependencyError,
    EngineError,
    UsageError,
    ValidationError,
)
from odibi_nb.node import NodeResult
from pipeline.project import Project, node, python, read, sql, write

SEED = """
    from odibi_nb import Pipeline
    from odibi_nb.config import PipelineConfig, NodeConfig, ReadConfig, WriteConfig, TransformConfig
    from odibi_nb.connections import LocalConnection
    from odibi_nb.registry import transform

    @transform
    def clean_sales(context, source: str, min_amount: float = 0):
        df = context.get(source)                       # a pandas DataFrame
        return df[df["amount"] >= min_amount]

    config = PipelineConfig(pipeline="sales_etl", nodes=[
        NodeConfig(name="load_sales", read=ReadConfig(connection="local", format="csv", path="sales.csv")),
        NodeConfig(name="clean_sales", depends_on=["load_sales"], transform=TransformConfig(steps=[
            {"function": "clean_sales", "params": {"source": "load_sales", "min_amount": 100.0}}])),
        NodeConfig(name="save_cleaned", depends_on=["clean_sales"], write=WriteConfig(
            connection="local", format="parquet", path="cleaned_sales.parquet", mode="overwrite")),
    ])
    pipeline = Pipeline(config, connections={"local": LocalConnection(base_path="./data")})
    results = pipeline.run()
    print(results.completed, results.failed, results.skipped, results.duration > 0)
"""


def test_code_written_for_odibi_works(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sales.csv").write_text("id,amount\n1,50\n2,150\n3,100\n")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", textwrap.dedent(SEED)]
    out = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    assert out == "['load_sales', 'clean_sales', 'save_cleaned'] [] [] True\n"
    assert pd.read_parquet(tmp_path / "data/cleaned_sales.parquet").amount.tolist() == [150, 100]


@pytest.fixture
def run(project):
    project.functions.register(lambda load: load.nothing, "bad")
    pipeline = project.pipeline(
        sql("load", "SELECT 1 AS a, 'x' AS b", write=write("load.csv")), python("bad"), sql("below", "FROM bad")
    )
    return pipeline, pipeline.run()


def test_results_say_what_became_of_every_node(run):
    _, results = run
    assert isinstance(results, PipelineResults)
    assert (results.pipeline_name, results.story_path) == ("test", None)
    assert (results.completed, results.failed, results.skipped) == (["load"], ["bad"], ["below"])
    assert results.start_time < results.end_time
    assert results.duration > 0
    assert list(results.node_results) == ["load", "bad", "below"]


def test_a_nodes_result_says_what_became_of_it(run):
    result = run[1].get_node_result("load")
    assert isinstance(result, NodeResult)
    assert (result.node_name, result.success, result.rows_processed, result.error) == ("load", True, 1, None)
    assert result.result_schema == (("a", "INTEGER"), ("b", "VARCHAR"))
    assert result.duration > 0
    assert result.metadata["written"] == "local:load.csv"
    assert result.metadata["rows_written"] == 1


def test_results_may_be_made_by_hand_as_in_odibi():
    good = NodeResult(
        node_name="a", success=True, duration=0.1, rows_processed=3, result_schema=["x"], metadata={"m": 1}
    )
    bad = NodeResult("b", False, 0.2, error=ValueError("no"))
    results = PipelineResults("p", completed=["a"], failed=["b"], node_results={"a": good, "b": bad})
    assert results.get_node_result("a") is good
    assert (good.success, good.rows_processed, good.metadata, bad.success) == (True, 3, {"m": 1}, False)
    told = json.loads(json.dumps(results.to_dict()))["node_results"]
    assert (told["a"]["rows"], told["a"]["schema"]) == (3, [{"name": "x", "type": None}])
    assert (told["b"]["status"], told["b"]["error"]["message"]) == ("failed", "no")
    with pytest.raises(TypeError, match="NodeResult has no 'rows'"):
        NodeResult("a", True, 0.1, rows=3)


def test_results_are_plain_json(run):
    _, results = run
    found = json.loads(json.dumps(results.to_dict()))
    assert (found["completed"], found["node_count"]) == (["load"], 3)
    assert found["node_results"]["load"]["rows"] == 1
    assert found["node_results"]["load"]["schema"][0] == {"name": "a", "type": "INTEGER"}
    error = found["node_results"]["bad"]["error"]
    assert error["type"] == "AttributeError"
    assert found["node_results"]["below"] == {
        **found["node_results"]["below"],
        "status": "skipped",
        "rows": None,
        "schema": None,
        "error": None,
    }


def test_results_are_printed_in_a_line(run):
    pipeline, results = run
    assert repr(pipeline) == f"<pipeline {results.pipeline_name}: 3 nodes>"
    assert repr(results) == f"<results of {results.pipeline_name}: 1 completed, 1 failed, 1 skipped>"
    assert repr(results.node_results["load"]) == "<result of load: completed>"
    assert repr(results.node_results["bad"]).startswith("<result of bad: failed, ")
    assert "\n" not in repr(results.node_results["bad"])


def test_a_result_that_is_not_there_is_none_as_in_odibi(run):
    assert run[1].get_node_result("lod") is None


@pytest.mark.parametrize("placed", [("pandas", {}), ("pandas",), ({},), ()])
def test_a_pipeline_takes_engine_and_connections_in_odibis_order(placed):
    config = PipelineConfig(pipeline="p", nodes=[sql("a", "SELECT 1 AS x")])
    assert Pipeline(config, *placed).run().completed == ["a"]
    assert Pipeline(pipeline_config=config, engine="duckdb", connections={}).run().completed == ["a"]


def test_connections_come_third_after_an_engine(project):
    project.put("x.csv", "a\n1\n")
    config = PipelineConfig(pipeline="p", nodes=[node("a", read=read("x.csv", usecols=["a"]))])
    assert Pipeline(config, "pandas", project.connections).run().completed == ["a"]


@pytest.mark.parametrize("given", [{"pipeline": "p", "nodes": []}, "odibi.yaml", None])
def test_what_is_no_pipeline_config_is_a_usage_error_that_says_how_to_make_one(given):
    with pytest.raises(UsageError, match="a pipeline is made of a PipelineConfig, not a") as caught:
        Pipeline(given)
    assert "from_yaml" in caught.value.hint


def test_a_node_with_nothing_to_write_is_an_error_before_anything_runs(project):
    pipeline = project.pipeline(sql("a", "SELECT 1 AS x", write=write("a.csv")), node("b", write=write("b.csv")))
    assert "node 'b' has nothing to write" in pipeline.validate()["errors"][0]
    with pytest.raises(ValidationError, match="nothing to write"):
        pipeline.run()
    assert project.files() == []


def test_the_context_gives_results_as_frames_and_lists_what_there_is(run):
    pipeline, _ = run
    assert pipeline.context.get("load").to_dict("records") == [{"a": 1, "b": "x"}]
    assert (pipeline.context.has("load"), pipeline.context.has("bad")) == (True, False)
    assert pipeline.context.list_names() == ["load"]
    with pytest.raises(KeyError, match="'lod' not found in context; there are: load"):
        pipeline.context.get("lod")


def test_a_function_sees_the_results_above_it_and_no_others(project):
    project.functions.register(lambda context: pd.DataFrame({"names": [",".join(context.list_names())]}), "see")
    nodes = [sql("top", "SELECT 1 AS a"), sql("mid", "FROM top"), sql("other", "SELECT 2 AS a")]
    result = project.run(*nodes, python("see", depends_on=["mid"])).get_node_result("see")
    assert result.dataset.arrow().to_pylist() == [{"names": "mid,top"}]


def test_an_unknown_function_is_a_value_error_that_lists_what_is(project):
    project.functions.register(lambda: None, "known")
    with pytest.raises(ValueError, match="not registered") as caught:
        project.run(python("n", "knwn"))
    assert "known" in str(caught.value)


def test_an_unknown_engine_is_a_value_error_that_lists_what_is(project):
    with pytest.raises(ValueError, match="engine 'dukdb' is not known") as caught:
        project.pipeline(sql("a", "SELECT 1 AS a"), engine="dukdb")
    assert isinstance(caught.value, EngineError)
    assert caught.value.hint == "did you mean 'duckdb'?"


def test_an_engine_that_is_not_built_says_so():
    with pytest.raises(ValueError, match="'engine: spark' is a feature of Odibi that odibi_nb has not built yet"):
        create_engine("spark")


def test_engines_are_made_by_name():
    assert isinstance(create_engine("pandas"), PandasEngine)
    assert isinstance(create_engine("polars"), Engine)
    with pytest.raises(TypeError):
        Engine()


def test_validate_says_what_is_wrong_without_running(project):
    pipeline = project.pipeline(
        sql("load", "SELECT 1 AS a"),
        python("clean", "unknown", depends_on=["load"]),
        sql("out", "FROM load", write=write("x.parquet")),
    )
    report = pipeline.validate()
    assert set(report) == {"valid", "errors", "warnings", "node_count", "execution_order"}
    assert (report["valid"], report["node_count"], report["warnings"]) == (False, 3, [])
    assert report["execution_order"] == ["load", "clean", "out"]
    assert len(report["errors"]) == 1
    assert "not registered" in report["errors"][0]
    assert project.files() == []


def test_a_connection_that_is_not_configured_is_a_warning_and_stops_a_run(project):
    pipeline = project.pipeline(node("load", read={"connection": "locl", "path": "x.csv"}))
    report = pipeline.validate()
    assert (report["valid"], len(report["warnings"])) == (True, 1)
    assert "'locl' is not configured; there are: local" in report["warnings"][0]
    with pytest.raises(ConnectionError, match="did you mean 'local'"):
        pipeline.run()


def test_two_nodes_that_write_one_target_are_an_error(project):
    nodes = [sql(name, "SELECT 1 AS a", write=write(path)) for name, path in (("a", "x.csv"), ("b", "./x.csv"))]
    pipeline = project.pipeline(*nodes)
    assert "nodes 'a' and 'b' both write local:x.csv" in pipeline.validate()["errors"][0]
    with pytest.raises(ValidationError, match="both write"):
        pipeline.run()
    assert project.files() == []


def test_a_missing_dependency_is_an_error_at_construction_with_the_nearest(project):
    with pytest.raises(DependencyError, match="'load_sale'") as caught:
        project.pipeline(sql("load_sales", "SELECT 1 AS a"), sql("clean", "FROM load_sale"))
    assert (caught.value.node, caught.value.where.line) == ("clean", 1)
    assert caught.value.hint == "did you mean 'load_sales'?"
    with pytest.raises(DependencyError, match="load_sale"):
        project.pipeline(sql("load_sales", "SELECT 1 AS a"), sql("b", "SELECT 1", depends_on=["load_sale"]))


def test_a_cycle_is_an_error_at_construction_that_names_all_of_it(project):
    nodes = [sql("a", "FROM c"), sql("b", "FROM a"), sql("c", "FROM b")]
    with pytest.raises(DependencyError) as caught:
        project.pipeline(*nodes)
    assert sorted(caught.value.cycle) == ["a", "b", "c"]


@pytest.mark.parametrize("names", [("a", "a"), ("a", "A")])
def test_a_name_given_twice_is_an_error_at_construction(project, names):
    with pytest.raises(DependencyError, match="'a'"):
        project.pipeline(*(sql(name, "SELECT 1 AS x") for name in names))


def test_layers_and_picture_need_no_run(project):
    pipeline = project.pipeline(sql("a", "SELECT 1 AS x"), sql("b", "FROM a"), sql("c", "FROM a"))
    assert pipeline.get_execution_layers() == [["a"], ["b", "c"]]
    assert "a" in pipeline.visualize()
    assert pipeline.graph.get_dependents("a") == {"b", "c"}


def test_parallel_is_an_option_of_run(project):
    assert project.run(sql("a", "SELECT 1 AS x"), sql("b", "SELECT 2 AS x"), parallel=True).completed == ["a", "b"]


def test_a_pipeline_runs_from_a_yaml_file(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sales.csv").write_text("amount\n50\n150\n")
    (tmp_path / "transforms.py").write_text(
        "from odibi_nb import transform\n\n\n"
        "@transform\ndef at_least(df, least: int):\n    return df[df.amount >= least]\n"
    )
    (tmp_path / "odibi.yaml").write_text(
        textwrap.dedent("""
        project: sales
        connections: {local: {type: local, base_path: ./data}}
        vars: {least: 100}
        pipelines:
          - pipeline: etl
            nodes:
              - {name: load, read: {connection: local, path: sales.csv}}
              - name: big
                depends_on: [load]
                transform: {steps: [{function: at_least, params: {least: "${vars.least}"}}]}
              - {name: total, transform: {steps: [SELECT sum(amount) AS total FROM big]},
                 write: {connection: local, path: total.csv}}
        """)
    )
    results = Pipeline.from_yaml(tmp_path / "odibi.yaml").run()
    assert results.completed == ["load", "big", "total"], [results.get_node_result(n).error for n in results.failed]
    assert (tmp_path / "data/total.csv").read_text() == "total\n150\n"


def test_a_wrong_setting_of_duckdb_is_refused_at_its_line(tmp_path):
    file = tmp_path / "odibi.yaml"
    file.write_text("settings:\n  duckdb: {threads: many}\npipelines: [{pipeline: p, nodes: []}]\n")
    with pytest.raises(ConfigValidationError, match="'threads' can't be 'many'") as caught:
        Pipeline.from_yaml(file)
    assert (caught.value.where.file, caught.value.where.line) == (str(file), 2)


def test_importing_the_package_is_light():
    script = "import sys, odibi_nb.pipeline; print([m for m in ('pandas', 'duckdb', 'pyarrow') if m in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", script]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert "pandas" not in out
    assert "pyarrow" not in out


def test_a_connection_made_by_hand_has_no_name_of_its_own(tmp_path):
    config = PipelineConfig(pipeline="p", nodes=[NodeConfig(name="a", read=read("x.csv"))])
    connections = {"local": LocalConnection(tmp_path)}
    Project(tmp_path).put("x.csv", "a\n1\n")
    assert Pipeline(config, connections).run().completed == ["a"]


def test_what_is_registered_while_running_is_a_copy(project):
    def see(context):
        frame = pd.DataFrame({"x": [1]})
        context.register("own", frame)
        frame["x"] = 2
        context.get("own")["x"] = 3
        return context.get("own")

    project.function(see)
    result = project.run(python("see")).get_node_result("see")
    assert result.dataset.arrow().to_pylist() == [{"x": 1}]


def test_only_frames_are_registered_while_running(project):
    project.functions.register(lambda context: context.register("own", [1]), "see")
    result = project.run(python("see")).get_node_result("see")
    assert "'own' can't be registered: a pandas DataFrame is needed, not list" in str(result.error)


def test_a_second_run_at_once_is_a_usage_error(lazy_project):
    project, errors = lazy_project, []

    def again():
        with pytest.raises(UsageError, match="a run of this pipeline is going on") as caught:
            pipeline.run()
        errors.append(caught.value)
        return pd.DataFrame({"x": [1]})

    project.function(again)
    pipeline = project.pipeline(python("again"))
    assert pipeline.run().get_node_result("again").success
    assert len(errors) == 1


def test_one_file_under_two_spellings_is_one_target(project, tmp_path):
    project.connections["other"] = LocalConnection(tmp_path / "x")
    twins = [
        sql("a", "SELECT 1 AS i", write=write("x/out.csv")),
        sql("b", "SELECT 2 AS i", write=write("x/../x/out.csv")),
        sql("c", "SELECT 3 AS i", write={**write("out.csv"), "connection": "other"}),
    ]
    pipeline = project.pipeline(*twins)
    errors = pipeline.validate()["errors"]
    assert ["'a' and 'b' both write" in errors[0], "'a' and 'c' both write" in errors[1]] == [True, True]
    with pytest.raises(ValidationError, match="'a' and 'b' both write"):
        pipeline.run()


def test_a_function_registered_anew_is_the_one_that_runs(project):
    project.functions.register(lambda: pd.DataFrame({"v": [1]}), "made")
    pipeline = project.pipeline(python("made"))
    pipeline.run()
    project.functions.register(lambda: pd.DataFrame({"v": [2]}), "made")
    assert pipeline.run().get_node_result("made").dataset.arrow().to_pylist() == [{"v": 2}]


def test_a_function_may_be_registered_after_the_pipeline_is_made(project):
    pipeline = project.pipeline(python("made"))
    project.functions.register(lambda: pd.DataFrame({"v": [1]}), "made")
    assert pipeline.run().completed == ["made"]


def test_a_changed_sql_file_is_read_again(project):
    project.put("q.sql", "SELECT 1 AS v")
    pipeline = project.pipeline(node("q", {"sql_file": "q.sql"}))
    pipeline.run()
    project.put("q.sql", "SELECT 2 AS v")
    assert pipeline.run().get_node_result("q").dataset.arrow().to_pylist() == [{"v": 2}]
