from __future__ import annotations

from typing import Any

import duckdb
import pytest

from odibi_nb.exceptions import ParameterError, TransformError, UnknownFunctionError
from odibi_nb.sql.operations import OPERATIONS, check_operation, operation_sql

ROWS = """
    SELECT * FROM (VALUES
        (1, 'N', 5.0::DOUBLE, DATE '2024-01-01'),
        (2, 'S', NULL, NULL),
        (3, NULL, 7.0, DATE '2024-01-03'),
        (1, 'N', 5.0, DATE '2024-01-01'),
        (4, 'S', 1.0, DATE '2024-01-02')
    ) AS t("Id", region, amount, day)
"""
EVERY = {
    "drop": {"columns": "day"},
    "rename": {"columns": {"region": "area"}},
    "fillna": {"value": 0},
    "drop_duplicates": {},
    "sort": {"by": "amount"},
    "sample": {"n": 2, "random_state": 1},
    "pivot": {"index": "Id", "columns": "region", "values": "amount"},
    "filter": {"condition": "amount > 1"},
    "cast": {"columns": {"Id": "str"}},
    "select": {"columns": ["Id"]},
}


def applied(name: str, frame: str = ROWS, **params: Any) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"python_enable_replacements": "false"})
    con.execute(f"CREATE TABLE df AS {frame}")
    columns = [(row[0], row[1]) for row in con.execute("DESCRIBE df").fetchall()]
    return con.execute(operation_sql(name, params, columns))


def rows(name: str, frame: str = ROWS, **params: Any) -> list[tuple[Any, ...]]:
    return applied(name, frame, **params).fetchall()


def names(name: str, **params: Any) -> list[str]:
    return [column[0] for column in applied(name, **params).description]


def first_column(name: str, **params: Any) -> list[Any]:
    return [row[0] for row in rows(name, **params)]


def test_every_operation_is_tried_below() -> None:
    assert set(EVERY) == set(OPERATIONS)


@pytest.mark.parametrize("name", EVERY)
def test_a_frame_without_rows_stays_without(name: str) -> None:
    assert rows(name, f"SELECT * FROM ({ROWS}) WHERE false", **EVERY[name]) == []


@pytest.mark.parametrize("name", EVERY)
def test_a_step_runs_the_same_twice(name: str) -> None:
    assert rows(name, **EVERY[name]) == rows(name, **EVERY[name])


def test_drop() -> None:
    assert names("drop", columns=["REGION", "day"]) == ["Id", "amount"]


def test_dropping_every_column_is_an_error() -> None:
    with pytest.raises(TransformError, match="no column"):
        applied("drop", columns=["Id", "region", "amount", "day"])


def test_select_orders_the_columns() -> None:
    assert names("select", columns=["amount", "id"]) == ["amount", "Id"]


def test_rename() -> None:
    assert names("rename", columns={"id": "key", "amount": 'the "sum"'}) == ["key", "region", 'the "sum"', "day"]


def test_renaming_can_swap_names() -> None:
    assert names("rename", columns={"region": "amount", "amount": "region"}) == ["Id", "amount", "region", "day"]


def test_renaming_to_a_name_that_is_there_is_an_error() -> None:
    with pytest.raises(TransformError, match="two columns"):
        applied("rename", columns={"amount": "REGION"})


def test_fillna_with_one_value_fills_the_columns_it_suits() -> None:
    assert rows("fillna", value=0)[1] == (2, "S", 0.0, None)
    assert rows("fillna", value="?")[2][1] == "?"


def test_fillna_by_column_keeps_the_types() -> None:
    filled = applied("fillna", values={"AMOUNT": 1, "day": "2020-02-02", "region": "it's"})
    assert [str(column[1]) for column in filled.description][2:] == ["DOUBLE", "DATE"]
    result = filled.fetchall()
    assert (result[1][2], str(result[1][3]), result[2][1]) == (1.0, "2020-02-02", "it's")


def test_fillna_never_rounds_the_value() -> None:
    with pytest.raises(TransformError, match=r"can't hold 0\.5"):
        applied("fillna", value={"Id": 0.5})


def test_drop_duplicates_keeps_the_order_of_rows() -> None:
    assert first_column("drop_duplicates") == [1, 2, 3, 4]
    assert first_column("drop_duplicates", keep="last") == [2, 3, 1, 4]
    assert first_column("drop_duplicates", keep=False) == [2, 3, 4]


def test_drop_duplicates_by_some_columns() -> None:
    assert first_column("drop_duplicates", subset="region") == [1, 2, 3]
    assert first_column("drop_duplicates", subset=["region"], keep="last") == [3, 1, 4]


def test_sort_puts_nulls_last_in_both_directions() -> None:
    amounts = [row[2] for row in rows("sort", by="amount")]
    assert amounts == [1.0, 5.0, 5.0, 7.0, None]
    assert [row[2] for row in rows("sort", by="amount", ascending=False)] == [7.0, 5.0, 5.0, 1.0, None]


def test_sort_by_several_columns_leaves_equal_rows_in_order() -> None:
    assert first_column("sort", by=["region", "Id"], ascending=[False, True]) == [2, 4, 1, 1, 3]
    assert first_column("sort", by="region") == [1, 1, 2, 4, 3]


def test_sort_wants_one_direction_a_column() -> None:
    with pytest.raises(ParameterError, match="2 columns and 1"):
        applied("sort", by=["Id", "amount"], ascending=[True])


MANY = "SELECT i AS n FROM range(1000) t(i)"


def test_sample_with_a_seed_is_the_same_each_time() -> None:
    taken = rows("sample", MANY, n=10, random_state=7)
    assert len(taken) == 10
    assert taken == sorted(taken) == rows("sample", MANY, n=10, seed=7)
    assert taken != rows("sample", MANY, n=10, random_state=8)


def test_sample_takes_a_share() -> None:
    assert len(rows("sample", MANY, frac=0.25)) == 250
    assert len(rows("sample", MANY, n=5000)) == 1000


def test_pivot_orders_its_columns_and_rows() -> None:
    assert names("pivot", index="day", columns="region", values="amount") == ["day", "N", "S"]
    result = rows("pivot", index="Id", columns="region", values="amount", aggfunc="sum")
    assert result == [(1, 10.0, None), (2, None, None), (3, None, None), (4, None, 1.0)]


def test_pivot_takes_the_first_value_that_is_there() -> None:
    frame = "SELECT * FROM (VALUES (1, 'a', NULL), (1, 'a', 5), (1, 'a', 6)) t(k, c, v)"
    assert rows("pivot", frame, index="k", columns="c", values="v") == [(1, 5)]
    assert rows("pivot", frame, index="k", columns="c", values="v", aggfunc="last") == [(1, 6)]
    assert rows("pivot", frame, index="k", columns="c", values="v", aggfunc="mean") == [(1, 5.5)]


def test_pivot_of_several_values() -> None:
    made = names("pivot", index=["Id"], columns="region", values=["amount", "day"])
    assert made == ["Id", "N_amount", "N_day", "S_amount", "S_day"]


@pytest.mark.parametrize("parameter", ["condition", "expr", "query"])
def test_filter(parameter: str) -> None:
    assert [row[0] for row in rows("filter", **{parameter: "amount >= 5 AND region = 'N' -- here"})] == [1, 1]


@pytest.mark.parametrize("condition", ["amount >", "1 = 1) OR (1 = 1", "true; DROP TABLE df"])
def test_a_condition_that_is_not_one_expression_is_an_error_before_the_run(condition: str) -> None:
    with pytest.raises(ParameterError, match="can't be read"):
        check_operation("filter", {"condition": condition})


def test_cast_takes_types_of_duckdb_and_of_pandas() -> None:
    made = applied("cast", columns={"id": "str", "amount": "DECIMAL(9, 2)", "day": "datetime64[ns]"})
    types = [str(column[1]) for column in made.description]
    assert types == ["VARCHAR", "VARCHAR", "DECIMAL(9,2)", "TIMESTAMP"]


def test_cast_of_every_column() -> None:
    assert {str(column[1]) for column in applied("cast", dtype="string").description} == {"VARCHAR"}


@pytest.mark.parametrize("type_", ["INTEGER) FROM df; DROP TABLE df --", "DECIMAL(", "1"])
def test_a_type_that_is_none_is_an_error_before_the_run(type_: str) -> None:
    with pytest.raises(ParameterError, match="can't be read"):
        check_operation("cast", {"columns": {"Id": type_}})


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"filter", "fillna", "drop_duplicates", "sample"}))
def test_an_unknown_column_names_the_nearest_one(name: str) -> None:
    params = {
        **EVERY[name],
        **{
            "drop": {"columns": "regoin"},
            "rename": {"columns": {"regoin": "x"}},
            "sort": {"by": "regoin"},
            "pivot": {"columns": "regoin"},
            "cast": {"columns": {"regoin": "str"}},
            "select": {"columns": "regoin"},
        }[name],
    }
    with pytest.raises(TransformError, match="no column 'regoin'") as caught:
        applied(name, **params)
    assert caught.value.hint == "did you mean 'region'?"


def test_names_of_the_helping_columns_never_collide() -> None:
    frame = "SELECT 1 AS row, 2 AS rank, 3 AS total, 4 AS ROW_"
    assert rows("sort", frame, by="row") == rows("sample", frame, n=1) == [(1, 2, 3, 4)]


def test_an_unknown_operation_names_the_nearest_one() -> None:
    with pytest.raises(UnknownFunctionError, match="'fill_na'") as caught:
        check_operation("fill_na", {})
    assert caught.value.hint == "did you mean 'fillna'?"


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("sort", {}, "sort(by, ascending=True): parameter 'by' is missing"),
        ("sort", {"by": 3}, "parameter 'by' is 3, not a column or a list of columns"),
        ("sort", {"by": []}, "not a column or a list"),
        ("sort", {"by": "a", "ascending": "yes"}, "not true, false or a list of them"),
        ("sort", {"by": "a", "columns": "b"}, "given twice"),
        ("rename", {"columns": ["a"]}, "not a mapping {old: new}"),
        ("drop_duplicates", {"keep": "any"}, "not first, last or false"),
        ("sample", {}, "give one of n or frac"),
        ("sample", {"n": 1, "frac": 0.5}, "give one of n or frac"),
        ("sample", {"n": -1}, "not a whole number"),
        ("sample", {"frac": 2}, "not a fraction between 0 and 1"),
        ("pivot", {"index": "a", "columns": "b", "values": "c", "aggfunc": "summ"}, "not one of first, last, sum"),
        ("cast", {"columns": 5}, "not a type or a mapping"),
        ("fillna", {"value": None}, "not a value or a mapping"),
    ],
)
def test_arguments_that_do_not_fit_are_errors_with_the_signature(
    name: str, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        check_operation(name, params)
    assert message in caught.value.message
    assert OPERATIONS[name].signature in caught.value.message


def test_a_misspelt_parameter_names_the_nearest_one() -> None:
    with pytest.raises(ParameterError, match="no parameter 'ascendign'") as caught:
        check_operation("sort", {"by": "a", "ascendign": True})
    assert caught.value.hint == "did you mean 'ascending'?"
