"""Rows written as YAML read back as the same rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odibi_nb.engine.schema import Column
from odibi_nb.project_file import parse_yaml
from odibi_nb.workspaces.mock_rows import mock_table
from odibi_nb.workspaces.mock_text import mock_cell_text, yaml_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["null", "NO", "true", "017", "a: b", "- x"]
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS


@given(st.dictionaries(TEXTS, VALUES | st.lists(VALUES, max_size=3), max_size=4))
def test_a_row_reads_back_as_itself(row: dict[str, Any]) -> None:
    assert parse_yaml(f"rows: [{yaml_value(row)}]").data == {"rows": [row]}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DATE", dt.date(2024, 1, 31)),
        ("TIMESTAMP", dt.datetime(2024, 1, 31, 10, 5, 0, 25)),
        ("TIMESTAMP WITH TIME ZONE", dt.datetime(2024, 1, 31, 10, tzinfo=dt.UTC)),
        ("TIME", dt.time(10, 5)),
        ("DECIMAL(38,4)", Decimal("1234567890123456789012345678901234.5678")),
        ("DECIMAL(10,2)", Decimal("5.00")),
        ("DOUBLE", float("inf")),
        ("DOUBLE", 1e300),
        ("BLOB", b"\x00\xffa'"),
        ("INTERVAL", pa.MonthDayNano([1, 2, 3_000])),
        ("VARCHAR", "2024-01-31"),
        ("VARCHAR", "00123"),
        ("VARCHAR", 'say "x": {y}\n\u2028\x00🙂'),
        ("STRUCT(a DATE, b VARCHAR[])", {"a": dt.date(2024, 1, 31), "b": ["x, y", None]}),
        ("MAP(VARCHAR, INTEGER)", [("a b", 1), ("c", None)]),
    ],
)
def test_every_type_reads_back_as_itself(kind: str, value: Any) -> None:
    text = mock_cell_text("n", {"sales": [{"x": value}]}).partition("\n")[2]
    table = mock_table(parse_yaml(text).data["sales"], "sales", schema=(Column("x", kind),))
    assert table["x"][0].as_py() == value


def test_a_cell_is_a_line_a_row() -> None:
    rows = [{"region": "N", "day": dt.date(2024, 1, 31), "amount": 5.0}, {"region": "007", "day": None, "amount": 1}]
    assert mock_cell_text("by_region", {"sales": rows, "other": []}, ["a note"]).splitlines() == [
        "%%odibi_mock by_region",
        "# a note",
        "sales:",
        "- {region: N, day: 2024-01-31, amount: 5.0}",
        '- {region: "007", day: null, amount: 1}',
        "other: []",
    ]
