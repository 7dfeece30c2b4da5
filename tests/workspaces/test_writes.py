"""What becomes of a node's rows and of what was written of them: failed writes, renames, another engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.events import Event, NodeFinished
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.jobs import RunRequest

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
    _configure(ws, settings={"duckdb": {"integer_division": True}})
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
    note = (
        "'seen' changed while the run went on, and is used by '{}' too: what they give may depend on which runs first"
    )
    assert outcome.results["reader"].notes == (note.format("changer"),)
    assert outcome.results["changer"].notes == (note.format("reader"),)
    ws.close()


def test_many_nodes_that_share_a_value_are_not_all_listed(tmp_path: Path) -> None:
    variables: dict[str, Any] = {"__name__": "__main__", "pd": pd, "seen": []}
    ws = Workspace(tmp_path, namespace=lambda: variables, is_variable=variables.__contains__)
    for number in range(5):
        ws.node(f"n{number}", "seen.append(1)\npd.DataFrame({'n': [len(seen)]})", cache=True)
    notes = {name: result.notes[0] for name, result in ws.run().results.items()}
    assert "used by 'n1', 'n2' and 2 more too" in notes["n0"]
    assert "used by 'n0', 'n1' and 2 more too" in notes["n4"]
    ws.close()


def test_a_name_that_wrote_elsewhere_before_appends_nothing_again(ws: Workspace) -> None:
    ws.node("b", "SELECT 99 AS id", write=_to("b.csv"))
    ws.run()
    ws.drop("b")
    for name in ("a", "b"):
        ws.declare_cell(f"{name} --write local:log.csv --mode append", "SELECT 1 AS id", CellOrigin("3", id="c3"))
        ws.run()
    assert _lines(ws, "log.csv") == ["1"]


@pytest.mark.parametrize("late", ["rename", "drop"])
def test_what_is_written_while_its_node_changes_is_not_appended_again(ws: Workspace, late: str) -> None:
    begun, changed = threading.Event(), threading.Event()
    wait = SimpleNamespace(here=lambda: begun.set() or changed.wait(120))
    ws.nodes.variables()["wait"] = wait  # type: ignore[index]
    ws.node("a", "wait.here()\npd.DataFrame({'id': [1]})", write=_to("log.csv", mode="append"), cache=True)
    run = threading.Thread(target=ws.run)
    run.start()
    assert begun.wait(120)
    if late == "rename":
        ws.rename("a", "b")
    else:
        ws.drop("a")
    changed.set()
    run.join()
    if late == "drop":
        ws.restore("a")
    assert [(one.action, one.write) for one in ws.plan()] == [("cached" if late == "rename" else "run", "written")]
    ws.run()
    assert _lines(ws, "log.csv") == ["1"]


def test_below_a_failed_write_the_faults_from_further_up_still_count(ws: Workspace) -> None:
    (ws.root / "out").write_text("a file where a folder is wanted")
    _source(ws)
    ws.node("sink", "SELECT id FROM ids", write=_to("out/x.csv"), materialize="table")
    ws.node("reader", "SELECT id FROM sink")
    with pytest.raises(OdibiException):
        ws.run()
    ws.run_cell("reader")
    assert ws.status("reader") == "completed"
    ws.expect("ids", "none", "SELECT * FROM ids WHERE id = 7")
    ws.expectations.check("ids", "none")
    assert [ws.status(name) for name in ("ids", "sink", "reader")] == ["failed", "failed", "stale"]


def test_rows_that_could_not_be_written_are_not_computed_for_another_test(ws: Workspace, ran: Ran) -> None:
    (ws.root / "out").write_text("a file where a folder is wanted")
    ws.node("sink", "pd.DataFrame({'id': [log('sink')]})", write=_to("out/x.csv"), cache=True)
    with pytest.raises(OdibiException):
        ws.run()
    ws.expect("sink", "none", "SELECT * FROM sink WHERE id = 8")
    assert ws.expectations.check("sink", "none").passed
    assert ran() == ["sink"]
    assert ws.plan("sink")[0].write_reason == "its last write failed"


def test_a_listener_that_has_raised_is_told_nothing_more(ws: Workspace) -> None:
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)
        raise BrokenPipeError

    _source(ws)
    with pytest.raises(BrokenPipeError):
        ws.attempt(RunRequest(), [listen])
    assert len(told) == 1


def test_a_renamed_node_keeps_the_columns_that_mocks_take_their_types_from(ws: Workspace) -> None:
    ws.node("old", "pd.DataFrame({'day': pd.to_datetime(['2024-01-01']).date})", cache=True)
    ws.run()
    ws.rename("old", "new")
    ws.node("reader", "SELECT typeof(day) AS kind FROM new")
    given = ws.try_node("reader", {"new": [{"day": "2024-02-03"}]})
    assert given.dataset is not None
    assert given.dataset.frame("pandas").kind.tolist() == ["DATE"]
    assert ws.result("new").node_name == "new"  # type: ignore[union-attr]


def test_what_is_fresh_is_not_written_where_a_stricter_test_above_it_fails(tmp_path: Path) -> None:
    def declared(least: int) -> Workspace:
        made = Workspace(tmp_path)
        _configure(made)
        made.node("ids", "SELECT unnest([1, 60]) AS id")
        strict = {"tests": [{"type": "custom_sql", "name": "large", "condition": f"id > {least}"}]}
        made.node("paid", "SELECT id FROM ids", validation=strict)
        made.node("total", "SELECT sum(id) AS id FROM paid", materialize="table")
        made.node("sink", "SELECT id FROM total", write=_to("x.csv"))
        return made

    first = declared(0)
    first.run()
    first.close()
    (tmp_path / "x.csv").unlink()
    second = declared(50)
    second.saved_as = "a copy"
    outcome = second.attempt(RunRequest())
    assert {name: one.status for name, one in outcome.results.items() if name != "ids"} == {
        "paid": "failed",
        "total": "skipped",
        "sink": "skipped",
    }
    assert outcome.results["sink"].reason == "'paid' failed"
    assert not (tmp_path / "x.csv").exists()
    second.close()


def test_a_plan_says_that_the_file_holds_another_result(ws: Workspace) -> None:
    _configure(ws, vars={"n": 1})
    ws.node("out", "SELECT $n AS n", write=_to("out.csv"))
    for n in (1, 2):
        ws.set_params({"n": n})
        ws.run()
    ws.set_params({"n": 1})
    (planned,) = ws.plan()
    assert planned.action == "cached"
    assert planned.write_reason.startswith("the file holds another result, of ")
