"""Two nodes must not write one file."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from odibi_nb.exceptions import ConnectionError, ValidationError  # noqa: A004

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig, WriteConfig
    from odibi_nb.connections import BaseConnection

__all__ = ["shared_targets"]


def shared_targets(
    nodes: Iterable[NodeConfig],
    connections: Mapping[str, BaseConnection] | None = None,
    *,
    writing: Container[str] | None = None,
) -> Iterator[ValidationError]:
    """Yield an error for every node whose target an earlier one writes already.

    connections: tell whether two paths are one file; without its connection a path is what it spells.
    writing: only those pairs count of which one is among these.
    """
    writers: dict[tuple[str, str], str] = {}
    for node in nodes:
        if node.write is None or not node.enabled:
            continue
        first = writers.setdefault(_target(node.write, connections or {}), node.name)
        if first != node.name and (writing is None or first in writing or node.name in writing):
            yield ValidationError(
                f"nodes '{first}' and '{node.name}' both write {node.write.connection}:{_place(node.write)}",
                hint="give one of them another path, or unite their rows in one node",
                node=node.name,
            )


def _target(write: WriteConfig, connections: Mapping[str, BaseConnection]) -> tuple[str, str]:
    from odibi_nb.connections.base import FileConnection

    connection = connections.get(write.connection)
    if write.path and isinstance(connection, FileConnection):
        with suppress(ConnectionError):  # a path that leaves its connection is an error of its own
            return "", connection.get_path(write.path)
    return write.connection, _place(write)


def _place(write: WriteConfig) -> str:
    return (write.path or write.table or "").removeprefix("./").replace("//", "/")
