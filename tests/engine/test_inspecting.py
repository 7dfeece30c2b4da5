"""SQL over results from outside: one or several at once, and what may be counted in passing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from odibi_nb.engine import Dataset, Engine, create_engine
from odibi_nb.engine import duckdb_dataset as datasets
from odibi_nb.engine.base import Query, Readers
from odibi_nb.exceptions import TransformError
from odibi_nb.sql import analyze


@pytest.fixture(params=["duckdb", "pandas"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = create_engine(request.param)
    yield made
    made.close()


@pytest.fixture
def lazy() -> Iterator[Engine]:
    made = create_engine("duckdb")
    yield made
    made.close()


def rows(engine: Engine, name: str, sql: str, form: str = "table", **inputs: Dataset) -> Dataset:
    return engine.query(Query(name, analyze(sql), inputs, readers=Readers(overrule=form)))


def test_sql_sees_several_results_at_once(engine: Engine) -> None:
    one = rows(engine, "one", "SELECT i AS id FROM range(5) t(i)")
    other = engine.publish(pd.DataFrame({"id": [3, 4, 5]}), "other")
    found = engine.inspect_many(
        {"left side": one, "right": other},
        lambda tables, run: run(f"SELECT count(*) FROM {tables['left side']} JOIN {tables['right']} USING (id)"),
    )
    assert found == [(2,)]


def test_one_result_may_stand_on_both_sides(engine: Engine) -> None:
    one = rows(engine, "one", "SELECT i AS id FROM range(5) t(i)")
    sql = "SELECT count(*) FROM {a} JOIN {b} USING (id)"
    assert engine.inspect_many({"a": one, "b": one}, lambda tables, run: run(sql.format(**tables))) == [(5,)]


def test_results_of_several_runs_meet(engine: Engine) -> None:
    before = rows(engine, "n", "SELECT 1 AS id")
    engine.begin()
    after = rows(engine, "n", "SELECT 2 AS id")
    sql = "SELECT * FROM {before}, {after}"
    assert engine.inspect_many({"before": before, "after": after}, lambda t, run: run(sql.format(**t))) == [(1, 2)]


def test_an_error_of_rows_is_one_of_ours(lazy: Engine) -> None:
    bad = rows(lazy, "bad", "SELECT CAST('x' || i AS INT) AS n FROM range(5) t(i)", "view")
    with pytest.raises(TransformError, match="Could not convert string 'x0'"):
        lazy.inspect_many({"bad": bad}, lambda tables, run: run(f"SELECT sum(n) FROM {tables['bad']}"))


def test_what_comes_from_little_is_counted_in_passing(lazy: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    source = rows(lazy, "source", "SELECT i FROM range(1000) t(i)")
    view = rows(lazy, "view", "SELECT * FROM source WHERE i < 700", "view", source=source)
    assert (view.known_rows, view.rows_up_to(699), view.known_rows) == (None, None, None)
    assert (view.rows_up_to(700), view.known_rows) == (700, 700)
    monkeypatch.setattr(datasets, "_LIGHT_ROWS", 999)
    heavy = rows(lazy, "heavy", "SELECT * FROM source WHERE i < 700", "view", source=source)
    assert heavy.rows_up_to(10_000) is None


def test_diamonds_of_views_are_looked_through_once(
    lazy: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("i\n1\n2\n")
    few = lazy.publish(pd.DataFrame({"i": [1, 2]}), "few")
    counted: list[Dataset] = []
    real = type(few).count
    monkeypatch.setattr(type(few), "count", lambda data: counted.append(data) or real(data))
    top = rows(lazy, "top", f"SELECT i FROM few JOIN '{file}' USING (i)", "view", few=few)
    for step in range(6):
        left, right = (rows(lazy, f"{side}{step}", f"FROM top{step}", "view", **{f"top{step}": top}) for side in "ab")
        both = {f"a{step}": left, f"b{step}": right}
        top = rows(lazy, f"both{step}", f"FROM a{step} JOIN b{step} USING (i)", "view", **both)
    assert (top.rows_up_to(10), len(counted), len(top.files)) == (2, 1, 1)


def test_what_is_known_is_told_whatever_its_size(engine: Engine) -> None:
    assert rows(engine, "n", "SELECT i FROM range(1000) t(i)").rows_up_to(10) == 1000
