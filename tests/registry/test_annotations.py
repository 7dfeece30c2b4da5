from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

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
        ("Literal['N', 'S']", Literal["N", "S"]),
        ("typing.Literal[-1]", Literal[-1]),
        ("Annotated[int, 'of shops']", int),
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


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("Annotated[int, Range(0, 10)]", 10, 11),
        ("Annotated[int, Ge(0), annotated_types.Lt(10)]", 9, 10),
        ("Annotated[float, Interval(gt=0)]", 0.5, 0.0),
        ("Annotated[int, Field(ge=0, multiple_of=5)]", 5, 4),
        ("list[Annotated[int, Ge(-1)]]", [-1], [-2]),
    ],
)
def test_limits_of_numbers_are_part_of_the_type(text: str, good: Any, bad: Any) -> None:
    adapter = TypeAdapter(type_of_text(text))
    assert adapter.validate_python(good) == good
    with pytest.raises(ValidationError):
        adapter.validate_python(bad)


@pytest.mark.parametrize("text", ["Literal[Region.N]", "Annotated[int, Ge(least)]", "Annotated[Shop, Ge(0)]"])
def test_limits_that_only_running_code_would_tell_are_no_type(text: str) -> None:
    assert type_of_text(text) == text
