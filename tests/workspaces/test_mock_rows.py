"""Rows as people write them, as a table with the types of the real ones."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from odibi_nb.engine.schema import Column
from odibi_nb.engine.types import schema_of
from odibi_nb.exceptions import ValidationError
from odibi_nb.workspaces.mock_rows import mock_table

SALES = (Column("id", "BIGINT"), Column("amount", "DECIMAL(10,2)"), Column("day", "DATE"), Column("name", "VARCHAR"))


def known(kind: str) -> tuple[Column, ...]:
    return (Column("x", kind),)


def types(table: pa.Table) -> dict[str, str]:
    return {column.name: column.type for column in schema_of(table)}


def one(value: Any, kind: str) -> Any:
    return mock_table([{"x": value}], "sales", schema=known(kind))["x"][0].as_py()


def refused(mock: Any, schema: Any = None, **options: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        mock_table(mock, "sales", schema=schema, **options)
    return caught.value


def test_without_a_schema_the_values_tell_the_types() -> None:
    row = {
        "i": 1, "f": 1.5, "b": True, "s": "x", "dec": Decimal("1.5"), "day": dt.date(2024, 1, 2), "n": None,
        "iso": "2024-01-02", "at": "2024-01-02 10:00", "z": "2024-01-02T10:00Z", "l": [1], "m": {"a": 1},
    }  # fmt: skip
    assert types(mock_table([row], "sales")) == {
        "i": "BIGINT", "f": "DOUBLE", "b": "BOOLEAN", "s": "VARCHAR", "dec": "DECIMAL(2,1)", "day": "DATE",
        "n": "VARCHAR", "iso": "DATE", "at": "TIMESTAMP", "z": "TIMESTAMP WITH TIME ZONE", "l": "BIGINT[]",
        "m": "STRUCT(a BIGINT)",
    }  # fmt: skip


def test_one_text_that_is_no_date_makes_a_column_of_texts() -> None:
    table = mock_table([{"d": "2024-01-02"}, {"d": "soon"}, {"d": None}], "sales")
    assert table["d"].to_pylist() == ["2024-01-02", "soon", None]


def test_whole_numbers_among_others_become_doubles_and_stay_exact_alone() -> None:
    assert types(mock_table([{"a": 1}, {"a": 2.5}, {"a": None}], "sales")) == {"a": "DOUBLE"}
    assert mock_table([{"a": 2**53 + 1}, {"a": None}], "sales")["a"].to_pylist() == [2**53 + 1, None]


def test_values_are_cast_to_a_known_schema_in_its_order() -> None:
    table = mock_table([{"day": "2024-01-02", "amount": 5, "id": "7"}], "sales", schema=SALES)
    assert types(table) == {"id": "BIGINT", "amount": "DECIMAL(10,2)", "day": "DATE"}
    assert table.to_pylist() == [{"id": 7, "amount": Decimal("5.00"), "day": dt.date(2024, 1, 2)}]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("DECIMAL(10,2)", 1.05, Decimal("1.05")),
        ("DOUBLE", "1e3", 1000.0),
        ("BOOLEAN", "True", True),
        ("TINYINT", 5.0, 5),
        ("DATE", dt.datetime(2024, 1, 2), dt.date(2024, 1, 2)),
        ("TIMESTAMP", dt.date(2024, 1, 2), dt.datetime(2024, 1, 2)),
        ("TIMESTAMP WITH TIME ZONE", "2024-01-02 10:00+02:00", dt.datetime(2024, 1, 2, 8, tzinfo=dt.UTC)),
        ("TIMESTAMP WITH TIME ZONE", "2024-01-02 10:00", dt.datetime(2024, 1, 2, 10, tzinfo=dt.UTC)),
        ("TIME", "10:00", dt.time(10)),
        ("BLOB", "\\xAA", b"\xaa"),
        ("ENUM('a', 'b')", "b", "b"),
        ("STRUCT(a DATE, b INTEGER[])", {"a": "2024-01-02", "b": ["1", 2]}, {"a": dt.date(2024, 1, 2), "b": [1, 2]}),
        ("INTEGER[]", "[1, 2]", [1, 2]),
        ("MAP(VARCHAR, INTEGER)", {"k": 1}, [("k", 1)]),
        ("BIGINT", float("nan"), None),
        ("VARCHAR", pd.NA, None),
    ],
)
def test_a_value_is_cast(kind: str, value: Any, expected: Any) -> None:
    assert one(value, kind) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("BIGINT", "x"), ("BIGINT", 2**63), ("BIGINT", True), ("TINYINT", 300), ("INTEGER", 5.5),
        ("DECIMAL(10,2)", 1.005), ("DECIMAL(4,2)", 1000), ("DOUBLE", 2**53 + 1), ("BOOLEAN", 1),
        ("DATE", "x"), ("DATE", "2024-01-02 10:00"), ("DATE", 5), ("TIMESTAMP", "2024-01-02 10:00Z"),
        ("TIMESTAMP", "2024-01-02 10:00:00.1234567"), ("TIME", 5), ("INTEGER[]", "[x]"), ("MAP(VARCHAR, INTEGER)", 5),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_an_error_with_row_and_column(kind: str, value: Any) -> None:
    error = refused([{"x": None}, {"x": value}], known(kind))
    assert error.message == f"row 2 of the mock of 'sales': {value!r} is no {kind}, the type of 'x'"


def test_a_number_in_a_column_of_texts_asks_for_quotes() -> None:
    assert refused([{"name": 5}], SALES).hint == "quote it: '5'"


def test_an_unknown_field_of_a_struct_is_named() -> None:
    assert refused([{"x": {"b": 1}}], known("STRUCT(a INTEGER)")).hint == "'b' is none of its fields: a"


def test_a_column_that_the_schema_has_not_is_an_error_with_the_nearest() -> None:
    error = refused([{"id": 1, "amont": 5}], SALES)
    assert error.message == "the mock of 'sales' has a column 'amont' that 'sales' has not"
    assert error.hint == "did you mean 'amount'?"


def test_a_row_that_lacks_a_column_of_another_is_an_error() -> None:
    error = refused([{"id": 1, "amount": 5}, {"id": 2}])
    assert error.message == "row 2 of the mock of 'sales' has no 'amount', which another row has"
    assert error.hint == "write amount: null where there is no value"


def test_types_that_do_not_mix_are_an_error() -> None:
    assert refused([{"a": 1}, {"a": "x"}]).message == "column 'a' of the mock of 'sales' mixes text and whole number"


def test_no_rows_have_all_columns_of_the_schema() -> None:
    assert mock_table([], "sales", schema=SALES).schema.names == ["id", "amount", "day", "name"]
    assert refused([]).message == "the mock of 'sales' has no columns"


def test_columns_may_be_given_instead_of_rows() -> None:
    assert mock_table({"a": [1, 2], "b": ["x", None]}, "sales").to_pylist() == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    assert "column 'b' of the mock of 'sales' has 1 value" in refused({"a": [1, 2], "b": [1]}).message
    assert "is no rows" in refused({"a": 5}).message


def test_csv_is_typed_by_its_texts_and_tells_null_from_an_empty_text() -> None:
    table = mock_table('\nid, amount, name, day\n1, 5.5, "", 2024-01-02\n2,,"a, ""b""",\n\n', "sales")
    assert types(table) == {"id": "BIGINT", "amount": "DOUBLE", "name": "VARCHAR", "day": "DATE"}
    assert table.to_pylist()[1] == {"id": 2, "amount": None, "name": 'a, "b"', "day": None}
    assert table["name"][0].as_py() == ""


def test_csv_is_cast_to_a_known_schema() -> None:
    table = mock_table("id,name\n7,007\n", "sales", schema=SALES)
    assert table.to_pylist() == [{"id": 7, "name": "007"}]


@pytest.mark.parametrize(
    ("csv", "line", "message"),
    [
        ("id,n\n\n1", 2, "a row of the mock of 'sales' has 1 value, its header 2"),
        ('id,n\n1,"b', 1, "the mock of 'sales': a quote opens or closes within a field"),
        ("id,amount\n\n1,5\n2,x", 3, "row 2 of the mock of 'sales': 'x' is no DECIMAL(10,2), the type of 'amount'"),
    ],
)
def test_an_error_in_csv_knows_its_line(csv: str, line: int, message: str) -> None:
    schema = SALES if "amount" in csv else None
    error = refused(csv, schema, locate=lambda path: {"line": path[0]})
    assert (error.where.line, error.message) == (line, message)


def test_an_error_is_placed_by_its_path() -> None:
    paths: list[Any] = []

    def locate(path: Any) -> dict[str, Any]:
        paths.append(tuple(path))
        return {"line": 4}

    assert refused([{"id": 1}, {"id": "x"}], SALES, locate=locate).where.line == 4
    refused({"id": [1, "x"]}, SALES, locate=locate)
    assert paths == [(1, "id"), ("id", 1)]


@pytest.mark.parametrize("names", [["a", "A"], [5]])
def test_names_that_no_table_can_have_are_refused(names: list[Any]) -> None:
    assert refused([dict.fromkeys(names, 1)]).message.startswith("the mock of 'sales': ")
