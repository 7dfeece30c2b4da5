"""Two results side by side, as SQL sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from odibi_nb.comparison.columns import Pair
from odibi_nb.engine.schema import Schema
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    from odibi_nb.engine.base import Run

__all__ = ["BOTH", "Side", "Sides"]

Side = Literal["before", "after"]
BOTH: tuple[Side, Side] = ("before", "after")


@dataclass(frozen=True, slots=True)
class Sides:
    """Two results: their columns, those that both have, and the SQL that names their rows; run: executes SQL."""

    schemas: Mapping[Side, Schema]
    pairs: tuple[Pair, ...]
    tables: Mapping[str, str]
    run: Run

    def column(self, pair: Pair, side: Side) -> str:
        """Return SQL of a column of one result."""
        return quote_name((pair.before if side == "before" else pair.after).name)

    def value(self, pair: Pair, side: Side) -> str:
        """Return SQL of a column's value, to be compared."""
        return pair.value(self.column(pair, side))

    def hashed(self, pairs: Iterable[Pair], side: Side) -> str:
        """Return SQL of one hash of several columns' values."""
        return f"hash({', '.join(pair.hashable(self.value(pair, side)) for pair in pairs)})"
