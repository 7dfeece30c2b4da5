"""How rows are paired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from odibi_nb.comparison import Comparison, Request, RowChanges, compare
from odibi_nb.engine import Engine, create_engine
from odibi_nb.engine.base import Query, Readers
from odibi_nb.engine.session import Cursor
from odibi_nb.exceptions import UsageError, ValidationError
from odibi_nb.sql import analyze


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = create_engine("duckdb")
    yield made
    made.close()


def rows(engine: Engine, before: Any, after: Any, **request: Any) -> RowChanges:
    found = comparison(engine, before, after, **request)
    assert found.rows is not None
    return found.rows


def comparison(engine: Engine, before: Any, after: Any, **request: Any) -> Comparison:
    made = []
    for name, given in (("one", before), ("other", after)):
        if isinstance(given, str):
            made.append(engine.query(Query(name, analyze(given), {}, readers=Readers(overrule="table"))))
        else:
            made.append(engine.publish(pd.DataFrame(given), name))
    return compare(engine, made[0], made[1], Request(**request))


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ({"amount": [1, 2], "id": [1, 2]}, ("id",)),
        ({"note": ["a", "b"], "order_id": [1, 2]}, ("order_id",)),
        ({"note": ["a", "b"], "orderId": [1, 2]}, ("orderId",)),
        ({"paid": [1, 2], "region": ["N", "S"]}, ("paid",)),
        ({"total": [1.5, 2.5], "region": ["N", "S"]}, ("region",)),
        ({"region": ["N", "N"], "day": ["a", "b"], "total": [1.5, 2.5]}, ("region", "day")),
        ({"a": ["N", "N", "N"], "b": ["x", "x", "y"], "c": [1, 2, 1]}, ("a", "b", "c")),
        ({"a": [1, 1], "b": [1, 1], "c": [1, 1], "d": [1, 2]}, ()),
        ({"order_id": [1, 1], "note": ["x", "x"], "line_id": [1, 2]}, ("line_id",)),
        ({"order_id": [1, 1, 2], "note": ["x"] * 3, "line_id": [1, 2, 1]}, ("order_id", "line_id")),
        ({"total": [1.5, 2.5]}, ()),
        ({"is_it": [True, False]}, ()),
        ({"id": [1, None]}, ()),
    ],
)
def test_the_key_is_the_first_that_names_each_row(engine: Engine, columns: Any, key: tuple[str, ...]) -> None:
    assert rows(engine, columns, columns).key == key


def test_a_few_rows_are_looked_at_without_an_aggregation_for_each_key(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, real = [], Cursor.run

    def noted(cursor: Cursor, sql: Any, params: Any = None) -> Any:
        said.append(str(sql))
        return real(cursor, sql, params)

    monkeypatch.setattr(Cursor, "run", noted)
    frame = {"region": ["N", "N"], "day": ["a", "b"], "total": [1.5, 2.5]}
    assert rows(engine, frame, frame).key == ("region", "day")
    assert not [sql for sql in said if "DISTINCT hash" in sql]


def test_a_declared_key_comes_first(engine: Engine) -> None:
    frame = {"id": [1, 2], "code": ["a", "b"], "x": [1.5, 2.5]}
    assert rows(engine, frame, frame, likely=(("x", "gone"), ("code",))).key == ("code",)


@pytest.mark.parametrize("side", ["before", "now"])
def test_a_key_must_name_rows_in_both(engine: Engine, side: str) -> None:
    good, doubled = {"id": [1, 2], "x": [1.5, 2.5]}, {"id": [1, 1], "x": [1.5, 2.5]}
    found = rows(engine, *((doubled, good) if side == "before" else (good, doubled)))
    assert (found.key, found.added, found.removed) == ((), 1, 1)
    assert found.note == ("id no longer names one row" if side == "now" else "")


def test_a_key_may_be_asked_for(engine: Engine) -> None:
    before, after = {"id": [1, 2], "x": [1.5, 2.5]}, {"id": [3, 4], "x": [1.5, 2.5]}
    found = rows(engine, before, after, key=("X",))
    assert (found.key, found.changed, found.changed_columns) == (("x",), 2, (("id", 2),))


def test_in_a_key_asked_for_null_is_a_value(engine: Engine) -> None:
    before, after = {"k": ["a", None], "j": ["x", "y"], "v": [1, 2]}, {"k": ["a", None], "j": ["x", "y"], "v": [1, 3]}
    assert rows(engine, before, after, key=("k",)).changed == 1
    found = rows(engine, before, {**after, "k": ["a", "b"]}, key=("k", "j"))
    assert (found.added, found.removed, found.changed) == (1, 1, 0)
    assert found.removed_rows == ((None, "y", "2"),)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (["N", "N", "N"], ["N", "S", "W"], "region does not name a row: 3 rows before have 'N'"),
        (["N", "S", "W"], ["N", "N", "W"], "region does not name a row: 2 rows now have 'N'"),
        ([None, None, "W"], ["N", "S", "W"], "region does not name a row: 2 rows before have NULL"),
    ],
)
def test_a_key_asked_for_that_names_no_row_is_refused(engine: Engine, before: Any, after: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        rows(engine, {"region": before, "x": [1, 2, 3]}, {"region": after, "x": [1, 2, 3]}, key=("region",))


def test_a_key_that_is_no_column_of_both_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="no column 'amont' in both") as caught:
        rows(engine, {"amount": [1], "x": [1]}, {"amount": [1]}, key=("amont",))
    assert caught.value.hint == "did you mean 'amount'?"
    with pytest.raises(UsageError, match="no column 'x' in both"):
        rows(engine, {"amount": [1], "x": [1]}, {"amount": [1]}, key=("x",))


def test_a_key_of_another_type_still_pairs(engine: Engine) -> None:
    found = rows(engine, {"id": [1, 2], "x": [1, 2]}, {"id": ["1", "two"], "x": [5, 2]})
    assert (found.key, found.added, found.removed, found.changed) == (("id",), 1, 1, 1)


MANY = 30_000
UNIQUE = f"SELECT i AS id, i / 7 AS x FROM range({MANY}) t(i)"
DOUBLED_LATE = f"SELECT CASE WHEN i >= {MANY - 2} THEN 0 ELSE i END AS id, i / 7 AS x FROM range({MANY}) t(i)"


@pytest.mark.parametrize(("before", "after"), [(UNIQUE, DOUBLED_LATE), (DOUBLED_LATE, UNIQUE)])
def test_a_key_that_is_doubled_beyond_the_sample_pairs_nothing(engine: Engine, before: str, after: str) -> None:
    found = comparison(engine, before, after)
    assert found.rows is not None
    assert (found.rows.key, found.rows.added, found.rows.removed) == ((), 2, 2)
    assert found.rows.note == ("id no longer names one row" if before == UNIQUE else "")
    assert (found.rows_before, found.rows_after) == (MANY, MANY)
    with pytest.raises(ValidationError, match=r"3 rows (now|before) have '0'"):
        rows(engine, before, after, key=("id",))


def test_large_results_are_paired_by_a_key_that_names_all_rows(engine: Engine) -> None:
    changed = UNIQUE.replace("i / 7", "CASE WHEN i % 1000 = 0 THEN -1 ELSE i / 7 END")
    found = rows(engine, UNIQUE, changed)
    assert (found.key, found.changed, found.changed_columns) == (("id",), 30, (("x", 30),))


GONE = f"SELECT CASE WHEN i >= {MANY - 2} THEN -7 ELSE i END AS id, i / 7 AS x FROM range({MANY}) t(i)"
HOT = f"SELECT CASE WHEN i >= {MANY - 500} THEN 5 ELSE i END AS id, i / 7 AS x FROM range({MANY}) t(i)"
OFTEN = f"SELECT CASE WHEN i < 12000 THEN i ELSE i // 4 END AS id, i / 7 AS x FROM range({MANY}) t(i)"


@pytest.mark.parametrize("before", [GONE, HOT, OFTEN], ids=["no more there", "one many times", "many some times"])
@pytest.mark.parametrize("after", [UNIQUE, HOT], ids=["now unique", "now doubled"])
def test_rows_before_that_share_a_key_are_never_paired_by_it(engine: Engine, before: str, after: str) -> None:
    found = comparison(engine, before, after)
    assert found.rows is not None
    assert (found.rows.key, found.rows.note) == ((), "")
    assert (found.rows_before, found.rows_after) == (MANY, MANY)
    with pytest.raises(ValidationError, match=r"rows (before|now) have"):
        rows(engine, before, after, key=("id",))


def test_rows_now_that_are_new_and_share_a_key_are_told_as_rows(engine: Engine) -> None:
    found = rows(engine, UNIQUE, GONE)
    assert (found.key, found.added, found.removed) == (("id",), 2, 2)


def test_one_null_beyond_the_sample_names_a_row_only_if_it_is_asked_for(engine: Engine) -> None:
    with_null = UNIQUE.replace("i AS id", f"CASE WHEN i < {MANY - 1} THEN i END AS id")
    assert rows(engine, with_null, UNIQUE).key == ()
    found = rows(engine, with_null, UNIQUE, key=("id",))
    assert (found.key, found.added, found.removed) == (("id",), 1, 1)


def test_of_many_rows_that_are_no_more_there_keys_are_looked_at_again(engine: Engine) -> None:
    after = f"SELECT i AS id, i / 7 AS x FROM range({MANY // 2}) t(i)"
    found = rows(engine, UNIQUE, after)
    assert (found.key, found.added, found.removed, found.changed) == (("id",), 0, MANY // 2, 0)
    assert rows(engine, GONE, after).key == ()
