"""Nodes that read, in the same run, what another one has just written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "s.csv").write_text("id\n1\n")
    (tmp_path / "out").mkdir()
    workspace = Workspace(tmp_path)
    _configure(workspace)
    workspace.node("s", read=_at("s.csv"))
    workspace.node("w", "SELECT id * 10 AS id FROM s", write=_at("out/w.csv"))
    yield workspace
    workspace.close()


def _configure(ws: Workspace, **settings: Any) -> None:
    project = {"connections": {"local": {"type": "local", "base_path": "."}}, "settings": settings}
    ws.configure(ProjectConfig.model_validate(project))


def _at(path: str, **more: Any) -> dict[str, Any]:
    return {"connection": "local", "path": path, **more}


def _ids(ws: Workspace, name: str) -> list[int]:
    return list(ws[name].df().id)


READS = [
    {"read": _at("out/w.csv")},
    {"read": _at("out/*.csv")},
    {"read": _at("out", format="csv")},
    {"body": "SELECT * FROM 'out/w.csv'"},
    {"inputs": {"x": _at("out/w.csv")}, "transform": {"steps": [{"sql": "SELECT * FROM x"}]}},
]


@pytest.mark.parametrize("by", ["stat", "content"])
@pytest.mark.parametrize("fields", READS, ids=str)
def test_a_reader_below_the_writer_is_fresh_after_the_run(ws: Workspace, fields: dict[str, Any], by: str) -> None:
    _configure(ws, source_files=by)
    ws.node("rd", **fields, depends_on=["w"])
    ws.node("last", "SELECT id + 1 AS id FROM rd", write=_at("last.csv"))
    for given in (1, 2):
        (ws.root / "s.csv").write_text(f"id\n{given}\n")
        ws.run(workers=given)
        assert _ids(ws, "last") == [given * 10 + 1]
        assert ws.statuses() == dict.fromkeys(("s", "w", "rd", "last"), "completed")
        assert [one.action for one in ws.plan()] == ["cached"] * 4
    (ws.root / "out" / "w.csv").write_text("id\n777\n")
    assert ws.status("rd") == "stale"


def test_a_reader_further_below_is_fresh_too(ws: Workspace) -> None:
    ws.node("between", "SELECT * FROM w")
    ws.node("rd", read=_at("out/w.csv"), depends_on=["between"])
    ws.run()
    assert ws.status("rd") == "completed"


@pytest.mark.parametrize("order", [["w", "rd"], ["rd", "w"]])
def test_a_reader_that_is_not_below_stands_for_the_file_of_before(ws: Workspace, order: list[str]) -> None:
    (ws.root / "out" / "w.csv").write_text("id\n0\n")
    ws.drop("w")
    declare = {
        "w": lambda: ws.node("w", "SELECT id * 10 AS id FROM s", write=_at("out/w.csv")),
        "rd": lambda: ws.node("rd", read=_at("out/w.csv")),
    }
    for name in order:
        declare[name]()
    ws.run()
    assert ws.status("rd") == "stale"
    ws.run()
    assert (_ids(ws, "rd"), ws.status("rd")) == ([10], "completed")


def test_a_folder_that_others_write_to_as_well_stands_for_what_was_before(ws: Workspace) -> None:
    ws.node("rd", read=_at("out", format="csv"), depends_on=["w"])
    ws.node("other", "SELECT 5 AS id", write=_at("out/other.csv"))
    ws.run()
    assert ws.status("rd") == "stale"
    ws.run()
    assert (_ids(ws, "rd"), ws.status("rd")) == ([5, 10], "completed")


def test_a_node_that_overwrites_what_it_reads_is_stale(ws: Workspace) -> None:
    ws.node("same", "SELECT id + 1 AS id FROM 's.csv'", write=_at("s.csv"))
    ws.run("same")
    assert ws.status("same") == "stale"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_result_that_a_cell_has_computed_is_written_before_it_is_read_below(ws: Workspace, workers: int) -> None:
    (ws.root / "out" / "w.csv").write_text("id\n0\n")
    ws.node("rd", read=_at("out/w.csv"), depends_on=["w"])
    ws.node("last", "SELECT id + 1 AS id FROM rd", write=_at("last.csv"))
    ws.run_cell("last")
    assert (_ids(ws, "rd"), ws.status("rd")) == ([0], "completed")
    reasons = {one.name: (one.action, one.reason) for one in ws.plan()}
    assert reasons["w"][0] == "cached"
    assert reasons["rd"] == ("run", "it reads a file that this run writes")
    ws.run(workers=workers)
    assert (_ids(ws, "rd"), _ids(ws, "last")) == ([10], [11])
    assert [one.action for one in ws.plan()] == ["cached"] * 4
