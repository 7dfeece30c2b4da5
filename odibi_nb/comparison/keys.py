"""Which columns name a row, so that rows of two results can be paired."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from odibi_nb.comparison.columns import Pair
from odibi_nb.comparison.sides import BOTH, Side, Sides
from odibi_nb.exceptions import UsageError, ValidationError, did_you_mean

__all__ = ["FoundKey", "Key", "KeySearch", "candidates", "columns_named", "named_key"]

Key = tuple[Pair, ...]

SAMPLE_ROWS = 10_000
"""So many rows tell of most columns that they name no row; only for the others all rows are looked at."""

_BUCKETS = 1 << 16
_MOST_DOUBLED = 0.1

_ID = re.compile(r"id|key|uuid|guid", re.IGNORECASE)
_LIKE_ID = re.compile(r".*(_([iI][dD]|key|KEY|uuid|UUID|guid|GUID)|[a-z](Id|ID|Key))")
_NAMING = re.compile(r"U?(TINY|SMALL|BIG)INT|U?INTEGER|VARCHAR|UUID|DATE|TIME|TIMESTAMP.*|ENUM\(.*")
_MOST_COLUMNS, _MOST_CANDIDATES = 3, 10


def named_key(pairs: Sequence[Pair], names: Sequence[str]) -> Key:
    """Return the columns asked for as a key; raises UsageError for one that isn't in both results."""
    by_fold = {pair.name.casefold(): pair for pair in pairs}
    for name in names:
        if name.casefold() not in by_fold:
            known = [pair.name for pair in pairs]
            hint = did_you_mean(name, known) or f"both have: {', '.join(known) or 'none'}"
            raise UsageError(f"there is no column '{name}' in both results, to pair rows by", hint=hint)
    return tuple(by_fold[name.casefold()] for name in dict.fromkeys(names))


def candidates(pairs: Sequence[Pair], likely: Sequence[Sequence[str]] = ()) -> list[Key]:
    """Return what may name a row, best first: what was declared, names like ids, then the leading columns.

    Measures don't: that no two amounts are equal means little, and such a key would hide what has changed.
    """
    by_fold = {pair.name.casefold(): pair for pair in pairs}
    declared = (tuple(by_fold.get(name.casefold()) for name in names) for names in likely)
    naming = [pair for pair in pairs if _NAMING.fullmatch(pair.before.type) and _NAMING.fullmatch(pair.after.type)]
    ids = [pair for pair in naming if _ID.fullmatch(pair.name)]
    like_ids = [pair for pair in naming if _LIKE_ID.fullmatch(pair.name)]
    keys: dict[Key, None] = dict.fromkeys(tuple(filter(None, key)) for key in declared if key and all(key))
    keys |= dict.fromkeys((pair,) for pair in [*ids, *like_ids, *naming[:1]])
    for size in range(2, _MOST_COLUMNS + 1):
        keys |= dict.fromkeys(tuple(some[:size]) for some in (like_ids, naming) if len(some) >= size)
    return list(keys)[:_MOST_CANDIDATES]


def columns_named(key: Key) -> tuple[str, ...]:
    """Return the names of a key's columns."""
    return tuple(pair.name for pair in key)


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key to join by. rows_before, rows_after: None for those of now: it is known to name each row before.

    Else that is to be told from the join, which can't explode: few rows share a key, and none with many others.
    """

    key: Key
    rows_before: int
    rows_after: int | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    """What some rows tell: how many there are, whether they are all, and which keys name each of them."""

    rows: int
    complete: bool
    naming: tuple[Key, ...]


class KeySearch:
    """Finds keys from as few rows as that takes.

    with_nulls: NULL may name a row. lost: the first key that named each row before and no longer does.
    """

    def __init__(self, sides: Sides, *, with_nulls: bool) -> None:
        self._sides, self._with_nulls = sides, with_nulls
        self.lost: Key | None = None

    def found(self, keys: Sequence[Key]) -> Iterator[FoundKey]:
        """Yield keys that name each row before, or seem to, and as far as a sample tells each now.

        With a key that does a join gives each row of now once, so that it can't explode.
        """
        before = self._look("before", keys, SAMPLE_ROWS)
        after = self._look("after", before.naming, SAMPLE_ROWS)
        for key in before.naming:
            is_unique_now = key in after.naming
            if not is_unique_now and self.lost is not None:
                continue
            if is_unique_now and not before.complete and (likely := self._likely(key)) is not None:
                yield likely
                continue
            whole = before if before.complete else self._look("before", [key], None)
            if key in whole.naming and is_unique_now:
                yield FoundKey(key, whole.rows)
            elif key in whole.naming and whole.rows > 1:
                self.lost = key

    def _likely(self, key: Key) -> FoundKey | None:
        """Return a key that seems to name the rows of both sides; to make sure of it takes several times as long."""
        rows = [self._rows_told_apart(key, side) for side in BOTH]
        return None if rows[0] is None or rows[1] is None else FoundKey(key, rows[0], rows[1])

    def _rows_told_apart(self, key: Key, side: Side) -> int | None:
        """Return how many rows there are; None where more than a few share a key, or some with many others.

        Estimated by HyperLogLog, Flajolet et al. 2007, and by how evenly the hashes of keys fall into buckets.
        """
        table, hashed = self._sides.tables[side], self._sides.hashed(key, side)
        ((rows, distinct, nulls),) = self._sides.run(
            f"SELECT count(*), approx_count_distinct({hashed}), {self._nulls(key, side)} FROM {table}"
        )
        if distinct < rows * (1 - _MOST_DOUBLED) or (nulls and not self._with_nulls):
            return None
        ((fullest,),) = self._sides.run(
            f"SELECT max(n) FROM (SELECT count(*) AS n FROM {table} GROUP BY ({hashed} & {_BUCKETS - 1})::USMALLINT)"
        )
        mean: float = rows / _BUCKETS
        return int(rows) if fullest <= mean + 10 * (math.sqrt(mean) + 1) else None

    def names_all_before(self, key: Key) -> bool:
        """Whether a key names each row before."""
        return key in self._look("before", [key], None).naming

    def duplicate_error(self, key: Key) -> ValidationError:
        """Return why a key that was asked for can't pair rows."""
        listed, example = ", ".join(columns_named(key)), "two rows have the same"
        for side in BOTH:
            values = ", ".join(self._sides.value(pair, side) for pair in key)
            doubled = self._sides.run(
                f"SELECT {values}, count(*) FROM {self._sides.tables[side]} GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
            )
            for *found, count in doubled:
                shown = ", ".join("NULL" if value is None else repr(str(value)) for value in found)
                example = f"{count:,} rows {'before' if side == 'before' else 'now'} have {shown}"
        return ValidationError(f"{listed} does not name a row: {example}", hint="add columns to --key, or leave it out")

    def _look(self, side: Side, keys: Sequence[Key], limit: int | None) -> _Look:
        if not keys:
            return _Look(0, complete=True, naming=())
        columns = ", ".join(dict.fromkeys(self._sides.column(pair, side) for key in keys for pair in key))
        limited = f" LIMIT {limit + 1}" if limit is not None else ""
        # Hashes that differ are of keys that differ, and count much faster than keys of several columns.
        hashes = [(self._sides.hashed(key, side), self._nulls(key, side)) for key in keys]
        # Of ten keys and 20 rows DISTINCT takes 30 ms, for it plans each as an aggregation of its own; this takes 2.
        unique = "count(DISTINCT {})" if limit is None else "coalesce(list_unique(list({})), 0)"
        counts = (f"{unique.format(hashed)}, {nulls}" for hashed, nulls in hashes)
        source = f"(SELECT {columns} FROM {self._sides.tables[side]}{limited})"
        ((rows, *found),) = self._sides.run(f"SELECT count(*), {', '.join(counts)} FROM {source}")
        told = zip(keys, found[::2], found[1::2], strict=True)
        naming = tuple(key for key, distinct, nulls in told if distinct == rows and (self._with_nulls or not nulls))
        return _Look(rows, limit is None or rows <= limit, naming)

    def _nulls(self, key: Key, side: Side) -> str:
        return f"count_if({' OR '.join(f'{self._sides.column(pair, side)} IS NULL' for pair in key)})"
