"""Expected values are YAML's, those of a result are Arrow's: which of them are the same."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest

from odibi_nb.matching import Sameness

NAN = math.nan
NOON = dt.datetime(2024, 1, 31, 12)

SAME: list[tuple[Any, Any]] = [
    (None, None), (None, NAN), (NAN, None), (NAN, NAN), (None, Decimal("NaN")),
    (True, True), (1, 1), ("", ""), ("NO", "NO"), (2**60, 2**60),
    (12, 12.0), (12.0, 12), (0.3, 0.1 + 0.2), (1e20, 1e20 * (1 + 1e-12)), (math.inf, math.inf), (10**400, 10**400),
    (12.1, Decimal("12.10")), (12, Decimal("12.00")), ("12.5", Decimal("12.50")),
    ("2024-01-31", dt.date(2024, 1, 31)), ("2024-01-31 12:00", NOON), ("2024-01-31T12:00:00", NOON),
    ("2024-01-31 12:00", NOON.replace(tzinfo=dt.UTC)), ("2024-01-31T13:00+01:00", NOON.replace(tzinfo=dt.UTC)),
    ("2024-01-31", dt.datetime(2024, 1, 31)), ("12:30", dt.time(12, 30)), ("abc", b"abc"),
    ([1, None], [1, NAN]), ([], []), ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1}), ({1: "x"}, [(1, "x")]), ({}, []),
]  # fmt: skip

DIFFERENT: list[tuple[Any, Any]] = [
    (None, 0), (None, ""), (0, None), ("NULL", None), (True, 1), (1, True), (False, None), ("true", True),
    (1, 2), (12.0, 12.0001), (2**60, 2**60 + 1), ("a", "A"), ("a", "a "), (math.inf, -math.inf), (10**400, 1.5),
    ("5", 5), (5, "5"), ("5.0", 5.0), (Decimal("0.01"), Decimal("0.02")),
    ("123456789012345678.01", Decimal("123456789012345678.02")), ("many", Decimal(1)),
    ("2024-01-30", dt.date(2024, 1, 31)), ("soon", dt.date(2024, 1, 31)), ("2024-01-31", NOON), ("noon", NOON),
    ("2024-01-31T12:00+00:00", NOON), ("12:31", dt.time(12, 30)), ("abc", b"abd"), ("abc", b"\xff"),
    ([1], [1, 2]), ([1, 2], [2, 1]), (1, [1]), ({"a": 1}, {"a": 1, "b": 2}), ({"a": 1}, {"a": 2}), ({"a": 1}, 5),
    ({"a": 1}, [1]),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "got"), SAME)
def test_these_are_the_same(expected: Any, got: Any) -> None:
    assert Sameness()(expected, got)


@pytest.mark.parametrize(("expected", "got"), DIFFERENT)
def test_these_are_different(expected: Any, got: Any) -> None:
    assert not Sameness()(expected, got)


@pytest.mark.parametrize(
    ("expected", "got", "tolerance", "is_same"),
    [
        (12.3, 12.34, 0.05, True),
        (12.3, 12.36, 0.05, False),
        (1000, 1001, 0.05, False),  # a tolerance is no percentage
        (10, 11, 1, True),
        (10, Decimal("10.4"), 0.5, True),
        (0.3, 0.1 + 0.2, 0, False),
        ([1.0], [1.4], 0.5, True),
        (None, 0.0, 5, False),
    ],
)
def test_a_tolerance_holds_for_every_kind_of_number(expected: Any, got: Any, tolerance: float, is_same: bool) -> None:
    assert Sameness(tolerance)(expected, got) is is_same


@pytest.mark.parametrize(
    ("expected", "got", "is_same"),
    [(12, 12, True), (12, 12.0, False), (12.0, 12, False), (12, Decimal(12), False), (12.5, Decimal("12.5"), True)],
)
def test_strictly_a_whole_number_is_only_that(expected: Any, got: Any, is_same: bool) -> None:
    assert Sameness(strict=True)(expected, got) is is_same
