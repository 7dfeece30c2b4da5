"""Rows compared as multisets or in order; what differs is as little as it can be."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odibi_nb.matching import Difference, Sameness, compare_rows

COLUMNS = ("region", "total")
CELLS = st.sampled_from([None, "N", "S", 1, 2, True])
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=7)


def compared(expected: list[Any], got: list[Any], *, tolerance: float | None = None, **rest: Any) -> Difference:
    return compare_rows(COLUMNS[: len((*expected, *got)[0])], expected, got, Sameness(tolerance), **rest)


def test_rows_in_another_order_are_the_same() -> None:
    assert not compared([("N", 12), ("S", 5)], [("S", 5), ("N", 12)])


def test_a_row_counts_as_often_as_it_comes() -> None:
    difference = compared([("N", 1), ("N", 1)], [("N", 1), ("N", 1), ("N", 1)])
    assert difference.extra == (("N", 1),)
    assert difference.summary == "1 row too many"


def test_the_pairs_are_those_with_the_fewest_differing_cells() -> None:
    difference = compared([("N", 12), ("S", 5)], [("S", 6), ("N", 13)])
    assert [(pair.number, pair.got, pair.differing) for pair in difference.pairs] == [
        (1, ("N", 13), (1,)),
        (2, ("S", 6), (1,)),
    ]


def test_of_equal_pairs_the_nearest_numbers_go_together() -> None:
    difference = compared([(12,), (5,)], [(6,), (13,)])
    assert [(pair.expected, pair.got) for pair in difference.pairs] == [((12,), (13,)), ((5,), (6,))]


def test_rows_with_nothing_in_common_are_missing_and_extra() -> None:
    difference = compared([("N", 12)], [("S", 5)])
    assert (difference.pairs, difference.missing, difference.extra) == ((), ((1, ("N", 12)),), (("S", 5),))
    assert difference.summary == "1 row is missing, 1 row too many"


def test_a_tolerance_doesn_t_let_one_row_take_the_other_s_only_partner() -> None:
    assert not compared([(0.0,), (0.01,)], [(0.009,), (-0.005,)], tolerance=0.01)


def test_in_order_rows_are_compared_by_position() -> None:
    difference = compared([("N", 12), ("S", 5)], [("N", 12), ("S", 6), ("W", 1)], ordered=True)
    assert [pair.number for pair in difference.pairs] == [2]
    assert difference.extra == (("W", 1),)


def test_the_right_rows_in_a_wrong_order_are_said_to_be_that() -> None:
    difference = compared([("N", 12), ("S", 5)], [("S", 5), ("N", 12)], ordered=True)
    assert difference.reordered
    assert difference.summary == "the rows are as expected, but in another order"


def test_no_rows_are_expected_to_be_none() -> None:
    assert not compare_rows(COLUMNS, [], [], Sameness())
    assert compare_rows(COLUMNS, [], [("N", 1), ("S", 2)], Sameness()).summary == "2 rows too many"


def test_many_rows_of_floats_find_their_equals() -> None:
    rows = [(random.Random(seed).random(),) for seed in range(2_000)]
    got = [(value + 1e-12,) for (value,) in reversed(rows)]
    assert not compared(rows, got)
    assert compared(rows, [*got[1:], (7.0,)]).summary == "1 row differs"


@given(ROWS, ROWS)
def test_what_is_the_same_is_what_counting_finds(expected: list[Any], got: list[Any]) -> None:
    difference = compare_rows(COLUMNS, expected, got, Sameness())
    left, right = (Counter(tuple(map(repr, row)) for row in rows) for rows in (expected, got))
    alike = (left & right).total()
    assert len(difference.pairs) + len(difference.missing) == len(expected) - alike
    assert len(difference.pairs) + len(difference.extra) == len(got) - alike


@pytest.mark.parametrize("ordered", [True, False])
@given(rows=ROWS)
def test_rows_are_as_they_are(ordered: bool, rows: list[Any]) -> None:
    assert not compare_rows(COLUMNS, rows, rows, Sameness(), ordered=ordered)
