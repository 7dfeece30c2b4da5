"""Where a workspace's declarations are written: what an export takes its texts from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from odibi_nb.cells.definitions import PlainCell

__all__ = ["Sources", "escaped"]

# The sign that begins a reference, which ends before another brace opens.
_OPENS = re.compile(r"\$(?=\{[^{}]*\})")

Cells = Callable[[], Sequence["PlainCell"]]


def _none() -> Sequence[PlainCell]:
    return ()


@dataclass
class Sources:
    """The texts behind a workspace.

    cells: gives the plain code, in order. used: that of files whose nodes were taken over.
    """

    cells: Cells = _none
    used: dict[Path, Cells] = field(default_factory=dict)

    def plain_cells(self) -> list[PlainCell]:
        """Return all plain code, each cell under a label of its own; that of used files comes first."""
        taken = [
            replace(cell, label=f"{file.name} {cell.label}") for file, cells in self.used.items() for cell in cells()
        ]
        return [*taken, *self.cells()]


def escaped(value: Any) -> Any:
    """Return a value as plain data, in whose texts `${` is no reference once a file says it."""
    if hasattr(value, "model_dump"):
        return escaped(value.model_dump(mode="json", exclude_unset=True))
    if isinstance(value, Mapping):
        return {key: escaped(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(one) for one in value]
    return _OPENS.sub("$$", value) if isinstance(value, str) else value
