"""Pages of a result against pandas' own slices and sorts; filters; and what becomes of it all meanwhile."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odibi_nb import Workspace
from odibi_nb.exceptions import NodeCancelled, OdibiException, TransformError, UnknownNameError
from odibi_nb.paging import Order, WrongFilters
from odibi_nb.workspaces.paging import Paging, has_pages

ROWS = 700
ODD = f"""
SELECT CASE WHEN i % 11 > 0 THEN (i * 37) % 50 END AS whole,
    CASE WHEN i % 7 = 0 THEN 'NaN'::DOUBLE WHEN i % 5 > 0 THEN ((i * 13) % 40) / 8 END AS "a float",
    CASE WHEN i % 3 > 0 THEN (i * 7 % 30)::DECIMAL(38, 0) * 1000000000000000000000000000000 END AS "big ""decimal",
    CASE i % 4 WHEN 0 THEN '' WHEN 1 THEN 'é' || i % 9 WHEN 2 THEN 'Z' || i % 9 END AS "t;--",
    TIMESTAMPTZ '2024-01-01 00:00:00+02' + INTERVAL (i * 31 % 60) HOUR AS chosen,
    TIMESTAMP '1999-12-31' + INTERVAL (i * 17 % 90) DAY AS place,
    ('\\x00' || chr((97 + i % 20)::INTEGER))::BLOB AS bytes,
    [i % 4, i % 3] AS list,
    {{'a': i % 3, 'b': [i]}} AS struct,
    INTERVAL (i % 5) MONTH AS span,
    (i * 2)::HUGEINT AS huge,
    ['low', 'mid', 'high'][(i % 3 + 1)::BIGINT]::ENUM('low', 'mid', 'high') AS rank,
    i::UUID_TEXT AS rowid
FROM range({ROWS}) AS numbers(i)
""".replace("i::UUID_TEXT", "'r' || i")
SORTABLE = ("whole", 'big "decimal', "t;--", "chosen", "place", "bytes", "list", "huge")


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = Workspace(tmp_path_factory.mktemp("paging"))
    made.node("odd", ODD)
    made.node("lazy", ODD.replace("AS rowid", "AS other"), materialize="view")
    made.node("table", ODD.replace("AS rowid", "AS other"), materialize="table")
    made.node("python", "import pandas as pd\npd.DataFrame({'n': [3, 1, None, 1], 's': ['x', None, '', 'NULL']})")
    made.run()
    yield made
    made.close()


@pytest.fixture(scope="module", params=["odd", "lazy", "table"])
def paging(ws: Workspace, request: pytest.FixtureRequest) -> Iterator[Paging]:
    made = Paging(ws, request.param)
    yield made
    made.close()


AS_IT_STANDS = Order()


def page(paging: Paging, order: Order = AS_IT_STANDS, first: int = 0, rows: int = 50, columns: Any = None) -> list[Any]:
    paging.want(order)
    return list(paging.page(order, first, rows, range(len(paging.columns)) if columns is None else columns)[1])


def found(paging: Paging, **filters: str) -> list[Any]:
    names = [column.name for column in paging.columns]
    order = Order(filters=tuple((names.index(name), text) for name, text in filters.items()))
    return page(paging, order, rows=ROWS, columns=[0])


@settings(deadline=None, max_examples=25)
@given(st.integers(0, ROWS + 5), st.integers(1, 120), st.sets(st.integers(0, 12), min_size=1))
def test_pages_are_slices_of_the_rows_as_they_stand(
    ws: Workspace, paging: Paging, first: int, rows: int, columns: set[int]
) -> None:
    every = paging._data.head(ROWS)
    expected = [tuple(row[at] for at in sorted(columns)) for row in every[first : first + rows]]
    assert page(paging, first=first, rows=rows, columns=sorted(columns)) == expected


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(SORTABLE), st.booleans()), min_size=1, max_size=2, unique_by=lambda key: key[0]),
    st.integers(0, ROWS),
)
def test_pages_are_slices_of_what_pandas_sorts(
    ws: Workspace, paging: Paging, keys: list[tuple[str, bool]], first: int
) -> None:
    names = [column.name for column in paging.columns]
    table = paging._data.arrow()
    frame = pd.DataFrame({name: pd.Series(table[name].to_pylist(), dtype=object) for name in SORTABLE})
    for name, falls in reversed(keys):
        frame = frame.sort_values(name, ascending=not falls, kind="stable", na_position="last")
    every = paging._data.head(ROWS)
    order = Order(tuple((names.index(name), falls) for name, falls in keys))
    assert page(paging, order, first, 60) == [every[at] for at in frame.index[first : first + 60]]


def test_nan_comes_after_numbers_and_null_last_both_ways(paging: Paging) -> None:
    rising, falling = (page(paging, Order(((1, falls),)), rows=ROWS, columns=[1]) for falls in (False, True))
    kinds = ["null" if row[0] is None else "nan" if row[0] == "nan" else "number" for row in rising]
    assert kinds == sorted(kinds, key=["number", "nan", "null"].index)
    assert (falling[0], falling[-1]) == (("nan",), (None,))


def test_an_enum_is_sorted_as_it_is_declared(paging: Paging) -> None:
    ranks = [row[0] for row in page(paging, Order(((11, True),)), rows=ROWS, columns=[11])]
    assert ranks == ["high"] * 233 + ["mid"] * 233 + ["low"] * 234


def test_frames_of_python_nodes_have_pages_too(ws: Workspace) -> None:
    paging = Paging(ws, "python")
    assert paging.count() == 4
    assert page(paging, Order(((0, False),)))[0][1] is None
    assert [row[1] for row in page(paging, Order(((0, False),)))] == [None, "NULL", "x", ""]
    paging.close()


@pytest.mark.parametrize(
    ("column", "text", "keeps"),
    [
        ("whole", "= 5", lambda v: v == 5),
        ("whole", "5", lambda v: v == 5),
        ("whole", "!= 5", lambda v: v is not None and v != 5),
        ("whole", "> 10.5", lambda v: v is not None and v > 10.5),
        ("whole", "10..12", lambda v: v is not None and 10 <= v <= 12),
        ("whole", "in (1, 3,5)", lambda v: v in (1, 3, 5)),
        ("whole", "null", lambda v: v is None),
        ("whole", "!null", lambda v: v is not None),
        ("a float", "< 0.5", lambda v: v is not None and v < 0.5),
        ('big "decimal', "> 5000000000000000000000000000000", lambda v: v is not None and v > Decimal(5) * 10**30),
        ("t;--", "É1", lambda v: v is not None and "é1" in v.lower()),
        ("t;--", "= ''", lambda v: v == ""),
        ("t;--", "in ('Z1', \"é2\")", lambda v: v in ("Z1", "é2")),
        ("t;--", "z", lambda v: v is not None and "z" in v.lower()),
        ("t;--", '"null"', lambda v: v is not None and "null" in v),
        ("t;--", "'; DROP TABLE x; --", lambda v: False),
        ("place", "<= 2000-01-02", lambda v: v <= pd.Timestamp("2000-01-02")),
        ("place", "2000-01-01 .. 2000-01-03", lambda v: pd.Timestamp("2000-01-01") <= v <= pd.Timestamp("2000-01-03")),
        ("rank", "mid", lambda v: v == "mid"),
        ("list", "[2", lambda v: v[0] == 2),
    ],
)
def test_a_filter_keeps_what_it_says(paging: Paging, column: str, text: str, keeps: Any) -> None:
    values = paging._data.arrow()[column].to_pylist()
    expected = sum(1 for value in values if keeps(value))
    assert len(found(paging, **{column: text})) == expected
    paging.want(order := Order(filters=(([c.name for c in paging.columns].index(column), text),)))
    assert paging.page(order, 0, 1, [0])[0] == expected


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        ("whole", "> many", "'many' is not a number (such as > 10)"),
        ("whole", ">", "'>' needs a value (> 10)"),
        ("whole", "= 1e60", "BIGINT has no such number as 1e60"),
        ("whole", "> snan", "'snan' is not a number (such as > 10)"),
        ("a float", "> snan", "'snan' is not a number (such as > 10)"),
        ("place", "> soon", "'soon' is no TIMESTAMP"),
        ("place", "in (2024-01-01, then)", "'then' is no TIMESTAMP"),
        ("whole", "in ()", "'in' needs a value (in 10)"),
    ],
)
def test_a_filter_that_can_not_be_read_is_one_message_at_its_box(
    paging: Paging, column: str, text: str, message: str
) -> None:
    with pytest.raises(WrongFilters) as caught:
        found(paging, **{column: text})
    assert caught.value.messages == {[c.name for c in paging.columns].index(column): message}
    assert len(page(paging)) == 50


def test_a_number_that_a_float_can_not_hold_is_one_message_at_its_box(ws: Workspace) -> None:
    ws.node("single", "SELECT 0.1::FLOAT AS f")
    ws.run_cell("single")
    paging = Paging(ws, "single")
    assert found(paging, f="= 0.1") == [("0.1",)]
    with pytest.raises(WrongFilters) as caught:
        found(paging, f="< 1e300")
    assert caught.value.messages == {0: "'1e+300' is no FLOAT"}
    paging.close()


def test_a_long_value_is_cut_and_given_in_full_on_demand(ws: Workspace) -> None:
    ws.node("long", "SELECT repeat('x', 5000) AS t, NULL AS n")
    ws.run_cell("long")
    paging = Paging(ws, "long")
    assert page(paging)[0] == ("x" * 61, None)
    assert paging.whole(Order(), 0, 1, [0, 1]) == (("x" * 5000, None),)
    paging.close()


def test_columns_are_summed_up_over_all_rows(paging: Paging) -> None:
    found(paging, whole="= 5")
    profile = paging.summaries([0, 12])
    assert (profile.rows, profile.columns[0].nulls) == (ROWS, 64)
    assert profile.columns[1].distinct == ROWS


@contextmanager
def endless_sorts(paging: Paging) -> Iterator[threading.Event]:
    """Have rows sorted again and again until somebody stops it; what is given is set once that has begun."""
    table, begun = paging._table, threading.Event()
    assert table is not None
    choose = table.choose

    def again(where: Any, by: Any, values: Any) -> Any:
        while by:
            begun.set()
            choose(where, by, values)
        return choose(where, by, values)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(table, "choose", again)
        yield begun


def test_a_newer_order_stops_an_older_sort(ws: Workspace) -> None:
    ws.node("many", "SELECT hash(i)::VARCHAR || 'x' AS t, i FROM range(3_000_000) AS r(i)", materialize="table")
    ws.run_cell("many")
    paging, ended = Paging(ws, "many"), list[Any]()
    paging.count()
    slow, quick = Order(((0, False),)), Order(filters=((1, "= 77"),))

    def sort() -> None:
        try:
            ended.append(paging.page(slow, 0, 10, [0]))
        except NodeCancelled:
            ended.append("superseded")

    paging.want(slow)
    thread = threading.Thread(target=sort)
    with endless_sorts(paging) as sorting:
        thread.start()
        assert sorting.wait(120)
        time.sleep(0.1)
        paging.want(quick)
        assert paging.page(quick, 0, 10, [1]) == (1, (("77",),))
        thread.join(120)
    assert ended == ["superseded"]
    paging.close()


def test_an_interrupt_that_is_meant_for_a_run_does_not_end_a_sort(ws: Workspace) -> None:
    ws.node("many", "SELECT hash(i)::VARCHAR || 'x' AS t, i FROM range(3_000_000) AS r(i)", materialize="table")
    ws.run_cell("many")
    paging, order, got = Paging(ws, "many"), Order(((0, False),)), list[int]()
    paging.want(order)
    thread = threading.Thread(target=lambda: got.append(paging.page(order, 0, 10, [0])[0]))
    thread.start()
    time.sleep(0.1)
    ws.engine.interrupt()
    thread.join(120)
    assert got == [3_000_000]
    paging.close()


def test_a_run_that_is_interrupted_for_long_ends_neither_pages_nor_summaries(ws: Workspace) -> None:
    ws.node("many", "SELECT hash(i)::VARCHAR || 'x' AS t, i FROM range(1_000_000) AS r(i)", materialize="table")
    ws.run_cell("many")
    paging, order, is_over = Paging(ws, "many"), Order(((0, False),)), threading.Event()
    paging.want(order)
    got: list[int] = []

    def interrupt() -> None:
        while not is_over.wait(0.02):
            ws.engine.interrupt()

    def look() -> None:
        got.append(paging.page(order, 0, 10, [0])[0])
        got.append(paging.summaries([0, 1]).rows)

    threads = [threading.Thread(target=work) for work in (interrupt, look)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    is_over.set()
    for thread in threads:
        thread.join(120)
    assert got == [1_000_000, 1_000_000]
    paging.close()


def test_pages_come_while_a_run_goes_on(ws: Workspace) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    ws.node("sleeper", lambda: pd.DataFrame({"x": [begun.set() or goes_on.wait(120)]}))
    running = threading.Thread(target=lambda: ws.run("sleeper", force=True))
    running.start()
    assert begun.wait(120)
    paging = Paging(ws, "table")
    assert len(page(paging, Order(((0, True),)))) == 50
    assert running.is_alive()
    goes_on.set()
    running.join()
    assert ws.status("sleeper") == "completed"
    paging.close()


def test_a_result_that_was_replaced_stays_whole_and_says_so(ws: Workspace) -> None:
    ws.node("changing", "SELECT 1 AS x")
    ws.run_cell("changing")
    paging = Paging(ws, "changing")
    assert (paging.news, paging.why_stale) == ("", "")
    ws.node("changing", "SELECT 2 AS x")
    assert paging.news == ""
    assert "code changed" in paging.why_stale
    ws.run_cell("changing")
    assert (paging.news, page(paging)) == ("replaced", [("1",)])
    ws.drop("changing")
    assert (paging.news, page(paging)) == ("gone", [("1",)])
    paging.close()


def tables(ws: Workspace) -> list[Any]:
    gc.collect()  # what an exception of a test before still holds isn't dropped in the middle of this one
    counted = "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'order %' OR table_name = 'rows'"
    return ws.engine.inspect_many({}, lambda names, run: list(run(counted)))


def test_an_order_that_is_taken_back_leaves_nothing(ws: Workspace) -> None:
    paging, before = Paging(ws, "table"), len(tables(ws))
    for falls in (False, True):
        page(paging, Order(((0, falls),)))
        assert len(tables(ws)) == before + 1
        page(paging)
        assert len(tables(ws)) == before
    paging.close()


def test_an_order_can_be_had_again_after_one_that_was_given_up(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    paging, order, other = Paging(ws, "table"), Order(((0, False),)), Order(((0, True),))
    rows = page(paging, order)
    assert paging._table is not None
    choose = paging._table.choose

    def stopped_late(*how: Any) -> Any:
        choose(*how)
        paging.want(order)
        raise NodeCancelled("interrupted")

    with monkeypatch.context() as patched:
        patched.setattr(paging._table, "choose", stopped_late)
        with pytest.raises(NodeCancelled):
            page(paging, other)
    assert page(paging, order) == rows
    paging.close()


def test_rows_are_computed_anew_after_an_interrupt_that_came_late(ws: Workspace) -> None:
    paging = Paging(ws, "lazy")
    rows = page(paging)
    assert paging._table is not None
    paging._table._table = None  # as it is when the table is there, but its number of rows was never told
    assert page(paging) == rows
    paging.close()


def test_all_that_was_made_is_dropped_when_it_is_closed(ws: Workspace) -> None:
    before = len(tables(ws))
    pagings = [Paging(ws, "lazy") for _ in range(3)]
    for one in pagings:
        for number in range(4):
            page(one, Order(((number, False),)))
    assert len(tables(ws)) == before + 6
    for one in pagings:
        one.close()
    assert len(tables(ws)) == before


def test_a_closed_one_answers_no_more(ws: Workspace) -> None:
    paging = Paging(ws, "table")
    paging.close()
    with pytest.raises(NodeCancelled):
        page(paging)


def test_rows_are_gone_after_a_reset(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.node("a", "SELECT 1 AS x")
    ws.run_cell("a")
    paging = Paging(ws, "a")
    ws.reset()
    assert paging.news == "gone"
    with pytest.raises(UnknownNameError, match="all results were dropped"):
        page(paging)
    paging.close()
    ws.close()


def test_a_reset_stops_what_looks_at_rows(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.node("many", "SELECT hash(i)::VARCHAR || 'x' AS t FROM range(3_000_000) AS r(i)", materialize="table")
    ws.run_cell("many")
    paging, order, ended = Paging(ws, "many"), Order(((0, False),)), list[str]()
    paging.count()
    paging.want(order)

    def sort() -> None:
        try:
            paging.page(order, 0, 10, [0])
        except OdibiException as exc:
            ended.append(exc.message)

    thread = threading.Thread(target=sort)
    with endless_sorts(paging) as sorting:
        thread.start()
        assert sorting.wait(120)
        time.sleep(0.1)
        ws.reset()
        thread.join(120)
    assert "all results were dropped" in ended[0]
    ws.close()


def test_rows_that_can_not_be_computed_are_an_error_at_their_node(ws: Workspace) -> None:
    ws.node(
        "bad", "SELECT CASE WHEN i = 90 THEN 'x' ELSE '1' END::INTEGER AS n FROM range(99) AS r(i)", materialize="view"
    )
    ws.run_cell("bad")
    paging = Paging(ws, "bad")
    with pytest.raises(TransformError, match="Could not convert") as caught:
        paging.count()
    assert caught.value.node == "bad"
    paging.close()
    ws.drop("bad")


def test_a_node_without_rows_has_no_pages(ws: Workspace) -> None:
    ws.node("never", "SELECT 'never' AS x")
    assert not has_pages(ws, "never")
    with pytest.raises(UnknownNameError, match="has no rows to look at: it is pending"):
        Paging(ws, "never")


def test_rows_of_a_file_that_has_changed_are_gone(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    file = tmp_path / "x.parquet"
    pd.DataFrame({"x": range(1000)}).to_parquet(file)
    ws.node("read", f"FROM '{file}'", materialize="view")
    ws.run_cell("read")
    assert has_pages(ws, "read")
    pd.DataFrame({"x": range(5)}).to_parquet(file)
    assert not has_pages(ws, "read")
    with pytest.raises(OdibiException, match="which has changed since"):
        Paging(ws, "read")
    ws.close()


def test_the_pandas_engine_has_pages_too(tmp_path: Path) -> None:
    from odibi_nb.config import ProjectConfig

    ws = Workspace(tmp_path)
    ws.configure(ProjectConfig(engine="pandas"))
    ws.node("a", "SELECT i, i % 2 AS half FROM range(10) AS r(i)")
    ws.run_cell("a")
    paging = Paging(ws, "a")
    assert page(paging, Order(((1, True), (0, True))), rows=2) == [("9", "1"), ("7", "1")]
    paging.close()
    ws.close()
