"""What loading a target gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odibi_nb.cells.definitions import LeftOut
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["Loaded"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A target's workspace. left_out: code and commands that headless runs don't run. notes: for the reader."""

    workspace: Workspace
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
