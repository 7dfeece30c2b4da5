"""Which results are still to be computed by whoever reads them, and who that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from odibi_nb.engine.base import Dataset

__all__ = ["Fusion"]


class Fusion:
    """The lazy results of a run, and what each node has read.

    names: in the order of the graph, which all answers have, whatever came first.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._order = {name: number for number, name in enumerate(names)}
        self._lazy: dict[str, Dataset] = {}
        self._unconfirmed: dict[str, None] = {}
        self._reads: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def note_read(self, reader: str, name: str) -> None:
        """Remember that `reader` has asked for the result of `name`; may be called from the reader's thread."""
        self._reads[reader][name] = None

    def add(self, name: str, data: Dataset) -> None:
        """Take in a lazy result that nothing has evaluated yet."""
        self._lazy[name] = data
        self._unconfirmed[name] = None

    def add_given(self, name: str, data: Dataset, reads: Iterable[str]) -> None:
        """Take in a lazy result of an earlier run, which may be at fault all the same; reads: what it was made of."""
        self._lazy[name] = data
        self._reads[name].update(dict.fromkeys(reads))

    def __contains__(self, name: object) -> bool:
        """Whether a result is lazy and nothing has evaluated it yet."""
        return name in self._unconfirmed

    def is_lazy(self, name: str) -> bool:
        """Whether a result came lazy, evaluated meanwhile or not."""
        return name in self._lazy

    @property
    def unconfirmed(self) -> list[str]:
        """The results that nothing has evaluated yet."""
        return sorted(self._unconfirmed, key=self._order.__getitem__)

    def discard(self, name: str) -> None:
        self._unconfirmed.pop(name, None)

    def confirm_above(self, reader: str) -> list[str]:
        """Return the results that `reader` was the first to evaluate, topmost first; they are confirmed now."""
        names = self._above(reader, self._unconfirmed)
        for name in names:
            del self._unconfirmed[name]
        return names

    def first_readers(self, readers: Iterable[str]) -> dict[str, str]:
        """Return for each lazy result the first of `readers` whose query evaluates it."""
        found: dict[str, str] = {}
        for reader in readers if self._lazy else ():
            for name in self._above(reader, self._lazy):
                found.setdefault(name, reader)
        return found

    def suspects(self, reader: str) -> list[tuple[str, Dataset]]:
        """Return all lazy results that a query of `reader` evaluates, topmost first."""
        return [(name, self._lazy[name]) for name in self._above(reader, self._lazy)]

    def _above(self, reader: str, among: Collection[str]) -> list[str]:
        if not among:
            return []
        names, seen = [reader], {reader}
        for below in names:
            found = [name for name in self._reads.get(below, ()) if name in among and name not in seen]
            seen.update(found)
            names.extend(found)
        return sorted(names[1:], key=self._order.__getitem__)
