"""How a unit test came out, as what is shown of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from odibi_nb import Workspace, views
from odibi_nb.views.testing import pending_view, verdict_view, verdicts_view
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.node_tests import NodeTest, declared_test
from odibi_nb.workspaces.testing import run_test

Seen = Callable[[str], "views.TestView"]


def declared(node: str, body: str) -> NodeTest:
    return declared_test(f"{node} it", body, CellOrigin("8", "id", f"%%odibi_test {node} it\n{body}"))


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    workspace.node("big", "SELECT 'N' AS region, 1.5 AS rate, range AS i, NULL::DATE AS day FROM range(30) ORDER BY i")
    yield workspace
    workspace.close()


@pytest.fixture
def seen(ws: Workspace) -> Seen:
    return lambda body: verdict_view(run_test(ws, declared("big", body)))


def test_a_cell_that_differs_is_told_with_its_row(seen: Seen) -> None:
    rows = ", ".join(f"{{region: N, i: {i}}}" for i in range(29))
    view = seen(f"expect: [{rows}, {{region: N, i: 31}}]")
    assert (view.status, view.message, view.place) == ("failed", "1 row differs", "cell 8, line 2")
    assert view.cells is not None
    assert view.cells.rows == (("30 · region N", "i", "31", "29"),)
    assert view.rows is None


def test_values_that_look_alike_are_told_apart_by_what_they_are(seen: Seen) -> None:
    view = seen("expect: [{region: N, rate: '1.5', i: '0', day: 'NULL'}]")
    assert view.cells is not None
    assert view.cells.rows == (("1 · region N", "i", "0 (text)", "0 (BIGINT)"), ("1 · region N", "day", "NULL", None))


def test_long_differences_are_cut_and_counted(seen: Seen) -> None:
    view = seen("ordered: true\nexpect: [" + ", ".join(f"{{region: S, i: {i}}}" for i in range(40)) + "]")
    assert view.cells is not None
    assert (len(view.cells.rows), view.cells.more_rows) == (10, 20)
    view = seen("expect: [" + ", ".join(f"{{region: S{i}, i: -1}}" for i in range(40)) + "]")
    assert view.rows is not None
    labels = [row[0] for row in view.rows.rows]
    assert labels == [*(f"missing, {i}" for i in range(1, 6)), *["too many"] * 5]
    assert view.rows.more_rows == 60
    assert view.rows.right_aligned == (False, False, True)


def test_an_error_is_shown_as_it_was_raised(seen: Seen) -> None:
    view = seen("expct: []")
    assert view.status == "error"
    assert view.error is not None
    assert view.message.startswith("ConfigValidationError: 2 problems")


def test_a_test_waits_for_its_node(ws: Workspace) -> None:
    view = pending_view(ws, declared("bigg", "expect: []"))
    assert (view.status, view.message, view.hint) == ("pending", "waits for node 'bigg'", "did you mean 'big'?")


def test_views_are_plain_values(ws: Workspace) -> None:
    verdicts = [run_test(ws, declared("big", body)) for body in ("expect: {count: 30}", "expect: [{i: 1}]", "x: 1")]
    view = verdicts_view("sales", verdicts)
    assert [test.status for test in view.tests] == ["passed", "failed", "error"]
    assert json.loads(json.dumps(asdict(view)))["tests"][0]["name"] == "it"
    assert view.duration_s == pytest.approx(sum(test.duration_s for test in view.tests))
