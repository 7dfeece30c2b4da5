"""The Python API meets the same bad input with the same errors, which keep their Python kinds."""

import pandas as pd
import pydantic
import pytest

from odibi_nb import Pipeline, transform
from odibi_nb.config import NodeConfig, PipelineConfig, ReadConfig, TransformConfig, WriteConfig
from odibi_nb.connections import LocalConnection
from odibi_nb.exceptions import (
    ConnectionError,  # noqa: A004
    DependencyError,
    EngineError,
    FormatError,
    NodeExecutionError,
    NotAFrameError,
    SourceNotFoundError,
    TransformError,
    ValidationError,
)
from odibi_nb.registry import FunctionRegistry, Functions

from .projects import GOOD


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.csv").write_text(GOOD)
    return tmp_path


@pytest.fixture
def function(monkeypatch):
    """`transform`, whose functions are forgotten after the test."""
    with Functions(parent=FunctionRegistry.functions).collecting() as functions:
        monkeypatch.setattr(FunctionRegistry, "functions", functions)
        yield transform


def load(path="a.csv", name="load", connection="local", **read):
    return NodeConfig(name=name, read=ReadConfig(connection=connection, path=path, **read))


def step(function_or_sql, *depends_on, name="out", write=None):
    given = {"function": function_or_sql} if function_or_sql.isidentifier() else function_or_sql
    target = None if write is None else WriteConfig(connection="local", path=write)
    steps = TransformConfig(steps=[given])
    return NodeConfig(name=name, depends_on=list(depends_on), transform=steps, **({"write": target} if target else {}))


def pipeline(folder, engine, *nodes):
    config = PipelineConfig(pipeline="api", nodes=list(nodes))
    return Pipeline(config, connections={"local": LocalConnection(folder)}, engine=engine)


def error_of(folder, engine, *nodes, node="load"):
    results = pipeline(folder, engine, *nodes).run()
    assert results.failed == [node]
    error = results.get_node_result(node).error
    assert error.node == node
    assert error.hint
    return error


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda: NodeConfig(name="x", raed={}), "did you mean 'read'?", id="key"),
        pytest.param(
            lambda: ReadConfig(connection="local", path="a", fromat="csv"), "did you mean 'format'?", id="nested"
        ),
        pytest.param(
            lambda: NodeConfig(name="🐍", read=ReadConfig(connection="local", path="a.csv")), "🐍", id="emoji"
        ),
        pytest.param(lambda: NodeConfig(name="x"), "read", id="no part"),
    ],
)
def test_a_config_that_says_nothing_sensible_is_pydantics_error(make, expected):
    with pytest.raises(pydantic.ValidationError, match=expected.replace("?", r"\?")):
        make()


@pytest.mark.parametrize(
    ("nodes", "kind", "expected"),
    [
        pytest.param([load(), step("SELECT * FROM laod")], DependencyError, "laod", id="SQL"),
        pytest.param([load(), step("SELECT 1 AS x", "laod")], DependencyError, "laod", id="depends_on"),
        pytest.param([load(), load()], DependencyError, "load", id="doubled"),
        pytest.param(
            [step(f"SELECT * FROM {up}", name=name) for name, up in ("ac", "ba", "cb")],
            DependencyError,
            "a -> b -> c -> a|a → b → c → a",
            id="cycle",
        ),
    ],
)
def test_a_graph_that_is_none_is_refused_before_anything_runs(folder, engine, nodes, kind, expected):
    with pytest.raises(kind, match=expected) as caught:
        pipeline(folder, engine, *nodes).run()
    assert caught.value.hint


def test_a_connection_not_configured_is_a_warning_and_then_an_error(folder, engine):
    wrong = pipeline(folder, engine, load(connection="locl"))
    report = wrong.validate()
    assert any("locl" in str(warning) for warning in report["warnings"])
    with pytest.raises(ConnectionError, match="locl"):
        wrong.run()


def test_an_unknown_engine_is_refused(folder):
    with pytest.raises(EngineError, match="duckbd") as caught:
        pipeline(folder, "duckbd", load())
    assert isinstance(caught.value, ValueError)
    assert caught.value.hint == "did you mean 'duckdb'?"


def test_an_unknown_format_is_refused(folder, engine):
    with pytest.raises(FormatError, match="cvs"):
        pipeline(folder, engine, load(format="cvs")).run()


def test_errors_of_files_keep_their_kind(folder, engine):
    missing = error_of(folder, engine, load("b.csv"))
    assert isinstance(missing, SourceNotFoundError)
    assert isinstance(missing, FileNotFoundError)
    (folder / "b.csv").write_text("")
    assert isinstance(error_of(folder, engine, load("b.csv")), FormatError)
    with pytest.raises(ConnectionError, match="lies outside of"):
        error_of(folder, engine, load("../a.csv"))


def test_errors_of_code_carry_what_was_raised(folder, engine, function):
    @function
    def failing_badly(load):
        raise KeyError("regoin")

    results = pipeline(folder, engine, load(), step("failing_badly")).run()
    error = results.get_node_result("out").error
    assert isinstance(error, NodeExecutionError)
    assert isinstance(error.__cause__, KeyError)
    assert error.where.source.strip() == 'raise KeyError("regoin")'


@pytest.mark.parametrize("value", [None, 3, "text", [1, 2], pd.Series([1])])
def test_what_is_no_frame_is_refused(folder, engine, function, value):
    @function
    def giving_no_frame(load):
        return value

    assert isinstance(error_of(folder, engine, load(), step("giving_no_frame"), node="out"), NotAFrameError)


def test_a_column_that_is_not_there_is_suggested(folder, engine):
    error = error_of(folder, engine, load(), step("SELECT id,\n  regoin\nFROM load"), node="out")
    assert isinstance(error, TransformError)
    assert (error.where.line, error.hint) == (2, "did you mean 'region'?")


def test_two_writers_of_one_target_are_refused(folder, engine):
    writers = [step("SELECT * FROM load", name=name, write="out.csv") for name in ("one", "two")]
    report = pipeline(folder, engine, load(), *writers).validate()
    assert not report["valid"]
    with pytest.raises(ValidationError, match=r"both write local:out\.csv"):
        pipeline(folder, engine, load(), *writers).run()
    assert not (folder / "out.csv").exists()


def test_a_mock_with_doubled_columns_is_refused(folder, engine):
    mock = pd.DataFrame([[1, 2]], columns=["id", "id"])
    nodes = [load(), step("SELECT * FROM load", write="out.csv")]
    with pytest.raises(ValidationError, match="two columns are named 'id'"):
        pipeline(folder, engine, *nodes).run_node("out", mock_data={"load": mock})
    assert not (folder / "out.csv").exists()
