"""Project files on disk, from text to models; and the errors on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odibi_nb.config import LocalConnectionConfig, NodeConfig, PipelineConfig, ProjectConfig
from odibi_nb.exceptions import ConfigValidationError, OdibiException
from odibi_nb.project_file import LoadedProject, build, load_project, parse_yaml, substitute

PROJECT = """\
project: sales
connections:
  local: {type: local, base_path: ./data}
vars: {min_amount: 100, country: NO}
pipelines:
  - pipeline: etl
    nodes:
      - name: load
        read: {connection: local, path: sales.csv}
      - name: clean
        depends_on: [load]
        transform:
          steps:
            - SELECT * FROM load WHERE amount >= ${vars.min_amount}
            - function: tidy
              params: {limit: "${vars.min_amount}", country: "${vars.country}", day: 2020-01-01}
environments:
  prod:
    connections: {local: {base_path: "${DATA_ROOT}"}}
    vars: {min_amount: 5}
"""
PIPELINE = "pipeline: etl\nnodes:\n  - name: load\n    read: {connection: local, path: sales.csv}\n"

STEPS = "pipelines[0].nodes[1].transform.steps"

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write_file


def refusal(path: Path, **options: Any) -> ConfigValidationError:
    with pytest.raises(ConfigValidationError) as caught:
        load_project(path, **options)
    return caught.value


def params(loaded: LoadedProject) -> dict[str, Any]:
    transform = loaded.project.pipelines[0].nodes[1].transform
    assert transform is not None
    return transform.steps[1].params


def test_a_project_is_loaded_with_its_places(write: Write, tmp_path: Path) -> None:
    loaded = load_project(write("odibi.yaml", PROJECT), environ={})
    assert (loaded.root, loaded.file, loaded.notes) == (tmp_path, tmp_path / "odibi.yaml", ())
    assert {name: where.line for name, where in loaded.node_places.items()} == {"load": 8, "clean": 10}
    assert params(loaded) == {"limit": 100, "country": "NO", "day": "2020-01-01"}
    assert loaded.project.connections == {"local": LocalConnectionConfig(base_path="./data")}


def test_references_in_sql_are_resolved(write: Write) -> None:
    steps = load_project(write("odibi.yaml", PROJECT), environ={}).project.pipelines[0].nodes[1].transform
    assert steps is not None
    assert steps.steps[0].sql == "SELECT * FROM load WHERE amount >= 100"


@pytest.mark.parametrize("name", ["odibi.yaml", "odibi.yml", "project.yaml", "project.yml"])
def test_a_folder_means_its_project_file(write: Write, tmp_path: Path, name: str) -> None:
    write(name, PIPELINE)
    assert load_project(tmp_path).file == tmp_path / name


def test_a_file_of_one_pipeline_is_a_project(write: Write) -> None:
    loaded = load_project(write("etl.yaml", PIPELINE))
    assert [pipeline.pipeline for pipeline in loaded.project.pipelines] == ["etl"]
    assert loaded.project.connections == {}


def test_errors_in_a_file_of_one_pipeline_name_the_keys_as_written(write: Write) -> None:
    assert refusal(write("etl.yaml", PIPELINE.replace("path", "pth"))).where.key == "nodes[0].read.pth"


def test_a_project_key_beside_nodes_is_refused_with_the_remedy(write: Write) -> None:
    error = refusal(write("etl.yaml", f"vars: {{a: 1}}\n{PIPELINE}"))
    assert (error.where.line, error.where.key) == (1, "vars")
    assert "'pipelines:'" in str(error)


def test_the_root_does_not_move_with_the_working_directory(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("p/odibi.yaml", PIPELINE)
    monkeypatch.chdir(file.parent.parent)
    loaded = load_project("p")
    monkeypatch.chdir("/")
    assert (loaded.root / "odibi.yaml").is_file()


def test_an_environment_is_laid_over_the_project(write: Write) -> None:
    loaded = load_project(write("odibi.yaml", PROJECT), env="prod", environ={"DATA_ROOT": "/srv"})
    assert loaded.project.connections == {"local": LocalConnectionConfig(base_path="/srv")}
    assert params(loaded)["limit"] == 5


def test_an_error_in_an_environment_is_placed_there(write: Write) -> None:
    error = refusal(write("odibi.yaml", PROJECT), env="prod", environ={})
    assert error.where.key == "environments.prod.connections.local.base_path"
    assert error.where.line == 19


def test_an_unknown_environment_is_refused_with_a_suggestion(write: Write) -> None:
    assert refusal(write("odibi.yaml", PROJECT), env="prd").hint == "did you mean 'prod'?"


def test_an_environment_that_is_no_mapping_is_refused(write: Write) -> None:
    assert refusal(write("odibi.yaml", "environments: {prod: 1}"), env="prod").where.key == "environments.prod"


def test_imports_add_pipelines_and_fill_in_mappings(write: Write) -> None:
    write("lib/more.yaml", "vars: {a: 1, b: 1}\nimports: deep.yaml\npipelines:\n- {pipeline: q, nodes: []}\n")
    write("lib/deep.yaml", "pipeline: r\nnodes: []\n")
    file = write("odibi.yaml", "imports: [lib/more.yaml]\nvars: {a: 2}\npipelines:\n- {pipeline: p, nodes: []}\n")
    project = load_project(file).project
    assert [pipeline.pipeline for pipeline in project.pipelines] == ["p", "q", "r"]
    assert project.vars == {"a": 2, "b": 1}


def test_an_error_in_an_imported_file_is_placed_there(write: Write) -> None:
    imported = write("lib/more.yaml", PIPELINE.replace("path", "pth"))
    error = refusal(write("odibi.yaml", "imports: [lib/more.yaml]\nproject: p\n"))
    assert (error.where.file, error.where.line, error.where.key) == (str(imported), 4, "nodes[0].read.pth")


@pytest.mark.parametrize(
    ("imports", "said"),
    [("[mor.yaml]", "there is no file"), ("[odibi.yaml]", "imports itself"), ("[{a: 1}]", "paths of YAML files")],
)
def test_an_import_that_fails_is_placed_at_its_line(write: Write, imports: str, said: str) -> None:
    error = refusal(write("odibi.yaml", f"project: p\nimports: {imports}\n"))
    assert said in error.message
    assert error.where.line == 2


def test_sql_files_are_found_from_the_file_that_names_them(write: Write) -> None:
    write("lib/more.yaml", "pipeline: q\nnodes:\n- {name: a, transform: {steps: [{sql_file: sql/a.sql}]}}\n")
    loaded = load_project(write("odibi.yaml", "imports: lib/more.yaml\n"))
    transform = loaded.project.pipelines[0].nodes[0].transform
    assert transform is not None
    assert transform.steps[0].sql_file == "lib/sql/a.sql"


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "hint"),
    [
        ("connections:", "conections:", 2, "conections", "did you mean 'connections'?"),
        ("base_path: ./data", "basepath: x", 3, "connections.local.basepath", "did you mean 'base_path'?"),
        ("path: sales.csv", "fromat: csv, path: s", 9, "pipelines[0].nodes[0].read.fromat", "did you mean 'format'?"),
        ("function: tidy", "functon: x", 15, f"{STEPS}[1].functon", "did you mean 'function'?"),
        ("name: clean", "nme: clean", 10, "pipelines[0].nodes[1].nme", "did you mean 'name'?"),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_refused_at_its_place(
    write: Write, old: str, new: str, line: int, key: str, hint: str
) -> None:
    file = write("odibi.yaml", PROJECT.replace(old, new))
    error = refusal(file, environ={})
    text = file.read_text().splitlines()[line - 1]
    assert (error.where.file, error.where.line, error.where.key) == (str(file), line, key)
    assert error.where.source == text
    assert hint in str(error)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[load]", "load", "write a list: [load]"),
        ("[load]", "", "write a list: depends_on: []"),
        ("name: load", "name: 5", "quote it: '5'"),
        ("connection: local, path", "path", "'connection' is missing"),
        ("connection: local, path", "connection: null, path", "give it a value, or leave the key out"),
        ("path: sales.csv}", "path: s.csv}\n        materialize: tabel", "did you mean 'table'?"),
        ("path: sales.csv}", "path: s.csv}\n        process: maybe", "'process' is true or false, not 'maybe'"),
        ("path: sales.csv}", "path: s.csv}\n        process: maybe", "write process: true, or leave it out"),
        ("path: sales.csv}", "path: s.csv}\n        privacy: {}", "odibi_nb has not built yet"),
        ("- SELECT", "- 5\n            - SELECT", "should be a mapping"),
        ("vars: {min_amount: 100, country: NO}", "vars: 5", "'vars' should be a mapping"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_a_remedy(write: Write, old: str, new: str, said: str) -> None:
    text = PROJECT.replace("${vars.min_amount}", "1").replace("${vars.country}", "NO")
    assert said in str(refusal(write("odibi.yaml", text.replace(old, new)), environ={}))


def test_several_problems_are_listed_in_the_order_of_lines(write: Write) -> None:
    text = PROJECT.replace("path: sales.csv", "pth: sales.csv").replace("project:", "proect:")
    error = refusal(write("odibi.yaml", text), environ={})
    assert error.where.line == 1
    lines = error.message.splitlines()
    assert lines[0] == "2 problems:"
    assert "line 1, key proect" in lines[1]
    assert "line 9, key pipelines[0].nodes[0].read.pth" in lines[2]


def test_a_missing_file_is_refused_with_the_nearest_name(write: Write, tmp_path: Path) -> None:
    write("sales.yaml", PIPELINE)
    assert refusal(tmp_path / "sale.yaml").hint == "did you mean 'sales.yaml'?"


def test_a_folder_without_project_is_refused(tmp_path: Path) -> None:
    assert "odibi-nb init" in str(refusal(tmp_path))


def test_of_a_folder_without_project_the_notebooks_are_named(tmp_path: Path) -> None:
    for name in ("b.ipynb", "a.ipynb"):
        (tmp_path / name).touch()
    assert refusal(tmp_path).hint == f"did you mean '{tmp_path / 'a.ipynb'}' or '{tmp_path / 'b.ipynb'}'?"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "the file is empty"), (b"- a", "is a mapping"), (b"a: \xff", "not UTF-8"), (b"a:\n\tb: 1", "spaces")],
)
def test_a_file_that_is_no_project_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "odibi.yaml"
    file.write_bytes(content)
    error = refusal(file)
    assert said in str(error)
    assert error.where.file == str(file)


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "odibi.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + PIPELINE.encode())
    assert load_project(file).project.pipelines[0].pipeline == "etl"


def test_polars_is_accepted_with_a_note(write: Write) -> None:
    loaded = load_project(write("odibi.yaml", "engine: polars\n"))
    assert loaded.notes == ("engine 'polars' runs on the default engine, 'duckdb'",)


def test_sections_that_nothing_acts_on_are_noted(write: Write) -> None:
    sections = "".join(f"{name}: {{connection: local, path: p}}\n" for name in ("story", "system"))
    loaded = load_project(write("odibi.yaml", f"connections: {{local: {{type: local}}}}\n{sections}"))
    assert loaded.notes == ("'system' is not acted on yet",)


def test_a_project_of_fifty_nodes_is_loaded(write: Write) -> None:
    nodes = "".join(f"  - name: n{i}\n    transform: {{steps: ['SELECT {i}']}}\n" for i in range(50))
    loaded = load_project(write("odibi.yaml", f"pipeline: p\nnodes:\n{nodes}"))
    assert loaded.node_places["n49"].line == 101


def test_a_cell_is_built_with_its_own_lines() -> None:
    document = parse_yaml("read:\n  connection: local\n  pth: x\nname: a", cell="3", first_line=2)
    with pytest.raises(ConfigValidationError) as caught:
        build(NodeConfig, document)
    assert (caught.value.where.cell, caught.value.where.line, caught.value.where.key) == ("3", 4, "read.pth")


def test_plain_data_is_built_too() -> None:
    with pytest.raises(ConfigValidationError, match="did you mean 'name'") as caught:
        build(NodeConfig, {"nme": "a"})
    assert caught.value.where.file is None


KEYS = st.sampled_from(sorted({*ProjectConfig.model_fields, *PipelineConfig.model_fields, *NodeConfig.model_fields}))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["${x}", "$"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS | st.integers() | st.text(max_size=3), VALUES, max_size=5), st.sampled_from([
    ProjectConfig, PipelineConfig, NodeConfig,
]))  # fmt: skip
def test_any_mapping_builds_or_is_refused_as_ours(data: Any, model: Any) -> None:
    try:
        build(model, substitute(data, {}, {}))
    except OdibiException as error:
        str(error)


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@,.~ \n\t${}?<"), max_size=40))
def test_any_text_is_read_or_refused_as_ours(text: str) -> None:
    try:
        build(ProjectConfig, parse_yaml(text))
    except OdibiException as error:
        str(error)
