"""Results by node, each with the basis on which it was computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from odibi_nb.runner import NodeResult, Status

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset

__all__ = ["KeptResults"]


@dataclass(frozen=True, slots=True)
class _Kept:
    """repeats: it took the place of a result that was computed on the same basis."""

    result: NodeResult
    basis: str
    repeats: bool


class KeptResults:
    """The last result of each node.

    A basis is a text of `freshness.bases`; "" is equal to none: such a result never counts as fresh.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._previous: dict[str, NodeResult] = {}

    def get(self, name: str) -> NodeResult | None:
        kept = self._kept.get(name)
        return kept.result if kept else None

    def keep(self, result: NodeResult, basis: str) -> None:
        """Take in a result; a node that didn't get to run keeps its last one, stale as it may be."""
        name, last = result.node_name, self._kept.get(result.node_name)
        if result.status in ("skipped", "cancelled") and last is not None:
            return
        repeats = self.is_fresh(name, basis)
        if last is not None and last.result.success and not repeats:
            self._previous[name] = last.result
        self._kept[name] = _Kept(result, basis, repeats)

    def previous(self, name: str) -> NodeResult | None:
        """Return the last good result that was computed on another basis than the one of now."""
        return self._previous.get(name)

    def repeats(self, name: str) -> bool:
        """Whether the last result says the same as the one whose place it took: neither node nor files had changed."""
        return name in self._kept and self._kept[name].repeats

    def is_fresh(self, name: str, basis: str) -> bool:
        """Whether the node has a result that stands for what it says now."""
        kept = self._kept.get(name)
        return kept is not None and kept.result.success and bool(basis) and kept.basis == basis

    def status(self, name: str, basis: str) -> Status:
        """Return a node's status; basis: that of now."""
        kept = self._kept.get(name)
        if kept is None:
            return "pending"
        if not basis or kept.basis != basis:
            return "stale" if kept.result.success else "pending"
        return kept.result.status

    def datasets(self, names: Iterable[str]) -> dict[str, Dataset]:
        """Return the rows of those of the names that have any."""
        found = {name: result.dataset for name in names if (result := self.get(name)) is not None}
        return {name: dataset for name, dataset in found.items() if dataset is not None}

    def lazy(self, names: Iterable[str]) -> set[str]:
        """Return those of the names whose rows are still to be computed by whoever reads them."""
        return {name for name, data in self.datasets(names).items() if data.lazy}

    def forget(self, name: str) -> None:
        self._kept.pop(name, None)
        self._previous.pop(name, None)

    def clear(self) -> None:
        self._kept.clear()
        self._previous.clear()
