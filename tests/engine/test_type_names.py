"""DuckDB's names of types, read back."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from odibi_nb.engine.type_names import arrow_type
from odibi_nb.engine.types import PLAIN_TYPES, canonical_type, duckdb_type
from odibi_nb.exceptions import ValidationError

NAMES = [
    *PLAIN_TYPES.values(),
    "TIMESTAMP WITH TIME ZONE",
    "DECIMAL(18,3)",
    "UUID",
    "ENUM('a', 'b, (c')",
    "INTEGER[]",
    "DECIMAL(4,1)[][3]",
    "MAP(VARCHAR, DECIMAL(4,1)[])",
    'STRUCT("x, ""y" INTEGER, z STRUCT(a DATE)[])',
]


@pytest.mark.parametrize("name", NAMES)
def test_a_type_is_the_one_that_duckdb_gives_to_its_column(name: str) -> None:
    table = duckdb.sql(f"SELECT CAST(NULL AS {name}) AS value").to_arrow_table()
    assert arrow_type(name) == canonical_type(table.schema.field("value").type)


@pytest.mark.parametrize("arrow", [pa.list_(pa.decimal128(5, 2)), pa.struct([("a b", pa.date32())])])
def test_a_name_that_was_made_of_a_type_leads_back_to_it(arrow: pa.DataType) -> None:
    assert arrow_type(duckdb_type(arrow)) == arrow


def test_a_type_without_a_row_in_the_table_is_refused() -> None:
    with pytest.raises(ValidationError, match="no rows can be written by hand for a column of type VARIANT"):
        arrow_type("VARIANT")
