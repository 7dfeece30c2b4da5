"""`%%odibi_project`."""

from __future__ import annotations

import pytest

from tests.notebook.shells import LOAD, PROJECT, Notebook


def test_a_misspelt_key_is_an_error_at_its_line(nb: Notebook) -> None:
    error = nb.fails("%%odibi_project\nproject: x\nconections: {}")
    assert (error.where.cell, error.where.line) == ("3", 3)
    assert "did you mean 'connections'?" in str(error)


def test_a_refused_project_changes_nothing(nb: Notebook) -> None:
    nb.fails("%%odibi_project\nvars: {min_amount: 5}\nengine: sparkle")
    assert nb.ws.params == {"min_amount": 100}


@pytest.mark.parametrize(
    ("settings", "line", "message", "hint"),
    [
        (
            "\n  duckdb:\n    threads: 2\n    memory_limt: 2GB",
            6,
            "no setting 'memory_limt'",
            "did you mean 'memory_limit'?",
        ),
        ("{duckdb: {threads: many}}", 3, "'threads' can't be 'many'", "it is the number of"),
        ("{store: flase}", 3, "'store' is true, false or a mapping, not 'flase'", "did you mean 'false'?"),
        (
            "{store: off}",
            3,
            "'store' is true, false or a mapping, not 'off'",
            "write store: false, or",
        ),
        ("{store: 5}", 3, "'store' should be a mapping", "write a mapping"),
        ("{store: {limit_gb: much}}", 3, "'limit_gb' should be a valid number", "write a number"),
        ("{store: {enabled: perhaps}}", 3, "'enabled' is true or false, not 'perhaps'", "write enabled: true"),
        ("5", 3, "'settings' should be a mapping", "write a mapping"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_line(nb: Notebook, settings, line, message, hint) -> None:
    error = nb.fails(f"%%odibi_project\nvars: {{min_amount: 5}}\nsettings: {settings}")
    assert (error.where.cell, error.where.line) == ("3", line)
    assert message in error.message
    assert "instance of" not in error.message
    assert hint in error.hint
    assert nb.ws.params == {"min_amount": 100}


@pytest.mark.parametrize("key", ["pipelines: []", "imports: [a.yaml]", "environments: {dev: {pipelines: []}}"])
def test_what_only_files_can_say_is_refused(nb: Notebook, key: str) -> None:
    assert "is for project files" in str(nb.fails(f"%%odibi_project\n{key}"))


def test_the_line_takes_nothing(nb: Notebook) -> None:
    assert "takes nothing on its line" in str(nb.fails("%%odibi_project sales\nvars: {}"))


def test_an_empty_project_is_fine(nb: Notebook) -> None:
    nb.ok("%%odibi_project")
    assert nb.ws.params == {}


def test_vars_may_refer_to_vars(nb: Notebook) -> None:
    nb.ok("%%odibi_project\nvars: {base: data}\nconnections: {local: {type: local, base_path: '${vars.base}'}}", LOAD)
    assert nb.ws["load_sales"].rows == 4


def test_running_it_again_keeps_fresh_results(nb: Notebook) -> None:
    nb.ok(LOAD, PROJECT)
    assert nb.ws.status("load_sales") == "completed"


def test_another_engine_means_new_results(nb: Notebook) -> None:
    nb.ok(LOAD, PROJECT + "\nengine: pandas")
    assert nb.ws.status("load_sales") in ("pending", "stale")
    nb.ok(LOAD)
    assert nb.ws.status("load_sales") == "completed"
    assert nb.ws["load_sales"].rows == 4


ENVIRONMENTS = (
    f"{PROJECT}\nenvironments: {{prod: {{vars: {{min_amount: 160}}, connections: {{local: {{base_path: ./prod}}}}}}}}"
)


def test_a_session_chooses_an_environment_and_what_depends_on_it_is_stale(nb: Notebook, monkeypatch) -> None:
    nb.ok(ENVIRONMENTS, LOAD, "%%odibi_node big\nSELECT * FROM load_sales WHERE amount >= $min_amount")
    assert "env=prod" in nb.ok("%odibi set env=prod").text
    assert nb.ws.params == {"min_amount": 160}
    assert nb.ws.status("big") == "stale"
    assert "environment prod · connections: local · vars: min_amount" in nb.ok(ENVIRONMENTS).text
    error = nb.fails("%odibi set env=prd")
    assert (error.hint, nb.ws.environments.name) == ("did you mean 'prod'?", "prod")
    nb.ok("%odibi set env=none")
    assert nb.ws.params == {"min_amount": 100}
    assert nb.ws.status("big") == "completed"


def test_an_environment_holds_for_a_project_that_comes_later(nb: Notebook, monkeypatch) -> None:
    monkeypatch.setenv("ODIBI_NB_ENV", "prod")
    nb.ok("%odibi reset", ENVIRONMENTS)
    assert nb.ws.params == {"min_amount": 160}
    error = nb.fails(PROJECT)
    assert error.where.cell == "5"
    assert "ODIBI_NB_ENV asks for 'prod'" in error.hint


def test_a_file_that_is_used_is_taken_for_the_environment_of_the_session(nb: Notebook) -> None:
    (nb.ws.root / "other.yaml").write_text("vars: {x: 1}\nenvironments: {prod: {vars: {x: 2}}}\npipelines: []\n")
    nb.ok("%odibi reset", "%odibi set env=prod", "%odibi use other.yaml")
    assert nb.ws.params == {"x": 2}
    nb.ok("%odibi set env=none", "%odibi use other.yaml")
    assert nb.ws.params == {"x": 1}
