"""What becomes of a node's rows and of what was written of them: failed writes, renames, another engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.events import Event, NodeFinished
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.runs import RunRequest

Ran = Callable[[], list[str]]

LOGGING = """
def log(name):
    with open(LOG, "a") as file:
        print(name, file=file)
    return 7
"""


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[], list[str]]:
    """What was computed so far."""
    return lambda: (tmp_path / "log").read_text().split()


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    variables: dict[str, Any] = {"__name__": "__main__", "pd": pd, "LOG": str(tmp_path / "log")}
    exec(LOGGING, variables)
    made = Workspace(tmp_path, namespace=lambda: variables, is_variable=variables.__contains__)
    _configure(made)
    yield made
    made.close()


def _configure(ws: Workspace, **settings: Any) -> None:
    connections = {"local": {"type": "local", "base_path": "."}}
    ws.configure(ProjectConfig.model_validate({"connections": connections, **settings}))


def _source(ws: Workspace) -> None:
    ws.node("ids", "pd.DataFrame({'id': [log('ids')]})", cache=True)


def _to(path: str, **how: Any) -> dict[str, Any]:
    return {"connection": "local", "path": path, **how}


def _lines(ws: Workspace, name: str) -> list[str]:
    return (ws.root / name).read_text().split()[1:]


def test_rows_that_only_could_not_be_written_are_not_computed_again(ws: Workspace, ran: Ran) -> None:
    (ws.root / "out").write_text("a file where a folder is wanted")
    ws.node("sink", "def sink():\n    return pd.DataFrame({'id': [log('sink')]})", write=_to("out/x.csv"), cache=True)
    ws.node("reader", "SELECT id + 1 AS id FROM sink")
    with pytest.raises(OdibiException):
        ws.run()
    assert ws.status("sink") == "failed"
    assert ws.plan("sink")[0].action == "cached"
    assert (ws.plan("sink")[0].write, ws.plan("sink")[0].write_reason) == ("write", "its last write failed")
    ws.run_cell("reader")
    assert ws.status("reader") == "completed"
    (ws.root / "out").unlink()
    outcome = ws.run()
    assert outcome.results["sink"].written == "local:out/x.csv"
    assert (ws.status("sink"), ran()) == ("completed", ["sink"])
    assert _lines(ws, "out/x.csv") == ["7"]
    assert ws.plan("sink")[0].write == "written"


def test_a_later_write_that_fails_is_told_and_tried_again(ws: Workspace, ran: Ran) -> None:
    ws.node("sink", "def sink():\n    return pd.DataFrame({'id': [log('sink')]})", write=_to("out/x.csv"), cache=True)
    ws.run()
    (ws.root / "out" / "x.csv").unlink()
    (ws.root / "out").rmdir()
    (ws.root / "out").write_text("a file where a folder is wanted")
    with pytest.raises(OdibiException):
        ws.run()
    assert ws.status("sink") == "failed"
    (ws.root / "out").unlink()
    ws.run()
    assert (ws.status("sink"), ran()) == ("completed", ["sink"])


def test_rows_at_fault_are_computed_again_though_the_error_came_in_writing(ws: Workspace) -> None:
    ws.node("texts", "SELECT 'a' AS t")
    ws.node("sink", "SELECT CAST(t AS INTEGER) AS n FROM texts", write=_to("x.csv"))
    with pytest.raises(OdibiException):
        ws.run()
    assert {one.name: one.action for one in ws.plan()}["sink"] == "run"


def _renamed_by_command(ws: Workspace, declare: Callable[[str], None]) -> None:
    ws.rename("old", "new")


def _renamed_by_cell(ws: Workspace, declare: Callable[[str], None]) -> None:
    declare("new")


@pytest.mark.parametrize("rename", [_renamed_by_command, _renamed_by_cell])
@pytest.mark.parametrize("body", ["SELECT id FROM ids", "ids.assign(more=log('x'))", None], ids=str)
def test_a_renamed_node_keeps_its_rows_and_appends_them_once(
    ws: Workspace, ran: Ran, rename: Callable[..., None], body: str | None
) -> None:
    def declare(name: str) -> None:
        code = body or f"def {name}(ids):\n    return ids.assign(more=log('x'))"
        ws.declare_cell(f"{name} --write local:x.csv --mode append", code, CellOrigin("3", id="c3"))

    _source(ws)
    declare("old")
    ws.run()
    rename(ws, declare)
    assert {one.name: (one.action, one.write) for one in ws.plan()}["new"] == ("cached", "written")
    ws.run()
    assert len(_lines(ws, "x.csv")) == 1
    assert ran().count("ids") == 1
    assert ws["new"].df().id.tolist() == [7]
    assert ws["new"].status == "completed"


def test_a_handed_over_function_keeps_its_rows_under_another_name(ws: Workspace) -> None:
    def old() -> pd.DataFrame:
        return pd.DataFrame({"id": [1]})

    ws.node("old", old, write=_to("x.csv", mode="append"), cache=True)
    ws.run()
    ws.rename("old", "new")
    assert [(one.action, one.write) for one in ws.plan()] == [("cached", "written")]
    ws.run(force=True)
    assert _lines(ws, "x.csv") == ["1"]


def test_a_rename_that_is_refused_leaves_the_result(ws: Workspace) -> None:
    _source(ws)
    ws.declare_cell("old", "SELECT id FROM ids", CellOrigin("3", id="c3"))
    ws.run()
    with pytest.raises(OdibiException):
        ws.declare_cell("IDS", "SELECT id FROM ids", CellOrigin("4", id="c3"))
    assert ws.status("old") == "completed"


def test_another_setting_of_the_engine_appends_nothing_again(ws: Workspace, ran: Ran) -> None:
    _source(ws)
    ws.node("sink", "SELECT id FROM ids", write=_to("x.csv", mode="append"))
    ws.run()
    _configure(ws, settings={"duckdb": {"threads": 1}})
    assert {one.name: (one.action, one.write) for one in ws.plan()}["sink"] == ("run", "written")
    ws.run()
    assert (_lines(ws, "x.csv"), ran()) == (["7"], ["ids", "ids"])


def test_a_listener_that_raises_costs_no_result(ws: Workspace) -> None:
    told: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, NodeFinished):
            raise BrokenPipeError("nobody reads this any more")

    _source(ws)
    ws.node("sink", "SELECT id FROM ids", write=_to("x.csv"))
    with pytest.raises(BrokenPipeError):
        ws.attempt(RunRequest(), [listen, told.append])
    assert [ws.status(name) for name in ws] == ["completed", "completed"]
    assert sum(isinstance(event, NodeFinished) for event in told) == 2
    assert {one.action for one in ws.plan()} == {"cached"}


def test_nodes_that_share_what_a_run_changes_say_so(tmp_path: Path) -> None:
    variables: dict[str, Any] = {"__name__": "__main__", "pd": pd, "seen": [], "own": []}
    ws = Workspace(tmp_path, namespace=lambda: variables, is_variable=variables.__contains__)
    ws.node("reader", "pd.DataFrame({'n': [len(seen)]})", cache=True)
    ws.node("changer", "seen.append(1)\nown.append(1)\npd.DataFrame({'n': [len(seen)]})", cache=True)
    outcome = ws.run()
    note = "'seen' changed while the run went on, and is used by '{}' too: what they give depends on which runs first"
    assert outcome.results["reader"].notes == (note.format("changer"),)
    assert outcome.results["changer"].notes == (note.format("reader"),)
    ws.close()
