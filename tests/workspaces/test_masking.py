from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from odibi_nb.workspaces.masking import Mask


@pytest.mark.parametrize(
    ("value", "arrow"),
    [
        (5, pa.int64()), (5, pa.int8()), (1.5, pa.float64()), (Decimal("1.50"), pa.decimal128(4, 2)),
        ("x", pa.string()),
        (dt.date(2024, 1, 1), pa.date32()), (dt.datetime(2024, 1, 1), pa.timestamp("us")),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), pa.timestamp("us", tz="UTC")),
    ],
)  # fmt: skip
def test_a_stand_in_is_of_the_same_type_and_the_same_every_time(value: object, arrow: pa.DataType) -> None:
    mask = Mask()
    first, null, again = mask.column([value, None, value], arrow)
    assert (first, null) == (again, None)
    assert first != value
    assert pa.array([first], arrow)[0].as_py() == first


def test_no_value_stands_in_for_itself() -> None:
    values = list(range(1, 101))
    assert not any(first == value for first, value in zip(Mask().column(values, pa.int8()), values, strict=True))


def test_what_has_no_stand_in_becomes_null() -> None:
    assert Mask().column([True, False], pa.bool_()) == [None, None]
    assert Mask().column([[1]], pa.list_(pa.int64())) == [None]


def test_no_two_masks_are_alike() -> None:
    assert Mask().column(["Ada"], pa.string()) != Mask().column(["Ada"], pa.string())
