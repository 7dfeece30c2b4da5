"""Workspaces: what a notebook or a project file declares, and its results."""

from __future__ import annotations

from odibi_nb.workspaces.jobs import RunRequest
from odibi_nb.workspaces.result import Result
from odibi_nb.workspaces.workspace import Workspace

__all__ = ["Result", "RunRequest", "Workspace"]
