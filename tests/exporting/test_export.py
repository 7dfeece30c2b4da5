"""Projects that exports write: what they say, what they leave out, and that nothing is half done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from odibi_nb import Workspace
from odibi_nb.commands.shell import main
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.exporting import export, placing
from odibi_nb.exporting.paths import Move
from odibi_nb.project_file import parse_yaml
from odibi_nb.workspaces.headless import load_target
from tests.exporting.notebooks import LOAD, PROJECT, SALES, exported, files_in, notebook, outcome

TOTALS = (
    "%%odibi_node totals --write local:out/totals.csv\nSELECT region, sum(amount) AS total FROM load_sales GROUP BY 1"
)

SORT = "{operation: sort, params: {by: total}}"


def project_of(folder: Path) -> Any:
    return parse_yaml(files_in(folder / "out")["odibi.yaml"]).data


def test_references_and_secrets_stay_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_TOKEN", "hunter2-token")
    monkeypatch.setenv("EXPORT_DATA", "./data")
    cell = (
        "%%odibi_project\nconnections:\n  local: {type: local, base_path: '${EXPORT_DATA}'}\n"
        "vars:\n  token: ${EXPORT_TOKEN}\n  place: ${vars.token}-x\n  plain: $${EXPORT_TOKEN}\n  pick: ${NO_VAR:-5}\n"
        "settings: {duckdb: {temp_directory: spill}}\n"
        "environments:\n  prod:\n    connections: {local: {base_path: ./data}}\n    vars: {token: '${EXPORT_PROD}'}"
    )
    read = "%%odibi_node load_sales --describe 'for ${vars.token}'\nread: {connection: local, path: sales.csv}"
    expect = "%%odibi_expect load_sales odd\nSELECT * FROM load_sales WHERE region = '${EXPORT_TOKEN}'"
    exported(tmp_path, cell, read, TOTALS, expect)
    assert "hunter2" not in json.dumps(files_in(tmp_path / "out"))
    said = project_of(tmp_path)
    assert said["connections"]["local"]["base_path"] == "../${EXPORT_DATA}"
    assert said["environments"]["prod"]["connections"]["local"]["base_path"] == "../data"
    assert said["settings"]["duckdb"]["temp_directory"] == "../spill"
    assert said["vars"]["plain"] == "$${EXPORT_TOKEN}"
    assert said["pipelines"][0]["nodes"][0]["description"] == "for ${vars.token}"
    assert outcome(tmp_path / "out") == outcome(tmp_path / "nb.ipynb")


@pytest.mark.parametrize(("variable", "vars_of"), [("EXPORT_PASSWORD", {"p": "hunter2"}), ("", {"api_key": "abc"})])
def test_secrets_that_a_program_has_given_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, vars_of: dict[str, str]
) -> None:
    monkeypatch.setenv(variable or "EXPORT_OTHER", "hunter2")
    ws = Workspace(tmp_path)
    ws.configure(ProjectConfig(vars=vars_of))
    ws.node("one", "SELECT 1 AS x")
    with pytest.raises(OdibiException, match="may be a secret"):
        export(ws, tmp_path / "out")
    here = {"local": {"type": "local", "base_path": "."}}
    ws.configure(ProjectConfig(connections=here, vars={"n": 5, "text": "${not a reference}"}))
    read = {"connection": "local", "path": "x.csv", "options": {"token": "abc"}}
    ws.node("reading", read=read, write={"connection": "local", "path": "y.csv", "options": {"keys": ["id"]}})
    with pytest.raises(OdibiException, match=r"'reading\.read\.options\.token' may be a secret"):
        export(ws, tmp_path / "out")
    ws.drop("reading")
    ws.node("loop", "SELECT * FROM one", description="${as it is}")
    export(ws, tmp_path / "out")
    assert project_of(tmp_path)["vars"] == {"n": 5, "text": "$${not a reference}"}
    assert load_target(tmp_path / "out").workspace.nodes["loop"].config.description == "${as it is}"


def _declare(ws: Workspace, how: str) -> None:
    secret = "hunter2-token"
    if how == "sql":
        ws.node("one", f"SELECT 1 AS x, 'Bearer {secret}' AS y")
    elif how == "field":
        ws.node("one", "SELECT 1 AS x", description=f"for {secret}")
    elif how == "param":
        ws.node("one", transform={"steps": [{"sql": "SELECT $t AS x", "params": {"t": secret}}]})
    elif how == "test":
        ws.expect("base", "odd", f"SELECT * FROM base WHERE x = '{secret}'")
    else:
        ws.node("one", "SELECT * FROM base")
        ws.mock("one", {"base": [{"x": f"{secret}!"}]})


@pytest.mark.parametrize("how", ["sql", "field", "param", "test", "mock"])
def test_the_value_of_a_secret_is_found_within_what_a_program_declares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("EXPORT_TOKEN", "hunter2-token")
    ws = Workspace(tmp_path)
    ws.node("base", "SELECT 'x' AS x")
    _declare(ws, how)
    with pytest.raises(OdibiException, match="may be a secret") as caught:
        export(ws, tmp_path / "out")
    assert "hunter2" not in str(caught.value)
    assert caught.value.where.node in ("one", "base")
    monkeypatch.setenv("EXPORT_TOKEN", "another-one")
    export(ws, tmp_path / "out")


@pytest.mark.parametrize("magic", ["%%odibi_test nobody t\ngiven: {x: [{a: 1}]}", "%%odibi_test load_sales t\nk: 1"])
def test_unit_tests_that_cant_run_are_refused(tmp_path: Path, magic: str) -> None:
    with pytest.raises(OdibiException) as caught:
        exported(tmp_path, PROJECT, LOAD, f"{magic}\nexpect: {{count: 1}}")
    assert caught.value.where.cell == "3"
    assert not (tmp_path / "out").exists()


def test_csv_mocks_end_with_a_line_end(tmp_path: Path) -> None:
    mock = "%%odibi_mock a --input load_sales\nregion,amount\nN,5"
    exported(tmp_path, PROJECT, LOAD, "%%odibi_node a\nSELECT count(*) AS n FROM load_sales", mock)
    assert "    load_sales: |\n      region,amount\n      N,5\n" in files_in(tmp_path / "out")["tests.yaml"]


def test_one_statement_goes_to_a_file_wherever_a_cell_says_it(tmp_path: Path) -> None:
    head = "%%odibi_node a\ntransform:\n  steps:\n  - {sql: "
    exported(tmp_path, PROJECT, LOAD, head + "SELECT * FROM load_sales}")
    assert project_of(tmp_path)["pipelines"][0]["nodes"][1]["transform"]["steps"] == [{"sql_file": "sql/a.sql"}]
    exported(tmp_path, PROJECT, LOAD, head + "'SELECT ${vars.least} AS x FROM load_sales'}", force=True)
    assert "${vars.least}" in files_in(tmp_path / "out")["odibi.yaml"]


@pytest.mark.parametrize(("sql", "step"), [("SELECT *,\r\n1 AS t FROM load_sales", "sql_file"),
                                           ("SELECT *, '${a\r\nb' AS t FROM load_sales", "sql")])  # fmt: skip
def test_line_ends_within_texts_stay(tmp_path: Path, sql: str, step: str) -> None:
    exported(tmp_path, PROJECT, LOAD, f"%%odibi_node a\n{sql}")
    (said,) = project_of(tmp_path)["pipelines"][0]["nodes"][1]["transform"]["steps"]
    assert list(said) == [step]
    assert outcome(tmp_path / "out") == outcome(tmp_path / "nb.ipynb")


def test_nodes_are_said_as_people_write_them(tmp_path: Path) -> None:
    cells = (
        "%odibi pipeline raw",
        LOAD + " --expect 'not_null(region)' --tag daily",
        "%odibi pipeline marts",
        TOTALS,
        "%%odibi_expect totals few --warn\nSELECT * FROM totals WHERE total < 0",
        "%%odibi_node shown --depends-on totals",
        f"%%odibi_node kept\ninputs: {{t: totals}}\ntransform:\n  steps:\n  - SELECT * FROM t\n  - {SORT}",
    )
    exported(tmp_path, PROJECT, *cells)
    raw, marts = project_of(tmp_path)["pipelines"]
    assert raw == {
        "pipeline": "raw",
        "nodes": [
            {
                "name": "load_sales",
                "tags": ["daily"],
                "read": {"connection": "local", "path": "sales.csv"},
                "validation": {"tests": [{"type": "not_null", "columns": ["region"]}]},
            }
        ],
    }
    totals, shown, kept = marts["nodes"]
    assert totals["transform"] == {"steps": [{"sql_file": "sql/totals.sql"}]}
    assert totals["validation"]["tests"][0]["on_fail"] == "warn"
    assert (shown["depends_on"], shown["inputs"]) == (["totals"], {"totals": "totals"})
    assert kept["transform"]["steps"] == [{"sql": "SELECT * FROM t"}, {"operation": "sort", "params": {"by": "total"}}]


def test_relative_files_are_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("region,k\nN,1\n")
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/plain.sql").write_text("SELECT * FROM load_sales")
    (tmp_path / "queries/files.sql").write_text("SELECT * FROM read_csv('more.csv')")
    literal = "%%odibi_node both\n-- 'more.csv' is small\nSELECT * FROM load_sales JOIN './more.csv' USING (region)"
    files = [
        f"%%odibi_node {name}\ntransform: {{steps: [{{sql_file: queries/{name}.sql}}]}}" for name in ("plain", "files")
    ]
    exported(tmp_path, PROJECT, LOAD, literal, *files)
    written = files_in(tmp_path / "out")
    assert "-- 'more.csv' is small\nSELECT * FROM load_sales JOIN '../more.csv'" in written["sql/both.sql"]
    assert "read_csv('../more.csv')" in written["sql/files.sql"]
    assert "sql_file: ../queries/plain.sql" in written["odibi.yaml"]
    assert outcome(tmp_path / "out") == outcome(tmp_path / "nb.ipynb")


def test_mocks_and_tests_keep_their_comments(tmp_path: Path) -> None:
    cells = (
        "%%odibi_mock totals\n# two\nload_sales:\n- {region: N, amount: 5}  # five\n- {region: N, amount: 7}",
        "%%odibi_mock --input load_sales\nregion,amount\nN,1\n",
        "%%odibi_test totals sums\n# adds\ngiven: mock\nexpect: [{region: N, total: 12}]",
    )
    exported(tmp_path, PROJECT, LOAD, TOTALS, *cells)
    text = files_in(tmp_path / "out")["tests.yaml"]
    assert "    # two\n    load_sales:\n    - {region: N, amount: 5}  # five" in text
    assert "'*':\n    load_sales: |\n      region,amount\n      N,1" in text
    assert "    sums:\n      # adds\n      given: mock" in text
    assert main(["test", str(tmp_path / "out")]) == 0


def test_rows_of_the_session_are_no_part_of_it(tmp_path: Path) -> None:
    ws = load_target(notebook(tmp_path, PROJECT, LOAD, TOTALS)).workspace
    ws.mock("totals", {"load_sales": pd.DataFrame({"region": ["N"], "amount": [1]})})
    with pytest.raises(OdibiException, match="the mock 'load_sales' of 'totals' is a DataFrame"):
        export(ws, tmp_path / "out")
    ws.mock("totals", {"load_sales": {"region": ["N", "S"], "amount": [1, 2]}})
    export(ws, tmp_path / "out")
    rows = parse_yaml(files_in(tmp_path / "out")["tests.yaml"]).data["mocks"]["totals"]["load_sales"]
    assert rows == [{"region": "N", "amount": 1}, {"region": "S", "amount": 2}]


def test_what_a_session_has_set_is_told(tmp_path: Path) -> None:
    ws = load_target(
        notebook(tmp_path, PROJECT, LOAD, "%%odibi_node big\nSELECT $least AS n FROM load_sales")
    ).workspace
    ws.set_params({"least": 7})
    assert export(ws, tmp_path / "out").notes == ("set in this session, not exported: least; give --param least=…",)
    assert project_of(tmp_path)["vars"] == {"least": 100}


@pytest.mark.parametrize(
    "body",
    ["SELECT $most AS n FROM load_sales", "load_sales.head(most)", "def big(load_sales, most): return load_sales"],
)
def test_parameters_that_only_a_session_gives_are_refused(tmp_path: Path, body: str) -> None:
    ws = load_target(notebook(tmp_path, PROJECT, LOAD, "# Parameters\nmost = 1", f"%%odibi_node big\n{body}")).workspace
    with pytest.raises(OdibiException, match="node 'big' takes 'most', which only this session gives"):
        export(ws, tmp_path / "out")


def test_an_interrupt_while_it_is_checked_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("odibi_nb.exporting.folder.check", interrupted)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        exported(tmp_path, PROJECT, LOAD)
    assert sorted(one.name for one in set(tmp_path.iterdir()).difference(before)) == ["data", "nb.ipynb"]


def test_changes_are_shown_and_written_by_force_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    notebook(tmp_path, PROJECT, LOAD, TOTALS, "%%odibi_node gone\nSELECT 1 AS x")
    assert main(["export", "nb.ipynb", "out", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["files"].values()) == {"new"}
    Path("out/notes.md").write_text("mine")
    Path("out/sql/own.sql").write_text("SELECT 5")
    before = files_in(Path("out"))
    notebook(tmp_path, PROJECT, LOAD, TOTALS.replace("sum(amount)", "max(amount)"))
    assert main(["export", "nb.ipynb", "out"]) == 2
    shown = capsys.readouterr().out
    assert "-SELECT region, sum(amount) AS total" in shown
    assert "+SELECT region, max(amount) AS total" in shown
    assert "--force" in shown
    assert files_in(Path("out")) == before
    assert main(["export", "nb.ipynb", "out", "--force", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["files"]["sql/totals.sql"] == "changed"
    assert done["files"]["__main__.py"] == "unchanged"
    assert done["removed"] == ["sql/gone.sql"]
    after = files_in(Path("out"))
    assert (after["notes.md"], after["sql/own.sql"]) == ("mine", "SELECT 5")
    assert "max(amount)" in after["sql/totals.sql"]


def test_a_failing_check_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(tmp_path, PROJECT, LOAD, TOTALS)
    before = files_in(tmp_path)
    monkeypatch.setattr("odibi_nb.exporting.nodes.SQL_HEAD", "SELECT 1 AS other;\n")
    with pytest.raises(OdibiException):
        exported(tmp_path, PROJECT, LOAD, TOTALS, force=True)
    assert files_in(tmp_path) == before
    monkeypatch.setattr("odibi_nb.exporting.nodes.SQL_HEAD", "")
    monkeypatch.setattr(Move, "sql", lambda self, text: f"{text} LIMIT 1")
    with pytest.raises(OdibiException, match="node 'totals' would be another one in the export: its steps"):
        exported(tmp_path, PROJECT, LOAD, TOTALS, force=True)
    assert files_in(tmp_path) == before


def test_a_failure_midway_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(tmp_path, PROJECT, LOAD, TOTALS)
    before, moved = files_in(tmp_path / "out"), Path.replace
    changed = TOTALS.replace("sum", "max").replace("t.csv", "u.csv")

    def failing(self: Path, target: Path) -> Path:
        if target.name == "totals.sql":
            raise OSError("no space left")
        return moved(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(UsageError, match="no space left"):
        exported(tmp_path, PROJECT, LOAD, changed, "%%odibi_node more\nSELECT 1 AS x", force=True)
    assert files_in(tmp_path / "out") == before
    assert [one.name for one in tmp_path.iterdir() if placing.TEMPORARY in one.name] == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([], "there are no nodes to export"),
        ([TOTALS], "load_sales"),
        ([LOAD, "%%odibi_node broken --wrong\nSELECT 1"], "--wrong"),
    ],
)
def test_what_is_wrong_with_a_notebook_is_said_first(tmp_path: Path, cells: list[str], said: str) -> None:
    with pytest.raises(OdibiException, match=said):
        exported(tmp_path, PROJECT, *cells)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        exported(tmp_path, PROJECT, LOAD)


def test_a_project_may_be_put_beside_its_notebook(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql/own.sql").write_text("SELECT * FROM load_sales")
    (tmp_path / "beside_here.py").write_text("FEW = 1\n")
    few = "%%odibi_node few --write local:few.csv\nload_sales.head(FEW)"
    own = "%%odibi_node own\ntransform: {steps: [{sql_file: sql/own.sql}]}"
    literal = "%%odibi_node literal\nSELECT * FROM 'data/sales.csv'"
    file = notebook(tmp_path, PROJECT, LOAD, "from beside_here import FEW", few, own, literal)
    ws = load_target(file).workspace
    export(ws, tmp_path)
    ws.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "__main__.py", "beside_here.py", "data", "nb.ipynb", "odibi.yaml", "sql", "transforms.py",
    ]  # fmt: skip
    assert not any(one.is_symlink() for one in tmp_path.rglob("*"))
    assert outcome(tmp_path) == outcome(file)


@pytest.mark.parametrize("place", ["./out", "./out/deep", "."])
def test_a_project_may_be_put_where_its_data_is(tmp_path: Path, place: str) -> None:
    project = f"%%odibi_project\nconnections: {{local: {{type: local, base_path: {place}}}}}"
    file = notebook(tmp_path, project, LOAD, "%%odibi_node n --write local:sub/n.csv\nSELECT * FROM load_sales")
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "sales.csv").write_text(SALES)
    ws = load_target(file).workspace
    ws.run()
    for _ in range(2):  # beside the files of the first
        export(ws, tmp_path if place == "." else tmp_path / "out")
    ws.close()
    assert outcome(tmp_path if place == "." else tmp_path / "out") == outcome(file)
