"""Rows of two results compared as wholes, where no key pairs them: each counts as often as it stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from odibi_nb.comparison.models import RowChanges, Texts
from odibi_nb.comparison.paired import Paired
from odibi_nb.comparison.samples import rows_by_hash
from odibi_nb.comparison.sides import BOTH, Side, Sides

__all__ = ["whole_rows"]


def whole_rows(sides: Sides, sample: int) -> Paired:
    """Compare rows by what they hold in the columns that both results have.

    Rows stand for their 64-bit hashes: that two different ones of 20 million meet has a chance of 1 in 100,000.
    """
    every = " UNION ALL ".join(
        f"SELECT {sides.hashed(sides.pairs, side)} AS h, {side == 'after'} AS now FROM {sides.tables[side]}"
        for side in BOTH
    )
    counted = f"SELECT h, count_if(NOT now) AS was, count_if(now) AS now FROM ({every}) GROUP BY h"
    first = f"arg_min({{'h': h, 'n': abs(now - was)}}, h, {max(sample, 1)})"
    sums = ("was", "now", "greatest(now - was, 0)", "greatest(was - now, 0)")
    summed = ", ".join(f"CAST(coalesce(sum({one}), 0) AS BIGINT)" for one in sums)
    ((was, now, added, removed, more, less),) = sides.run(
        f"SELECT {summed}, {first} FILTER (now > was), {first} FILTER (now < was) FROM ({counted})"
    )
    changes = RowChanges(
        added=added,
        removed=removed,
        added_rows=_rows(sides, "after", more or [], sample),
        removed_rows=_rows(sides, "before", less or [], sample),
    )
    return Paired(changes, was, now)


def _rows(sides: Sides, side: Side, found: Sequence[Mapping[str, int]], sample: int) -> tuple[Texts, ...]:
    """Return the first `sample` rows, each as often as it is one too many; found: hashes (h), and how many (n)."""
    rows = rows_by_hash(sides, side, sides.hashed(sides.pairs, side), [one["h"] for one in found][:sample])
    return tuple(row for one in found[:sample] for row in [rows[one["h"]]] * min(one["n"], sample))[:sample]
