"""Workspaces: what a notebook or a project file declares, and its results."""

from __future__ import annotations

from odibi_nb.workspace.result import Result
from odibi_nb.workspace.workspace import Workspace

__all__ = ["Result", "Workspace"]
