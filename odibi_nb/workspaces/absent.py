"""Results that can't be had any more, such as objects of an earlier session, while others that came from them can."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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

    def would_change(self, reader: str, above: Iterable[str]) -> list[str]:
        """Return those of the nodes above one that may give others than its result came from, once they have run."""
        return [one for one in above if not self._gives_the_same(one, reader)]

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

    def _gives_the_same(self, name: str, reader: str) -> bool:
        if self._nodes.task(name).returns == "none" or self._look.varies(name) or not self._is_absent(name):
            return False
        return self._results.came_from(reader, name, self._look.rows(name))
