"""Expected rows and a result's rows: pairs that are the same, pairs that differ in some cells, rows without a pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from odibi_nb.matching.assignment import cheapest_pairs, fitting_pairs
from odibi_nb.matching.values import Sameness, distance, is_null, stable_key

__all__ = ["Difference", "RowPair", "compare_rows"]

Row: TypeAlias = tuple[Any, ...]
_InOrder: TypeAlias = list[tuple[list[tuple[int, Any]], int]]

# What people write by hand is far below these; above them rows are paired in sorted order, or not at all.
_SEARCHED_PAIRS, _COMPARED_ROWS = 250_000, 200


@dataclass(frozen=True, slots=True)
class RowPair:
    """An expected row and the row of the result that is most like it.

    number: of the expected row, from 1. differing: the positions of the columns that differ.
    """

    number: int
    expected: Row
    got: Row
    differing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a result isn't what was expected.

    columns: those compared. pairs: rows that differ in some cells. missing: expected rows that nothing in the
    result is like, with their numbers from 1. extra: rows of the result that nothing expected is like.
    reordered: the rows are the expected ones, in another order.
    """

    columns: tuple[str, ...]
    pairs: tuple[RowPair, ...] = ()
    missing: tuple[tuple[int, Row], ...] = ()
    extra: tuple[Row, ...] = ()
    reordered: bool = False

    def __bool__(self) -> bool:
        return bool(self.pairs or self.missing or self.extra)

    @property
    def summary(self) -> str:
        """What differs, in a few words: "1 row differs, 2 rows are missing"."""
        if self.reordered:
            return "the rows are as expected, but in another order"
        counted = (
            (len(self.pairs), "row differs", "rows differ"),
            (len(self.missing), "row is missing", "rows are missing"),
            (len(self.extra), "row too many", "rows too many"),
        )
        return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counted if count)


def compare_rows(
    columns: Sequence[str], expected: Sequence[Row], got: Sequence[Row], same: Sameness, *, ordered: bool = False
) -> Difference:
    """Compare rows, each a value per column; ordered: by their position, else as multisets.

    Without an order those rows are paired that make the fewest cells differ; a pair in which no cell is the same
    counts as a missing row and an extra one, unless there is but one column.
    """
    if not ordered:
        return _unordered(columns, expected, got, same)
    shared = min(len(expected), len(got))
    pairs = (_pair(number, *rows, same) for number, rows in enumerate(zip(expected, got, strict=False), start=1))
    difference = Difference(
        tuple(columns),
        tuple(pair for pair in pairs if pair.differing),
        tuple(enumerate(expected[shared:], start=shared + 1)),
        tuple(got[shared:]),
    )
    is_reordered = bool(difference) and not _unordered(columns, expected, got, same)
    return Difference(tuple(columns), difference.pairs, reordered=True) if is_reordered else difference


def _unordered(columns: Sequence[str], expected: Sequence[Row], got: Sequence[Row], same: Sameness) -> Difference:
    open_expected, open_got = _without_equals(expected, got, same)
    pairs, missing, extra = list[RowPair](), dict.fromkeys(open_expected), dict.fromkeys(open_got)
    for left, right in _most_alike(expected, got, open_expected, open_got, same):
        pair = _pair(left + 1, expected[left], got[right], same)
        if len(pair.differing) < len(columns) or len(columns) == 1:
            pairs.append(pair)
            del missing[left], extra[right]
    return Difference(
        tuple(columns),
        tuple(sorted(pairs, key=lambda pair: pair.number)),
        tuple((left + 1, expected[left]) for left in missing),
        tuple(got[right] for right in extra),
    )


def _pair(number: int, expected: Row, got: Row, same: Sameness) -> RowPair:
    cells = enumerate(zip(expected, got, strict=True))
    return RowPair(number, expected, got, tuple(at for at, values in cells if not same(*values)))


def _without_equals(expected: Sequence[Row], got: Sequence[Row], same: Sameness) -> tuple[list[int], list[int]]:
    """Return the positions of the rows on both sides that find no equal on the other, each equal used once."""
    stable = _stable_columns(expected, got, same)
    buckets: defaultdict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((expected, got)):
        for at, row in enumerate(rows):
            buckets[tuple(stable_key(row[column]) for column in stable)][side].append(at)
    loose = [column for column in range(len((*expected, *got)[0]) if expected or got else 0) if column not in stable]
    open_expected, open_got = list[int](), list[int]()
    for left, right in buckets.values():
        pairs = _equals([expected[at] for at in left], [got[at] for at in right], loose, same)
        paired = set(pairs.values())
        open_expected += [at for place, at in enumerate(left) if place not in pairs]
        open_got += [at for place, at in enumerate(right) if place not in paired]
    return sorted(open_expected), sorted(open_got)


def _stable_columns(expected: Sequence[Row], got: Sequence[Row], same: Sameness) -> list[int]:
    """Return the columns in which equal values have equal keys: nothing in them is rounded or spelled out."""
    stable = []
    for column, values in enumerate(zip(*expected, *got, strict=True)):
        keys = [stable_key(value) for value in values]
        rounded = same.tolerance is not None and any(key is not None and key[0] == "int" for key in keys)
        if None not in keys and not rounded:
            stable.append(column)
    return stable


def _equals(expected: Sequence[Row], got: Sequence[Row], loose: Sequence[int], same: Sameness) -> dict[int, int]:
    """Pair equal rows; they are known to be equal but for the loose columns."""

    def fits(left: int, right: int) -> bool:
        return all(same(expected[left][column], got[right][column]) for column in loose)

    if not loose:
        return {at: at for at in range(min(len(expected), len(got)))}
    if len(expected) * len(got) > _SEARCHED_PAIRS:
        return _merged(_in_order(expected, loose), _in_order(got, loose), fits)
    every = range(len(got))
    return fitting_pairs([[right for right in every if fits(left, right)] for left in range(len(expected))])


def _merged(expected: _InOrder, got: _InOrder, fits: Callable[[int, int], bool]) -> dict[int, int]:
    """Walk through two sorted sides; of two rows that don't fit the lesser one has no partner."""
    pairs: dict[int, int] = {}
    at, other = 0, 0
    while at < len(expected) and other < len(got):
        (key, left), (other_key, right) = expected[at], got[other]
        fit = fits(left, right)
        if fit:
            pairs[left] = right
        at += fit or key <= other_key
        other += fit or key > other_key
    return pairs


def _in_order(rows: Sequence[Row], columns: Sequence[int]) -> _InOrder:
    return sorted(([_order(row[column]) for column in columns], at) for at, row in enumerate(rows))


def _order(value: Any) -> tuple[int, Any]:
    if is_null(value):
        return 2, 0
    return (0, value) if isinstance(value, int | float | Decimal) else (1, str(value))


def _most_alike(
    expected: Sequence[Row], got: Sequence[Row], open_expected: list[int], open_got: list[int], same: Sameness
) -> list[tuple[int, int]]:
    """Pair rows so that the fewest cells differ; of equally good pairs those whose numbers are nearest."""
    left, right = open_expected[:_COMPARED_ROWS], open_got[:_COMPARED_ROWS]
    # All nearness together weighs less than one cell.
    weight = 1 / (min(len(left), len(right)) + 1)
    costs = [[_cost(expected[one], got[other], same, weight) for other in right] for one in left]
    return [(left[row], right[column]) for row, column in cheapest_pairs(costs).items()]


def _cost(expected: Row, got: Row, same: Sameness, weight: float) -> float:
    distances = [distance(*values) for values in zip(expected, got, strict=True) if not same(*values)]
    return len(distances) + weight * sum(distances) / len(distances) if distances else 0.0
