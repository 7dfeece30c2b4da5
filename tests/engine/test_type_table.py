"""The type table of `odibi_nb.engine.types`, row by row, on each engine."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from pipeline.project import Project, node, python, read, sql, write

from odibi_nb.engine.types import string_dtype

TEXT = str(string_dtype())
# SQL of a value, the published type, the dtype handed to Python, the type read back.
ROWS = [
    ("true", "BOOLEAN", "boolean", "BOOLEAN"),
    ("1::TINYINT", "TINYINT", "Int8", "TINYINT"),
    ("1::SMALLINT", "SMALLINT", "Int16", "SMALLINT"),
    ("1::INTEGER", "INTEGER", "Int32", "INTEGER"),
    ("9007199254740993", "BIGINT", "Int64", "BIGINT"),
    ("1::UTINYINT", "UTINYINT", "UInt8", "UTINYINT"),
    ("1::USMALLINT", "USMALLINT", "UInt16", "USMALLINT"),
    ("1::UINTEGER", "UINTEGER", "UInt32", "UINTEGER"),
    ("18446744073709551615::UBIGINT", "UBIGINT", "UInt64", "UBIGINT"),
    ("sum(7)", "BIGINT", "Int64", "BIGINT"),
    ("1.5::FLOAT", "FLOAT", "float32", "FLOAT"),
    ("1.5::DOUBLE", "DOUBLE", "float64", "DOUBLE"),
    ("12.34::DECIMAL(10,2)", "DECIMAL(10,2)", "decimal128(10, 2)[pyarrow]", "DECIMAL(10,2)"),
    ("1::DECIMAL(38,0)", "DECIMAL(38,0)", "decimal128(38, 0)[pyarrow]", "DECIMAL(38,0)"),
    ("DATE '2024-02-29'", "DATE", "datetime64[s]", "DATE"),
    ("TIMESTAMP '2024-02-29 12:34:56.789012'", "TIMESTAMP", "datetime64[us]", "TIMESTAMP"),
    ("TIMESTAMP_S '2024-02-29 12:34:56'", "TIMESTAMP", "datetime64[us]", "TIMESTAMP"),
    ("TIMESTAMP_NS '2024-02-29 12:34:56.123456789'", "TIMESTAMP_NS", "datetime64[ns]", "TIMESTAMP_NS"),
    (
        "TIMESTAMPTZ '2024-02-29 12:00:00+02'",
        "TIMESTAMP WITH TIME ZONE",
        "datetime64[us, UTC]",
        "TIMESTAMP WITH TIME ZONE",
    ),
    ("TIME '12:34:56.789'", "TIME", "time64[us][pyarrow]", "TIME"),
    ("INTERVAL 3 DAY", "INTERVAL", "month_day_nano_interval[pyarrow]", "INTERVAL"),
    ("'text'", "VARCHAR", TEXT, "VARCHAR"),
    ("'a'::ENUM('a', 'b')", "ENUM('a', 'b')", TEXT, "VARCHAR"),
    ("'9b2f4e0c-7a4f-4b57-8c3d-0a1b2c3d4e5f'::UUID", "UUID", TEXT, "VARCHAR"),
    ("'ab'::BLOB", "BLOB", "binary[pyarrow]", "BLOB"),
    ("[1, NULL]", "INTEGER[]", "list<element: int32>[pyarrow]", "INTEGER[]"),
    ("[DATE '2024-02-29']", "DATE[]", "list<element: date32[day]>[pyarrow]", "DATE[]"),
    ("[1, 2]::INTEGER[2]", "INTEGER[2]", "fixed_size_list<element: int32>[2][pyarrow]", "INTEGER[2]"),
    (
        "{'a': 1, 'b c': 'x'}",
        'STRUCT(a INTEGER, "b c" VARCHAR)',
        "struct<a: int32, b c: string>[pyarrow]",
        'STRUCT(a INTEGER, "b c" VARCHAR)',
    ),
    ("MAP {'a': 1}", "MAP(VARCHAR, INTEGER)", "map<string, int32>[pyarrow]", "MAP(VARCHAR, INTEGER)"),
    ("[sum(7)]", "BIGINT[]", "list<element: int64>[pyarrow]", "BIGINT[]"),
    ("union_value(a := 1)", "VARCHAR", TEXT, "VARCHAR"),
]
IDS = [row[0] for row in ROWS]
# pyarrow writes no INTERVAL to Parquet, and Parquet knows no list of a fixed size.
STORABLE = [row for row in ROWS if row[1] not in ("INTERVAL", "INTEGER[2]")]


def kinds(results, name):
    return [column.type for column in results.get_node_result(name).result_schema]


def query(value: str) -> str:
    return f"SELECT {value} AS x"


def with_null(value: str) -> str:
    return f"SELECT {value} AS x UNION ALL (SELECT NULL AS x)"


def run_through_python(project: Project, text: str):
    seen = {}

    @project.function
    def back(df):
        seen["dtype"] = _plain(str(df["x"].dtype))
        return df

    results = project.run(sql("typed", text), python("back", depends_on=["typed"]))
    assert results.failed == [], results.get_node_result(results.failed[0]).error
    return results, seen["dtype"]


def _plain(dtype: str) -> str:
    """Arrow names the items of a list now `item`, now `l` or `child`."""
    head, mark, rest = dtype.partition("list<")
    return f"{head}list<element:{rest.partition(':')[2]}" if mark else dtype


@pytest.mark.parametrize(("value", "published", "dtype", "back"), ROWS, ids=IDS)
@pytest.mark.parametrize("text", [query, with_null], ids=["value", "with NULL"])
def test_a_type_survives_a_python_node(project, text, value, published, dtype, back):
    results, seen = run_through_python(project, text(value))
    if project.engine == "duckdb" and text is query:
        assert kinds(results, "typed") == [published]
    assert seen == dtype
    assert kinds(results, "back") == [back]


def _without_values(back: str) -> str:
    """Nanoseconds are kept where there are some."""
    return back.removesuffix("_NS")


@pytest.mark.parametrize(("value", "published", "dtype", "back"), ROWS, ids=IDS)
def test_a_column_without_rows_keeps_its_type(project, value, published, dtype, back):
    results, seen = run_through_python(project, f"SELECT * FROM ({query(value)}) WHERE x IS NULL")
    assert seen == dtype
    assert kinds(results, "back") == [_without_values(back)]
    assert results.get_node_result("back").rows_processed == 0


@pytest.mark.parametrize(("value", "published", "dtype", "back"), ROWS, ids=IDS)
def test_a_column_of_nothing_but_nulls_keeps_its_type(project, value, published, dtype, back):
    text = f"SELECT if(false, x, NULL) AS x FROM ({query(value)})"
    results, seen = run_through_python(project, text)
    assert seen == dtype
    assert kinds(results, "back") == [_without_values(back)]


@pytest.mark.parametrize(("value", "published", "dtype", "back"), STORABLE, ids=[row[0] for row in STORABLE])
def test_values_and_types_survive_parquet(project, value, published, dtype, back):
    project.run(sql("out", with_null(value), write=write("x.parquet")))
    results = project.run(node("again", read=read("x.parquet")), sql("same", "SELECT * FROM again"))
    expected = project.run(sql("out", with_null(value))).get_node_result("out").dataset.arrow()
    got = results.get_node_result("same").dataset.arrow()
    assert kinds(results, "same") in ([back], [published])  # Parquet, and DuckDB reading it, knows a UUID
    assert got["x"].to_pylist() == expected["x"].to_pylist()


def test_integers_beyond_a_double_survive_beside_a_null(project):
    @project.function
    def through(df):
        return df

    nodes = [sql("ids", "VALUES (9007199254740993), (NULL)"), python("through", depends_on=["ids"])]
    table = project.run(*nodes).get_node_result("through").dataset.arrow()
    assert table.columns[0].to_pylist() == [9007199254740993, None]


def test_sums_of_integers_are_integers_after_parquet(project):
    project.run(sql("total", "SELECT sum(i) AS s FROM range(5) t(i)", write=write("s.parquet")))
    again = project.run(node("again", read=read("s.parquet"))).get_node_result("again")
    assert (again.result_schema[0].type, again.dataset.arrow()["s"].to_pylist()) == ("BIGINT", [10])


def test_a_sum_that_no_bigint_holds_is_an_error_with_a_remedy(project):
    text = "SELECT sum(i) AS s FROM (VALUES (9223372036854775807), (9223372036854775807)) t(i)"
    error = project.run(sql("total", text)).get_node_result("total").error
    assert "DECIMAL(38, 0)" in error.hint


def test_a_csv_that_is_read_and_written_keeps_what_its_text_says(project):
    project.put("in.csv", 'id,name,day,amount\n1,"x, y",2024-02-29,1.5\n2,,2024-03-01,\n')
    options = {"parse_dates": ["day"]} if project.engine == "pandas" else {}
    results = project.run(
        node("load", read=read("in.csv", **options)), node("out", depends_on=["load"], write=write("out.csv"))
    )
    assert results.failed == []
    assert project.text("out.csv").splitlines()[1:] == ['1,"x, y",2024-02-29,1.5', "2,,2024-03-01,"]


def test_dates_are_dates_to_every_writer(project):
    day = sql("day", "SELECT DATE '2024-02-29' AS d")
    for path in ("d.csv", "d.json", "d.xlsx"):
        results = project.run(day, node("out", depends_on=["day"], write=write(path)))
        assert results.failed == [], results.get_node_result("out").error
    assert project.text("d.csv").splitlines()[1] == "2024-02-29"
    assert "2024-02-29" in project.text("d.json")
    assert pd.read_excel(project.path / "d.xlsx", engine="calamine").d[0] == pd.Timestamp("2024-02-29")


@pytest.mark.parametrize("path", ["x.xlsx", "x.json"])
def test_plain_types_survive_formats_that_know_them(project, path):
    text = "VALUES (1, 1::BIGINT, 1.5::DOUBLE, true, 'x'), (2, NULL, NULL, NULL, NULL)"
    text = f"SELECT k::BIGINT AS k, i, f, b, s FROM ({text}) t(k, i, f, b, s)"
    project.run(sql("out", text, write=write(path)))
    again = project.run(node("again", read=read(path)), sql("same", "FROM again")).get_node_result("same")
    assert [column.type for column in again.result_schema] == ["BIGINT", "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR"]
    assert again.dataset.arrow().to_pylist()[1] == {"k": 2, "i": None, "f": None, "b": None, "s": None}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pd.Series([1, 2], dtype="int64"), "BIGINT"),
        (pd.Series(["a", None], dtype=object), "VARCHAR"),
        (pd.Series([None, None], dtype=object), "VARCHAR"),
        (pd.Series([1, None], dtype=object), "BIGINT"),
        (pd.Series([Decimal("1.10"), None]), "DECIMAL(3,2)"),
        (pd.Series([dt.date(2024, 1, 2), None]), "DATE"),
        (pd.Series(pd.to_datetime(["2024-01-02"])), "TIMESTAMP"),
        (pd.Series(pd.to_datetime(["2024-01-02"]).astype("datetime64[ns]")), "TIMESTAMP"),
        (pd.Series(pd.to_datetime(["2024-01-02"]).tz_localize("Europe/Berlin")), "TIMESTAMP WITH TIME ZONE"),
        (pd.Series(pd.to_datetime(["2024-01-02 03:04"]).astype("datetime64[s]")), "TIMESTAMP"),
        (pd.Series(["a", "b"], dtype="category"), "VARCHAR"),
        (pd.Series(["a", "b"], dtype="string"), "VARCHAR"),
        (pd.Series([dt.timedelta(days=3), None]), "INTERVAL"),
        (pd.Series([[1], None]), "BIGINT[]"),
        (pd.Series([{"a": 1}]), "STRUCT(a BIGINT)"),
        (pd.Series([b"x"]), "BLOB"),
        (pd.Series([dt.time(1, 2)]), "TIME"),
        (pd.Series([1.5, 2.5], dtype="Float64"), "DOUBLE"),
        (pd.Series([2**64 - 1], dtype="uint64"), "UBIGINT"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.dtype),
)
def test_what_pandas_makes_has_a_type_of_the_table(project, given, expected):
    @project.function
    def made():
        return pd.DataFrame({"x": given})

    results = project.run(python("made"), sql("same", "SELECT * FROM made"))
    assert results.failed == [], results.get_node_result(results.failed[0]).error
    assert kinds(results, "made") == kinds(results, "same") == [expected]


def test_all_types_stand_side_by_side(project):
    columns = ", ".join(f"{value} AS c{number}" for number, (value, *_) in enumerate(ROWS))
    result = project.run(sql("wide", f"SELECT {columns}"), sql("same", "FROM wide")).get_node_result("same")
    assert result.success, result.error
    assert len(result.dataset.arrow().columns) == len(ROWS)
