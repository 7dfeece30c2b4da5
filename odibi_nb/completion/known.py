"""The names that a workspace knows, for completion: looked up, never computed or waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from odibi_nb.completion.statement import Statement
from odibi_nb.connections.base import FileConnection
from odibi_nb.exceptions import OdibiException
from odibi_nb.pipeline.mocks import inputs_of
from odibi_nb.workspaces.parameters import defaults_of

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["Known"]

# A chain of nodes without results is followed so far up for its columns.
_DEPTH = 20
_FILES = (".ipynb", ".yaml", ".yml")


class Known:
    """What a workspace's names are, at this moment."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._columns: dict[tuple[str, int], list[str]] = {}

    def nodes(self) -> list[str]:
        return list(self._workspace)

    def wanted(self) -> list[str]:
        """Return the names that nodes read and nobody has declared yet."""
        return sorted(self._workspace.nodes.awaited())

    def columns(self, name: str, *, depth: int = _DEPTH) -> list[str]:
        """Return a node's columns: those of its last result, else those that its SQL names; [] where unknown."""
        node = self._workspace.nodes.spelled(name)
        if node is None or depth == 0:
            return []
        if (node, depth) not in self._columns:
            self._columns[node, depth] = self._looked_up(node, depth)
        return self._columns[node, depth]

    def _looked_up(self, node: str, depth: int) -> list[str]:
        ws = self._workspace
        result = ws.result(node)
        if result is not None and result.result_schema:
            return [column.name for column in result.result_schema]
        if ws.nodes[node].language != "sql":
            return []
        return Statement(ws.nodes[node].code).outputs(lambda table: self.columns(table, depth=depth - 1))

    def source_columns(self, connection: str, path: str) -> list[str]:
        """Return the columns of a source, as a node that hands it on shows them."""
        for name, node in self._workspace.nodes.items():
            read = node.config.read
            if read and (read.connection, read.path) == (connection, path) and node.config.transform is None:
                return self.columns(name)
        return []

    def inputs(self, name: str) -> list[str]:
        """Return what a node takes, by the names that mocks have."""
        ws = self._workspace
        return inputs_of(ws.nodes.task(name), ws.nodes[name].config) if name in ws else []

    def parameters(self) -> list[str]:
        # Not `known_parameters`: it compiles every node first, and adds only what single steps of YAML set.
        return list({**defaults_of(self._workspace.nodes), **self._workspace.params})

    def connections(self) -> list[str]:
        return list(self._workspace.connections)

    def entries(self, connection: str, folder: str) -> Sequence[str]:
        """Return what is in a connection's folder; () where that can't be told at once."""
        place = self._workspace.connections.get(connection)
        try:
            return place.entries(folder) if isinstance(place, FileConnection) else ()
        except OdibiException:  # no such folder, or none to look into: there is nothing to offer
            return ()

    def files(self, folder: str) -> list[str]:
        """Return the notebooks and YAML files of a folder, seen from the workspace's root, and the folders in it."""
        place = self._workspace.root / folder
        found = sorted(place.iterdir()) if place.is_dir() else []
        shown = (one for one in found if not one.name.startswith((".", "_")))
        return [f"{one.name}/" if one.is_dir() else one.name for one in shown if one.is_dir() or one.suffix in _FILES]

    def tags(self) -> list[str]:
        return sorted({tag for node in self._workspace.nodes.values() for tag in node.config.tags})

    def pipelines(self) -> list[str]:
        return sorted(self._pipelines())

    def functions(self) -> list[str]:
        return self._workspace.nodes.functions

    def _pipelines(self) -> Iterator[str]:
        yield from {node.pipeline for node in self._workspace.nodes.values() if node.pipeline}
        if self._workspace.current_pipeline:
            yield self._workspace.current_pipeline
