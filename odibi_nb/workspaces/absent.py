"""Results that can't be had any more, such as objects of an earlier session, while others that came from them can."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odibi_nb.workspaces.fingerprinting import Look
    from odibi_nb.workspaces.kept import KeptResults
    from odibi_nb.workspaces.nodes import Nodes

__all__ = ["Absent"]


class Absent:
    """Tells which of the nodes that have no result for what they say needn't run for what reads them."""

    def __init__(self, nodes: Nodes, results: KeptResults, look: Look) -> None:
        self._nodes, self._results, self._look = nodes, results, look

    def would_change(self, reader: str, above: str) -> bool:
        """Whether a node, once it has run, may give other rows than a reader's result came from."""
        if self._nodes.task(above).returns == "none" or self._look.varies(above) or not self._is_absent(above):
            return True
        return not self._results.came_from(reader, above, self._look.rows(above))

    def needed(self, running: Sequence[str], wanted: Collection[str]) -> list[str]:
        """Return what has to run of `running`, which is in topological order: what is absent only for its readers.

        wanted: nodes that are to have a result in any case.
        """
        read, found = set(wanted), list[str]()
        for name in reversed(running):
            if name in read or not self._is_absent(name):
                found.append(name)
                read.update(self._nodes.task(name).depends_on)
        return found[::-1]

    def _is_absent(self, name: str) -> bool:
        kept = self._results.kept(name)
        return kept is None or kept.fingerprint.rows != self._look.rows(name)
