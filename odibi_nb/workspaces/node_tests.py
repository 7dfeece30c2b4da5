"""The unit tests of a workspace's nodes, as their cells declare them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from odibi_nb.cells.option_parser import OptionParser
from odibi_nb.exceptions import ConfigValidationError, OdibiException, UnknownNameError, UsageError, did_you_mean
from odibi_nb.workspaces.declared import CellOrigin

if TYPE_CHECKING:
    from odibi_nb.config.node_tests import NodeTestConfig
    from odibi_nb.project_file import YamlDocument

__all__ = ["TEST_LINE", "NodeTest", "NodeTests", "ReadTest", "declared_test"]

TEST_LINE = OptionParser("odibi_test", words=("NODE", "TEST"))


class ReadTest(NamedTuple):
    """What a test's YAML says, and where each key stands."""

    config: NodeTestConfig
    document: YamlDocument

    def place(self, *path: Any) -> dict[str, Any]:
        """Return where a key stands, as errors take it; they quote its line, so they needn't spell its path."""
        return {**self.document.place(path), "key": None}

    def text_place(self, line: int, *path: Any) -> dict[str, Any]:
        """Return where a line of a text stands, counted from 0."""
        text = self.document.text_place(path)
        number = text.first_line + line
        source = text.lines[number - 1] if number <= len(text.lines) else None
        return {"cell": text.cell, "file": text.file, "line": number, "source": source}


@dataclass(frozen=True, slots=True)
class NodeTest:
    """A unit test of a node, which may be declared before the node is.

    body: its YAML, read only when somebody asks: a run must not fail for a test. magic_line: of its cell.
    written: the same where a project file says it.
    notes: for the reader: another cell declares a test of this name.
    """

    node: str
    name: str
    body: str
    origin: CellOrigin
    magic_line: int = 1
    notes: tuple[str, ...] = ()
    written: YamlDocument | None = None

    @property
    def id(self) -> str:
        return f"{self.node}::{self.name}"

    @property
    def place(self) -> dict[str, Any]:
        """Where it begins, as errors take it."""
        return {"node": self.node, **self.origin.place().locate(self.magic_line)}

    def read(self) -> ReadTest:
        """Return what its YAML says; raises ConfigValidationError at the line."""
        from odibi_nb.config.node_tests import NodeTestConfig
        from odibi_nb.project_file import build, parse_yaml

        try:
            first_line = self.magic_line + 1
            document = self.written or parse_yaml(self.body, cell=self.origin.label, first_line=first_line)
            if not isinstance(document.data, Mapping):
                hint = "given: {sales: [{amount: 5}]}, then expect: [{total: 5}]"
                raise ConfigValidationError("a test is a mapping of given and expect", hint=hint, **document.place())
            return ReadTest(build(NodeTestConfig, document), document)
        except OdibiException as exc:
            raise exc.at(node=self.node, **self.origin.place().locate(exc.where.line)) from exc.__cause__


def declared_test(line: str, body: str, origin: CellOrigin, *, magic_line: int = 1) -> NodeTest:
    """Return the test that a `%%odibi_test NODE TEST` cell declares; raises UsageError for its line alone."""
    try:
        node, name = TEST_LINE.parse(line).words
        if not re.fullmatch(r"\w+", name):
            fitting = re.sub(r"\W+", "_", name).strip("_") or "sums"
            message = f"a test's name is made of letters, digits and underscores, not '{name}'"
            raise UsageError(message, hint=f"call it '{fitting}'")
    except UsageError as exc:
        raise exc.at(**origin.place().locate(magic_line)) from exc.__cause__
    return NodeTest(node, name, body, origin, magic_line)


class NodeTests(Mapping[str, NodeTest]):
    """Tests by "node::test", in the order of their first declaration."""

    def __init__(self) -> None:
        self._tests: dict[str, NodeTest] = {}
        self._outcomes: dict[str, tuple[NodeTest, float, str]] = {}

    def __getitem__(self, test_id: str) -> NodeTest:
        if test_id not in self._tests:
            hint = did_you_mean(test_id, self._tests) or f"tests: {', '.join([*self._tests][:8]) or 'none yet'}"
            raise UnknownNameError(f"there is no test '{test_id}'", hint=hint)
        return self._tests[test_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tests)

    def __len__(self) -> int:
        return len(self._tests)

    def put(self, test: NodeTest) -> NodeTest:
        """Add a test, or replace the one of its name or of its cell; return it with what there is to note."""
        before = self._tests.get(test.id)
        for other in [o for o in self._tests.values() if test.origin.is_same_cell(o.origin) and o.id != test.id]:
            del self._tests[other.id]
        if before is not None and test.origin.is_other_cell(before.origin):
            test = replace(test, notes=(test.origin.both(before.origin, f"declare the test '{test.id}'"),))
        self._tests[test.id] = test
        return test

    def note(self, test: NodeTest, declared: float, status: str) -> None:
        """Remember how a test of a node has come out; declared: when that node was."""
        self._outcomes[test.id] = (test, declared, status)

    def statuses(self, node: str, declared: float) -> dict[str, str]:
        """Return by name how the tests of a node came out last.

        "pending" stands for those that have changed since, or whose node has; declared: when that was.
        """
        tests = [test for test in self._tests.values() if test.node == node]
        outcomes = {test.name: self._outcomes.get(test.id, (None, 0.0, "")) for test in tests}
        return {
            test.name: outcomes[test.name][2] if outcomes[test.name][:2] == (test, declared) else "pending"
            for test in tests
        }

    def drop(self, test_id: str) -> None:
        """Forget a test; raises UnknownNameError."""
        del self._tests[self[test_id].id]

    def drop_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """Drop the tests of deleted cells and return their names."""
        gone = set(cell_ids)
        dropped = [test.id for test in self._tests.values() if test.origin.id in gone]
        for test_id in dropped:
            del self._tests[test_id]
        return dropped

    def clear(self) -> None:
        self._tests.clear()
