"""One node on given rows: nothing is written, no connection is needed, no result changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from odibi_nb import Workspace
from odibi_nb.exceptions import ValidationError


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    workspace.node("sales", read={"connection": "nowhere", "path": "sales.csv"})
    workspace.node("large", "SELECT * FROM sales WHERE amount >= 100", write={"connection": "nowhere", "path": "x.csv"})
    workspace.node("taxed", "def taxed(large, rate=0.5):\n    return large.assign(tax=large.amount * rate)")
    yield workspace
    workspace.close()


def test_a_node_runs_on_given_rows_without_connection_or_upstream_results(ws: Workspace) -> None:
    result = ws.try_node("large", {"sales": [{"amount": 5}, {"amount": 500}]})
    assert result.dataset.arrow().to_pylist() == [{"amount": 500}]
    assert ws.result("large") is None


def test_parameters_hold_for_the_trial_alone(ws: Workspace) -> None:
    rows = [{"amount": 100}]
    assert ws.try_node("taxed", {"large": rows}, params={"rate": 0.25}).dataset.frame()["tax"].tolist() == [25.0]
    assert ws.try_node("taxed", {"large": rows}).dataset.frame()["tax"].tolist() == [50.0]


def test_a_failing_node_is_in_the_result(ws: Workspace) -> None:
    result = ws.try_node("large", {"sales": [{"total": 5}]})
    assert result.status == "failed"
    assert "amount" in result.error.message


def test_a_missing_input_is_refused(ws: Workspace) -> None:
    with pytest.raises(ValidationError, match="input 'sales' of node 'large' has no mock"):
        ws.try_node("large", {})
