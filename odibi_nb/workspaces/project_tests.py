"""The mocks and unit tests that a project's files say, as a workspace takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.mocks import Mock
from odibi_nb.workspaces.node_tests import NodeTest

if TYPE_CHECKING:
    from odibi_nb.project_file import LoadedProject, YamlDocument

__all__ = ["FOR_ALL", "mocks_of_project", "tests_of_project"]

FOR_ALL = "*"
"""Stands for every node, where `mocks` says whose inputs rows are for."""


def tests_of_project(loaded: LoadedProject) -> Iterator[NodeTest]:
    """Yield the unit tests, in the order of the files."""
    for node, tests in loaded.project.tests.items():
        for name in tests:
            written = loaded.document.at(("tests", node, name))
            place = written.place()
            yield NodeTest(node, name, "", _origin(written), place["line"], written=written)


def mocks_of_project(loaded: LoadedProject) -> Iterator[Mock]:
    """Yield the mocks, in the order of the files."""
    for node, inputs in loaded.project.mocks.items():
        for name, rows in inputs.items():
            written = loaded.document.at(("mocks", node, name))
            locate = partial(_csv_place if isinstance(rows, str) else _row_place, written)
            yield Mock(name, rows, None if node == FOR_ALL else node, _origin(written), locate)


def _origin(written: YamlDocument) -> CellOrigin:
    source = written.tree.source
    return CellOrigin(text="\n".join(source.lines), file=source.file)


def _row_place(written: YamlDocument, path: Sequence[Any]) -> dict[str, Any]:
    return {**written.place(path), "key": None}


def _csv_place(written: YamlDocument, path: Sequence[Any]) -> dict[str, Any]:
    text = written.text_place(())
    number = text.first_line + (path[0] if path else 0)
    source = text.lines[number - 1] if number <= len(text.lines) else None
    return {"file": text.file, "line": number, "source": source}
