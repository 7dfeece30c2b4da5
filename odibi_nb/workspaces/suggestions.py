"""Nodes that may be meant by names that nobody has declared."""

from __future__ import annotations

from collections.abc import Collection

from odibi_nb.exceptions import did_you_mean

__all__ = ["Suggestions"]

_MOST = 100  # names; where so many aren't declared, their suggestions help nobody


class Suggestions:
    """Looks each name up once: to compare it with 1,000 nodes takes milliseconds.

    names: those of the nodes; `clear` is to be called when they have changed.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._found: dict[tuple[str, float], str | None] = {}

    def nearest(self, name: str, *, reader: str, likeness: float = 0.6) -> str | None:
        """Return "did you mean 'x'?", x not being the reader; None when no node is near."""
        key = (name, likeness)
        if key not in self._found and len(self._found) < _MOST:
            self._found[key] = did_you_mean(name, self._names, likeness=likeness)
        near = self._found.get(key)
        if near is None or f"'{reader}'" not in near:
            return near
        return did_you_mean(name, [other for other in self._names if other != reader], likeness=likeness)

    def clear(self) -> None:
        """Forget what was found."""
        self._found.clear()
