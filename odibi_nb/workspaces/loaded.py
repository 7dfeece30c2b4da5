"""What loading a target gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from odibi_nb.cells.definitions import LeftOut, Slice
    from odibi_nb.registry import Functions
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["Loaded"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A target's workspace, and the file that it comes from.

    left_out: code and commands that headless runs don't run. notes: for the reader. definitions: what nodes of a
    notebook use of its plain code. injected: papermill's values. functions: those that a project registers.
    """

    workspace: Workspace
    file: Path
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    definitions: Slice | None = None
    injected: Mapping[str, Any] = field(default_factory=dict)
    functions: Functions | None = None
