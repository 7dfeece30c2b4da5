"""Rows made up of nothing but names and types."""

from __future__ import annotations

import pytest

from odibi_nb.engine.schema import Column
from odibi_nb.engine.type_names import arrow_type
from odibi_nb.engine.types import PLAIN_TYPES, schema_of
from odibi_nb.workspaces.made_up import made_up_rows

TYPES = [
    *PLAIN_TYPES.values(), "TIMESTAMP WITH TIME ZONE", "DECIMAL(2,2)", "DECIMAL(1,0)", "DECIMAL(38,4)", "INTEGER[]",
    "FLOAT[2]", "STRUCT(id INTEGER, name VARCHAR)", "MAP(VARCHAR, INTEGER)",
]  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_rows_without_nulls(kind: str) -> None:
    table = made_up_rows((Column("x", kind),))
    assert (table.num_rows, table["x"].null_count) == (5, 0)
    assert table.schema.field("x").type == arrow_type(kind)


def test_they_are_the_same_every_time_and_in_every_input() -> None:
    one, other = Column("region", "VARCHAR"), Column("price", "DOUBLE")
    assert made_up_rows((one, other)).equals(made_up_rows((other, one)).select(["region", "price"]))


def test_keys_count_whatever_they_are_called_and_however_they_are_typed() -> None:
    table = made_up_rows((Column("id", "BIGINT"), Column("customer_key", "VARCHAR"), Column("SKU_CODE", "TINYINT")))
    assert table["id"].to_pylist() == [1, 2, 3, 4, 5]
    assert table["customer_key"].to_pylist() == ["1", "2", "3", "4", "5"]
    assert table["SKU_CODE"].to_pylist() == [1, 2, 3, 4, 5]


def test_texts_and_numbers_follow_their_names() -> None:
    table = made_up_rows((Column("country", "VARCHAR"), Column("discount", "DOUBLE"), Column("kind", "VARCHAR")))
    assert table["country"].to_pylist() == ["DE", "NO", "US", "DE", "NO"]
    assert all(0 <= share < 1 for share in table["discount"].to_pylist())
    assert table["kind"][0].as_py() == "kind 1"


def test_an_end_comes_after_its_begin() -> None:
    table = made_up_rows((Column("valid_from", "DATE"), Column("valid_to", "DATE")))
    assert all(row["valid_from"] < row["valid_to"] for row in table.to_pylist())


def test_enums_and_uuids_hold_what_they_may() -> None:
    table = made_up_rows((Column("kind", "ENUM('a', 'b''c')"), Column("u", "UUID")))
    assert set(table["kind"].to_pylist()) == {"a", "b'c"}
    assert table["u"][0].as_py() == "00000000-0000-4000-8000-000000000001"
    assert [column.type for column in schema_of(table)] == ["VARCHAR", "VARCHAR"]
