"""Which results still stand for what their nodes say, and which nodes have to run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from odibi_nb.fingerprints import differences
from odibi_nb.runner import Status
from odibi_nb.workspaces.absent import Absent

if TYPE_CHECKING:
    from odibi_nb.workspaces.fingerprinting import Fingerprints, Look
    from odibi_nb.workspaces.kept import KeptResults
    from odibi_nb.workspaces.nodes import Nodes
    from odibi_nb.workspaces.recollection import Recollection

__all__ = ["Freshness"]


class Freshness:
    """Compares what nodes say now with what their last results stand for; nothing is computed for it.

    recollection: results of other sessions, which count as well.
    """

    def __init__(
        self, nodes: Nodes, results: KeptResults, fingerprints: Fingerprints, recollection: Recollection
    ) -> None:
        self._nodes, self._results, self._fingerprints = nodes, results, fingerprints
        self._recollection = recollection

    def statuses(self, names: Collection[str]) -> dict[str, Status]:
        """Return each node's status; `stale` when its last result no longer stands for what it says."""
        if not self._results and self._recollection.store is None:
            return dict.fromkeys(names, "pending")
        needed = self._nodes.with_upstream(names)
        digests, found, tainted = self.look(needed).digests, dict[str, Status](), set[str]()
        for name in needed:
            found[name] = status = self._results.status(name, digests.get(name, ""))
            if status == "stale" or (status == "failed" and not self._is_only_unwritten(name)):
                tainted.add(name)
            elif tainted and not tainted.isdisjoint(self._nodes.task(name).depends_on):
                # Rows that are known to be bad by now have gone into it.
                tainted.add(name)
                found[name] = "stale" if status in ("completed", "cached") else status
        return {name: found[name] for name in names}

    def look(self, names: Sequence[str]) -> Look:
        """Return what nodes stand for now, and take up the results of other sessions that stand for the same.

        names: in topological order, with all that is above them.
        """
        look = self._fingerprints.look(names)
        self._recollection.recall(names, look)
        return look

    def modified(self) -> set[str]:
        """Return the nodes whose last result is stale for a reason of their own, not for what is above them."""
        look = self.look(self._nodes.with_upstream(self._nodes))
        return {name for name in self._nodes if self._differs(name, look)}

    def is_modified(self, name: str) -> bool:
        """Whether a node's last result is stale for a reason of its own."""
        return self._differs(name, self.look(self._nodes.with_upstream([name])))

    def outdated(self, name: str) -> list[str]:
        """Return the nodes above one that have to run for it, in order: those not fresh, and what is below them."""
        return self._outdated(self._nodes.with_upstream([name])[:-1], self._nodes.task(name).depends_on)

    def outdated_among(self, names: Collection[str]) -> list[str]:
        """Return those of the nodes, and of all above them, that have to run for something that reads them."""
        return self._outdated(self._nodes.with_upstream(names), names)

    def _outdated(self, names: Sequence[str], wanted: Collection[str]) -> list[str]:
        look, found = self.look(names), dict[str, None]()
        absent = Absent(self._nodes, self._results, look)
        for one in names:
            running = (above for above in self._nodes.task(one).depends_on if above in found)
            changes = any(absent.would_change(one, above) for above in running)
            if changes or not self._results.is_fresh(one, look.digest(one)):
                found[one] = None
        return absent.needed(list(found), wanted)

    def digest(self, name: str) -> str:
        """Return what a node stands for now; "" for one that can't run."""
        return self._fingerprints.look(self._nodes.with_upstream([name])).digest(name)

    def _differs(self, name: str, look: Look) -> bool:
        kept, now = self._results.kept(name), look.fingerprint(name)
        return kept is not None and now is not None and any(differences(kept.fingerprint, now))

    def _is_only_unwritten(self, name: str) -> bool:
        result = self._results.get(name)
        return result is not None and result.write_failed
