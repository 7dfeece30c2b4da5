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
    result: NodeResult
    basis: str


class KeptResults:
    """The last result of each node.

    A basis is a text of `freshness.bases`; "" is equal to none: such a result never counts as fresh.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def get(self, name: str) -> NodeResult | None:
        kept = self._kept.get(name)
        return kept.result if kept else None

    def keep(self, result: NodeResult, basis: str) -> None:
        """Take in a result; a node that didn't get to run keeps its last one, stale as it may be."""
        if result.status in ("skipped", "cancelled") and result.node_name in self._kept:
            return
        self._kept[result.node_name] = _Kept(result, basis)

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

    def clear(self) -> None:
        self._kept.clear()
