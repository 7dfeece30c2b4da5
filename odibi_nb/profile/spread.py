"""How a column's values are spread: over bins of equal width, or over the most frequent ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from odibi_nb.engine.base import text_sql
from odibi_nb.profile.kinds import Kind
from odibi_nb.profile.models import Bin, TopValue

__all__ = ["Bins", "Tops", "bins_between", "tops_sql"]

MOST_BINS, TOP_VALUES = 10, 5
_CHARACTERS = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tops_sql(value: str) -> str:
    """Return SQL of a column's most frequent values, more or less, each with its hash and text."""
    return f"[{{'hash': hash(v), 'text': {text_sql('v', _CHARACTERS)}}} FOR v IN approx_top_k({value}, {TOP_VALUES})]"


@dataclass(frozen=True, slots=True)
class Tops:
    """Frequent values, as `tops_sql` gives them, to be counted by their hashes: that is fast, and needs no quotes."""

    value: str
    found: Sequence[Mapping[str, Any]]

    @property
    def sql(self) -> str:
        hashed = f"hash({self.value})"
        return f"histogram({hashed}) FILTER ({hashed} IN ({', '.join(str(one['hash']) for one in self.found)}))"

    def read(self, counts: Mapping[int, int] | None) -> tuple[TopValue, ...]:
        """Return the values in the order of their counts; none where each is there but once."""
        values = (TopValue(one["text"], (counts or {}).get(one["hash"], 0)) for one in self.found)
        return tuple(sorted((v for v in values if v.count > 1), key=lambda v: (-v.count, v.value)))


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of equal width, to be filled with the numbers (or the seconds since 1970) that stand for values."""

    value: str
    kind: Kind
    low: float
    width: float
    count: int

    @property
    def sql(self) -> str:
        number = self.kind.number.format(self.value)
        place = f"floor(({number} - {self.low!r}) / {self.width!r})"
        bounded = f"CAST(greatest(0, least({self.count - 1}, {place})) AS INTEGER)"  # of NULL it is the last bin
        counted = self.kind.finite.format(self.value) or f"{self.value} IS NOT NULL"
        return f"histogram({bounded}) FILTER ({counted})"

    def read(self, found: Mapping[int, int] | None) -> tuple[Bin, ...]:
        """Return every bin, the empty ones too."""
        edges = [self._edge(self.low + self.width * number) for number in range(self.count + 1)]
        counts = found or {}
        return tuple(Bin(edges[n], edges[n + 1], counts.get(n, 0)) for n in range(self.count))

    def _edge(self, number: float) -> float | str:
        if not self.kind.is_moment:
            return number
        moment = (_EPOCH + timedelta(seconds=number)).replace(tzinfo=None)
        return moment.date().isoformat() if self.kind.unit else moment.isoformat(" ", "seconds")


def bins_between(value: str, kind: Kind, low: float | None, high: float | None) -> Bins | None:
    """Return bins from the least to the greatest value; None where there is nothing to be spread."""
    if low is None or high is None or not math.isfinite(high - low) or (kind.is_moment and not _in_calendar(low, high)):
        return None
    if kind.unit:
        # Of whole numbers a bin holds as many as its neighbours.
        units = round((high - low) / kind.unit) + 1
        each = math.ceil(units / MOST_BINS)
        return Bins(value, kind, low, float(each * kind.unit), math.ceil(units / each))
    return Bins(value, kind, low, (high - low) / MOST_BINS, MOST_BINS) if high > low else None


def _in_calendar(low: float, high: float) -> bool:
    """Whether Python's calendar has these moments, and those of a bin beyond."""
    first, last = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
    return first.timestamp() <= low <= high <= last.timestamp()
