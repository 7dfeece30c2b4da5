"""The mock rows of a workspace, by whose input they stand in for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from odibi_nb.workspaces.declared import CellOrigin

__all__ = ["Locate", "Mock", "Mocks", "are_rows", "nowhere"]

Locate = Callable[[Sequence[Any]], dict[str, Any]]
"""Gives the place of a path in what was written, as errors take it.

The path is (row, column) in rows, (column, row) in columns, (line, column) in CSV, all counted from 0; or less of it.
"""


def nowhere(path: Sequence[Any]) -> dict[str, Any]:
    """Place what was written in no text."""
    return {}


def are_rows(mock: Any) -> bool:
    """Whether this is written by hand: rows, columns or CSV; else it may be a frame."""
    if isinstance(mock, list | tuple):
        return all(isinstance(row, Mapping) for row in mock)
    return isinstance(mock, str | Mapping)


@dataclass(frozen=True, slots=True)
class Mock:
    """Rows in place of one input; node: whose, None for every node that reads it.

    rows: as `mock_table` takes them, or a frame. locate: where a part of them is written. given: by a unit test.
    types: of columns, whatever is known of them else.
    """

    input: str
    rows: Any
    node: str | None = None
    origin: CellOrigin = field(default_factory=CellOrigin)
    locate: Locate = nowhere
    given: bool = False
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """What errors call the rows."""
        return f"the given '{self.input}'" if self.given else f"the mock of '{self.input}'"


class Mocks:
    """Mock rows by node and input; the rows for every reader are under None."""

    def __init__(self) -> None:
        self._by_node: dict[str | None, dict[str, Mock]] = {}

    def __iter__(self) -> Iterator[Mock]:
        return (mock for mocks in self._by_node.values() for mock in mocks.values())

    def put(self, mocks: Iterable[Mock]) -> list[str]:
        """Take in the mocks of one cell, in place of those that it has declared before; return what is doubtful."""
        mocks = list(mocks)
        self.drop_cells({mock.origin.id for mock in mocks if mock.origin.id is not None})
        notes = [note for mock in mocks if (note := self._twin(mock))]
        for mock in mocks:
            self._by_node.setdefault(mock.node, {})[mock.input] = mock
        return notes

    def of(self, node: str) -> Mapping[str, Mock]:
        """Return a node's own mocks by input."""
        return self._by_node.get(node, {})

    def for_all(self, name: str) -> Mock | None:
        """Return the rows that all readers of a node get for it."""
        return self._by_node.get(None, {}).get(name)

    def drop(self, mock: Mock) -> None:
        """Forget a mock that is there."""
        del self._by_node[mock.node][mock.input]

    def drop_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """Forget the mocks of deleted cells; return the nodes they were for, else the inputs."""
        cells = set(cell_ids)
        gone = [mock for mock in self if mock.origin.id in cells]
        for mock in gone:
            self.drop(mock)
        return list(dict.fromkeys(mock.node or mock.input for mock in gone))

    def rename(self, old: str, new: str) -> None:
        """Let a node's own mocks go with it; as an input it is still called what its readers call it."""
        moved = {name: replace(mock, node=new) for name, mock in self._by_node.pop(old, {}).items()}
        self._by_node[new] = {**moved, **self.of(new)}

    def clear(self) -> None:
        self._by_node.clear()

    def _twin(self, mock: Mock) -> str | None:
        before = self._by_node.get(mock.node, {}).get(mock.input)
        if before is None or not mock.origin.is_other_cell(before.origin):
            return None
        of = f" of '{mock.node}'" if mock.node else ""
        return mock.origin.both(before.origin, f"mock '{mock.input}'{of}")
