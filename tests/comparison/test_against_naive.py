"""A diff counts what a plain recomputation in Python counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odibi_nb.comparison import Request, RowChanges, compare
from odibi_nb.engine import Engine, create_engine

Row = tuple[Any, ...]

TYPES = {"id": pa.int64(), "region": pa.string(), "amount": pa.float64(), "tags": pa.list_(pa.int64())}
NUMBERS = st.sampled_from([None, 0.0, -0.0, 1.5, 2.0, float("inf"), float("nan")])
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 6)),
        st.sampled_from([None, "", "N", "S", "NULL"]),
        NUMBERS,
        st.one_of(st.none(), st.lists(st.integers(0, 1), max_size=2)),
    ),
    max_size=8,
)


@pytest.fixture(scope="module", params=["duckdb", "pandas"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = create_engine(request.param)
    yield made
    made.close()


def table(rows: list[Row]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in TYPES]
    return pa.table({name: pa.array(list(c), TYPES[name]) for name, c in zip(TYPES, columns, strict=True)})


def known(value: Any) -> Any:
    """NaN equals itself here, and lists can be counted."""
    if isinstance(value, float) and value != value:
        return "nan"
    return tuple(value) if isinstance(value, list) else value


def pairs_rows(rows: list[Row], columns: list[int]) -> bool:
    keys = [tuple(row[c] for c in columns) for row in rows]
    return len(set(keys)) == len(keys) and all(None not in key for key in keys)


def naive(before: list[Row], after: list[Row], key: tuple[int, ...]) -> tuple[int, int, int, dict[str, int]]:
    old, new = ([tuple(map(known, row)) for row in rows] for rows in (before, after))
    if not key:
        return (Counter(new) - Counter(old)).total(), (Counter(old) - Counter(new)).total(), 0, {}
    by_key, by_new_key = ({tuple(row[c] for c in key): row for row in rows} for rows in (old, new))
    both = [(by_key[k], by_new_key[k]) for k in by_key.keys() & by_new_key.keys()]
    columns = Counter(name for a, b in both for name, x, y in zip(TYPES, a, b, strict=True) if x != y)
    changed = sum(a != b for a, b in both)
    return len(new) - len(both), len(old) - len(both), changed, dict(columns)


def counted(found: RowChanges) -> tuple[int, int, int, dict[str, int]]:
    return found.added, found.removed, found.changed, dict(found.changed_columns)


@settings(max_examples=60, deadline=None)
@given(before=ROWS, after=ROWS)
def test_counts_are_those_of_a_naive_diff(engine: Engine, before: list[Row], after: list[Row]) -> None:
    one, other = engine.publish(table(before), "one"), engine.publish(table(after), "other")
    found = compare(engine, one, other, Request(sample=20))
    names = list(TYPES)
    key = next((c for c in ([0], [0, 1]) if all(pairs_rows(rows, c) for rows in (before, after))), [])
    assert found.rows is not None
    if found.rows.key:  # which one is a matter of taste; that it names each row is not
        assert all(pairs_rows(rows, [names.index(name) for name in found.rows.key]) for rows in (before, after))
    assert bool(found.rows.key) == bool(key)
    assert counted(found.rows) == naive(before, after, tuple(names.index(name) for name in found.rows.key))
    assert (found.rows_before, found.rows_after) == (len(before), len(after))
    assert len(found.rows.added_rows) == found.rows.added
    assert len(found.rows.removed_rows) == found.rows.removed
    assert len(found.rows.changed_rows) == found.rows.changed
    assert sum(len(row.cells) for row in found.rows.changed_rows) == sum(dict(found.rows.changed_columns).values())
