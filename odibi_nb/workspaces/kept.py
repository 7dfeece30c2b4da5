"""The last result of each node, what it stands for, and where it was written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from odibi_nb.runner import NodeResult, Status

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.exceptions import OdibiException
    from odibi_nb.fingerprints import Fingerprint

__all__ = ["Kept", "KeptResults", "Written"]


@dataclass(frozen=True, slots=True)
class Written:
    """A write that was done.

    identity: of the rows; target: how they were written; stamp: the file's, right after. before: identities of what
    was written there earlier, which a file that is appended to still holds.
    """

    identity: str
    target: str
    stamp: object
    at: float
    before: frozenset[str] = frozenset()

    def holds(self, identity: str) -> bool:
        return identity == self.identity or identity in self.before

    def after(self, other: Written | None) -> Written:
        """Return this write as one that came after another: a file that is appended to holds both."""
        if other is None or other.target != self.target:
            return self
        return replace(self, before=self.before | other.before | {other.identity})


@dataclass(frozen=True, slots=True)
class Kept:
    """A result and what it stands for.

    identity: another one whenever the rows may be others. in_full: its rows were computed as far as a run needs
    them, not only as far as a preview shows. repeats: it took the place of a result that stood for the same.
    above: identities of what it was computed from. at: seconds since 1970.
    """

    result: NodeResult
    fingerprint: Fingerprint
    identity: str
    in_full: bool
    repeats: bool
    above: Mapping[str, str]
    at: float


class KeptResults:
    """The last result of each node, and the one before it that stands for something else.

    Those of the node that was dropped last, and of no other, lie aside: they may be wanted back.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._previous: dict[str, Kept] = {}
        self._written: dict[str, Written] = {}
        self._aside: dict[str, tuple[Kept | None, Kept | None]] = {}

    def __bool__(self) -> bool:
        return bool(self._kept)

    def get(self, name: str) -> NodeResult | None:
        kept = self._kept.get(name)
        return kept.result if kept else None

    def kept(self, name: str) -> Kept | None:
        return self._kept.get(name)

    def previous(self, name: str) -> NodeResult | None:
        """Return the last successful result that stands for something else than the present one."""
        kept = self._previous.get(name)
        return kept.result if kept else None

    def repeats(self, name: str) -> bool:
        """Whether the last result says the same as the one whose place it took: neither node nor files had changed."""
        return name in self._kept and self._kept[name].repeats

    def unsure(self, name: str) -> dict[str, str]:
        """Return what of a node's result can't be told, by the names of values that its code uses."""
        kept = self._kept.get(name)
        return kept.fingerprint.unsure if kept is not None else {}

    def keep(
        self,
        result: NodeResult,
        fingerprint: Fingerprint,
        *,
        in_full: bool,
        identity: str = "",
        rows_of: Kept | None = None,
    ) -> None:
        """Take in a result; a node that didn't get to run keeps its last one, stale as it may be.

        identity: of its rows, where they may be others although the fingerprint is the same. rows_of: an earlier result
        whose rows it has.
        """
        name, before = result.node_name, self._kept.get(result.node_name)
        if result.status == "pending" or (before is not None and result.status in ("skipped", "cancelled")):
            return
        if before is not None and before.result.rows_stand and before.fingerprint.rows != fingerprint.rows:
            self._previous[name] = before
        repeats = self.is_fresh(name, fingerprint.digest)
        above: Mapping[str, str] = {one: self._kept[one].identity for one in fingerprint.upstream if one in self._kept}
        identity = identity or fingerprint.rows
        if rows_of is not None:
            identity, above = rows_of.identity, rows_of.above
        self._kept[name] = Kept(result, fingerprint, identity, in_full, repeats, above, time.time())

    def take(self, name: str, kept: Kept) -> None:
        """Take in a result of another session in place of the present one."""
        before = self._kept.get(name)
        if before is not None and before.result.rows_stand and before.fingerprint.rows != kept.fingerprint.rows:
            self._previous[name] = before
        self._kept[name] = kept

    def forget(self, name: str) -> None:
        """Forget a node's present result: its rows can't be had any more."""
        self._kept.pop(name, None)

    def moved(self, name: str) -> list[str]:
        """Return the nodes above one that were computed again since, with rows that may be others."""
        kept = self._kept.get(name)
        above = kept.above.items() if kept is not None else ()
        return [one for one, identity in above if one in self._kept and self._kept[one].identity != identity]

    def came_from(self, name: str, above: str, identity: str) -> bool:
        """Whether a node's result was computed from rows of that identity above it."""
        kept = self._kept.get(name)
        return kept is not None and kept.above.get(above) == identity

    def is_fresh(self, name: str, digest: str) -> bool:
        """Whether the node has a result that stands for what it says now."""
        kept = self._kept.get(name)
        if kept is None or not kept.result.rows_stand or not digest or kept.fingerprint.digest != digest:
            return False
        return not self.moved(name)

    def status(self, name: str, digest: str) -> Status:
        """Return a node's status; digest: that of now."""
        kept = self._kept.get(name)
        if kept is None:
            return "pending"
        if kept.fingerprint.digest != digest or self.moved(name):
            return "stale" if kept.result.rows_stand else "pending"
        return kept.result.status

    def written(self, name: str) -> Written | None:
        return self._written.get(name)

    def note_written(self, name: str, target: str, stamp: object, *, identity: str) -> None:
        """Remember that a node's rows were written. identity: of these, where no result of the node is kept."""
        if (kept := self._kept.get(name)) is not None:
            identity = kept.identity
            if kept.result.write_failed:
                result = replace(kept.result, status="completed", error=None, write_failed=False)
                self._kept[name] = replace(kept, result=result)
        self._written[name] = Written(identity, target, stamp, time.time()).after(self._written.get(name))

    def take_written(self, name: str, written: Written) -> None:
        """Take in a write of another session."""
        self._written[name] = written

    def note_unwritten(self, name: str, error: OdibiException | None) -> None:
        """Remember that a node's present result could not be written."""
        if (kept := self._kept.get(name)) is not None:
            result = replace(kept.result, status="failed", error=error, write_failed=True)
            self._kept[name] = replace(kept, result=result)

    def rename(self, old: str, new: str) -> None:
        """Give a node's results, and what was written of them, to the name that it has now."""
        for results in (self._kept, self._previous):
            if (kept := results.pop(old, None)) is not None:
                results.setdefault(new, replace(kept, result=replace(kept.result, node_name=new)))
        if (written := self._written.pop(old, None)) is not None:
            self._written[new] = written.after(self._written.get(new))

    def datasets(self, names: Iterable[str]) -> dict[str, Dataset]:
        """Return the rows of those of the names that have any."""
        found = {name: result.dataset for name in names if (result := self.get(name)) is not None}
        return {name: dataset for name, dataset in found.items() if dataset is not None}

    def durations(self, names: Iterable[str]) -> dict[str, float]:
        """Return how many seconds each node took the last time; 0 for one that never ran."""
        last = {name: self.get(name) for name in names}
        return {name: result.duration if result else 0.0 for name, result in last.items()}

    def set_aside(self, name: str) -> None:
        """Forget a node's results until `bring_back`; what was written stays known all the same."""
        self._aside = {name: (self._kept.pop(name, None), self._previous.pop(name, None))}

    def bring_back(self, name: str) -> NodeResult | None:
        """Take in again what was set aside, and return the last result; it is stale if the node says another thing."""
        for results, kept in zip((self._kept, self._previous), self._aside.pop(name, ()), strict=False):
            if kept is not None:
                results[name] = kept
        return self.get(name)

    def let_go(self, name: str) -> None:
        """Forget what was set aside of a node."""
        self._aside.pop(name, None)

    def clear(self) -> None:
        self._aside.clear()
        self._kept.clear()
        self._previous.clear()
