"""The schemas that the package ships: of the dialect, for editors, and of what `--json` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from jsonschema import Draft202012Validator

from odibi_nb.commands.outputs import OUTPUTS, output_schema, outputs_page
from odibi_nb.commands.shell import main
from odibi_nb.config.descriptions import DESCRIPTIONS
from odibi_nb.config.schema import json_schema, json_schema_text

TOTALS = (
    "%%odibi_node totals --write local:totals.csv --expect 'warn: total > 100'\n"
    "SELECT region, sum(amount) AS total FROM sales GROUP BY region"
)
CELLS = (
    "print('left out')",
    "%%odibi_project\nconnections: {local: {type: local, base_path: .}}\nvars: {least: 4}",
    "%%odibi_node sales --tag daily\nSELECT * FROM (VALUES ('N', 5), ('S', 3)) AS v(region, amount)",
    TOTALS,
    "%%odibi_node kept --returns object\n[1, 2]",
)
BAD = ("%%odibi_node bad\nSELECT CAST('x' AS INT) AS y", "%%odibi_node below\nSELECT * FROM bad")
TESTS = (
    "%%odibi_test totals good\ngiven: {sales: [{region: N, amount: 5}]}\nexpect: {count: 1}",
    "%%odibi_test totals changed\ngiven: {sales: [{region: N, amount: 5}]}\nexpect: [{region: N, total: 6}]",
    "%%odibi_test totals missing\ngiven: {sales: [{region: N, amount: 5}]}\nexpect: [{total: 5}, {total: 1}]",
    "%%odibi_test bad raises\nexpect: {count: 1}",
)
CALLS = [
    ("status", "good", (), 0),
    ("plan", "good", (), 0),
    ("run", "good", (), 0),
    ("plan", "good", (), 0),
    ("run", "good", ("--mock=auto", "totals"), 0),
    ("ls", "good", ("tag:daily",), 0),
    ("graph", "good", (), 0),
    ("graph", "good", ("--collapse", "tag"), 0),
    ("validate", "good", (), 0),
    ("run", "bad", (), 1),
    ("test", "bad", (), 1),
    ("plan", "unresolved", (), 0),
    ("status", "unresolved", (), 0),
    ("graph", "unresolved", (), 0),
    ("validate", "unresolved", (), 2),
    ("doctor", None, (), None),
]
REFUSED = [("run", "unresolved", 2), ("status", "nowhere", 2), ("profile", "bad", 1)]


def save(name: str, *cells: str) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells))), f"{name}.ipynb")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save("good", *CELLS)
    save("bad", *CELLS, *BAD, *TESTS)
    save("unresolved", *CELLS, "%%odibi_node early\nSELECT * FROM sale")
    return tmp_path


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)]


def test_every_output_is_as_its_schema_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command, name, words, status in CALLS:
        target = [] if name is None else [f"{name}.ipynb"]
        found = main([command, *target, *words, "--json"])
        assert status in (found, None), (command, name)
        assert problems(output_schema(command), json.loads(capsys.readouterr().out)) == [], (command, name)
        if command not in ("doctor", "status", "ls"):
            assert str(found) in output_schema(command)["x-exit-status"]
    for command, name, status in REFUSED:
        words = ["bad"] if command == "profile" else []
        assert main([command, f"{name}.ipynb", *words, "--json"]) == status
        assert problems(output_schema("error"), json.loads(capsys.readouterr().out)) == [], command


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_schema_s_example_is_one(name: str) -> None:
    schema = output_schema(name)
    Draft202012Validator.check_schema(schema)
    assert [problems(schema, example) for example in schema["examples"]] == [[]]


def test_the_page_has_every_key_that_an_example_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "json"]) == 0
    page = capsys.readouterr().out
    assert page.rstrip("\n") == outputs_page()
    for key in ("nodes.NODE.schema[].type", "tests.NODE::TEST.differences.rows[].cells", "left_out[].reason"):
        assert f"  {key} " in page
    assert "  130 cancelled" in page


def test_each_schema_is_one_of_a_command_and_the_other_way_round() -> None:
    files = resources.files("odibi_nb.commands").joinpath("schemas").iterdir()
    assert {file.name.removesuffix(".json") for file in files} == set(OUTPUTS)


def test_schema_prints_and_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
    assert main(["schema", "run"]) == 0
    assert json.loads(capsys.readouterr().out) == output_schema("run")
    assert main(["schema", "--out", "dialect.json"]) == 0
    assert Path("dialect.json").read_text("utf-8") == json_schema_text()
    assert main(["schema", "rnu"]) == 2
    assert "did you mean 'run'?" in capsys.readouterr().err
    assert main(["schema", "--out", "no/dialect.json"]) == 2
    assert "can't be written to 'no/dialect.json'" in capsys.readouterr().err


def test_the_shipped_schema_of_the_dialect_is_that_of_the_models() -> None:
    shipped = resources.files("odibi_nb.config").joinpath("schema.json").read_text("utf-8")
    assert shipped == json_schema_text(), "renew it: python -m odibi_nb.config > odibi_nb/config/schema.json"


def _keys(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, model in schema["$defs"].items():
        for key, field in model.get("properties", {}).items():
            yield name, key, field


def test_every_key_of_the_dialect_has_a_description() -> None:
    assert [f"{name}.{key}" for name, key, field in _keys(json_schema()) if not field.get("description")] == []
    known = {(name, key) for name, key, _ in _keys(json_schema())}
    assert {(name, key) for name, keys in DESCRIPTIONS.items() for key in keys} <= known


def test_a_new_project_is_what_its_schema_says_and_names_it(folder: Path) -> None:
    assert main(["init", "new"]) == 0
    text = Path("new/odibi.yaml").read_text("utf-8")
    (line,) = [line for line in text.splitlines() if "yaml-language-server" in line]
    schema = json.loads(Path("new", line.partition("$schema=")[2]).read_text("utf-8"))
    assert problems(schema, yaml.safe_load(text)) == []
    assert problems(schema, yaml.safe_load(text.replace("connections:", "conections:"))) != []


@pytest.mark.parametrize(
    "text",
    [
        "settings: {store: false, preview: '${ROWS}'}\nimports: nodes.yaml\npipelines: []",
        "engine: '${env:ENGINE}'\nretry: {max_attempts: '${vars.n}', enabled: '${ON}'}",
        "pipeline: p\nnodes: [{name: a, materialize: '${FORM}', transform: {steps: [SELECT 1]}}]",
        "tests: {a: {t: {given: mock, fill: null, expect: {error: not found}}}}\nmocks: {a: {b: 'x\n\n1'}}",
        "tests: {a: {t: {given: {b: [{x: 1}]}, expect: [{x: 1}]}}}",
    ],
)
def test_the_schema_takes_what_the_loader_takes(text: str) -> None:
    assert problems(json_schema(), yaml.safe_load(text)) == []


@pytest.mark.parametrize("text", ["engine: spark", "retry: {max_attempts: many}", "settings: {store: 'yes'}"])
def test_the_schema_refuses_what_the_loader_refuses(text: str) -> None:
    assert problems(json_schema(), yaml.safe_load(text)) != []
