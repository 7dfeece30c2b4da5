"""What Python nodes get and may return, on each engine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pipeline.project import python, sql

from odibi_nb.engine.values import publish_value
from odibi_nb.exceptions import NotAFrameError, ValidationError

SALES = sql("sales", "SELECT * FROM (VALUES ('N', 1), ('S', 2), ('N', 4)) t(region, amount)")


def returned(project, function, **fields):
    project.functions.register(function, "made")
    return project.run(SALES, python("made", **fields), sql("same", "SELECT * FROM made"))


def rows(results, name="same"):
    result = results.get_node_result(name)
    assert result.success, results.get_node_result("made").error
    return result.dataset.arrow().to_pylist()


def error_of(results):
    return results.get_node_result("made").error


def test_the_named_index_of_a_grouped_frame_becomes_columns(project):
    results = returned(project, lambda sales: sales.groupby("region").sum())
    assert rows(results) == [{"region": "N", "amount": 5}, {"region": "S", "amount": 2}]


def test_all_named_levels_of_an_index_become_columns(project):
    def made(sales):
        return sales.assign(year=2024).groupby(["region", "year"]).sum()

    assert rows(returned(project, made))[0] == {"region": "N", "year": 2024, "amount": 5}


def test_an_unnamed_index_of_texts_is_dropped_with_a_note(project):
    results = returned(project, lambda sales: pd.DataFrame({"a": [1, 2]}, index=["x", "y"]))
    assert rows(results) == [{"a": 1}, {"a": 2}]
    assert "unnamed index was dropped" in results.get_node_result("made").notes[0]


def test_an_unnamed_index_of_integers_that_number_no_input_rows_is_dropped_with_a_note(project):
    results = returned(project, lambda sales: pd.DataFrame({"a": [1, 2]}, index=[2023, 2024]))
    assert "unnamed index was dropped" in results.get_node_result("made").notes[0]


@pytest.mark.parametrize(
    "made",
    [
        lambda sales: sales.set_index("region", drop=False),
        lambda sales: sales.set_index(["amount", "region"]).assign(region="N"),
    ],
)
def test_an_index_named_like_a_column_is_an_error_that_names_it(project, made):
    error = error_of(returned(project, made))
    assert isinstance(error, ValidationError)
    assert error.message == "the index and a column are both named 'region'"
    assert "df.reset_index(drop=True)" in error.hint


def test_levels_of_an_index_with_one_name_are_an_error_that_names_it(project):
    error = error_of(returned(project, lambda sales: sales.set_index(["region", "amount"]).rename_axis(["a", "a"])))
    assert isinstance(error, ValidationError)
    assert error.message == "two columns are named 'a'"
    assert 'EXCLUDE ("a")' in error.hint


def test_a_lazy_frame_is_collected_without_a_warning(recwarn):
    assert publish_value(pl.LazyFrame({"a": [1]}), "made").known_rows == 1
    assert [one for one in recwarn.list if one.category is not ResourceWarning] == []  # garbage of earlier tests may


@pytest.mark.parametrize(
    "made",
    [
        lambda sales: sales[sales.amount > 1],
        lambda sales: sales.sort_values("amount", ascending=False),
        lambda sales: pd.concat([sales, sales]),
        lambda sales: sales.iloc[:0],
    ],
    ids=["filtered", "sorted", "concatenated", "emptied"],
)
def test_row_numbers_left_over_from_the_input_are_dropped_without_a_note(project, made):
    assert returned(project, made).get_node_result("made").notes == ()


def test_a_named_range_is_a_column_too(project):
    def made():
        return pd.DataFrame({"a": [5, 6]}, index=pd.RangeIndex(2, name="n"))

    assert rows(returned(project, made)) == [{"n": 0, "a": 5}, {"n": 1, "a": 6}]


def test_an_index_named_like_a_column_is_an_error_naming_it(project):
    def made(sales):
        return sales.set_index(sales.region.rename("amount"))

    assert "amount" in str(error_of(returned(project, made)))


@pytest.mark.parametrize(("names", "said"), [(["a", "a"], "'a'"), (["a", "A"], "'a' and 'A' (case does not count)")])
def test_columns_of_one_name_are_an_error_naming_them(project, names, said):
    error = error_of(returned(project, lambda: pd.DataFrame([[1, 2]], columns=names)))
    assert isinstance(error, ValidationError)
    assert error.message == f"two columns are named {said}"


def test_columns_of_one_name_in_sql_are_an_error_naming_them(project):
    error = project.run(sql("made", "SELECT 1 AS id, 2 AS ID")).get_node_result("made").error
    assert "'id' and 'ID'" in error.message
    assert "rename" in error.hint


def test_a_column_whose_name_is_no_text_is_an_error_naming_it(project):
    error = error_of(returned(project, lambda: pd.DataFrame([[1, 2]])))
    assert "column 0 has a name that is no text" in error.message
    assert "map(str)" in error.hint


def test_a_frame_without_columns_is_an_error(project):
    error = error_of(returned(project, lambda: pd.DataFrame(index=[0, 1])))
    assert "no columns" in error.message


def test_a_column_of_mixed_types_is_an_error_naming_it(project):
    error = error_of(returned(project, lambda: pd.DataFrame({"ok": [1, 2], "mix": [1, "x"]})))
    assert isinstance(error, ValidationError)
    assert "column 'mix' mixes types" in error.message
    assert "int, str" in error.message
    assert "df['mix'].astype(str)" in error.hint


def test_values_that_no_column_holds_are_an_error_naming_it(project):
    error = error_of(returned(project, lambda: pd.DataFrame({"z": [1 + 2j]})))
    assert "column 'z' holds what no column can: complex" in error.message


def test_an_arrow_type_that_duckdb_lacks_is_an_error_naming_the_column(project):
    periods = pd.DataFrame({"p": pd.period_range("2024-01", periods=2, freq="M")})
    assert "column 'p'" in error_of(returned(project, lambda: periods)).message


@pytest.mark.parametrize(
    ("value", "what"), [(None, "returned None"), (3, "an int"), ("x", "a str"), ([], "a list"), ([{"a": 1}], "a list")]
)
def test_what_is_no_frame_is_an_error_that_names_the_ways_out(project, value, what):
    error = error_of(returned(project, lambda: value))
    assert isinstance(error, NotAFrameError)
    assert isinstance(error, TypeError)
    assert what in error.message
    assert "--returns object" in error.hint
    assert "--returns none" in error.hint


def test_a_series_is_an_error_with_its_own_remedy(project):
    error = error_of(returned(project, lambda sales: sales.groupby("region").amount.sum()))
    assert "a Series" in error.message
    assert ".to_frame()" in error.hint


@pytest.mark.parametrize(
    "made",
    [
        lambda: pa.table({"a": [1, None]}),
        lambda: pl.DataFrame({"a": [1, None]}),
        lambda: pl.DataFrame({"a": [1, None]}).lazy(),
        lambda: duckdb.sql("SELECT * FROM (VALUES (1::BIGINT), (NULL)) t(a)"),
        lambda: pa.record_batch({"a": [1, None]}),
        lambda: pa.table({"a": [1, None]}).to_reader(),
        lambda: iter(pa.table({"a": [1, None]}).to_batches()),
        lambda: pa.table({"a": [1, None]}).to_batches(),
        lambda: pd.DataFrame({"a": [1, None]}, dtype="Int64"),
    ],
    ids=["table", "polars", "lazy polars", "relation", "batch", "reader", "batches", "list of batches", "pandas"],
)
def test_every_kind_of_frame_may_be_returned(project, made):
    results = returned(project, made)
    assert rows(results) == [{"a": 1}, {"a": None}]
    assert results.get_node_result("made").result_schema == (("a", "BIGINT"),)


def takes_arrow(sales: pa.Table):
    assert isinstance(sales, pa.Table)
    return sales


def takes_polars(sales: pl.DataFrame):
    assert isinstance(sales, pl.DataFrame)
    return sales.filter(pl.col("amount") > 0)


def takes_relation(sales: duckdb.DuckDBPyRelation):
    assert isinstance(sales, duckdb.DuckDBPyRelation)
    return sales.filter("amount > 0")


def takes_batches(sales: Iterator[pa.RecordBatch]):
    return (batch for batch in sales)


def takes_pandas(sales: pd.DataFrame):
    assert isinstance(sales, pd.DataFrame)
    return sales


@pytest.mark.parametrize("made", [takes_arrow, takes_polars, takes_relation, takes_batches, takes_pandas])
def test_the_annotation_decides_what_is_handed_over(project, made):
    assert sorted(row["amount"] for row in rows(returned(project, made))) == [1, 2, 4]


def test_a_node_that_returns_any_object_hands_it_on_to_python(project):
    project.functions.register(lambda sales: {"total": int(sales.amount.sum())}, "model")
    project.functions.register(lambda model: pd.DataFrame([model]), "report")
    results = project.run(SALES, python("model", returns="object"), python("report"))
    assert results.get_node_result("report").dataset.arrow().to_pylist() == [{"total": 7}]


def test_sql_that_reads_an_object_is_told_what_it_is(project):
    project.functions.register(lambda: {"a": 1}, "model")
    results = project.run(python("model", returns="object"), sql("bad", "SELECT * FROM model"))
    error = results.get_node_result("bad").error
    assert error.message == "the result is a dict, not rows"
    assert error.hint == "only Python nodes can read it; what is written, tested or read by SQL is a DataFrame"


def test_days_that_python_has_no_dates_for_can_be_looked_at():
    days = pa.array([2**31 - 1, 1 - 2**31, 6_585_442, 0, None], pa.int32()).cast(pa.date32())
    data = publish_value(pa.table({"day": days, "each": [[day] for day in days]}), "made")
    assert [day for day, _ in data.head(5)] == ["infinity", "-infinity", "20000-04-30", "1970-01-01", None]


def test_a_value_can_be_judged_while_another_thread_is_importing_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", ModuleType("pandas"))
    with pytest.raises(NotAFrameError, match="returned an int"):
        publish_value(5, "made")
