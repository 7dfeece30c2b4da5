import json
from decimal import Decimal

import pandas as pd
import pytest

from odibi_nb.exceptions import ConfigValidationError, FormatError
from odibi_nb.formats import format_of


def rows_of(table):
    if isinstance(table, pd.DataFrame):
        return [{k: None if v is pd.NA else v for k, v in row.items()} for row in table.to_dict("records")]
    return table.to_pylist()


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize("content", ['[{"a": 1, "s": "007"},\n {"a": null}]', '{"a": 1, "s": "007"}\n{"a": null}\n'])
def test_arrays_and_lines_are_told_apart(folder, read, name, content):
    folder.put(name, content)
    assert rows_of(read(name)) == [{"a": 1, "s": "007"}, {"a": None, "s": None}]


def test_integers_above_2_to_53_stay_exact_beside_a_null(folder, read):
    folder.put("a.json", '[{"a": 9007199254740993}, {"a": null}]')
    assert rows_of(read("a.json"))[0] == {"a": 9007199254740993}


def test_a_fraction_far_behind_integers_is_not_rounded(folder, read):
    folder.put("a.jsonl", '{"a": 1}\n' * 30_000 + '{"a": 1.5, "late": "x"}\n')
    assert rows_of(read("a.jsonl"))[-1] == {"a": 1.5, "late": "x"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("[]", "no records"),
        ("hello", "no JSON records"),
        ("[1, 2]", "no JSON records"),
        ("3\n", "no JSON"),
    ],
)
def test_a_file_without_records_is_an_error(folder, read, content, said):
    folder.put("a.json", content)
    with pytest.raises(FormatError, match=said):
        read("a.json")


def test_no_records_are_no_rows_when_the_columns_are_known(folder):
    folder.write("a.json", "SELECT 1 AS a WHERE false")
    assert folder.duckdb("a.json", columns={"a": "BIGINT"}).num_rows == 0


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_file_written_from_no_rows_is_blank(folder, name):
    folder.write(name, "SELECT 1 AS a WHERE false")
    assert format_of(name).is_blank(folder.files.open, folder.uris(name))
    folder.write(name, "SELECT 1 AS a")
    assert not format_of(name).is_blank(folder.files.open, folder.uris(name))


@pytest.mark.parametrize("rows_above", [0, 30_000])
def test_malformed_json_is_an_error_with_its_line(folder, read, rows_above):
    folder.put("a.jsonl", '{"a": 1}\n' * rows_above + '{"a": x}\n')
    with pytest.raises(FormatError) as caught:
        read("a.jsonl")
    assert caught.value.where.file.endswith("a.jsonl")
    assert caught.value.where.line == rows_above + 1


def test_bytes_that_are_not_utf_8_are_an_error(folder, read):
    folder.put("a.json", '[{"a": "é"}]'.encode("latin-1"))
    with pytest.raises(FormatError, match=r"UTF-8|utf-8"):
        read("a.json")


@pytest.mark.parametrize("content", ['\ufeff[{"a": 1}]', '\ufeff{"a": 1}\n'])
def test_a_byte_order_mark_leaves_no_trace(folder, content):
    folder.put("a.json", content)
    assert rows_of(folder.pandas("a.json")) == [{"a": 1}]
    assert rows_of(folder.duckdb("a.json", **({"format": "array"} if "[" in content else {}))) == [{"a": 1}]


def test_an_array_behind_a_byte_order_mark_is_never_one_value(folder):
    folder.put("a.json", '\ufeff[{"a": 1}]')
    with pytest.raises(FormatError, match="byte order mark"):
        folder.duckdb("a.json")


@pytest.mark.parametrize(
    ("name", "options", "lines"),
    [("a.json", {}, False), ("a.jsonl", {}, True), ("a.json", {"lines": True}, True), ("a.ndjson", {}, True)],
)
def test_the_extension_or_an_option_decides_what_is_written(folder, name, options, lines):
    folder.write(name, "SELECT unnest([1, 2]) AS a", **options)
    by_duckdb = (folder.path / name).read_text()
    folder.write_pandas(name, pd.DataFrame({"a": [1, 2]}), **options)
    by_pandas = (folder.path / name).read_text()
    assert by_duckdb.lstrip().startswith("{") is by_pandas.startswith("{") is lines
    assert folder.duckdb(name)["a"].to_pylist() == [1, 2]


def test_pandas_own_options_are_pandas_own(folder):
    folder.put("a.json", '{"a": {"0": 1, "1": 2}}')
    assert list(folder.pandas("a.json", orient="columns")["a"]) == [1, 2]


def test_another_orient_is_an_error_of_the_duckdb_way(folder):
    folder.put("a.json", '[{"a": 1}]')
    with pytest.raises(ConfigValidationError, match="orient"):
        folder.duckdb("a.json", orient="split")


def test_decimals_of_many_digits_are_written_exactly(folder):
    many, few = Decimal("80515076078523.79"), Decimal("1.10")
    folder.write("a.json", f"SELECT unnest([{many}, {few}, NULL])::DECIMAL(38,2) AS d")
    assert [r["d"] for r in json.loads((folder.path / "a.json").read_text())] == [str(many), 1.1, None]
    assert folder.duckdb("a.json", types={"d": "DECIMAL(38,2)"})["d"].to_pylist() == [many, few, None]
