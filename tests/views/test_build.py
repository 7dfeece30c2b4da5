"""Cards, graphs and runs as view models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from odibi_nb import Workspace
from odibi_nb.exceptions import NodeExecutionError, TransformError
from odibi_nb.pictures.drawing import second_line
from odibi_nb.views.build import dag_view, error_view, node_view, run_view
from odibi_nb.workspaces import RunRequest


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    workspace.node("a", "SELECT i, CAST(NULL AS VARCHAR) AS empty, '' AS blank FROM range(25) t(i)")
    workspace.node("b", "print('hello')\na.head(3)", description="three", tags=["daily"])
    workspace.node("c", "SELECT * FROM nobody")
    yield workspace
    workspace.close()


def test_a_card_before_its_first_run(ws: Workspace) -> None:
    card = node_view(ws, "b")
    assert (card.status, card.kind, card.rows, card.preview) == ("pending", "python", "", None)
    assert card.description == "three"
    assert [(d.name, d.reason, d.resolved) for d in card.dependencies] == [("a", "a, line 2", True)]


def test_a_card_with_its_result(ws: Workspace) -> None:
    ws.run("b")
    card = node_view(ws, "b")
    assert (card.status, card.rows, card.output) == ("completed", "3", "hello\n")
    assert card.preview is not None
    assert card.preview.rows[0] == ("0", None, "")
    assert [(c.name, c.type) for c in card.schema] == [("i", "BIGINT"), ("empty", "VARCHAR"), ("blank", "VARCHAR")]


def test_ten_rows_unless_asked(ws: Workspace) -> None:
    ws.run("a")
    assert len(node_view(ws, "a").preview.rows) == 10  # type: ignore[union-attr]
    assert len(node_view(ws, "a", preview=3).preview.rows) == 3  # type: ignore[union-attr]
    assert node_view(ws, "a", preview=0).preview is None


def test_a_card_says_what_it_waits_for(ws: Workspace) -> None:
    card = node_view(ws, "c")
    assert card.notes == ("pending: waits for nobody",)
    assert not card.dependencies[0].resolved


def test_a_card_forgets_the_error_of_an_earlier_declaration(ws: Workspace) -> None:
    ws.node("bad", "1 / 0")
    ws.attempt(RunRequest(("bad",)))
    assert node_view(ws, "bad").error is not None
    ws.node("bad", "SELECT 1 AS x")
    assert (node_view(ws, "bad").status, node_view(ws, "bad").error) == ("pending", None)


def test_the_graph_has_undeclared_names(ws: Workspace) -> None:
    view = dag_view(ws)
    assert [(node.name, node.status) for node in view.nodes] == [
        ("nobody", "unresolved"),
        ("a", "pending"),
        ("b", "pending"),
        ("c", "pending"),
    ]
    assert set(view.edges) == {("a", "b"), ("nobody", "c")}


def test_a_part_of_the_graph_leaves_the_rest_out(ws: Workspace) -> None:
    view = dag_view(ws, ["b"])
    assert ([node.name for node in view.nodes], view.edges) == (["b"], ())


def test_a_run_shows_each_node_as_it_came_out(ws: Workspace) -> None:
    ws.node("bad", "1 / 0")
    ws.node("after", "SELECT * FROM bad")
    view = run_view(ws, ws.attempt(RunRequest(("+b", "bad", "after"))))
    assert {node.name: node.status for node in view.nodes} == {
        "a": "completed",
        "b": "completed",
        "bad": "failed",
        "after": "skipped",
    }
    assert view.status == "failed"
    assert view.nodes[-1].notes == ("'bad' failed",)


def test_a_failed_query_has_no_rows_though_they_can_be_counted(ws: Workspace) -> None:
    ws.node("texts", "SELECT 'x' AS t FROM range(3)")
    ws.node("bad", "SELECT t::INT AS n FROM texts")
    ws.node("after", "FROM bad")
    view = run_view(ws, ws.attempt(RunRequest(("+after",))))
    assert [(node.name, node.status, node.rows) for node in view.nodes[1:]] == [
        ("bad", "failed", ""),
        ("after", "skipped", ""),
    ]


def test_views_are_plain_json(ws: Workspace) -> None:
    ws.run("+b")
    json.dumps([asdict(node_view(ws, "b")), asdict(dag_view(ws))])


def test_the_error_of_user_code_has_its_own_type_once() -> None:
    error = NodeExecutionError("KeyError: amuont", node="n", line=3)
    error.__cause__ = KeyError("amuont")
    view = error_view(error)
    assert (view.type, view.message, view.line) == ("KeyError", "amuont", 3)


def test_an_error_of_ours_keeps_its_type() -> None:
    assert error_view(TransformError("no such thing", hint="try this")).type == "TransformError"


def test_the_graph_counts_the_data_tests_that_only_warn(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.node("a", "SELECT -1 AS x", validation={"mode": "warn", "tests": [{"type": "custom_sql", "condition": "x > 0"}]})
    ws.run()
    (node,) = dag_view(ws).nodes
    assert (node.status, node.warnings) == ("completed", 1)
    assert second_line(node).endswith("⚠ 1 warning")
    ws.close()
