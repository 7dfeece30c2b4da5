"""All that tests a node, data tests and unit tests, and how each came out last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odibi_nb.exceptions import shortened
from odibi_nb.views.models import CheckView

if TYPE_CHECKING:
    from odibi_nb.runner import NodeResult, NodeTask
    from odibi_nb.workspaces import Workspace

__all__ = ["checks_of", "data_tests_of"]


def checks_of(workspace: Workspace, task: NodeTask, result: NodeResult | None) -> tuple[CheckView, ...]:
    """Return a node's data tests as they came out on a result, then its unit tests as they came out last."""
    return (*data_tests_of(task, result), *_unit_tests(workspace, task.name))


def data_tests_of(task: NodeTask, result: NodeResult | None) -> list[CheckView]:
    """Return a node's data tests as they came out on a result."""
    if result is not None and result.expectations:
        return [
            CheckView(shortened(one.name), "expectation", _status(one.passed, one.severity), one.detail)
            for one in result.expectations
        ]
    if not task.checks and not task.queries:
        return []
    from odibi_nb.expectations import check_of

    names = [test.name or check_of(test).describe for test, _ in task.checks] + [one.name for one in task.queries]
    return [CheckView(shortened(name), "expectation", "pending") for name in names]


def _status(passed: bool, severity: str) -> str:
    return "passed" if passed else "failed" if severity == "fail" else "warning"


def _unit_tests(workspace: Workspace, node: str) -> list[CheckView]:
    statuses = workspace.tests.statuses(node, workspace.nodes[node].declared)
    return [CheckView(name, "unit test", status) for name, status in statuses.items()]
