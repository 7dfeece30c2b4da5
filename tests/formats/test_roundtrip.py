"""Any rows, written and scanned back, are the same rows."""

import datetime as dt
import math

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odibi_nb.formats import format_of

TYPES = {
    "i": (pa.int64(), "BIGINT", st.integers(-(2**63), 2**63 - 1)),
    "small": (pa.int32(), "INTEGER", st.integers(-(2**31), 2**31 - 1)),
    "price": (pa.decimal128(18, 2), "DECIMAL(18,2)", st.decimals(-(10**15), 10**15, places=2)),
    "day": (pa.date32(), "DATE", st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))),
    "at": (pa.timestamp("us"), "TIMESTAMP", st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2260, 1, 1))),
    "ok": (pa.bool_(), "BOOLEAN", st.booleans()),
    "x": (pa.float64(), "DOUBLE", st.floats(allow_nan=False)),
    "text": (pa.string(), "VARCHAR", st.text(st.characters(exclude_categories=["Cs"]), max_size=12)),
    "tricky": (
        pa.string(),
        "VARCHAR",
        st.sampled_from(["", "NA", "NULL", "007", '"', '""', ",", "\n", "\r\n", " ", "é;\t"]),
    ),
}
SCHEMA = pa.schema([(name, kind) for name, (kind, _, _) in TYPES.items()])
DUCKDB_TYPES = {name: kind for name, (_, kind, _) in TYPES.items()}
row = st.fixed_dictionaries({name: st.none() | values for name, (_, _, values) in TYPES.items()})


def same(left, right):
    return left == right or (isinstance(left, float) and isinstance(right, float) and math.isclose(left, right))


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.tsv", "a.csv.gz", "a.json", "a.jsonl"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(row, max_size=8))
def test_rows_written_and_scanned_back_are_equal(folder, name, rows):
    finite = name.startswith("a.json")
    rows = [{k: None if finite and v in (math.inf, -math.inf) else v for k, v in r.items()} for r in rows]
    folder.con.register("given", pa.Table.from_pylist(rows, SCHEMA))
    folder.write(name, "SELECT * FROM given")
    if format_of(name).is_blank(folder.files.open, folder.uris(name)):
        assert rows == []
        return
    table = folder.duckdb(name, types=DUCKDB_TYPES)
    assert table.schema.types == SCHEMA.types
    assert table.num_rows == len(rows)
    for before, after in zip(rows, table.to_pylist(), strict=True):
        assert all(same(before[key], after[key]) for key in before), (before, after)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.none() | st.sampled_from(["", "x", '"', "\n", "a,b"]), min_size=1, max_size=5))
def test_a_file_of_one_column_keeps_its_nulls(folder, values):
    folder.con.register("given", pa.table({"s": pa.array(values, pa.string())}))
    folder.write("a.csv", "SELECT * FROM given")
    assert folder.duckdb("a.csv", types={"s": "VARCHAR"})["s"].to_pylist() == values
