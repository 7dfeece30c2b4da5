"""A query that is no node: it reads nodes by name, and sources by `CONN:PATH`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from odibi_nb.cells.spelling import as_new_node
from odibi_nb.exceptions import DependencyError, OdibiException, TransformError, did_you_mean
from odibi_nb.pipeline.compiler import UnconfiguredError, source_of
from odibi_nb.pipeline.statements import check_syntax, compile_statement
from odibi_nb.runner.tasks import Dependency, NodeTask, Place
from odibi_nb.sql import SqlFacts, TableRef, analyze
from odibi_nb.sql.places import error_at

if TYPE_CHECKING:
    from odibi_nb.connections import BaseConnection
    from odibi_nb.engine.base import Source

__all__ = ["QUERY", "QueryCompiler"]

QUERY = "ad hoc query"
"""The name of its task; no node's, since it has a space in it."""


class _Named(NamedTuple):
    """A source that a query names, and where."""

    name: str
    line: int
    connection: str
    path: str


@dataclass(frozen=True)
class QueryCompiler:
    """Knows what names in an ad hoc query can mean.

    names: the nodes there are. params: values for `$name`. is_frame: whether a name is a DataFrame of the notebook.
    """

    names: Collection[str]
    connections: Mapping[str, BaseConnection]
    params: Mapping[str, Any]
    root: Path
    is_frame: Callable[[str], bool] = lambda name: False

    def compile(self, text: str, place: Place) -> NodeTask:
        """Return a task that gives the query's rows; raises what is wrong with it at its line."""
        check_syntax(text, place)
        sources: dict[str, str | Source] = {}

        def meaning(facts: SqlFacts) -> tuple[dict[str, str], bool]:
            for named in self._sources(text):
                sources[named.name] = self._source(named)
            return {**{name: name for name in sources}, **self._nodes(facts, sources)}, False

        paths = {named.name for named in self._sources(text)}
        step = compile_statement(text, meaning, params=self.params, root=self.root, place=place, apart=paths)
        place = replace(place, spelt=partial(as_new_node, read=next(iter(sources), "CONN:PATH")))
        above = dict.fromkeys(node for name, node in step.inputs.items() if name not in sources)
        dependencies = tuple(Dependency(node, "FROM") for node in above)
        return NodeTask(QUERY, "sql", dependencies, inputs=sources, steps=(replace(step, numbers=True),), place=place)

    def _nodes(self, facts: SqlFacts, sources: Collection[str]) -> dict[str, str]:
        """Return the nodes by the names that the query uses for them."""
        by_fold = {name.casefold(): name for name in self.names}
        nodes = {}
        for table in facts.tables:
            if table.name in sources:
                continue
            if (node := by_fold.get(table.name.casefold())) is None:
                raise self._unknown(table)
            nodes[table.name] = node
        return nodes

    def _sources(self, text: str) -> Iterator[_Named]:
        """Yield what is written as `CONN:PATH`: in double quotes it is a table to SQL, in single ones a file."""
        facts = analyze(text)
        for table in facts.tables:
            if (found := self._split(table.name)) is not None:
                yield _Named(table.name, table.line, *found)
        for file in facts.files:
            if (found := self._split(file.path)) is not None:
                for start, _ in file.spans:
                    _check_no_argument(text, start, file.path)
                yield _Named(file.path, file.line, *found)

    def _split(self, name: str) -> tuple[str, str] | None:
        connection, colon, path = name.partition(":")
        if not colon or not path or path.startswith("//"):
            return None
        if connection in self.connections:
            return connection, path
        is_file = len(connection) == 1 or (self.root / name).exists()  # one letter is a drive of Windows
        return None if is_file else (connection, path)

    def _source(self, named: _Named) -> Source:
        from odibi_nb.config import ReadConfig

        try:
            return source_of(ReadConfig(connection=named.connection, path=named.path), self.connections)
        except OdibiException as exc:
            if isinstance(exc, UnconfiguredError):
                exc.in_cells()
            exc.hint = exc.hint and as_new_node(exc.hint, named.name)
            raise exc.at(line=named.line) from exc.__cause__

    def _unknown(self, table: TableRef) -> OdibiException:
        if self.is_frame(table.name):
            return TransformError(
                f"'{table.name}' is a DataFrame of the notebook, not a node",
                hint=f"make it a node: %%odibi_node NAME, with the body {table.name}",
                line=table.line,
            )
        known = ", ".join(self.names) or "none yet"
        return DependencyError(
            f"there is no node '{table.name}'",
            hint=did_you_mean(table.name, self.names) or f'nodes: {known}; a source is "CONN:PATH"',
            line=table.line,
        )


def _check_no_argument(text: str, start: int, path: str) -> None:
    if text[:start].rstrip().endswith(("(", "[")):
        hint = f"write FROM '{path}'; to give options make it a node: %%odibi_node NAME --read {path} --option k=v"
        raise error_at(text, start, f"'{path}' is read by its connection, not by a function", hint=hint)
