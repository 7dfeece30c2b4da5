import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from odibi_nb.exceptions import ConfigValidationError, FormatError

DEEP = 100_000


def test_a_table_is_read(folder):
    folder.put("a.csv", "id,name\n1,x\n2,y\n")
    assert folder.duckdb("a.csv").to_pylist() == [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]


@pytest.mark.parametrize("bad", ["3,4,5", "3"])
@pytest.mark.parametrize("rows_above", [0, 1, DEEP])
def test_a_ragged_row_is_an_error_with_file_line_and_text(folder, read, bad, rows_above):
    folder.put("a.csv", "a,b\n" + "1,2\n" * rows_above + f"{bad}\n" + "5,6\n" * 3)
    with pytest.raises(FormatError) as caught:
        read("a.csv")
    where = caught.value.where
    assert (where.file, where.line, where.source) == (folder.uris("a.csv")[0], rows_above + 2, bad)


def test_rows_that_are_all_too_long_dont_swallow_the_header(folder, read):
    folder.put("a.csv", "a,b\n1,2,3\n4,5,6\n")
    with pytest.raises(FormatError, match="3 fields, the header has 2"):
        read("a.csv")


def test_a_ragged_row_is_found_behind_quoted_line_ends(folder, read):
    folder.put("a.csv", 'a,b\n1,"x\ny"\n2,z,3\n')
    with pytest.raises(FormatError) as caught:
        read("a.csv")
    assert caught.value.where.line == 4


def test_ragged_rows_are_taken_when_options_ask_for_it(folder):
    folder.put("a.csv", "a,b\n1,2\n3\n4,5,6\n")
    assert folder.duckdb("a.csv", ignore_errors=True).num_rows == 1
    folder.put("b.csv", "a,b\n1,2\n3\n")
    assert folder.duckdb("b.csv", null_padding=True).to_pylist()[1] == {"a": 3, "b": None}


def test_an_empty_last_field_is_not_a_short_row(folder, read):
    folder.put("a.csv", "a,b\n1,\n2,5\n\n")
    assert len(read("a.csv")) == 2


@pytest.mark.parametrize("content", ["", "\n", "\n\n"])
def test_a_file_without_column_names_is_an_error(folder, read, content):
    folder.put("a.csv", content)
    with pytest.raises(FormatError, match=r"empty|blank"):
        read("a.csv")


@pytest.mark.parametrize("content", ["a,b\n", "a,b"])
def test_a_header_alone_is_no_rows(folder, read, content):
    folder.put("a.csv", content)
    assert len(read("a.csv")) == 0


def test_a_title_above_the_header_is_an_error_and_skip_heals_it(folder):
    folder.put("a.csv", "Report\na,b\n1,2\n")
    with pytest.raises(FormatError):
        folder.duckdb("a.csv")
    assert folder.duckdb("a.csv", skip=1).to_pylist() == [{"a": 1, "b": 2}]


def test_lines_that_begin_with_a_hash_are_rows(folder):
    folder.put("a.csv", "a,b\n#1,2\n3,4\n")
    assert folder.duckdb("a.csv")["a"].to_pylist() == ["#1", "3"]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_delimiter_is_an_error_that_names_it(folder, read, mark):
    folder.put("a.csv", f"a{mark}b\n1{mark}2\n")
    with pytest.raises(FormatError) as caught:
        read("a.csv")
    assert f"sep: {mark!r}" in caught.value.hint


@pytest.mark.parametrize("option", ["sep", "delimiter"])
def test_pandas_names_of_options_work(folder, read, option):
    folder.put("a.csv", "a;b\n1;2\n")
    assert len(read("a.csv", **{option: ";"})) == 1


@pytest.mark.parametrize("option", ["sep", "delimiter"])
def test_a_tab_may_be_given_as_a_hint_spells_it(folder, read, option):
    folder.put("a.csv", "a\tb\n1\t2\n")
    assert read("a.csv", **{option: r"\t"}).shape == (1, 2)


def test_a_separator_may_have_several_characters(folder):
    folder.put("a.csv", 'a||b\n1||yes\n2||"x||y"\n')
    assert folder.duckdb("a.csv", sep="||").to_pylist() == [{"a": 1, "b": "yes"}, {"a": 2, "b": "x||y"}]
    folder.put("b.csv", "a||b\n1||2||3\n")
    with pytest.raises(FormatError, match="the row has 3 fields, the header has 2"):
        folder.duckdb("b.csv", sep="||")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sep": ""}, "a separator is one character, or a few, not ''"),
        ({"sep": 1}, "a separator is one character, or a few, not 1"),
        ({"delim": "<->.<->"}, "a separator is one character, or a few, not '<->.<->'"),
        ({"quote": "ab"}, "option 'quote' is one character, or '' for none, not 'ab'"),
        ({"escapechar": 5}, "option 'escape' is one character, or '' for none, not 5"),
    ],
)
def test_what_can_not_cut_a_line_is_one_error(folder, options, said):
    folder.put("a.csv", "a,b\n1,2\n")
    with pytest.raises(ConfigValidationError) as caught:
        folder.duckdb("a.csv", **options)
    assert caught.value.message == said


@pytest.mark.parametrize("header", ["a,b,a", "a,b,A"])
def test_two_columns_of_one_name_are_an_error(folder, read, header):
    folder.put("a.csv", f"{header}\n1,2,3\n")
    with pytest.raises(FormatError, match="two columns have one name"):
        read("a.csv")


@pytest.mark.parametrize("rows_above", [0, DEEP])
def test_bytes_of_another_encoding_are_an_error_with_its_line(folder, read, rows_above):
    folder.put("a.csv", b"a,b\n" + b"1,x\n" * rows_above + "2,é\n".encode("latin-1"))
    with pytest.raises(FormatError, match="0xe9") as caught:
        read("a.csv")
    assert caught.value.where.line == rows_above + 2
    assert "encoding" in caught.value.hint


@pytest.mark.parametrize("encoding", ["latin-1", "iso8859-1", "utf-16", "utf-8-sig"])
def test_an_encoding_given_is_used(folder, read, encoding):
    folder.put("a.csv", "a,b\n1,é\n".encode(encoding))
    table = read("a.csv", encoding=encoding)
    assert list(table["b"] if isinstance(table, pd.DataFrame) else table["b"].to_pylist()) == ["é"]


def test_utf_16_without_the_option_is_named(folder, read):
    folder.put("a.csv", "a,b\n1,é\n".encode("utf-16"))
    with pytest.raises(FormatError, match="UTF-16"):
        read("a.csv")


@pytest.mark.parametrize("options", [{}, {"encoding": "latin-1"}, {"encoding": "cp1252"}])
def test_text_from_windows_is_read_as_the_hint_says(folder, options):
    folder.put("a.csv", "a,b\n1,€é\n".encode("cp1252"))
    with pytest.raises((FormatError, ConfigValidationError)) as caught:
        folder.duckdb("a.csv", **options)
    assert "engine: pandas" in caught.value.hint
    assert "encoding: cp1252" in caught.value.hint
    assert folder.pandas("a.csv", encoding="cp1252")["b"].tolist() == ["€é"]


def test_an_encoding_duckdb_lacks_is_an_error_before_reading(folder):
    folder.put("a.csv", "a\n1\n")
    with pytest.raises(ConfigValidationError, match="cp1252"):
        folder.duckdb("a.csv", encoding="cp1252")


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa,b\n1,2\n", b"a,b\r\n1,2\r\n"])
def test_byte_order_marks_and_windows_line_ends_leave_no_trace(folder, read, content):
    folder.put("a.csv", content)
    table = read("a.csv")
    columns = table.columns if isinstance(table, pd.DataFrame) else table.column_names
    assert list(columns) == ["a", "b"]


def test_mixed_line_ends_are_named(folder):
    folder.put("a.csv", "a,b\r\n1,2\n3,4\r\n")
    with pytest.raises(FormatError, match="mixes line ends"):
        folder.duckdb("a.csv")
    assert folder.duckdb("a.csv", strict_mode=False).num_rows == 2


def test_a_quote_never_closed_is_an_error_at_its_first_line(folder):
    folder.put("a.csv", 'a,b\n1,2\n3,"x\n4,y\n')
    with pytest.raises(FormatError, match="never closed") as caught:
        folder.duckdb("a.csv")
    assert caught.value.where.line == 3


def test_nul_bytes_in_the_header_are_an_error(folder, read):
    folder.put("a.csv", b"a\0,b\n1,2\n")
    with pytest.raises(FormatError, match="NUL"):
        read("a.csv")


def test_nul_bytes_in_values_are_kept(folder):
    folder.put("a.csv", b"a,b\n1,x\0y\n")
    assert folder.duckdb("a.csv")["b"].to_pylist() == ["x\0y"]


def test_leading_zeros_stay_text_and_types_can_be_given(folder):
    folder.put("a.csv", "id,n\n007,1\n")
    assert folder.duckdb("a.csv")["id"].to_pylist() == ["007"]
    assert folder.duckdb("a.csv", types={"id": "BIGINT"})["id"].to_pylist() == [7]
    assert folder.duckdb("a.csv", dtype={"n": "VARCHAR"})["n"].to_pylist() == ["1"]


def test_integers_above_2_to_53_stay_exact_beside_an_empty_cell(folder):
    folder.put("a.csv", "id,n\n9007199254740993,1\n,2\n")
    assert folder.duckdb("a.csv")["id"].to_pylist() == [9007199254740993, None]
    assert folder.pandas("a.csv")["id"].iloc[0] == 9007199254740993


def test_only_iso_dates_become_dates(folder):
    folder.put("a.csv", "iso,other\n2020-03-04,03/04/2020\n")
    assert folder.duckdb("a.csv").to_pylist() == [{"iso": dt.date(2020, 3, 4), "other": "03/04/2020"}]


def test_a_value_of_another_type_deep_in_the_file_is_an_error_that_says_which(folder):
    folder.put("a.csv", "a,b\n" + "1,2\n" * DEEP + "x,2\n")
    with pytest.raises(FormatError, match="column 'a': 'x' is not BIGINT") as caught:
        folder.duckdb("a.csv")
    assert caught.value.where.line == DEEP + 2
    assert "types" in caught.value.hint


def test_files_of_other_columns_are_an_error_that_names_the_file(folder, read):
    folder.put("1.csv", "a,b\n1,2\n")
    folder.put("2.csv", "a,c,b\n1,2,3\n")
    with pytest.raises(FormatError, match="adds c") as caught:
        read("*.csv")
    assert caught.value.where.file.endswith("2.csv")


def test_files_of_other_columns_are_united_on_request(folder):
    folder.put("1.csv", "a,b\n1,2\n")
    folder.put("2.csv", "a,c\n3,4\n")
    assert folder.duckdb("*.csv", union_by_name=True).num_columns == 3


def test_columns_in_another_order_are_matched_by_name(folder, read):
    folder.put("1.csv", "a,b\n1,2\n")
    folder.put("2.csv", "b,a\n4,3\n")
    table = read("*.csv")
    assert list(table["a"] if isinstance(table, pd.DataFrame) else table["a"].to_pylist()) == [1, 3]


@pytest.mark.parametrize("read_by", ["duckdb", "pandas"])
def test_an_unknown_option_is_an_error_that_suggests(folder, read_by):
    folder.put("a.csv", "a\n1\n")
    with pytest.raises(ConfigValidationError, match="did you mean 'quotechar'"):
        getattr(folder, read_by)("a.csv", quotechr="'")


def test_one_option_under_two_names_is_an_error(folder):
    folder.put("a.csv", "a\n1\n")
    with pytest.raises(ConfigValidationError, match="given twice"):
        folder.duckdb("a.csv", sep=",", delim=";")


def test_pandas_options_that_forbid_a_second_look_are_left_to_pandas(folder):
    folder.put("a.csv", "a,b\n1,2\n3\n")
    assert len(folder.pandas("a.csv", on_bad_lines="skip")) == 2


def test_stray_quotes_that_pandas_takes_stay_taken(folder):
    folder.put("a.csv", 'a,b\n1,x"y\n2,\n')
    assert folder.pandas("a.csv")["b"].iloc[0] == 'x"y'


def test_a_name_with_pattern_characters_is_that_file_alone(folder):
    folder.put("a[1].csv", "a\n1\n")
    folder.put("a1.csv", "a\n2\n")
    assert folder.duckdb("a[1].csv")["a"].to_pylist() == [1]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz"])
def test_null_and_empty_text_survive_a_round_trip(folder, name):
    query = "SELECT * FROM (VALUES (1, ''), (2, NULL), (3, 'a,\"b\"\n\tc')) t(i, s)"
    folder.write(name, query)
    assert folder.duckdb(name)["s"].to_pylist() == ["", None, 'a,"b"\n\tc']


def test_the_extension_decides_delimiter_and_compression(folder):
    folder.write("a.tsv", "SELECT 1 a, 2 b")
    folder.write("a.csv.gz", "SELECT 1 a, 2 b")
    assert (folder.path / "a.tsv").read_bytes() == b"a\tb\n1\t2\n"
    assert (folder.path / "a.csv.gz").read_bytes()[:2] == b"\x1f\x8b"
    assert len(folder.pandas("a.csv.gz")) == len(folder.pandas("a.tsv")) == 1


def test_nested_values_are_written_as_json(folder):
    folder.write("a.csv", "SELECT [1, 2] AS l, {'x': 'é'} AS s")
    assert folder.duckdb("a.csv").to_pylist() == [{"l": "[1,2]", "s": '{"x":"é"}'}]


def test_types_of_the_incoming_rows_read_an_existing_file(folder):
    folder.write("a.csv", "SELECT '7' AS id, 1.50::DECIMAL(5,2) AS price, [1, 2] AS l")
    table = folder.duckdb("a.csv", types={"id": "VARCHAR", "price": "DECIMAL(5,2)", "l": "INTEGER[]"})
    assert table.to_pylist() == [{"id": "7", "price": Decimal("1.50"), "l": [1, 2]}]


def test_pandas_writes_without_its_index(folder):
    folder.write_pandas("a.csv", pd.DataFrame({"a": [1]}, index=[5]))
    assert (folder.path / "a.csv").read_text() == "a\n1\n"


def test_a_very_long_field_is_no_fault(folder, read):
    folder.put("a.csv", "a,b\n" + "x" * 200_000 + ",\n")
    assert len(read("a.csv")) == 1
