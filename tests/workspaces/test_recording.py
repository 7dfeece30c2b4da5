"""Runs on real rows are written down, whoever asks for them; nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from odibi_nb import Pipeline, Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException
from odibi_nb.history import RunHistory, RunRecord
from odibi_nb.views.plan import plan_view
from odibi_nb.workspaces import RunRequest

PROJECT = {
    "project": "shop",
    "connections": {"local": {"type": "local", "base_path": "."}},
    "vars": {"least": 2, "password": "hunter2"},
}
SECRET = "confidential_value"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = made(tmp_path)
    yield workspace
    workspace.close()


def made(root: Path) -> Workspace:
    (root / "sales.csv").write_text(f"region,amount,note\nN,1,{SECRET}\nN,5,{SECRET}\nS,7,{SECRET}\n")
    workspace = Workspace(root)
    workspace.configure(ProjectConfig.model_validate(PROJECT))
    workspace.node("sales", read={"connection": "local", "path": "sales.csv"})
    workspace.node("clean", "SELECT * FROM sales WHERE amount >= $least")
    workspace.node("totals", "SELECT region, count(*) AS n FROM clean GROUP BY 1", write={
        "connection": "local", "path": "totals.parquet",
    })  # fmt: skip
    return workspace


def history_of(root: Path) -> RunHistory:
    return RunHistory(root / ".odibi")


def last(root: Path, kind: str = "run") -> RunRecord:
    history = history_of(root)
    found = history.get(history.runs(kind=kind)[0].id)
    assert found is not None
    return found


def test_a_run_is_written_down_with_its_nodes(ws: Workspace, tmp_path: Path) -> None:
    ws.run("+totals", params={"least": 3}, workers=2)
    run = last(tmp_path)
    assert (run.status, run.door, run.kind, run.title, run.owner) == (
        "completed",
        "python",
        "run",
        "shop",
        tmp_path.name,
    )
    assert (run.selectors, run.workers) == (("+totals",), 2)
    assert run.parameters == {"least": "3", "password": "***"}
    assert run.versions["duckdb"]
    assert abs(run.started - time.time()) < 60
    sales, clean, totals = run.nodes
    assert (sales.rows, sales.rows_in, sales.action) == (3, None, "run")
    assert (clean.rows_in, clean.rows, clean.reason) == (3, 2, "never run")
    assert clean.columns == (("region", "VARCHAR"), ("amount", "BIGINT"), ("note", "VARCHAR"))
    assert totals.written == "local:totals.parquet"
    assert len({node.fingerprint for node in run.nodes}) == 3


def test_what_was_there_already_is_a_name_alone(ws: Workspace, tmp_path: Path) -> None:
    ws.run()
    ws.run()
    run = last(tmp_path)
    assert (run.nodes, run.cached, run.statuses) == ((), ("sales", "clean", "totals"), {"cached": 3})
    (tmp_path / "totals.parquet").unlink()
    ws.run()
    assert [(node.name, node.action, node.written) for node in last(tmp_path).nodes] == [
        ("totals", "cached", "local:totals.parquet")
    ]


def test_what_did_not_run_has_read_nothing(ws: Workspace, tmp_path: Path) -> None:
    ws.run()
    (tmp_path / "totals.parquet").unlink()
    ws.node("bad", "def bad(clean):\n    return clean.nope\n")
    ws.node("below", "SELECT * FROM clean, bad")
    ws.attempt(RunRequest())
    read = {node.name: (node.status, node.rows_in) for node in last(tmp_path).nodes}
    assert read == {"totals": ("cached", None), "bad": ("failed", 2), "below": ("skipped", None)}


def test_cells_are_written_down_as_cells(ws: Workspace, tmp_path: Path) -> None:
    ws.run_cell("clean")
    run = last(tmp_path, "cell")
    assert (run.selectors, run.door, [node.name for node in run.nodes]) == (("clean",), "cell", ["sales", "clean"])
    assert history_of(tmp_path).runs() == []


def test_what_is_no_run_on_real_rows_is_not_written_down(ws: Workspace, tmp_path: Path) -> None:
    ws.mock("totals", {"clean": [{"region": "N", "amount": 5}]})
    ws.attempt(RunRequest(("totals",), mock="given"))
    ws.try_node("totals", {"clean": [{"region": "N"}]})
    ws.try_shortcut("clean", "sample")
    assert not (tmp_path / ".odibi" / "history.sqlite").exists()
    ws.run()
    ws.sql("SELECT count(*) FROM totals")
    assert history_of(tmp_path).runs(kind="cell") == []


def test_a_failure_is_told_without_the_data(ws: Workspace, tmp_path: Path) -> None:
    ws.node("bad", "SELECT CAST(note AS INTEGER) AS x FROM sales")
    ws.node("worse", "def worse(sales):\n    raise ValueError(f'not good: {sales.note[0]!r}')\n")
    ws.node("below", "SELECT * FROM worse")
    with pytest.raises(OdibiException):
        ws.run()
    run = last(tmp_path)
    assert (run.status, run.failed) == ("failed", ("bad", "worse"))
    told = {node.name: node for node in run.nodes}
    assert told["bad"].error.startswith("ConversionException: Could not convert string '…' to INT32")
    assert told["worse"].error.startswith("ValueError: not good: '…' (")
    assert (told["below"].status, told["below"].reason) == ("skipped", "'worse' failed")
    ws.close()
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in (tmp_path / ".odibi").glob("history.sqlite*"))


def test_another_session_knows_how_long_nodes_take(tmp_path: Path) -> None:
    first = made(tmp_path)
    first.run()
    took = {node.name: node.duration_s for node in last(tmp_path).nodes}
    first.store.prune(lambda entry: True)
    first.close()
    second = made(tmp_path)
    second.node("new", "SELECT 1 AS x")
    second.set_params({"least": 1})
    second.node("clean", "SELECT *, 1 AS one FROM sales WHERE amount >= $least")
    assert second.durations(["clean", "new"]) == {"clean": took["clean"]}
    assert second.work_above("totals")["clean"] == took["clean"]
    expected = {node.name: node.expected_s for node in plan_view(second, second.plan()).nodes}
    assert (expected["clean"], expected["new"]) == (took["clean"], None)
    second.close()


def test_a_store_that_is_off_keeps_no_history(tmp_path: Path) -> None:
    workspace = made(tmp_path)
    workspace.configure(ProjectConfig.model_validate({**PROJECT, "settings": {"store": False}}))
    workspace.run()
    workspace.close()
    assert not (tmp_path / ".odibi").exists()


def test_a_history_that_cannot_be_written_is_a_note(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / ".odibi").mkdir()
    (tmp_path / ".odibi" / "history.sqlite").mkdir()
    outcome = ws.run()
    assert outcome.status == "completed"
    assert any("the run history" in note and "can't be used" in note for note in outcome.notes)
    assert not any("the run history" in note for note in ws.run().notes)


SLEEPING = """
import sys
from pathlib import Path
from tests.workspaces.test_recording import made
ws = made(Path(sys.argv[1]))
ws.node("slow", "def slow(sales):\\n    import time\\n    print('here', flush=True)\\n    time.sleep(60)\\n")
ws.listeners.append(lambda event: print(type(event).__name__, getattr(event, "name", ""), file=sys.stderr, flush=True))
ws.run("+slow")
"""


def test_a_run_that_is_killed_is_in_the_history_as_cancelled(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SLEEPING, str(tmp_path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.strip() == "NodeStarted slow":
                break
        assert [run.status for run in history_of(tmp_path).runs()] == ["running"]
        os.kill(process.pid, signal.SIGKILL)
    (run,) = history_of(tmp_path).runs()
    assert (run.status, run.selectors) == ("cancelled", ("+slow",))
    workspace = made(tmp_path)
    workspace.run()
    workspace.close()
    assert [one.status for one in history_of(tmp_path).runs()] == ["completed", "cancelled"]


YAML = """\
connections: {local: {type: local, base_path: .}}
pipelines:
- pipeline: daily
  nodes:
  - {name: one, transform: {steps: [{sql: SELECT 1 AS x}]}}
  - {name: two, depends_on: [one], transform: {steps: [{sql: "SELECT CAST('a' AS INTEGER) AS y FROM one"}]}}
"""


def test_a_pipeline_leaves_a_story_where_its_file_asks_for_it(tmp_path: Path) -> None:
    file = tmp_path / "odibi.yaml"
    file.write_text(YAML)
    assert Pipeline.from_yaml(file).run().story_path is None
    assert not (tmp_path / ".odibi").exists()
    file.write_text(f"{YAML}story: {{connection: local, path: reports}}\n")
    results = Pipeline.from_yaml(file).run()
    assert results.failed == ["two"]
    page = Path(str(results.story_path))
    assert page.parent == tmp_path / "reports"
    assert "SELECT CAST(&#x27;a&#x27; AS INTEGER) AS y FROM one" in page.read_text("utf-8")
    assert results.to_dict()["story_path"] == str(page)
    run = last(tmp_path)
    assert (run.owner, run.title, run.story) == ("odibi", "daily", str(page))
