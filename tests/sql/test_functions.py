from __future__ import annotations

import re

import duckdb
import pytest

from odibi_nb.sql.functions import AGGREGATES, FILE_READERS, ROW_MAKERS, VOLATILE, file_format

# Ranks and the like need OVER, which tells by itself; DuckDB 1.5 lists them as aggregates.
WINDOW_ONLY = set(
    """
    cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank rank_dense row_number
    """.split()  # noqa: SIM905
)
# They raise, look at how a value is stored, or use the session's time zone, which is always UTC: the result of a
# query doesn't vary with them.
HARMLESS = {"error", "stats", "vector_type", "make_timestamptz", "timezone"}
# So do, since DuckDB 2.0.1, all functions of times with a zone.
TAKES_A_ZONED_TIME = "len(list_filter(parameter_types, lambda t: t LIKE 'TIMESTAMP%Z%')) > 0"


def functions(condition: str) -> list[tuple[str, str]]:
    query = f"SELECT DISTINCT function_name, coalesce(macro_definition, '') FROM duckdb_functions() WHERE {condition}"
    return duckdb.connect().execute(query).fetchall()


def test_every_aggregate_of_duckdb_is_known() -> None:
    assert {name for name, _ in functions("function_type = 'aggregate'")} - WINDOW_ONLY <= AGGREGATES


def test_every_volatile_function_of_duckdb_is_known() -> None:
    marked = functions(f"stability <> 'CONSISTENT' AND NOT ({TAKES_A_ZONED_TIME})")
    assert {name for name, _ in marked} - HARMLESS <= VOLATILE


def test_every_macro_of_duckdb_over_those_is_known() -> None:
    for name, body in functions("function_type = 'macro' AND schema_name <> 'pg_catalog'"):
        calls = {call.lower() for call in re.findall(r"(\w+)\(", body)}
        assert name in AGGREGATES or not calls & AGGREGATES, name
        assert name in ROW_MAKERS or not calls & ROW_MAKERS, name
        assert name in VOLATILE or not calls & VOLATILE, name


def test_every_file_reader_of_duckdb_is_known() -> None:
    names = {name for name, _ in functions("function_type = 'table'")}
    readers = {name for name in names if re.match(r"read_|sniff_|parquet_|glob$", name)}
    assert {name for name in readers if "single" not in name} <= set(FILE_READERS)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.csv", "csv"),
        ("a.CSV.gz", "csv"),
        ("b/*.parquet", "parquet"),
        ("c.jsonl.zst", "json"),
        ("d.xlsx", "excel"),
        ("e.txt", None),
        ("f", None),
        ("g.gz", None),
    ],
)
def test_the_format_comes_from_the_extension(path: str, expected: str | None) -> None:
    assert file_format(path) == expected
