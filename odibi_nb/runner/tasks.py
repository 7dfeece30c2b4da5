"""What the runner runs: nodes with everything looked up (functions, connections, names), nothing started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from odibi_nb.exceptions import OdibiException

if TYPE_CHECKING:
    from odibi_nb.config import CheckConfig
    from odibi_nb.engine.base import Source, Target
    from odibi_nb.registry import Binding
    from odibi_nb.sql import SqlFacts

__all__ = [
    "NOWHERE",
    "BadRowsQuery",
    "Dependency",
    "FunctionStep",
    "NodeTask",
    "OperationStep",
    "Place",
    "SqlStep",
    "Step",
]


E = TypeVar("E", bound=OdibiException)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands, for errors: its cell or file, and the line there of the text's first line.

    first_line: 0 where that isn't known. lines: the whole cell's or file's lines, to quote from.
    code_file: the name its Python is compiled under.
    label_of: gives the label of the cell that is compiled under a name; None for what is no cell.
    spelt: says a hint that names YAML as one writes it here.
    """

    cell: str | None = None
    file: str | None = None
    first_line: int = 1
    lines: tuple[str, ...] = ()
    code_file: str | None = None
    label_of: Callable[[str], str | None] = field(default=lambda file: None, compare=False, repr=False)
    spelt: Callable[[str], str] = field(default=str, compare=False, repr=False)

    def locate(self, line: int | None) -> dict[str, Any]:
        """Return the `Where` fields for the text's `line` (1-based; None: the place alone)."""
        where: dict[str, Any] = {"cell": self.cell, "file": self.file}
        if line is not None and self.first_line:
            where["line"] = number = line + self.first_line - 1
            where["source"] = self.lines[number - 1] if 0 < number <= len(self.lines) else None
        return where

    def point(self, text: str, line: int | None, column: int | None = None) -> dict[str, Any]:
        """Return the `Where` fields for a place in `text`, which stands here; within YAML it is indented, or folded."""
        written = text.split("\n")
        own = written[line - 1] if line is not None and 0 < line <= len(written) else None
        if own is None or not self.first_line:
            return {**self.locate(None), "line": line, "column": column, "source": own}
        where = self.locate(self._line_of(own.strip(), line or 1))
        source = own if where["source"] is None else where["source"]
        indent = source.find(own.strip()) - (len(own) - len(own.lstrip()))
        return {**where, "source": source, "column": column + indent if column and own.strip() in source else None}

    def _line_of(self, own: str, line: int) -> int:
        """Return the line on which a line of the text is to be found: the same, unless YAML folds its lines."""
        here = self.lines[self.first_line - 1 :]
        if line <= len(here) and own in here[line - 1]:
            return line
        return next((number for number, one in enumerate(here, start=1) if own in one), min(line, len(here) or line))

    def of(self, error: E, node: str) -> E:
        """Return the error with the node and this place, as far as it has none of its own."""
        is_elsewhere = error.where.file is not None or error.where.line is not None
        is_known = self.cell is not None or self.file is not None
        if error.hint is not None:
            error.hint = self.spelt(error.hint)
        return error.at(node=node, **self.locate(None if is_elsewhere or not is_known else 1))


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Dependency:
    """An upstream node and why it is one, in words ("FROM, line 2"); resolved: it is declared."""

    name: str
    reason: str
    resolved: bool = True


@dataclass(frozen=True, slots=True)
class SqlStep:
    """An SQL statement. inputs: names it uses → node names; reads_current: it reads `df`.

    facts: of the statement as it is executed, its file literals absolute. written: the text as the user wrote it.
    numbers: its columns may have one name, since nothing reads them by it.
    """

    facts: SqlFacts
    inputs: Mapping[str, str]
    params: Mapping[str, Any]
    reads_current: bool
    place: Place = NOWHERE
    written: str = ""
    numbers: bool = False

    def readings(self, node: str) -> int:
        """Return how often it reads the result of a node."""
        return sum(self.facts.mentions(alias) for alias, meant in self.inputs.items() if meant == node)


@dataclass(frozen=True, slots=True)
class OperationStep:
    """An operation on the current frame; its SQL depends on the columns it finds.

    params: of the operation. values: of the `$name`s in its SQL.
    """

    name: str
    params: Mapping[str, Any]
    place: Place = NOWHERE
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunctionStep:
    """A call of a Python function with arguments bound."""

    name: str
    function: Callable[..., Any]
    binding: Binding
    place: Place = NOWHERE


Step = SqlStep | OperationStep | FunctionStep


@dataclass(frozen=True, slots=True)
class BadRowsQuery:
    """A data test that selects the bad rows.

    seen_as: the name by which it reads the rows that it tests. fails: whether a bad row fails the node.
    """

    name: str
    seen_as: str
    query: SqlStep
    fails: bool = True

    @property
    def where(self) -> dict[str, Any]:
        """The line that declares it, for errors: the magic's, else the query's first; empty where that isn't known."""
        place = self.query.place
        above = place.locate(0) if place.lines else {}
        return above if str(above.get("source")).startswith("%%") else place.locate(1) if place.lines else {}


@dataclass(frozen=True, slots=True)
class NodeTask:
    """One node, ready to run.

    dependencies: the upstream nodes, the one it starts from (when it doesn't read) first.
    inputs: names that steps use for another node (str) or for something to read.
    checks: data tests, each with whether a broken one fails the node. queries: those that are a SELECT.
    process: whether its Python runs in a process of its own; None: as the run says.
    depends_on: the names of the upstream nodes.
    """

    name: str
    kind: Literal["source", "sql", "python", "sink", "pass"]
    dependencies: tuple[Dependency, ...] = ()
    source: Source | None = None
    inputs: Mapping[str, str | Source] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    checks: tuple[tuple[CheckConfig, bool], ...] = ()
    queries: tuple[BadRowsQuery, ...] = ()
    target: Target | None = None
    returns: Literal["frame", "object", "none"] = "frame"
    materialize: str | None = None
    process: bool | None = None
    enabled: bool = True
    fail_fast: bool = False
    place: Place = NOWHERE
    depends_on: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Made once: a run and a plan ask for it many times a node.
        object.__setattr__(self, "depends_on", tuple(dependency.name for dependency in self.dependencies))

    def readings(self, name: str) -> int:
        """Return how often it reads the result of a node that it depends on."""
        return max(sum(step.readings(name) for step in self.steps if isinstance(step, SqlStep)), 1)

    @property
    def is_python(self) -> bool:
        return any(isinstance(step, FunctionStep) for step in self.steps)
