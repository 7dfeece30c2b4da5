import io

import duckdb
import pandas as pd
import pytest

from odibi_nb.exceptions import ConfigValidationError, FormatError
from odibi_nb.formats.parquet import ParquetFormat


def test_types_survive_a_round_trip(folder, read):
    folder.write("a.parquet", "SELECT 9007199254740993 AS big, '007' AS zeros UNION ALL SELECT NULL, ''")
    table = read("a.parquet")
    rows = table.to_dict("records") if isinstance(table, pd.DataFrame) else table.to_pylist()
    assert rows[0] == {"big": 9007199254740993, "zeros": "007"}


@pytest.mark.parametrize(("content", "said"), [("id,name\n1,x\n", "not Parquet"), ("", "empty"), ("PAR1 cut", "read")])
def test_a_file_that_is_not_parquet_is_an_error_that_names_it(folder, read, content, said):
    folder.put("a.parquet", content)
    with pytest.raises(FormatError, match=said) as caught:
        read("a.parquet")
    assert caught.value.where.file.endswith("a.parquet")


@pytest.mark.parametrize(
    ("other", "said"),
    [("SELECT 1 a", "b"), ("SELECT 1 a, 2 b, 3 c", "c"), ("SELECT 1 a, 2.7::DOUBLE b", "double")],
)
def test_files_of_other_columns_are_an_error_that_names_them(folder, read, other, said):
    folder.write("1.parquet", "SELECT 1 a, 2 b")
    folder.write("2.parquet", other)
    with pytest.raises(FormatError, match=said) as caught:
        read("*.parquet")
    assert caught.value.where.file.endswith("2.parquet")


def test_files_of_other_columns_are_united_on_request(folder):
    folder.write("1.parquet", "SELECT 1 a")
    folder.write("2.parquet", "SELECT 2.5::DOUBLE a, 3 c")
    assert folder.duckdb("*.parquet", union_by_name=True).to_pylist() == [{"a": 1.0, "c": None}, {"a": 2.5, "c": 3}]


def test_partition_folders_are_columns_only_on_request(folder):
    (folder.path / "year=2024").mkdir()
    folder.write("year=2024/x.parquet", "SELECT 1 a")
    assert folder.duckdb("**/*.parquet").column_names == ["a"]
    assert folder.duckdb("**/*.parquet", hive_partitioning=True).column_names == ["a", "year"]


def test_pandas_writes_what_duckdb_reads(folder):
    folder.write_pandas("a.parquet", pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}, index=[4, 5]))
    assert folder.duckdb("a.parquet").to_pylist() == [{"a": 1}, {"a": None}]


def test_an_unknown_option_is_an_error_that_suggests(folder):
    with pytest.raises(ConfigValidationError, match="did you mean 'compression'"):
        folder.write("a.parquet", "SELECT 1 a", compresion="snappy")
    assert not list(folder.path.iterdir())


@pytest.mark.parametrize(
    ("error", "is_of_the_file"),
    [
        (duckdb.InvalidInputException("Invalid Input Error: Division by zero in expression (a // b)"), False),
        (duckdb.InvalidInputException("Invalid Input Error: no such customer"), False),  # SELECT error(…)
        (duckdb.InvalidInputException("Invalid Input Error: Mismatch in parquet read for column 1"), True),
        (duckdb.InvalidInputException('Invalid Input Error: Failed to read file "a.parquet": …'), True),
        (duckdb.Error("TProtocolException: Invalid data"), True),
    ],
)
def test_what_a_function_objects_to_is_no_damage_of_the_file(error, is_of_the_file):
    told = ParquetFormat().explain(error, lambda uri: io.BytesIO(), ["a.parquet"], {})
    assert (told is not None) == is_of_the_file
