"""The mocks and unit tests of a project as cells."""

from __future__ import annotations

from collections.abc import Iterator
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
        self._for_all = dict(_below(self._mocks.pop(FOR_ALL, None)))

    def of(self, node: str) -> Iterator[NewCell]:
        """Yield the cells that belong below a node's: rows that stand for its result, its mocks, its tests."""
        if (rows := self._for_all.pop(node, None)) is not None:
            yield from _mock_cells(f"{node}-rows", "", {node: rows})
        if (mocks := self._mocks.pop(node, None)) is not None:
            yield from _mock_cells(f"{node}-mock", node, dict(_below(mocks)), mocks)
        for name, test in _below(self._tests.pop(node, None)):
            yield NewCell(f"{node}-test-{name}", f"%%odibi_test {node} {name}\n{mapping_text(test, test.plain())}")

    def others(self) -> Iterator[NewCell]:
        """Yield the cells of what is for nodes that the project hasn't."""
        for node in [*self._for_all, *self._mocks, *self._tests]:
            yield from self.of(node)


def _mock_cells(name: str, node: str, inputs: dict[Any, Tree], tree: Tree | None = None) -> Iterator[NewCell]:
    """Yield a cell for all rows, and one for each CSV text; tree: of all inputs, where they are for one node."""
    head = f"%%odibi_mock {node}".rstrip()
    texts = {one: rows.plain() for one, rows in inputs.items()}
    csv = [one for one, rows in texts.items() if isinstance(rows, str)]
    if len(csv) < len(texts):
        rows = {one: rows for one, rows in texts.items() if one not in csv}
        text = mapping_text(tree, rows) if tree is not None else _one_text(inputs, rows)
        yield NewCell(name, f"{head}\n{text}")
    for one in csv:
        yield NewCell(f"{name}-{one}", f"{head} --input {quoted(one)}\n{texts[one]}")


def _one_text(inputs: dict[Any, Tree], rows: dict[Any, Any]) -> str:
    (name,) = rows
    return mapping_text(_above(inputs[name], name), rows)


def _above(tree: Tree, key: Any) -> Tree:
    from odibi_nb.project_file.tree import Tree

    return Tree({key: tree}, tree.source, tree.index)


def _below(tree: Tree | None) -> Iterator[tuple[Any, Tree]]:
    if tree is not None and isinstance(tree.value, dict):
        yield from tree.value.items()
