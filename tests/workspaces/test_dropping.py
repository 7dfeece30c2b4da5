"""What a dropped node has when it is brought back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from odibi_nb.workspaces import Workspace


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """Three nodes in a row that have run."""
    workspace = Workspace(tmp_path)
    workspace.keep_nothing()  # what is brought back is what this session has set aside, not what its store has
    workspace.node("a", "SELECT 1 AS x")
    workspace.node("b", "SELECT x + 1 AS x FROM a")
    workspace.node("c", "SELECT x + 1 AS x FROM b")
    workspace.run()
    yield workspace
    workspace.close()


def _statuses(ws: Workspace) -> list[str]:
    return [ws.status(name) for name in ws.nodes]


def test_a_node_brought_back_has_its_result_and_its_readers_are_fresh(ws: Workspace) -> None:
    ws.drop("b")
    ws.restore("b")
    assert _statuses(ws) == ["completed"] * 3
    assert {one.action for one in ws.plan()} == {"cached"}
    assert ws["b"].df().x.tolist() == [2]


def test_its_result_is_stale_where_what_is_above_has_changed_meanwhile(ws: Workspace) -> None:
    ws.drop("b")
    ws.node("a", "SELECT 5 AS x")
    ws.run("a")
    ws.restore("b")
    assert ws.status("b") == "stale"
    ws.run()
    assert ws["c"].df().x.tolist() == [7]


def test_only_the_result_of_the_node_dropped_last_is_kept(ws: Workspace) -> None:
    ws.keep_nothing()  # in the store all of them may be by now
    ws.drop("c")
    ws.drop("b")
    ws.restore("b")
    ws.restore("c")
    assert (ws.status("b"), ws.status("c")) == ("completed", "pending")


def test_of_a_node_declared_anew_no_earlier_result_is_kept(ws: Workspace) -> None:
    ws.keep_nothing()
    ws.drop("c")
    ws.node("c", "SELECT x AS y FROM b")
    ws.drop("c")
    ws.restore("c")
    assert ws.status("c") == "pending"
    ws.run()
    assert ws["c"].schema == (("y", "INTEGER"),)


def test_after_a_reset_nothing_is_brought_back(ws: Workspace) -> None:
    ws.drop("c")
    ws.reset()
    assert not ws._runs.results._aside
