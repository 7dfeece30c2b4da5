"""Columns summed up, on real engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from odibi_nb.engine import Dataset, Engine, create_engine
from odibi_nb.engine.base import Query, Readers, Run
from odibi_nb.exceptions import UsageError
from odibi_nb.profile import ColumnProfile, TopValue, summarize
from odibi_nb.sql import analyze


@pytest.fixture(params=["duckdb", "pandas"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = create_engine(request.param)
    yield made
    made.close()


def rows(engine: Engine, sql: str, *, form: str = "table") -> Dataset:
    return engine.query(Query("rows", analyze(sql), {}, readers=Readers(overrule=form)))


def column(engine: Engine, value: str, many: int = 30) -> ColumnProfile:
    (found,) = summarize(engine, rows(engine, f"SELECT {value} AS x FROM range({many}) t(i)")).columns
    return found


def test_every_column_in_order_with_its_type_and_nulls(engine: Engine) -> None:
    frame = pd.DataFrame({"id": [1, 2, 3], "region": ["N", None, "N"], "amount": [1.5, None, None]})
    found = summarize(engine, engine.publish(frame, "sales"))
    assert found.rows == 3
    assert [(c.name, c.type, c.nulls, c.distinct) for c in found.columns] == [
        ("id", "BIGINT", 0, 3), ("region", "VARCHAR", 1, 1), ("amount", "DOUBLE", 2, 1),
    ]  # fmt: skip


def test_named_columns_alone_in_the_order_asked_for(engine: Engine) -> None:
    data = rows(engine, "SELECT 1 AS a, 2 AS b, 3 AS c")
    assert [c.name for c in summarize(engine, data, ["C", "a"]).columns] == ["c", "a"]
    with pytest.raises(UsageError, match="there is no column 'amont'") as caught:
        summarize(engine, rows(engine, "SELECT 1 AS amount"), ["amont"])
    assert caught.value.hint == "did you mean 'amount'?"


def test_many_columns_are_asked_about_in_parts(engine: Engine) -> None:
    data, asked = rows(engine, f"SELECT {', '.join(f'i + {n} AS c{n}' for n in range(120))} FROM range(9) t(i)"), []
    inspect = engine.inspect

    def noting(data: Dataset, work: Callable[[str, Run], Any]) -> Any:
        return inspect(data, lambda table, run: work(table, lambda sql: (asked.append(sql), run(sql))[1]))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "inspect", noting)
        found = summarize(engine, data)
    assert (found.rows, [one.name for one in found.columns]) == (9, [f"c{n}" for n in range(120)])
    assert [(one.low, one.high, len(one.bins)) for one in found.columns[-1:]] == [("119", "127", 9)]
    assert max(sql.count("'distinct'") for sql in asked) == 50


def test_whole_numbers_get_bins_of_whole_numbers(engine: Engine) -> None:
    found = column(engine, "i % 7")
    assert (found.low, found.high, found.distinct) == ("0", "6", 7)
    assert [(one.low, one.high, one.count) for one in found.bins][-1] == (6.0, 7.0, 4)
    assert [one.count for one in column(engine, "i").bins] == [3] * 10
    assert [one.count for one in column(engine, "i", many=25).bins] == [3] * 8 + [1]


def test_numbers_get_ten_bins_and_a_mean(engine: Engine) -> None:
    found = column(engine, "i / 2.0::DOUBLE", many=21)
    assert (found.low, found.high, found.mean) == ("0.0", "10.0", 5.0)
    assert [one.count for one in found.bins] == [2] * 9 + [3]
    assert (found.bins[0].low, found.bins[-1].high) == (0.0, 10.0)


@pytest.mark.parametrize("kind", ["BIGINT", "DOUBLE", "DECIMAL(9, 2)"])
def test_null_is_in_no_bin(engine: Engine, kind: str) -> None:
    found = column(engine, f"if(i % 3 = 0, NULL, i)::{kind}")
    assert (found.nulls, sum(one.count for one in found.bins)) == (10, 20)


def test_what_is_no_finite_number_is_counted_apart(engine: Engine) -> None:
    found = column(engine, "['nan', '-inf', 'inf', '3', '4', '5'][i + 1]::DOUBLE", many=6)
    assert (found.not_finite, found.low, found.high, found.mean) == (3, "3.0", "5.0", 4.0)
    assert sum(one.count for one in found.bins) == 3
    assert column(engine, "'nan'::DOUBLE").bins == ()


def test_one_value_alone_makes_one_bin_of_whole_numbers_and_none_of_others(engine: Engine) -> None:
    assert [one.count for one in column(engine, "5").bins] == [30]
    assert column(engine, "5.5::DOUBLE").bins == ()


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("-9223372036854775807 + i", "-9223372036854775807", "-9223372036854775778"),
        ("18446744073709551615::UBIGINT", "18446744073709551615", "18446744073709551615"),
        ("if(i = 0, -1, 1) * 1.7e308::DOUBLE", "-1.7e+308", "1.7e+308"),
        ("if(i = 0, -1, 1) * 99999999999999999999999999999999999999::DECIMAL(38, 0)", "-" + "9" * 38, "9" * 38),
        ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)", "0044-03-15 (BC)"),
        ("if(i = 0, DATE '2024-01-01', DATE 'infinity')", "2024-01-01", "2024-01-01"),
    ],
)
def test_extreme_values(value: str, low: str, high: str) -> None:
    engine = create_engine("duckdb")
    found = column(engine, value)
    engine.close()
    assert (found.low, found.high) == (low, high)


def test_dates_get_bins_of_days_and_moments_of_any_width(engine: Engine) -> None:
    days = column(engine, "DATE '2024-01-01' + i::INT", many=20)
    assert [(one.low, one.high, one.count) for one in days.bins][::9] == [
        ("2024-01-01", "2024-01-03", 2), ("2024-01-19", "2024-01-21", 2),
    ]  # fmt: skip
    moments = column(engine, "TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR", many=11)
    assert [one.count for one in moments.bins] == [1] * 9 + [2]
    assert (moments.bins[0].low, moments.bins[-1].high) == ("2024-01-01 00:00:00", "2024-01-01 10:00:00")
    assert len(column(engine, "TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) HOUR").bins) == 10


def test_texts_and_flags_get_their_most_frequent_values(engine: Engine) -> None:
    found = column(engine, "CASE WHEN i < 15 THEN 'it''s' WHEN i < 20 THEN '' WHEN i < 22 THEN 'x' ELSE 'y' || i END")
    assert found.top == (TopValue("it's", 15), TopValue("", 5), TopValue("x", 2))
    assert (found.low, found.high) == ("", "y29")
    assert column(engine, "i % 3 = 0").top == (TopValue("false", 20), TopValue("true", 10))


def test_texts_that_all_differ_have_no_frequent_ones(engine: Engine) -> None:
    assert column(engine, "'x' || i").top == ()


def test_long_texts_are_cut_but_not_mixed_up(engine: Engine) -> None:
    found = column(engine, "repeat('a', 5000) || i % 2")
    assert [(len(one.value), one.count) for one in found.top] == [(200, 15), (200, 15)]
    assert len(found.low or "") == 61


@pytest.mark.parametrize(
    ("value", "nulls", "distinct"),
    [
        ("[i]", 0, 30),
        ("{'a': i}", 0, 30),
        ("MAP {'a': i}", 0, 30),
        ("[{'a': [i]}]", 0, 30),
        ("INTERVAL (i) DAY", 0, 30),
        ("'\\xAA'::BLOB", 0, 1),
        ("NULL::INT[]", 30, 0),
    ],
)
def test_other_types_have_nulls_and_distinct_values_alone(
    engine: Engine, value: str, nulls: int, distinct: int
) -> None:
    found = column(engine, value)
    assert (found.nulls, found.distinct) == (nulls, distinct)
    assert (found.low, found.mean, found.bins, found.top) == (None, None, (), ())


def test_no_rows_at_all(engine: Engine) -> None:
    data = rows(engine, "SELECT i, i / 2.0 AS f, 'x' AS s, DATE '2024-01-01' AS d, [i] AS l FROM range(0) t(i)")
    found = summarize(engine, data)
    assert found.rows == 0
    assert {(c.nulls, c.distinct, c.low, c.mean, c.bins, c.top) for c in found.columns} == {(0, 0, None, None, (), ())}


def test_names_with_quotes_and_spaces(engine: Engine) -> None:
    frame = pd.DataFrame({"the \"x\", or 'y'": ["a", "a", "b"], "hash": [1, 2, 3]})
    found = summarize(engine, engine.publish(frame, "odd")).columns[0]
    assert found.top == (TopValue("a", 2),)


def test_many_rows_are_estimated_and_small_results_counted() -> None:
    engine = create_engine("duckdb")
    many = column(engine, "i", many=200_000)
    few = column(engine, "i", many=100_000)
    engine.close()
    assert (many.distinct_is_exact, few.distinct_is_exact, few.distinct) == (False, True, 100_000)
    assert many.distinct == pytest.approx(200_000, rel=0.1)


def test_a_profile_reads_its_rows_at_most_twice() -> None:
    engine = create_engine("duckdb")
    data = rows(engine, "SELECT i, 'x' || i % 3 AS s, DATE '2024-01-01' + i::INT AS d FROM range(100) t(i)")
    queries: list[str] = []

    def counting(datasets, work):  # type: ignore[no-untyped-def]
        return type(engine).inspect_many(
            engine, datasets, lambda tables, run: work(tables, lambda sql: queries.append(sql) or run(sql))
        )

    engine.inspect_many = counting  # type: ignore[method-assign]
    summarize(engine, data)
    engine.close()
    assert len(queries) == 2
