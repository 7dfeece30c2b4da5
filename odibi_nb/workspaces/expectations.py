"""A data test that is declared apart from its node, before or after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from odibi_nb.cells.queries import parse_expect_line
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.tasks import NOWHERE, Place
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode

__all__ = ["Expectation", "doubts", "expectation_from_cell", "with_expectations"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """A data test of a node: a SELECT of the bad rows, which sees the node by its name.

    warns: a bad row is only reported. place: where `sql` begins. notes: what its author might not have meant.
    """

    node: str
    name: str
    sql: str
    warns: bool = False
    origin: CellOrigin = field(default_factory=CellOrigin, repr=False)
    place: Place = field(default=NOWHERE, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def where(self) -> dict[str, Any]:
        """The line that declares it, for errors; empty where no cell does."""
        return self.place.locate(0) if self.place.lines else {}

    def replaces(self, other: Expectation) -> bool:
        """Whether this takes the other's place: it has its name, or the same cell has said both."""
        return self.origin.is_same_cell(other.origin) or (self.node, self.name) == (other.node, other.name)


def doubts(new: Expectation, others: Iterable[Expectation]) -> Iterator[str]:
    """Say what the one who declares might not have meant."""
    for other in others:
        if (other.node, other.name) == (new.node, new.name) and new.origin.is_other_cell(other.origin):
            yield new.origin.both(other.origin, f"declare '{new.name}' of '{new.node}'")


def expectation_from_cell(line: str, cell: str, origin: CellOrigin, *, magic_line: int = 1) -> Expectation:
    """Return what a `%%odibi_expect` cell declares; raises UsageError at its line.

    line: what follows the magic's name. cell: the text below, of the whole in `origin`.
    """
    try:
        options = parse_expect_line(line)
    except OdibiException as exc:
        raise exc.at(**origin.place().locate(magic_line)) from exc.__cause__
    return Expectation(options.node, options.name, cell.rstrip(), options.warn, origin, origin.place(magic_line + 1))


def with_expectations(node: DeclaredNode, expectations: Iterable[Expectation]) -> DeclaredNode:
    """Return the node with these expectations instead of those that it has; its own data tests stay."""
    from odibi_nb.config import CheckAction, CheckConfig, CheckType, ValidationConfig

    declared = tuple(expectations)
    if not declared and not node.expectations:
        return node
    validation = node.config.validation or ValidationConfig()
    own = len(validation.tests) - len(node.expectations)
    tests = validation.tests[:own]
    for one in declared:
        on_fail = CheckAction.WARN if one.warns else CheckAction.FAIL
        tests.append(CheckConfig(type=CheckType.CUSTOM_SQL, name=one.name, sql=one.sql, on_fail=on_fail))
    config = node.config.model_copy(update={"validation": validation.model_copy(update={"tests": tests})})
    own_places = [*node.test_places, *[NOWHERE] * own][:own]
    places = (*own_places, *(one.place for one in declared))
    return replace(node, config=config, test_places=places, expectations=declared)
