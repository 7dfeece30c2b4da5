"""Failures that outlive a session: a node that failed in the night is red in the morning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from odibi_nb.workspaces.recorded import failure_of, failure_record

if TYPE_CHECKING:
    from odibi_nb.fingerprints import Fingerprint
    from odibi_nb.store import ResultStore
    from odibi_nb.workspaces.kept import Kept, KeptResults

__all__ = ["Failures"]


class Failures:
    """How nodes have failed, kept in a store; owner: gives the name of the notebook or project of a node."""

    def __init__(self, results: KeptResults, owner: Callable[[str], str]) -> None:
        self._results, self._owner = results, owner

    def of(self, store: ResultStore, names: Collection[str]) -> dict[str, Kept]:
        """Return the failures of nodes that are known to the store."""
        return {name: failure_of(record, name) for name, record in self._records(store, names).items()}

    def take(self, failed: Kept, now: Fingerprint) -> None:
        """Take up a failure, if its node says the same still and its rows weren't computed since; now: what it says."""
        name = failed.result.node_name
        present = self._results.kept(name)
        if not _is_about(failed, now):
            return
        if failed.result.write_failed:  # of rows that were kept
            if present is not None and present.at == failed.at and present.fingerprint.digest == now.digest:
                self._results.note_unwritten(name, failed.result.error)
        elif present is None or present.at < failed.at or _is_a_look(present):
            self._results.take(name, replace(failed, fingerprint=now))

    def note(self, store: ResultStore, names: Collection[str]) -> None:
        """Remember which nodes have failed, and forget it of those that no longer do."""
        known = self._records(store, names)
        for name in names:
            kept = self._results.kept(name)
            if kept is None or kept.result.badges:
                continue
            with suppress(OSError):  # all that is lost by it is that other sessions don't know
                if kept.result.status == "failed":
                    store.note_failed(self._owner(name), name, failure_record(kept))
                elif name in known and kept.in_full:
                    store.forget_failed(self._owner(name), name)

    def _records(self, store: ResultStore, names: Collection[str]) -> dict[str, dict[str, Any]]:
        by_owner = defaultdict[str, list[str]](list)
        for name in names:
            by_owner[self._owner(name)].append(name)
        found = (store.failures(owner, nodes).items() for owner, nodes in by_owner.items())
        return dict(chain.from_iterable(found))


def _is_a_look(kept: Kept) -> bool:
    """Whether another session has only looked at the first rows of a result."""
    return kept.result.status == "cached" and not kept.in_full


def _is_about(failed: Kept, now: Fingerprint) -> bool:
    """Whether a node says what it said when it failed. The outside world may be another by now: a run will tell."""
    was = failed.fingerprint
    if was.digest == now.digest or not now.outside[0] or failed.result.expectations:
        return was.digest == now.digest
    return replace(was, digest=now.digest, rows=now.rows, outside=now.outside) == now
