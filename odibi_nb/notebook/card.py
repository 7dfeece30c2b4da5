"""The card under a node's cell."""

from __future__ import annotations

from dataclasses import replace

from odibi_nb.commands.base import Shown
from odibi_nb.pictures import node_html, node_text
from odibi_nb.runner import NodeResult
from odibi_nb.views.build import node_view
from odibi_nb.workspaces import Workspace
from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["declared_card", "result_card"]


def declared_card(workspace: Workspace, node: DeclaredNode) -> Shown:
    """Show a node that was declared and not run; what is wrong with it by itself is raised."""
    problem = workspace.nodes.problem(node.name)
    view = replace(node_view(workspace, node.name), error=None)
    return Shown(node_text(view), node_html(view), error=problem)


def result_card(workspace: Workspace, node: DeclaredNode, result: NodeResult) -> Shown:
    """Show a node that was run; its error is raised below the card, so the card doesn't repeat it."""
    view = replace(node_view(workspace, node.name), error=None)
    return Shown(node_text(view), node_html(view), error=result.error)
