"""Nodes, reads, writes, steps and checks, built in Python: what is accepted, and what each refusal says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from odibi_nb import config
from odibi_nb.config import (
    CheckConfig,
    EngineType,
    LocalConnectionConfig,
    NodeConfig,
    PipelineConfig,
    ProjectConfig,
    ReadConfig,
    RetryConfig,
    StoryConfig,
    TransformConfig,
    TransformStep,
    ValidationConfig,
    WriteConfig,
    WriteMode,
)
from odibi_nb.config.unbuilt import UNBUILT_KEYS, UNBUILT_VALUES

READ = {"connection": "local", "path": "sales.csv"}


def refusal(model: type[BaseModel], **fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        model(**fields)
    return str(caught.value)


def test_public_names_are_sorted_and_exist() -> None:
    assert config.__all__ == sorted(config.__all__, key=lambda name: (name[0].islower(), name))
    assert all(hasattr(config, name) for name in config.__all__)


def test_the_pipeline_of_the_seed_api_is_accepted() -> None:
    pipeline = PipelineConfig(
        pipeline="sales_etl",
        nodes=[
            NodeConfig(name="load_sales", read=ReadConfig(connection="local", format="csv", path="sales.csv")),
            NodeConfig(
                name="clean_sales",
                depends_on=["load_sales"],
                transform=TransformConfig(steps=[{"function": "clean", "params": {"min_amount": 100.0}}]),  # type: ignore[list-item]
            ),
            NodeConfig(
                name="save_cleaned",
                depends_on=["clean_sales"],
                write=WriteConfig(connection="local", format="parquet", path="c.parquet", mode="overwrite"),  # type: ignore[arg-type]
            ),
        ],
    )
    step = pipeline.nodes[1].transform.steps[0]  # type: ignore[union-attr]
    assert (step.kind, step.function, step.params) == ("function", "clean", {"min_amount": 100.0})
    assert pipeline.nodes[2].write.mode is WriteMode.OVERWRITE  # type: ignore[union-attr]


def test_a_model_is_frozen() -> None:
    node = NodeConfig(name="a", read=ReadConfig(**READ))
    with pytest.raises(ValidationError, match="frozen"):
        node.name = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("model", "fields", "said"),
    [
        (NodeConfig, {"name": "a", "read": READ, "dependson": []}, "did you mean 'depends_on'?"),
        (NodeConfig, {"name": "a", "read": {**READ, "fromat": "csv"}}, "did you mean 'format'?"),
        (PipelineConfig, {"pipeline": "p", "nodes": [], "node": []}, "did you mean 'nodes'?"),
        (RetryConfig, {"max_atempts": 2}, "did you mean 'max_attempts'?"),
        (LocalConnectionConfig, {"zzz": "x"}, "known keys: base_path, type"),
    ],
)
def test_an_unknown_key_is_refused_with_a_suggestion(model: type[BaseModel], fields: Any, said: str) -> None:
    assert said in refusal(model, **fields)


def test_all_problems_are_reported_at_their_keys() -> None:
    said = refusal(NodeConfig, name="a b", reads={}, read={"connection": 1, "pth": "x"})
    assert {"name", "reads", "read.connection", "read.pth"} <= set(said.splitlines())


def test_errors_do_not_show_values_that_may_be_secret() -> None:
    assert "hunter2" not in refusal(ProjectConfig, connections={"db": {"type": "local", "password": "hunter2"}})


@pytest.mark.parametrize("name", ["load-sales", "load sales", "a.b", "", "a'b"])
def test_a_node_name_with_other_signs_is_refused(name: str) -> None:
    assert "letters, digits and underscores" in refusal(NodeConfig, name=name, read=READ)


def test_a_refused_name_comes_with_one_that_fits() -> None:
    assert "call it 'load_sales'" in refusal(NodeConfig, name="load-sales", read=READ)


def test_a_node_without_work_is_refused() -> None:
    assert "needs at least one of read, inputs, transform, write" in refusal(NodeConfig, name="a", depends_on=["b"])


@pytest.mark.parametrize(
    "work",
    [{"read": READ}, {"inputs": {"x": "b"}}, {"transform": {"steps": ["SELECT 1"]}}, {"write": READ}],
)
def test_each_kind_of_work_makes_a_node(work: Any) -> None:
    assert NodeConfig(name="a", **work).name == "a"


def test_an_input_is_a_node_or_something_to_read() -> None:
    node = NodeConfig(name="a", inputs={"sales": "load_sales", "rates": READ})  # type: ignore[dict-item]
    assert node.inputs == {"sales": "load_sales", "rates": ReadConfig(**READ)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "an input is a node's name or a mapping"),
        ("a-b", "letters, digits and underscores"),
        ("$other.node", "has not built yet"),
        ({"connection": "c", "pth": "x"}, "did you mean 'path'?"),
    ],
)
def test_another_input_is_refused_once(given: Any, said: str) -> None:
    refused = refusal(NodeConfig, name="a", inputs={"x": given})
    assert said in refused
    assert "1 validation error" in refused


def test_all_columns_of_a_node_are_no_list_of_sensitive_ones() -> None:
    said = refusal(NodeConfig, name="a", read=READ, sensitive=True)
    assert "'sensitive: true' is a feature of Odibi that odibi_nb has not built yet; name the columns" in said
    assert NodeConfig(name="a", read=READ, sensitive=False).sensitive == []  # type: ignore[arg-type]


def test_a_simulation_is_said_to_be_unbuilt_not_to_lack_its_connection() -> None:
    said = refusal(ReadConfig, connection=None, format="simulation", options={})
    assert "'format: simulation' is a feature of Odibi that odibi_nb has not built yet" in said
    assert "1 validation error" in said


@pytest.mark.parametrize("model", [ReadConfig, WriteConfig])
def test_a_place_needs_path_or_table(model: type[BaseModel]) -> None:
    assert "needs 'path' or 'table'" in refusal(model, connection="local")
    assert model(connection="local", table="t")


@pytest.mark.parametrize("mode", ["upsert", "append_once"])
def test_a_mode_that_matches_rows_needs_keys(mode: str) -> None:
    assert "needs 'options.keys'" in refusal(WriteConfig, **READ, mode=mode)
    assert WriteConfig(**READ, mode=mode, options={"keys": ["id", "day"]}).keys == ["id", "day"]  # type: ignore[arg-type]
    assert WriteConfig(**READ, mode=mode, options={"keys": "id"}).keys == ["id"]  # type: ignore[arg-type]


def test_keys_that_are_no_names_are_refused() -> None:
    assert "list of column names" in refusal(WriteConfig, **READ, mode="upsert", options={"keys": [1]})


def test_a_misspelt_mode_is_refused_with_a_suggestion() -> None:
    assert "did you mean 'upsert'?" in refusal(WriteConfig, **READ, mode="upsrt")


def test_a_step_given_as_text_is_sql() -> None:
    assert TransformConfig(steps=["SELECT 1"]).steps == [TransformStep(sql="SELECT 1")]  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({}, "this one has none of them"),
        ({"sql": "SELECT 1", "function": "f"}, "this one has both sql and function"),
        ({"sql": "  "}, "'sql' is empty"),
        ({"functon": "f"}, "did you mean 'function'?"),
    ],
)
def test_a_step_is_of_exactly_one_kind(step: Any, said: str) -> None:
    assert said in refusal(TransformConfig, steps=[step])


def test_a_transform_without_steps_is_refused() -> None:
    assert "steps" in refusal(TransformConfig, steps=[])


@pytest.mark.parametrize(
    "check",
    [
        {"type": "not_null", "columns": ["a"]},
        {"type": "unique", "column": "a"},
        {"type": "accepted_values", "column": "a", "values": ["x", None]},
        {"type": "row_count", "min": 1, "max": 5},
        {"type": "custom_sql", "condition": "a > 0", "on_fail": "warn", "name": "positive"},
        {"type": "custom_sql", "sql": "SELECT * FROM n WHERE a <= 0", "name": "positive"},
    ],
)
def test_each_type_of_check_takes_its_fields(check: Any) -> None:
    assert ValidationConfig(tests=[check]).tests[0].type == check["type"]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"type": "not_null"}, "needs columns or column"),
        ({"type": "accepted_values", "column": "a"}, "needs values"),
        ({"type": "row_count"}, "needs min or max"),
        ({"type": "custom_sql", "condition": "a", "column": "a"}, "takes no 'column'"),
        ({"type": "custom_sql"}, "needs condition or sql"),
        ({"type": "custom_sql", "condition": "a", "sql": "FROM n"}, "either 'condition' or 'sql'"),
        ({"type": "not_null", "column": "a", "sql": "FROM n"}, "takes no 'sql'"),
        ({"type": "not_nul", "columns": ["a"]}, "did you mean 'not_null'?"),
    ],
)
def test_a_check_without_its_fields_or_with_others_is_refused(check: Any, said: str) -> None:
    assert said in refusal(CheckConfig, **check)


def test_checked_columns_come_from_either_field() -> None:
    assert CheckConfig(type="unique", column="a").checked_columns == ["a"]  # type: ignore[arg-type]
    assert CheckConfig(type="unique", columns=["a", "b"]).checked_columns == ["a", "b"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "key"), [(model, key) for model, keys in UNBUILT_KEYS.items() for key in sorted(keys)]
)
def test_a_key_whose_feature_is_not_built_says_so(model: str, key: str) -> None:
    assert f"'{key}' is a feature of Odibi that odibi_nb has not built yet" in refusal(
        getattr(config, model), **{key: 1}
    )


@pytest.mark.parametrize(
    ("model", "field", "words"),
    [
        (WriteConfig, "mode", "WriteMode"),
        (NodeConfig, "on_error", "ErrorStrategy"),
        (ProjectConfig, "engine", "EngineType"),
        (CheckConfig, "type", "CheckType"),
        (CheckConfig, "on_fail", "CheckAction"),
    ],
)
def test_a_value_whose_feature_is_not_built_says_so(model: type[BaseModel], field: str, words: str) -> None:
    for word in UNBUILT_VALUES[words]:
        assert f"'{word}' is a feature of Odibi that odibi_nb has not built yet" in refusal(model, **{field: word})


def test_no_key_is_both_built_and_not() -> None:
    for model, keys in UNBUILT_KEYS.items():
        assert not keys & getattr(config, model).model_fields.keys()


def test_a_project_takes_the_sections_that_odibi_files_have() -> None:
    project = ProjectConfig(
        project="p",
        engine="pandas",  # type: ignore[arg-type]
        retry={"max_attempts": 2, "backoff": "linear"},  # type: ignore[arg-type]
        story={"connection": "local", "path": "stories"},  # type: ignore[arg-type]
        system={"connection": "local"},  # type: ignore[arg-type]
        logging={"level": "DEBUG"},  # type: ignore[arg-type]
        vars={"min": 1},
        settings={"preview": 0},
    )
    assert project.engine is EngineType.PANDAS
    assert project.story == StoryConfig(connection="local", path="stories")
    assert ProjectConfig().retry is None


def test_two_pipelines_of_one_name_are_refused() -> None:
    twice = {"pipeline": "p", "nodes": []}
    assert "two pipelines are called 'p'" in refusal(ProjectConfig, pipelines=[twice, twice])


def test_an_environment_with_an_unknown_key_is_refused() -> None:
    said = refusal(ProjectConfig, environments={"prod": {"conections": {}}})
    assert "environments.prod.conections" in said
    assert "did you mean 'connections'?" in said
