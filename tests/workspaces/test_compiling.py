"""What a workspace looks up for a node before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    workspace.configure(ProjectConfig.model_validate({"connections": {}, "vars": {"least": 2}}))
    yield workspace
    workspace.close()


def test_a_disabled_node_may_name_a_connection_that_is_not_configured(ws: Workspace) -> None:
    ws.node("later", read={"connection": "warehouse", "path": "x.csv"}, enabled=False)
    ws.node("now", "SELECT 1 AS x")
    assert ws.run().results["later"].status == "skipped"
    assert ws.status("now") == "completed"


def test_plain_code_may_use_a_parameter_of_the_project(ws: Workspace) -> None:
    ws.node("rows", "SELECT unnest([1, 2, 3]) AS x")
    ws.node("most", "rows[rows.x >= least]")
    ws.run()
    assert ws["most"].df().x.tolist() == [2, 3]


def test_names_that_are_waited_for_are_known_without_compiling_anew(ws: Workspace) -> None:
    ws.node("reader", "SELECT * FROM nowhere")
    assert ws.waits_for("reader") == ["nowhere"]
    ws.set_params({"least": 3})
    assert ws.nodes.awaited() == {"nowhere"}
    ws.node("nowhere", "SELECT 1 AS x")
    assert ws.nodes.awaited() == set()
    ws.drop("reader")
    ws.drop("nowhere")
    assert ws.nodes.awaited() == set()
