"""Folders that an export can't be written into: one error that names the place, and nothing is left."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from odibi_nb import Workspace
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.exporting import export
from odibi_nb.workspaces.headless import load_target
from tests.exporting.notebooks import LOAD, PROJECT, exported, files_in, notebook


def refused(folder: Path, to: Path) -> OdibiException:
    ws = Workspace(folder)
    try:
        ws.node("one", "SELECT 1 AS x")
        with pytest.raises(UsageError, match="can't be written") as caught:
            export(ws, to)
    finally:
        ws.close()
    return caught.value


def test_places_that_cant_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert str(tmp_path / "file") in refused(tmp_path, tmp_path / "file" / "deep" / "out").message
    assert "/proc" in refused(tmp_path, Path("/proc/no_such_place")).message
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sql").write_text("mine")
    error = refused(tmp_path, tmp_path / "out")
    assert str(tmp_path / "out" / "sql") in error.message
    assert error.hint is not None
    assert files_in(tmp_path) == {"file": "x", "out/sql": "mine"}


def test_a_module_that_is_there_already_and_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "transforms.py").write_text("raise RuntimeError('foreign')\n")
    with pytest.raises(OdibiException, match="lies in the folder already") as caught:
        exported(tmp_path, PROJECT, LOAD)
    assert caught.value.where.file == str(tmp_path / "out" / "transforms.py")
    assert caught.value.hint == "move it, or export into another folder"


def test_a_refused_export_leaves_no_workspace_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Workspace] = []
    close = Workspace.close
    monkeypatch.setattr(Workspace, "close", lambda ws: (closed.append(ws), close(ws))[1])
    code = "LIM = 1 if __name__ == '__main__' else 2"
    with pytest.raises(OdibiException, match="'LIM'"):
        exported(tmp_path, PROJECT, LOAD, code, "%%odibi_node a\ndef a(load_sales):\n    return load_sales.head(LIM)")
    assert len(closed) == 2


def test_any_name_of_a_folder_leaves_a_program(tmp_path: Path) -> None:
    ws = load_target(notebook(tmp_path, PROJECT, LOAD)).workspace
    for name in ('we"""ird\\N', "it's", "plain-1.0"):
        export(ws, tmp_path / name)
        text = files_in(tmp_path / name)["__main__.py"]
        assert (name in str(ast.get_docstring(ast.parse(text)))) == (name == "plain-1.0")
    ws.close()
