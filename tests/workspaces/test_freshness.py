"""Which changes outside of a notebook make a result stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "sales.csv").write_text("region,amount\nN,50\n")
    workspace = Workspace(tmp_path)
    workspace.configure(ProjectConfig.model_validate({"connections": {"local": {"type": "local", "base_path": "."}}}))
    yield workspace
    workspace.close()


def _with_literal(ws: Workspace) -> None:
    ws.node("n", "SELECT * FROM 'sales.csv'")


def _with_pattern(ws: Workspace) -> None:
    ws.node("n", "SELECT * FROM read_csv('sal*.csv')")


def _with_input(ws: Workspace) -> None:
    steps = {"steps": [{"sql": "SELECT * FROM given"}]}
    ws.node("n", inputs={"given": {"connection": "local", "path": "sales.csv"}}, transform=steps)


@pytest.mark.parametrize("declare", [_with_literal, _with_pattern, _with_input])
def test_another_file_makes_its_readers_stale(ws: Workspace, declare: Callable[[Workspace], None]) -> None:
    declare(ws)
    ws.run()
    assert ws.status("n") == "completed"
    (ws.root / "sales.csv").write_text("region,amount\nN,50\nS,70\n")
    assert ws.status("n") == "stale"
    ws.run()
    assert ws["n"].df().amount.tolist() == [50, 70]


def test_an_edited_sql_file_makes_its_node_stale_and_is_read_again(ws: Workspace) -> None:
    (ws.root / "n.sql").write_text("SELECT 1 AS x")
    ws.node("n", transform={"steps": [{"sql_file": "n.sql"}]})
    ws.run()
    assert ws.status("n") == "completed"
    (ws.root / "n.sql").write_text("SELECT 2 AS x")
    assert ws.status("n") == "stale"
    ws.run()
    assert ws["n"].df().x.tolist() == [2]
