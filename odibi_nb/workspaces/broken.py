"""Cells that couldn't be read: what is wrong with each, and what else is wrong only for want of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from odibi_nb.cells.magics import CELL_MAGICS
from odibi_nb.exceptions import ConnectionError, OdibiException, ParameterError, SourceNotFoundError  # noqa: A004

if TYPE_CHECKING:
    from odibi_nb.runner import Dependency
    from odibi_nb.workspaces.declared import CellOrigin

__all__ = ["BrokenCells"]

_PROJECT = "odibi_project"


@dataclass(frozen=True, slots=True)
class _Broken:
    """cell: its id. magic: the name of what stands there. node: the one that it is about, as far as that shows."""

    cell: str
    magic: str
    node: str | None
    error: OdibiException


class BrokenCells:
    """The cells that couldn't be read the last time they were; those without an id are soon forgotten."""

    def __init__(self) -> None:
        self._broken: list[_Broken] = []

    @contextmanager
    def noting(self, origin: CellOrigin, magic: str, line: str) -> Iterator[None]:
        """Take note of what reading a cell raises; line: what follows the magic's name."""
        try:
            yield
        except OdibiException as exc:
            node = _node_of(magic, line)
            if node is not None:
                exc.at(node=node)
            if origin.id is not None:
                self._broken.append(_Broken(origin.id, magic, node, exc))
            raise

    def forget_cells(self, cell_ids: Collection[str]) -> None:
        """Forget cells that are gone, or run again."""
        self._broken = [one for one in self._broken if one.cell not in cell_ids]

    def take_over(self, others: BrokenCells, *, but_for: Collection[str]) -> list[OdibiException]:
        """Take note of what others have noted, but for cells that have run since; return what is wrong with these."""
        new = [one for one in others._broken if one.cell not in but_for]
        self.forget_cells([one.cell for one in new])
        self._broken += new
        return [one.error for one in new]

    def clear(self) -> None:
        self._broken.clear()

    @property
    def errors(self) -> list[OdibiException]:
        """What is wrong with each, but for what is so only since the project's cell is one of them."""
        return [one.error for one in self._broken if one.magic == _PROJECT or not self._lacks_vars(one.error)]

    @property
    def has_project(self) -> bool:
        """Whether connections and `vars` aren't known for that."""
        return any(one.magic == _PROJECT for one in self._broken)

    def declares(self, name: str) -> bool:
        """Whether one of them would have declared this node."""
        return any(one.node is not None and one.node.casefold() == name.casefold() for one in self._declaring())

    def excuses(self, dependency: Dependency) -> bool:
        """Whether a name may be missing for no other reason; a name of Python may be one of `vars`."""
        is_pythons = dependency.reason.startswith((f"parameter {dependency.name}", f"{dependency.name}, line"))
        return self.declares(dependency.name) or (self.has_project and is_pythons)

    def explains(self, error: OdibiException) -> bool:
        """Whether an error may come up for no other reason than the project's broken cell."""
        is_connection = isinstance(error, ConnectionError) and not isinstance(error, SourceNotFoundError)
        return self.has_project and (is_connection or isinstance(error, ParameterError))

    def _declaring(self) -> Iterator[_Broken]:
        """Yield those that were to declare a node; an unknown magic may be a slip for the one that does."""
        return (one for one in self._broken if one.magic == "odibi_node" or one.magic not in CELL_MAGICS)

    def _lacks_vars(self, error: OdibiException) -> bool:
        return self.has_project and "'vars." in error.message


def _node_of(magic: str, line: str) -> str | None:
    """Return the node that a cell is about: all but a project or a query begin with its name."""
    first = next(iter(line.split()), "")
    return first if first.isidentifier() and magic not in (_PROJECT, "odibi_sql") else None
