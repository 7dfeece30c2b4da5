"""Pairs: as many as can be, at the least cost; against trying every way there is."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from odibi_nb.matching.assignment import cheapest_pairs, fitting_pairs

SIZES = st.tuples(st.integers(1, 5), st.integers(1, 5))
COSTS = SIZES.flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 6) | st.floats(0, 3), min_size=size[1], max_size=size[1]),
        min_size=size[0],
        max_size=size[0],
    )
)
FITS = st.lists(st.sets(st.integers(0, 4)).map(sorted), max_size=5)


@given(COSTS)
def test_the_pairs_cost_no_more_than_any_others(costs: list[list[float]]) -> None:
    pairs = cheapest_pairs(costs)
    rows, columns = len(costs), len(costs[0])
    assert len(pairs) == len(set(pairs.values())) == min(rows, columns)
    if rows <= columns:
        least = min(sum(costs[r][c] for r, c in enumerate(way)) for way in permutations(range(columns), rows))
    else:
        least = min(sum(costs[r][c] for c, r in enumerate(way)) for way in permutations(range(rows), columns))
    assert abs(sum(costs[row][column] for row, column in pairs.items()) - least) < 1e-9


@given(FITS)
def test_no_more_pairs_fit_together(fits: list[list[int]]) -> None:
    pairs = fitting_pairs(fits)
    assert all(right in fits[left] for left, right in pairs.items())
    assert len(set(pairs.values())) == len(pairs)
    ways = permutations(range(5), len(fits))
    assert len(pairs) == max(sum(right in fits[left] for left, right in enumerate(way)) for way in ways)


def test_of_many_rows_the_cheapest_pairs_come_first() -> None:
    costs = [[abs(row - column) for column in range(60)] for row in range(60)]
    assert cheapest_pairs(costs) == {row: row for row in range(60)}


def test_nothing_has_no_pairs() -> None:
    assert cheapest_pairs([]) == cheapest_pairs([[], []]) == fitting_pairs([]) == {}
