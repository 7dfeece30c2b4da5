"""Two results compared, on real engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from odibi_nb.comparison import ChangedCell, Comparison, Request, compare
from odibi_nb.engine import Dataset, Engine, create_engine
from odibi_nb.engine.base import Query, Readers
from odibi_nb.engine.schema import Column
from odibi_nb.exceptions import UsageError
from odibi_nb.sql import analyze

Diff = Callable[..., Comparison]


@pytest.fixture(params=["duckdb", "pandas"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = create_engine(request.param)
    yield made
    made.close()


@pytest.fixture
def diff(engine: Engine) -> Diff:
    """Compare two results, each given as SQL or as columns of a frame."""

    def run(before: Any, after: Any, **request: Any) -> Comparison:
        return compare(engine, result(engine, before, "one"), result(engine, after, "other"), Request(**request))

    return run


def result(engine: Engine, given: Any, name: str) -> Dataset:
    if isinstance(given, str):
        return engine.query(Query(name, analyze(given), {}, readers=Readers(overrule="table")))
    return engine.publish(pd.DataFrame(given), name)


def counts(found: Comparison) -> tuple[int, int, int]:
    assert found.rows is not None
    return found.rows.added, found.rows.removed, found.rows.changed


def values(rows: str, columns: str) -> str:
    return f"FROM (VALUES {rows}) AS v({columns})"


def test_rows_are_paired_by_a_key_that_is_found(diff: Diff) -> None:
    found = diff(
        {"id": [1, 2, 3], "region": ["N", "S", "W"], "amount": [10.0, 20.0, 30.0]},
        {"id": [2, 3, 4], "region": ["S", "X", "Y"], "amount": [25.0, 30.0, 40.0]},
    )
    assert found.rows is not None
    assert (found.rows.key, counts(found)) == (("id",), (1, 1, 2))
    assert (found.rows_before, found.rows_after) == (3, 3)
    assert found.rows.changed_columns == (("region", 1), ("amount", 1))
    assert found.rows.added_rows == (("4", "Y", "40.0"),)
    assert found.rows.removed_rows == (("1", "N", "10.0"),)
    assert [(row.key, row.cells) for row in found.rows.changed_rows] == [
        (("2",), (ChangedCell("amount", "20.0", "25.0"),)),
        (("3",), (ChangedCell("region", "W", "X"),)),
    ]


def test_equal_results_are_the_same(diff: Diff) -> None:
    found = diff({"id": [1, 2], "x": ["a", None]}, {"id": [2, 1], "x": [None, "a"]})
    assert found.same
    assert counts(found) == (0, 0, 0)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("NULL::DOUBLE", "NULL::DOUBLE", True),
        ("NULL::DOUBLE", "0.0::DOUBLE", False),
        ("'nan'::DOUBLE", "'nan'::DOUBLE", True),
        ("'nan'::DOUBLE", "1.0::DOUBLE", False),
        ("'nan'::DOUBLE", "NULL::DOUBLE", False),
        ("'inf'::DOUBLE", "'inf'::DOUBLE", True),
        ("-0.0::DOUBLE", "0.0::DOUBLE", True),
        ("1.10::DECIMAL(9, 2)", "1.10::DECIMAL(9, 2)", True),
        ("1.10::DECIMAL(9, 2)", "1.11::DECIMAL(9, 2)", False),
        ("''", "NULL::VARCHAR", False),
        ("[1, NULL]", "[1, NULL]", True),
        ("[1, NULL]", "[1, 2]", False),
        ("[]::INT[]", "NULL::INT[]", False),
        ("{'a': NULL::INT}", "NULL::STRUCT(a INT)", False),
        ("{'a': 1, 'b': NULL::INT}", "{'a': 1, 'b': 2}", False),
        ("MAP {'a': 1}", "MAP {'a': 1}", True),
        ("MAP {'a': 1}", "MAP {'a': 2}", False),
        ("'\\xAA'::BLOB", "'\\xAA'::BLOB", True),
        ("'\\xAA'::BLOB", "'\\xAB'::BLOB", False),
        ("INTERVAL 1 MONTH", "INTERVAL 30 DAY", False),
        ("DATE '2024-01-01'", "DATE '2024-01-02'", False),
        ("TIMESTAMP '2024-01-01 10:00'", "TIMESTAMP '2024-01-01 10:00'", True),
    ],
)
@pytest.mark.parametrize("with_key", [True, False])
def test_values_of_every_type_are_compared(before: str, after: str, same: bool, with_key: bool) -> None:
    engine = create_engine("duckdb")
    key = "1 AS id, " if with_key else ""
    found = compare(
        engine,
        result(engine, f"SELECT {key}{before} AS x", "one"),
        result(engine, f"SELECT {key}{after} AS x", "other"),
        Request(),
    )
    engine.close()
    assert found.same == same
    if with_key:
        assert counts(found) == (0, 0, 0 if same else 1)


@pytest.mark.parametrize(
    ("before", "after", "same_value"),
    [
        ("1::BIGINT", "1.0::DOUBLE", True),
        ("1::BIGINT", "1.5::DOUBLE", False),
        ("1::INTEGER", "1::BIGINT", True),
        ("18446744073709551615::UBIGINT", "-1::BIGINT", False),
        ("1::BIGINT", "1.00::DECIMAL(9, 2)", True),
        ("1.1::DECIMAL(9, 1)", "1.10::DECIMAL(9, 2)", True),
        ("99999999999999999999999999999999999999::DECIMAL(38, 0)", "1.5::DECIMAL(38, 2)", False),
        ("1::BIGINT", "'1'", True),
        ("1::BIGINT", "'one'", False),
        ("DATE '2024-01-01'", "TIMESTAMP '2024-01-01 00:00'", True),
        ("DATE '2024-01-01'", "'2024-01-01'", True),
        ("true", "'true'", True),
        ("[1]", "'[1]'", True),
        ("{'a': 1}", "{'b': 1}", False),
        ("NULL::BIGINT", "NULL::VARCHAR", True),
    ],
)
def test_a_changed_type_alone_changes_no_value(diff: Diff, before: str, after: str, same_value: bool) -> None:
    found = diff(f"SELECT 1 AS id, {before} AS x", f"SELECT 1 AS id, {after} AS x")
    assert [(old.name, new.name) for old, new in found.schema.changed] == [("x", "x")]
    assert counts(found) == (0, 0, 0 if same_value else 1)
    assert not found.same


def test_columns_added_removed_and_in_another_order(diff: Diff) -> None:
    found = diff("SELECT 1 AS id, 2 AS a, 3 AS b, 4 AS gone", "SELECT 1 AS id, 3 AS b, 5 AS come, 2 AS a")
    assert found.schema.added == (Column("come", "INTEGER"),)
    assert found.schema.removed == (Column("gone", "INTEGER"),)
    assert (found.schema.changed, found.schema.reordered) == ((), True)
    assert counts(found) == (0, 0, 0)


def test_a_renamed_column_is_one_gone_and_one_come(diff: Diff) -> None:
    found = diff({"id": [1], "amont": [5]}, {"id": [1], "amount": [5]})
    assert [column.name for column in (*found.schema.removed, *found.schema.added)] == ["amont", "amount"]
    assert counts(found) == (0, 0, 0)


def test_a_name_in_another_case_is_the_same_column_spelt_differently(diff: Diff) -> None:
    found = diff({"ID": [1], "x": [5]}, {"id": [1], "x": [6]})
    assert found.schema.changed == ((Column("ID", "BIGINT"), Column("id", "BIGINT")),)
    assert counts(found) == (0, 0, 1)


def test_names_with_quotes_and_spaces(diff: Diff) -> None:
    odd = "the \"x\", or 'y'"
    found = diff({"order id": [1, 2], odd: [5, 6]}, {"order id": [1, 3], odd: [7, 6]}, key=("order id",))
    assert found.rows is not None
    assert counts(found) == (1, 1, 1)
    assert found.rows.changed_columns == ((odd, 1),)


@pytest.mark.parametrize("names", [("was", "now"), ("there", "h"), ("d1", "c1"), ("place", "changed")])
def test_names_that_the_query_uses_itself(diff: Diff, names: tuple[str, str]) -> None:
    one, other = names
    found = diff({"id": [1, 2], one: [1, 2], other: [3, 4]}, {"id": [1, 2], one: [1, 3], other: [3, 4]})
    assert found.rows is not None
    assert found.rows.changed_columns == ((one, 1),)
    assert diff({one: [1.5, 1.5], other: [3, 4]}, {one: [1.5, 1.5], other: [3, 5]}, sample=9).rows_after == 2


def test_without_a_column_in_common_rows_are_only_counted(diff: Diff) -> None:
    found = diff({"a": [1, 2]}, {"b": [1]})
    assert (found.rows, found.rows_before, found.rows_after) == (None, 2, 1)
    assert found.reason == "they have no column in common"


@pytest.mark.parametrize(("before", "after", "expected"), [(0, 2, (2, 0, 0)), (2, 0, (0, 2, 0)), (0, 0, (0, 0, 0))])
@pytest.mark.parametrize("columns", ["i AS id, 'x' AS x", "i / 2.0 AS x"])
def test_empty_results(diff: Diff, before: int, after: int, expected: tuple[int, int, int], columns: str) -> None:
    found = diff(f"SELECT {columns} FROM range({before}) t(i)", f"SELECT {columns} FROM range({after}) t(i)")
    assert counts(found) == expected
    assert (found.rows_before, found.rows_after) == (before, after)


def test_without_a_key_rows_count_as_often_as_they_stand_there(diff: Diff) -> None:
    found = diff({"x": [1.5, 1.5, 2.5]}, {"x": [1.5, 2.5, 2.5, 2.5, None]})
    assert found.rows is not None
    assert (found.rows.key, counts(found)) == ((), (3, 1, 0))
    assert sorted(found.rows.added_rows, key=str) == [("2.5",), ("2.5",), (None,)]
    assert found.rows.removed_rows == (("1.5",),)


def test_a_sample_of_wholes_is_no_longer_than_asked_for(diff: Diff) -> None:
    found = diff({"x": [0.5]}, {"x": [1.5] * 7 + [2.5] * 7}, sample=3)
    assert found.rows is not None
    assert len(found.rows.added_rows) == 3


def test_samples_are_the_first_by_key(diff: Diff) -> None:
    before, after = {"id": range(50), "x": [0] * 50}, {"id": range(40, 90), "x": [0] * 5 + [1] * 45}
    found = diff(before, after, sample=2)
    assert found.rows is not None
    assert [row[0] for row in found.rows.added_rows] == ["50", "51"]
    assert [row[0] for row in found.rows.removed_rows] == ["0", "1"]
    assert [row.key for row in found.rows.changed_rows] == [("45",), ("46",)]


def test_no_sample_fetches_no_value(diff: Diff) -> None:
    found = diff({"id": [1, 2], "x": [1, 2]}, {"id": [2, 3], "x": [5, 6]}, sample=0)
    assert found.rows is not None
    assert counts(found) == (1, 1, 1)
    assert (found.rows.added_rows, found.rows.removed_rows, found.rows.changed_rows) == ((), (), ())


def test_a_sample_shows_the_first_twenty_columns(diff: Diff) -> None:
    wide = ", ".join(f"{n} AS c{n}" for n in range(30))
    found = diff(f"SELECT 1 AS id, {wide}", f"SELECT 2 AS id, {wide}")
    assert found.rows is not None
    assert [len(row) for row in (*found.rows.added_rows, *found.rows.removed_rows)] == [20, 20]


def test_two_long_texts_that_differ_late_are_told_apart(diff: Diff) -> None:
    found = diff({"id": [1], "x": ["a" * 500 + "b"]}, {"id": [1], "x": ["a" * 500 + "c"]})
    assert found.rows is not None
    ((cell,),) = [row.cells for row in found.rows.changed_rows]
    assert (cell.before or "")[-1] + (cell.after or "")[-1] == "bc"


@pytest.mark.parametrize(("tolerance", "changed"), [(None, 3), (0.01, 2), (0.5, 1), (1e9, 1)])
@pytest.mark.parametrize("kind", ["DOUBLE", "DECIMAL(9, 3)"])
def test_numbers_within_the_tolerance_are_one(diff: Diff, tolerance: float | None, changed: int, kind: str) -> None:
    before = values("(1, 1.0, 'a'), (2, 2.0, 'a'), (3, NULL, 'a')", "id, x, y")
    after = values("(1, 1.005, 'a'), (2, 2.2, 'a'), (3, 5.0, 'a')", "id, x, y")
    select = f"SELECT id, x::{kind} AS x, y "
    assert counts(diff(select + before, select + after, tolerance=tolerance)) == (0, 0, changed)


def test_infinite_and_missing_numbers_know_no_tolerance(diff: Diff) -> None:
    before = values("(1, 'inf'::DOUBLE), (2, 'nan'::DOUBLE), (3, 'inf'::DOUBLE)", "id, x")
    after = values("(1, 'inf'::DOUBLE), (2, 'nan'::DOUBLE), (3, 1.0)", "id, x")
    assert counts(diff(before, after, tolerance=1.0)) == (0, 0, 1)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("3491.18", "3491.1800000000003", True),
        ("-1e300", "-1.0000000000000002e300", True),
        ("1.0", "1.000000000002", False),
        ("1000000000.0", "1000000001.0", False),
        ("1700000000.0", "1700000000.01", False),
        ("0.0", "1e-300", False),
        ("0.0", "-0.0", True),
        ("'inf'", "1.0", False),
        ("'inf'", "'-inf'", False),
        ("'nan'", "1.0", False),
        ("1e308", "-1e308", False),
        ("NULL", "0.0", False),
    ],
)
def test_floats_that_only_rounding_sets_apart_are_one(diff: Diff, before: str, after: str, same: bool) -> None:
    was, now = (f"SELECT 1 AS id, {x}::DOUBLE AS x" for x in (before, after))
    assert counts(diff(was, now)) == (0, 0, 0 if same else 1)
    exact = counts(diff(was, now, tolerance=0.0))
    assert exact == (0, 0, 0 if before == "0.0" and after == "-0.0" else 1)


def test_decimals_are_compared_to_the_last_digit(diff: Diff) -> None:
    was, now = (f"SELECT 1 AS id, {x}::DECIMAL(30, 12) AS x" for x in ("1000000000.000000000001", "1000000000"))
    assert counts(diff(was, now)) == (0, 0, 1)


def test_a_tolerance_needs_a_key(diff: Diff) -> None:
    with pytest.raises(UsageError, match="no key pairs the rows") as caught:
        diff({"x": [1.5]}, {"x": [2.5]}, tolerance=0.1)
    assert caught.value.hint == "give one: --key COLUMN…"
