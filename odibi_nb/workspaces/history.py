"""What nodes' last runs have shown of them: how many rows they have, and how long they take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from odibi_nb.engine.base import Measured

if TYPE_CHECKING:
    from odibi_nb.workspaces.kept import KeptResults

__all__ = ["History"]


class History:
    """The measures of a workspace's results; what was measured once is remembered where a later run didn't measure."""

    def __init__(self, results: KeptResults) -> None:
        self._results = results
        self._measured: dict[str, Measured] = {}

    def of(self, names: Iterable[str]) -> dict[str, Measured]:
        """Return what is known; names: in topological order."""
        asked, fused = list(names), dict[str, float]()
        for name in asked:
            self._look_at(name, fused)
        return {name: self._measured[name] for name in asked if name in self._measured}

    def _look_at(self, name: str, fused: dict[str, float]) -> None:
        """Take in a node's last result; fused: seconds, of those above it that are computed with whoever reads them."""
        kept = self._results.kept(name)
        if kept is None or not kept.result.rows_stand or kept.result.dataset is None:
            return
        data = kept.result.dataset
        # Binding it and looking at its first rows aren't saved by keeping it.
        seconds = once if data.lazy and (once := data.seconds_once) is not None else kept.result.duration
        # Of what was evaluated together each has its own share of the time; evaluating it again takes all of them.
        for above in kept.above if fused else ():
            if above in fused and (kept.result.fused_into or self._was_fused(above, name)):
                seconds += fused[above]
        if data.lazy:
            fused[name] = seconds
        if data.schema and data.known_rows is not None:
            texts = sum(column.type == "VARCHAR" for column in data.schema)
            self._measured[name] = Measured(data.known_rows, len(data.schema), seconds, kept=not data.lazy, texts=texts)

    def _was_fused(self, name: str, reader: str) -> bool:
        kept = self._results.kept(name)
        return kept is not None and reader in kept.result.fused_into
