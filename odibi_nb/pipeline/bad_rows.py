"""Data tests that are a query of the bad rows: their SQL, and what the names in it mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from odibi_nb.exceptions import DependencyError, did_you_mean
from odibi_nb.pipeline.statements import Meaning
from odibi_nb.sql.operations import sql_parameters
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    from odibi_nb.config import CheckConfig, NodeConfig
    from odibi_nb.sql import SqlFacts, TableRef

__all__ = ["bad_rows_query", "meaning_in_test", "name_of_test"]


def bad_rows_query(test: CheckConfig, node: str) -> str | None:
    """Return the SQL of a test's bad rows; None where it is counted with the others in one pass.

    That pass binds no values, so a condition with `$name`s is a query too.
    """
    if test.condition is None or not sql_parameters(test.condition):
        return test.sql
    bad = quote_name("odibi bad")
    rows = f"SELECT *, NOT (\n{test.condition}\n) AS {bad} FROM {quote_name(node)}"
    return f"SELECT * EXCLUDE ({bad}) FROM ({rows}) WHERE {bad}"


def meaning_in_test(test: CheckConfig, config: NodeConfig, above: Iterable[str]) -> Meaning:
    """Return what the names in a test of a node mean: the node itself, its inputs, and what it depends on.

    Of nothing else it is certain that it has rows when the node runs. above: the nodes that it depends on.
    """
    seen = {name.casefold(): name for name in (*above, *config.inputs)}

    def meaning(facts: SqlFacts) -> tuple[Mapping[str, str], bool]:
        others = [table for table in facts.tables if table.name.casefold() != config.name.casefold()]
        for table in others:
            if table.name.casefold() not in seen:
                raise _not_seen(table, test, config.name, list(seen.values()))
        return {table.name: seen[table.name.casefold()] for table in others}, False

    return meaning


def name_of_test(test: CheckConfig) -> str:
    """Return a test's name, or else what it says."""
    return test.name or " ".join((test.sql or test.condition or "").split())


def _not_seen(table: TableRef, test: CheckConfig, node: str, seen: list[str]) -> DependencyError:
    near = did_you_mean(table.name, [node, *seen])
    sees = " and ".join(filter(None, [node, ", ".join(seen)]))
    return DependencyError(
        f"expectation '{name_of_test(test)}' reads '{table.name}', which '{node}' doesn't depend on",
        hint=near or f"it sees {sees}; for more say --depends-on {table.name} on the node's line",
        line=table.line,
    )
