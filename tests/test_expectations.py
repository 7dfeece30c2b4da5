import datetime
import re
import threading

import duckdb
import pandas as pd
import pytest

from odibi_nb.config import ValidationConfig
from odibi_nb.exceptions import ValidationError
from odibi_nb.expectations import bad_rows_sql, broken, check_rows, evaluate, look_at_bad_rows, no_column

SALES = """CREATE TABLE sales AS FROM (VALUES
    (1, 'N', 10.0, DATE '2024-01-01', true), (1, 'S', NULL, DATE '2024-01-02', true),
    (2, 'N', -1.0, NULL, false), (NULL, 'it''s', 5.0, DATE '2024-01-01', NULL), (NULL, NULL, 7.0, NULL, NULL)
) AS v(id, region, amount, day, "is it?")"""


@pytest.fixture
def database():
    with duckdb.connect() as connection:
        connection.execute(SALES)
        yield connection


@pytest.fixture
def run(database):
    return lambda sql: database.execute(sql).fetchall()


def check(run, *tests, fails=True, table='"sales"'):
    configs = ValidationConfig.model_validate({"tests": list(tests)}).tests
    return evaluate([(config, fails) for config in configs], table, run)


@pytest.mark.parametrize(
    ("test", "bad_rows"),
    [
        ({"type": "not_null", "column": "amount"}, 1),
        ({"type": "not_null", "columns": ["id", "amount"]}, 3),
        ({"type": "not_null", "column": "is it?"}, 2),
        ({"type": "unique", "column": "id"}, 1),
        ({"type": "unique", "columns": ["id", "region"]}, 0),
        ({"type": "unique", "columns": ["day"]}, 1),
        ({"type": "accepted_values", "column": "region", "values": ["N", "S", "it's"]}, 0),
        ({"type": "accepted_values", "column": "region", "values": ["N"]}, 2),
        ({"type": "accepted_values", "column": "region", "values": ["N", None]}, 2),
        ({"type": "accepted_values", "column": "region", "values": ["N", 2]}, 2),
        ({"type": "accepted_values", "column": "region", "values": []}, 4),
        ({"type": "accepted_values", "column": "id", "values": [1]}, 1),
        ({"type": "accepted_values", "column": "amount", "values": [10, 5.0, 7]}, 1),
        ({"type": "accepted_values", "column": "day", "values": [datetime.date(2024, 1, 1)]}, 1),
        ({"type": "accepted_values", "column": "is it?", "values": [True]}, 1),
        ({"type": "custom_sql", "condition": "amount > 0"}, 1),
        ({"type": "custom_sql", "condition": "amount > 0 -- always"}, 1),
        ({"type": "custom_sql", "condition": "id = 1 OR amount > 0"}, 1),
        ({"type": "custom_sql", "condition": "region IN (SELECT 'N')"}, 2),
        ({"type": "custom_sql", "condition": "row_number() OVER () <= 3"}, 2),
        ({"type": "custom_sql", "condition": "count(*) OVER () = 5"}, 0),
        ({"type": "custom_sql", "condition": "region NOT LIKE '%{}%'"}, 0),
    ],
)
def test_bad_rows_are_counted_and_shown(run, test, bad_rows):
    (result,) = check(run, test)
    assert result.bad_rows == bad_rows
    assert result.passed == (bad_rows == 0)
    assert len(result.sample) == bad_rows
    assert result.detail == (f"{bad_rows} of 5 rows" if bad_rows else "")


def test_a_sample_shows_whole_rows_by_column(run):
    (result,) = check(run, {"type": "custom_sql", "condition": "amount > 0"})
    day = {"day": None, "is it?": False}
    assert [{**row, "amount": float(row["amount"])} for row in result.sample] == [
        {"id": 2, "region": "N", "amount": -1.0, **day}
    ]


def test_a_sample_holds_five_rows_and_the_count_all(run):
    (result,) = check(run, {"type": "custom_sql", "condition": "i < 0"}, table="(SELECT range AS i FROM range(1000))")
    assert result.bad_rows == 1000
    assert len(result.sample) == 5
    assert result.detail == "1,000 of 1,000 rows"


@pytest.mark.parametrize(
    ("bounds", "passed", "describe"),
    [
        ({"min": 5}, True, "row_count >= 5"),
        ({"min": 6}, False, "row_count >= 6"),
        ({"max": 5}, True, "row_count <= 5"),
        ({"max": 4}, False, "row_count <= 4"),
        ({"max": 0}, False, "row_count <= 0"),
        ({"min": 5, "max": 5}, True, "row_count = 5"),
        ({"min": 6, "max": 9}, False, "row_count between 6 and 9"),
    ],
)
def test_the_number_of_rows_is_bounded(run, bounds, passed, describe):
    (result,) = check(run, {"type": "row_count", **bounds})
    assert (result.passed, result.name) == (passed, describe)
    assert result.detail == ("" if passed else "5 rows")


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ({"type": "not_null", "columns": ["id", "region"]}, "not_null(id, region)"),
        ({"type": "unique", "column": "id"}, "unique(id)"),
        (
            {"type": "accepted_values", "column": "region", "values": ["N", "it's"]},
            "accepted_values(region, 'N', 'it''s')",
        ),
        ({"type": "custom_sql", "condition": "amount\n  > 0"}, "amount > 0"),
        ({"type": "custom_sql", "condition": "amount > 0", "name": "positive"}, "positive"),
    ],
)
def test_a_result_is_named_by_its_test_or_by_what_it_asks(run, test, name):
    assert check(run, test)[0].name == name


@pytest.mark.parametrize(("fails", "severity"), [(True, "fail"), (False, "warn")])
def test_a_result_says_whether_it_fails_the_node(run, fails, severity):
    assert check(run, {"type": "not_null", "column": "id"}, fails=fails)[0].severity == severity


def test_tests_of_an_engines_result_are_checked():
    from odibi_nb.engine.duckdb_engine import DuckDBEngine

    engine = DuckDBEngine()
    data = engine.publish(pd.DataFrame({"id": [1, 1]}), "numbers")
    (test,) = ValidationConfig.model_validate({"tests": [{"type": "unique", "column": "id"}]}).tests
    (result,) = check_rows(engine, data, [(test, True)])
    engine.close()
    assert (result.bad_rows, result.sample) == (1, ({"id": 1},))


def test_tests_that_pass_cost_one_query_together_and_each_failure_one_more(run):
    statements = []

    def counted(sql):
        statements.append(sql)
        return run(sql)

    passing = [{"type": "unique", "columns": ["id", "region"]}, {"type": "row_count", "min": 1}]
    assert all(result.passed for result in check(counted, *passing))
    assert len(statements) == 1
    statements.clear()
    results = check(counted, *passing, {"type": "not_null", "column": "id"})
    assert [result.passed for result in results] == [True, True, False]
    assert len(statements) == 2


def test_no_tests_run_nothing():
    assert evaluate([], "sales", pytest.fail) == ()


def test_no_rows_pass_every_test_of_rows(run):
    tests = [{"type": "not_null", "column": "id"}, {"type": "unique", "column": "id"}]
    assert all(result.passed for result in check(run, *tests, table="(FROM sales WHERE false)"))


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"type": "not_null", "column": "amuont"}, r"^expectation 'not_null\(amuont\)': there is no column 'amuont'"),
        ({"type": "custom_sql", "condition": "amount >"}, "'amount >' can't be evaluated: syntax error"),
        ({"type": "custom_sql", "condition": "CAST(region AS INT) > 0"}, "can't be evaluated: Could not convert"),
        ({"type": "custom_sql", "condition": "sum(amount) > 0"}, "can't be evaluated: column \""),
    ],
)
def test_a_test_that_can_not_be_evaluated_is_the_one_blamed(run, test, message):
    with pytest.raises(ValidationError, match=message) as caught:
        check(run, {"type": "not_null", "column": "region"}, test)
    assert not re.search("LINE|Error:|Candidate|!", str(caught.value))
    assert isinstance(caught.value.__cause__, duckdb.Error)


def test_what_is_no_condition_comes_with_the_forms_there_are(run):
    with pytest.raises(ValidationError) as caught:
        check(run, {"type": "custom_sql", "condition": "id is unique"})
    assert "unique(a)" in caught.value.hint


def test_an_aggregate_as_condition_is_told_how_to_be_written(run):
    with pytest.raises(ValidationError, match=r"sum\(amount\) > 0") as caught:
        check(run, {"type": "custom_sql", "condition": "sum(amount) > 0"})
    assert "OVER ()" in caught.value.hint


def test_a_misspelt_column_comes_with_the_nearest_and_with_all(run):
    with pytest.raises(ValidationError) as caught:
        check(run, {"type": "unique", "column": "amuont"})
    assert caught.value.hint.startswith("did you mean 'amount'? columns: id, ")


def test_of_many_columns_a_few_are_listed():
    assert no_column("t", "zzz", [f"c{n}" for n in range(25)])[1].endswith("c19 and 5 more")


def test_a_condition_with_a_table_is_told_where_that_goes(run):
    with pytest.raises(ValidationError, match="nope does not exist") as caught:
        check(run, {"type": "custom_sql", "condition": "(SELECT max(x) FROM nope) > 0"})
    assert "%%odibi_expect" in caught.value.hint


def test_rows_that_can_not_be_computed_blame_no_test(run):
    with pytest.raises(duckdb.ConversionException):
        check(
            run,
            {"type": "row_count", "min": 1},
            {"type": "not_null", "column": "n"},
            table="(SELECT CAST(region AS INT) AS n FROM sales)",
        )


def test_an_interrupt_is_no_verdict(database, run):
    over = threading.Event()

    def interrupt():
        while not over.wait(0.2):  # what is about to begin isn't reached
            database.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    slow = "(SELECT a.range AS i FROM range(1000000) a, range(1000000) b)"
    try:
        with pytest.raises(duckdb.InterruptException):
            check(run, {"type": "custom_sql", "condition": "i % 7 < 7"}, table=slow)
    finally:
        over.set()
        thread.join()


def test_bad_rows_are_counted_in_full_and_the_first_five_shown_in_one_query(run):
    ((count, sample),) = run(bad_rows_sql("(SELECT range AS i FROM range(1000))"))
    assert (count, [row["i"] for row in sample]) == (1000, [0, 1, 2, 3, 4])
    assert run(bad_rows_sql("(FROM sales WHERE false)")) == [(0, None)]


@pytest.mark.parametrize(("ids", "detail"), [([], ""), ([7], "1 bad row"), ([7, 8], "2 bad rows")])
@pytest.mark.parametrize("fails", [True, False])
def test_a_query_that_gives_no_row_has_passed(ids, detail, fails):
    from odibi_nb.engine.duckdb_engine import DuckDBEngine

    engine = DuckDBEngine()
    result = look_at_bad_rows(engine, engine.publish(pd.DataFrame({"id": ids}), "bad"), "rule", fails=fails, where={})
    engine.close()
    assert (result.passed, result.bad_rows, result.detail) == (not ids, len(ids), detail)
    assert result.sample == tuple({"id": value} for value in ids)
    assert (broken([result]) is not None) == (fails and bool(ids))
