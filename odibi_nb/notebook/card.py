"""The card under the cell of a node or of a test."""

from __future__ import annotations

from dataclasses import replace

from odibi_nb.commands.base import Shown
from odibi_nb.pictures import node_html, node_text, unit_test_html, unit_test_text
from odibi_nb.runner import NodeResult
from odibi_nb.views.build import node_view
from odibi_nb.views.testing import pending_view, verdict_view
from odibi_nb.workspaces import Workspace
from odibi_nb.workspaces.declared import DeclaredNode
from odibi_nb.workspaces.node_tests import NodeTest
from odibi_nb.workspaces.testing import run_test

__all__ = ["declared_card", "result_card", "test_card"]


def declared_card(workspace: Workspace, node: DeclaredNode) -> Shown:
    """Show a node that was declared and not run; what is wrong with it by itself is raised."""
    problem = workspace.nodes.problem(node.name)
    view = replace(node_view(workspace, node.name), error=None)
    return Shown(node_text(view), node_html(view), error=problem)


def result_card(workspace: Workspace, node: DeclaredNode, result: NodeResult) -> Shown:
    """Show a node that was run; its error is raised below the card, so the card doesn't repeat it."""
    view = replace(node_view(workspace, node.name), error=None)
    return Shown(node_text(view), node_html(view), error=result.error)


def test_card(workspace: Workspace, test: NodeTest) -> Shown:
    """Run a test and show it; what is raised below the card isn't repeated on it."""
    if test.node not in workspace:
        test.read()
        view = pending_view(workspace, test)
        return Shown(unit_test_text(view), unit_test_html(view))
    verdict = run_test(workspace, test)
    view = verdict_view(verdict)
    if verdict.error is not None:
        view = replace(view, message="", place="", hint=None, error=view.error if verdict.raised is not None else None)
    return Shown(unit_test_text(view), unit_test_html(view), error=verdict.error)
