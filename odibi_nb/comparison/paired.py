"""Rows of two results paired by a key, in one full outer join: how many differ, and in which columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from odibi_nb.comparison.columns import Pair
from odibi_nb.comparison.keys import Key, columns_named
from odibi_nb.comparison.models import ChangedCell, ChangedRow, Request, RowChanges, Texts
from odibi_nb.comparison.samples import LONG, one_of, rows_by_hash
from odibi_nb.comparison.sides import Side, Sides
from odibi_nb.engine.base import text_sql

__all__ = ["Join", "Paired"]

_MOST_GONE = 10_000
# Relatively: what is summed up on several cores is rounded differently each time. Numbers of rows, and seconds since
# 1970, are still told apart.
_ROUNDING = 1e-12
_ALIASES: dict[Side, str] = {"before": "b", "after": "a"}


@dataclass(frozen=True, slots=True)
class Paired:
    """What was found, and the rows before and now: more than there are when the key has paired some twice.

    doubled: whether rows share a key that are no more there now; None: these are too many to tell.
    """

    changes: RowChanges
    rows_before: int
    rows_after: int
    doubled: bool | None = False


class Join:
    """Two results joined by a key; in its SQL a column goes by its number among the pairs: `b.c0`, `a.c0`.

    The join carries nothing but what is compared. Of rows for a sample it gives the hashes of their keys; their
    values are fetched afterwards, those of changed rows in the columns that have changed at all.
    """

    def __init__(self, sides: Sides, key: Key, request: Request) -> None:
        self._sides, self._key, self._request = sides, key, request
        self._numbers = {pair: number for number, pair in enumerate(sides.pairs)}
        self._compared = [pair for pair in sides.pairs if pair not in key]

    def run(self) -> Paired:
        """Compare."""
        ((was, now, both, gone, changed, *rest),) = self._sides.run(self._counting_sql())
        counts, (added, removed, differing) = rest[:-3], ((found or [])[: self._request.sample] for found in rest[-3:])
        columns = {pair: count for pair, count in zip(self._compared, counts, strict=True) if count}
        changes = RowChanges(
            key=columns_named(self._key),
            added=now - both,
            removed=was - both,
            changed=changed,
            changed_columns=tuple((pair.name, count) for pair, count in columns.items()),
            added_rows=self._rows("after", added),
            removed_rows=self._rows("before", removed),
            changed_rows=self._changed_rows(list(columns), differing),
        )
        few = len(gone or []) <= _MOST_GONE
        return Paired(changes, was, now, doubled=len(set(gone or [])) != was - both if few else None)

    def _counting_sql(self) -> str:
        flags = [f"d{self._numbers[pair]}" for pair in self._compared]
        # Counting distinct ones here would hash every row.
        found = ["count(was)", "count(now)", "count(was AND now)", f"min(h, {_MOST_GONE + 1}) FILTER (now IS NULL)"]
        found.append("count(changed)")
        found += [f"count({flag})" for flag in flags]
        found += [
            f"arg_min(h, place, {max(self._request.sample, 1)}) FILTER ({kind})"
            for kind in ("was IS NULL", "now IS NULL", "changed IS NOT NULL")
        ]
        flagged = f"SELECT {', '.join(self._flags())} FROM {self._joined(self._compared, how='FULL')}"
        changed = f"coalesce({', '.join(flags)})" if flags else "NULL"
        return f"SELECT {', '.join(found)} FROM (SELECT *, {changed} AS changed FROM ({flagged}))"

    def _flags(self) -> Iterator[str]:
        """Yield of a pair of rows which of both there are, its key's hash and place in the order, and what differs.

        What differs is 1, else NULL: with many columns counting that is several times as fast as counting conditions.
        """
        keys = [f"coalesce({old}, {new})" for old, new in map(self._values, self._key)]
        hashed = ", ".join(pair.hashable(value) for pair, value in zip(self._key, keys, strict=True))
        # A row is never NULL, which no order would take in.
        yield f"b.there AS was, a.there AS now, hash({hashed}) AS h, row({', '.join(keys)}) AS place"
        for pair in self._compared:
            yield f"CASE WHEN b.there AND a.there AND {self._differs(pair)} THEN 1 END AS d{self._numbers[pair]}"

    def _joined(self, compared: Sequence[Pair], *, how: str, hashes: Sequence[int] = ()) -> str:
        """Return the join as SQL, with these columns beside the key; hashes: of the keys wanted, where not all are."""
        needed, sides = [*self._key, *compared], []
        for side, alias in _ALIASES.items():
            columns = (f"{self._sides.column(pair, side)} AS c{self._numbers[pair]}" for pair in needed)
            wanted = f" WHERE {one_of(self._sides.hashed(self._key, side), hashes)}" if hashes else ""
            table = self._sides.tables[side]
            sides.append(f"(SELECT true AS there, {', '.join(columns)} FROM {table}{wanted}) AS {alias}")
        on = (f"{old} IS NOT DISTINCT FROM {new}" for old, new in map(self._values, self._key))
        return f"{sides[0]} {how} JOIN {sides[1]} ON {' AND '.join(on)}"

    def _values(self, pair: Pair) -> tuple[str, str]:
        number = self._numbers[pair]
        return pair.value(f"b.c{number}"), pair.value(f"a.c{number}")

    def _differs(self, pair: Pair) -> str:
        """Return SQL that is true of values that differ; to DuckDB NaN is one number, above all others."""
        old, new = self._values(pair)
        differs = f"{old} IS DISTINCT FROM {new}"
        tolerance = self._request.tolerance
        if not (pair.is_float if tolerance is None else pair.is_number):
            return f"({differs})"
        old, new = f"CAST({old} AS DOUBLE)", f"CAST({new} AS DOUBLE)"
        same = f"abs({old} - {new}) <= {tolerance!r}"
        if tolerance is None:
            same = f"isfinite({old} - {new}) AND abs({old} - {new}) <= {_ROUNDING} * greatest(abs({old}), abs({new}))"
        return f"({differs} AND NOT coalesce({same}, false))"

    def _rows(self, side: Side, hashes: Sequence[int]) -> tuple[Texts, ...]:
        found = rows_by_hash(self._sides, side, self._sides.hashed(self._key, side), hashes)
        return tuple(found[h] for h in hashes)

    def _changed_rows(self, changed: Sequence[Pair], hashes: Sequence[int]) -> tuple[ChangedRow, ...]:
        if not hashes:
            return ()
        keys = [text_sql(f"a.c{self._numbers[pair]}") for pair in self._key]
        hashed = ", ".join(pair.hashable(self._values(pair)[1]) for pair in self._key)
        selected = f"hash({hashed}), [{', '.join(keys)}], [{', '.join(map(self._cell, changed))}]"
        found = self._sides.run(f"SELECT {selected} FROM {self._joined(changed, how='INNER', hashes=hashes)}")
        rows = {h: ChangedRow(tuple(key), _cells(changed, triples)) for h, key, triples in found}
        return tuple(rows[h] for h in hashes)

    def _cell(self, pair: Pair) -> str:
        """Return SQL of whether two values differ, and of both, as texts."""
        number = self._numbers[pair]
        texts = ", ".join(text_sql(f"{alias}.c{number}", LONG) for alias in _ALIASES.values())
        return f"[CAST({self._differs(pair)} AS VARCHAR), {texts}]"


def _cells(columns: Sequence[Pair], triples: Sequence[Sequence[str | None]]) -> tuple[ChangedCell, ...]:
    told = zip(columns, triples, strict=True)
    return tuple(ChangedCell(pair.name, old, new) for pair, (differs, old, new) in told if differs == "true")
