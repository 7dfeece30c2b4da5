"""The mocks and unit tests of a project as cells."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from odibi_nb.importing.blocks import mapping_text
from odibi_nb.importing.cell import NewCell
from odibi_nb.importing.line import quoted
from odibi_nb.workspaces.project_tests import FOR_ALL

if TYPE_CHECKING:
    from odibi_nb.project_file.tree import Tree

__all__ = ["Beside"]


class Beside:
    """Takes mocks and tests out of a project, node by node; what is for no node comes last."""

    def __init__(self, tree: Tree) -> None:
        self._mocks = dict(_below(tree.child("mocks")))
        self._tests = dict(_below(tree.child("tests")))

    def for_all(self) -> Iterator[NewCell]:
        """Yield the cells of rows that stand for nodes everywhere; tests of all nodes may use them."""
        if (mocks := self._mocks.pop(FOR_ALL, None)) is not None:
            yield from _mock_cells("mocks", "%%odibi_mock", mocks)

    def of(self, node: str) -> Iterator[NewCell]:
        """Yield the cells that belong below a node's: its mocks, its tests."""
        if (mocks := self._mocks.pop(node, None)) is not None:
            yield from _mock_cells(f"{node}-mock", f"%%odibi_mock {node}", mocks)
        for name, test in _below(self._tests.pop(node, None)):
            yield NewCell(f"{node}-test-{name}", f"%%odibi_test {node} {name}\n{mapping_text(test, test.plain())}")

    def others(self) -> Iterator[NewCell]:
        """Yield the cells of what is for nodes that the project hasn't."""
        for node in dict.fromkeys([*self._mocks, *self._tests]):
            yield from self.of(node)


def _mock_cells(name: str, head: str, mocks: Tree) -> Iterator[NewCell]:
    """Yield the cells of a node's mocks: rows that follow each other have one, each CSV text has its own."""
    texts = mocks.plain()
    for is_csv, inputs in groupby(texts, key=lambda one: isinstance(texts[one], str)):
        if not is_csv:
            yield NewCell(name, f"{head}\n{mapping_text(mocks, {one: texts[one] for one in inputs})}")
            continue
        for one in inputs:
            yield NewCell(f"{name}-{one}", f"{head} --input {quoted(one)}\n{texts[one]}")


def _below(tree: Tree | None) -> Iterator[tuple[Any, Tree]]:
    if tree is not None and isinstance(tree.value, dict):
        yield from tree.value.items()
