"""The columns that results and sources had when they were last there: mock rows take their types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odibi_nb.runner import NodeResult

if TYPE_CHECKING:
    from odibi_nb.engine.schema import Schema

__all__ = ["KnownSchemas"]


class KnownSchemas:
    """Columns by node, and by what a node has read; of real runs alone."""

    def __init__(self) -> None:
        self._results: dict[str, Schema] = {}
        self._read: dict[tuple[str, str], Schema] = {}

    def learn(self, result: NodeResult) -> None:
        """Take in what a run has shown; a node that failed tells nothing new."""
        if schema := result.result_schema:
            self._results[result.node_name] = schema
        for name, schema in result.read.items():
            self._read[result.node_name, name] = schema

    def of_result(self, name: str) -> Schema | None:
        return self._results.get(name)

    def of_source(self, node: str, name: str) -> Schema | None:
        """Return the columns of what a node read under the name of one of its inputs."""
        return self._read.get((node, name))

    def rename(self, old: str, new: str) -> None:
        """Give what is known of a node to the name that it has now."""
        if (schema := self._results.pop(old, None)) is not None:
            self._results.setdefault(new, schema)
        self._read = {(new if node == old else node, name): schema for (node, name), schema in self._read.items()}

    def forget(self, name: str) -> None:
        self._results.pop(name, None)
        self._read = {key: schema for key, schema in self._read.items() if key[0] != name}

    def clear(self) -> None:
        self._results.clear()
        self._read.clear()
