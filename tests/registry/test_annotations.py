from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from odibi_nb.registry.annotations import type_of_text


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("int", int),
        ("date", dt.date),
        ("dt.datetime", dt.datetime),
        ("datetime.date", dt.date),
        ("decimal.Decimal", Decimal),
        ("list[int]", list[int]),
        ("dict[str, list[float]]", dict[str, list[float]]),
        ("int | str", int | str),
        ("int | None", int | None),
        ("Optional[Decimal]", Decimal | None),
        ("'list[str]'", list[str]),
    ],
)
def test_a_plain_types_text_means_that_type(text: str, type_: object) -> None:
    assert type_of_text(text) == type_


@pytest.mark.parametrize(
    "text",
    ["pd.DataFrame", "Region", "list[Region]", "set[int]", "print('run')", "list[exit()]", "1 if", "None | None", ""],
)
def test_any_other_text_stays_a_text(text: str) -> None:
    assert type_of_text(text) == text
