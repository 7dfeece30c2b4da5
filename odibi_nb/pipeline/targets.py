"""Two nodes must not write one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from odibi_nb.exceptions import ValidationError

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig

__all__ = ["shared_targets"]


def shared_targets(nodes: Iterable[NodeConfig]) -> Iterator[ValidationError]:
    """Yield an error for every node whose target an earlier one writes already."""
    writers: dict[tuple[str, str], str] = {}
    for node in nodes:
        if node.write is None or not node.enabled:
            continue
        place = node.write.path or node.write.table or ""
        target = (node.write.connection, place.removeprefix("./").replace("//", "/"))
        first = writers.setdefault(target, node.name)
        if first != node.name:
            yield ValidationError(
                f"nodes '{first}' and '{node.name}' both write {target[0]}:{target[1]}",
                hint="give one of them another path, or unite their rows in one node",
                node=node.name,
            )
