"""What the nodes of a workspace are compiled among."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odibi_nb.registry import Functions
from odibi_nb.workspaces.functions import Namespace
from odibi_nb.workspaces.parameters import Parameters

__all__ = ["Surroundings"]


@dataclass
class Surroundings:
    """What nodes are compiled among.

    namespace: gives the globals of Python nodes. is_variable: whether a name is a variable of the
    notebook, is_frame: whether that is a DataFrame. functions: those that steps may name. label_of: gives the
    label of the cell that is compiled under a file's name. set_up: what comes before every run.
    """

    root: Path
    namespace: Namespace
    is_variable: Callable[[str], bool]
    is_frame: Callable[[str], bool]
    functions: Functions
    label_of: Callable[[str], str | None] = lambda file: None
    set_up: Callable[[], None] = lambda: None
    connections: dict[str, Any] = field(default_factory=dict)
    params: Parameters = field(default_factory=Parameters)
