"""The environments of a project, in files and in notebooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from odibi_nb.commands.shell import main
from odibi_nb.exceptions import ConfigValidationError
from odibi_nb.workspaces.headless import load_target

PROJECT = """\
%%odibi_project
connections: {local: {type: local, base_path: ./data}}
vars: {least: 10, only: here}
environments:
  prod:
    connections: {local: {type: local, base_path: "${ODIBI_TEST_ROOT}"}}
    vars: {least: 100}
  dev: {vars: {least: "${ODIBI_TEST_NEVER_SET}"}}
"""
NODE = "%%odibi_node n --write local:n.csv\ndef n(least=1, only=''):\n    return pd.DataFrame({'least': [least]})"
IMPORT = "import pandas as pd"

Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODIBI_TEST_ROOT", str(tmp_path / "srv"))
    monkeypatch.delenv("ODIBI_NB_ENV", raising=False)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with --json; returns status, data, stderr."""

    def run(*words: str) -> tuple[int, dict[str, Any], str]:
        status = main([*words, "--json"])
        captured = capsys.readouterr()
        return status, json.loads(captured.out), captured.err

    return run


def _notebook(*cells: str, tags: dict[int, list[str]] | None = None) -> str:
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    for position, names in (tags or {}).items():
        made[position].metadata["tags"] = names
    nbformat.write(nbformat.v4.new_notebook(cells=made), "n.ipynb")
    return "n.ipynb"


def _least(run: Run, *words: str) -> Any:
    status, data, _ = run("params", *words)
    assert status == 0
    return data["least"]


def test_a_notebook_runs_in_an_environment(run: Run) -> None:
    target = _notebook(IMPORT, PROJECT, NODE)
    assert run("run", target, "--env", "prod")[0] == 0
    assert Path("srv/n.csv").read_text().split() == ["least", "100"]
    assert not Path("data").exists()
    assert run("run", target)[0] == 0
    assert Path("data/n.csv").read_text().split() == ["least", "10"]


def test_it_lies_over_vars_and_below_all_else(run: Run) -> None:
    injected = "# Parameters\nleast = 200\n"
    with_papermill = [IMPORT, PROJECT, injected, NODE]
    assert _least(run, _notebook(IMPORT, PROJECT, NODE)) == 10
    assert _least(run, _notebook(IMPORT, PROJECT, NODE), "--env", "prod") == 100
    assert _least(run, _notebook(*with_papermill, tags={2: ["injected-parameters"]}), "--env", "prod") == 200
    assert run("run", "n.ipynb", "--env", "prod", "--param", "least=300")[0] == 0
    assert Path("srv/n.csv").read_text().split() == ["least", "300"]


def test_the_variable_says_which_and_the_option_wins(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODIBI_NB_ENV", "prod")
    monkeypatch.setenv("ODIBI_TEST_NEVER_SET", "7")
    target = _notebook(IMPORT, PROJECT, NODE)
    assert _least(run, target) == 100
    assert _least(run, target, "--env", "dev") == "7"


@pytest.mark.parametrize("command", ["run", "plan", "graph", "validate", "test"])
def test_an_unknown_environment_is_status_2_at_the_projects_cell(run: Run, command: str) -> None:
    target = _notebook(IMPORT, PROJECT, NODE)
    status, data, _ = run(command, target, "--env", "prd")
    error = data["errors"][0] if command == "validate" else data["error"]
    assert status == 2
    assert (error["message"], error["hint"], error["cell"]) == (
        "unknown environment 'prd'",
        "did you mean 'prod'?",
        "2",
    )


def test_it_is_said_that_the_variable_asks_for_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODIBI_NB_ENV", "staging")
    hint = run("plan", _notebook(IMPORT, PROJECT, NODE))[1]["error"]["hint"]
    assert hint == "known: prod, dev (ODIBI_NB_ENV asks for 'staging')"


def test_a_notebook_without_a_project_has_no_environment(run: Run) -> None:
    status, data, _ = run("run", _notebook(IMPORT, NODE.replace(" --write local:n.csv", "")), "--env", "prod")
    assert status == 2
    assert data["error"]["hint"] == "the project names none: environments: {prod: {…}}"


def test_an_error_in_an_overlay_has_its_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODIBI_TEST_ROOT")
    error = run("plan", _notebook(IMPORT, PROJECT, NODE), "--env", "prod")[1]["error"]
    assert (error["cell"], error["line"]) == ("2", 6)


def test_a_line_that_chooses_one_in_the_session_is_told(run: Run) -> None:
    status, data, err = run("run", _notebook(IMPORT, PROJECT, "%odibi set env=prod", NODE))
    assert status == 0
    assert "give --env prod" in err
    assert data["written"] == ["n"]


def test_a_session_chooses_for_files_too(folder: Path) -> None:
    Path("odibi.yaml").write_text("vars: {x: 1}\nenvironments: {prod: {vars: {x: 2}}}\npipelines: []\n")
    ws = load_target(folder).workspace
    assert ws.params["x"] == 1
    ws.environments.choose("prod")
    assert ws.params["x"] == 2
    with pytest.raises(ConfigValidationError, match="unknown environment 'prd'"):
        ws.environments.choose("prd")
    assert (ws.environments.name, ws.params["x"]) == ("prod", 2)
