"""Nodes that read what others write, without being below them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from odibi_nb import Workspace
from odibi_nb.commands.shell import main
from odibi_nb.config import ProjectConfig

MID = "'rd' reads local:mid.csv, which 'e' writes: to read what it writes, let it depend on e (depends_on)"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "s.csv").write_text("id\n1\n")
    (tmp_path / "mid.csv").write_text("id\n0\n")
    workspace = Workspace(tmp_path)
    workspace.configure(ProjectConfig.model_validate({"connections": {"local": {"type": "local", "base_path": "."}}}))
    workspace.node("e", "SELECT 2 AS id", write=_at("mid.csv"))
    yield workspace
    workspace.close()


def _at(path: str, **more: Any) -> dict[str, Any]:
    return {"connection": "local", "path": path, **more}


def _input(path: str, **more: Any) -> dict[str, Any]:
    return {"inputs": {"x": _at(path, **more)}, "transform": {"steps": [{"sql": "SELECT * FROM x"}]}}


@pytest.mark.parametrize(
    "fields",
    [
        {"read": _at("mid.csv")},
        {"read": _at("m*.csv")},
        {"read": _at("**/mid.csv")},
        {"read": _at("./", format="csv")},
        _input("mid.csv"),
        {"body": "SELECT * FROM 'mid.csv'"},
        {"body": "SELECT * FROM read_csv('m?d.csv')"},
    ],
    ids=str,
)
def test_a_reader_that_is_not_below_the_writer_is_noted(ws: Workspace, fields: dict[str, Any]) -> None:
    ws.node("rd", **fields)
    assert ws.crossings() == [MID]
    assert "e" not in ws.nodes.task("rd").depends_on
    ws.node("between", "SELECT * FROM e")
    ws.node("rd", **fields, depends_on=["between"])
    assert ws.crossings() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"read": _at("s.csv")},
        {"read": _at("sub/*.csv")},
        {"read": _at("*.parquet")},
        {"read": _at(".", format="json")},
        {"body": "SELECT * FROM e"},
        {"read": _at("mid.csv"), "enabled": False},
        {"read": {"connection": "nope", "path": "mid.csv"}},
    ],
    ids=str,
)
def test_what_reads_other_files_or_can_not_run_is_not(ws: Workspace, fields: dict[str, Any]) -> None:
    ws.node("rd", **fields)
    assert ws.crossings() == []


def test_a_pattern_does_not_reach_into_folders(ws: Workspace) -> None:
    ws.node("e", "SELECT 2 AS id", write=_at("sub/mid.csv"))
    ws.node("rd", read=_at("*.csv"))
    assert ws.crossings() == []


def test_a_writer_that_overwrites_what_it_or_a_node_above_reads_is_noted(ws: Workspace) -> None:
    ws.node("src", read=_at("s.csv"))
    ws.node("inplace", "SELECT id + 1 AS id FROM src", write=_at("s.csv"))
    note = "'inplace' writes local:s.csv, which 'src' above it reads: each run works on its own result"
    assert ws.crossings() == [note]
    assert ws.run().notes == (note,)
    ws.node("inplace", "SELECT id + 1 AS id FROM 's.csv'", write=_at("s.csv"))
    ws.drop("src")
    assert ws.crossings() == ["'inplace' writes local:s.csv, which it reads itself: each run works on its own result"]


def test_a_reader_of_many_files_is_noted_once(ws: Workspace) -> None:
    for number in range(7):
        ws.node(f"w{number}", "SELECT 1 AS id", write=_at(f"out/{number}.csv"))
    ws.node("rd", read=_at("out", format="csv"))
    (note,) = ws.crossings()
    assert note.startswith("'rd' reads local:out/0.csv, which 'w0' writes and 6 more files that nodes write: to read")
    assert note.endswith(" what they write, let it depend on w0, w1, w2, w3, w4, 2 more (depends_on)")


def test_a_run_tells_of_what_it_computes_and_writes(ws: Workspace) -> None:
    ws.node("rd", read=_at("mid.csv"))
    ws.node("other", "SELECT 1 AS id")
    assert ws.run("other", "e").notes == ()
    assert ws.run("rd").notes == ()
    assert ws.run().notes == (MID,)


def test_a_thousand_nodes_are_looked_through(ws: Workspace) -> None:
    for number in range(500):
        ws.node(f"w{number}", "SELECT 1 AS id", write=_at(f"out/{number}.parquet"))
        ws.node(f"r{number}", read=_at(f"out/{number}.parquet"))
    assert len(ws.crossings()) == 500


def test_the_commands_say_it(tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mid.csv").write_text("id\n0\n")
    cells = [
        "%%odibi_project\nconnections: {local: {type: local, base_path: .}}",
        "%%odibi_node e --write local:mid.csv\nSELECT 2 AS id",
        "%%odibi_node rd --read local:mid.csv",
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells))), "n.ipynb")
    assert main(["validate", "n.ipynb"]) == 0
    assert f"2 nodes: valid\nnote: {MID}\n" in capsys.readouterr().out
    for command in ("validate", "plan", "run"):
        assert main([command, "n.ipynb", "--json"]) == 0
        captured = capsys.readouterr()
        noted = [line for line in captured.err.splitlines() if line.startswith("note: ")]
        told = noted if command == "run" else json.loads(captured.out)["notes"]
        assert told == [f"note: {MID}" if command == "run" else MID]
    assert main(["plan", "n.ipynb"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == MID
    assert main(["run", "n.ipynb"]) == 0
    captured = capsys.readouterr()
    assert f"note: {MID}\n" in captured.err
    assert MID not in captured.out
