"""View, table or file: what is decided from a query's shape, who reads it, and what its last run has shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from odibi_nb.engine.base import Measured, Readers
from odibi_nb.engine.policy import MAX_VIEW_DEPTH, SMALL_BYTES, SMALL_ROWS, Input, Shape, choose_form, shape_of
from odibi_nb.sql import analyze

ROOM = 1_000_000_000
FILE = Input(lazy=True, depth=1, file_bytes=100_000_000)
TEXT = FILE._replace(parses=True)
TABLE = Input(rows=1_000_000, columns=4)
ONE, TWO, THREE = (Readers(count=count) for count in (1, 2, 3))


def chosen(sql: str, readers: Readers, *inputs: Input, room: int = ROOM) -> tuple[str, str]:
    return tuple(choose_form(shape_of(analyze(sql), dict(zip("ab", inputs or (FILE,), strict=False))), readers, room))


FILTER = "SELECT * FROM a WHERE x > 1"
TOTALS = "SELECT k, sum(x) AS x FROM a GROUP BY k"
JOIN = "SELECT * FROM a JOIN b USING (k)"


@pytest.mark.parametrize(
    ("sql", "readers", "inputs", "form", "reason"),
    [
        (FILTER, ONE, [FILE], "view", "fused into what reads it"),
        (FILTER, Readers(sink=True), [FILE], "view", "computed when it is written"),
        (FILTER, Readers(), [FILE], "view", "computed when it is looked at"),
        (FILTER, THREE, [FILE], "view", "read 3 times, cheaply"),
        (FILTER, THREE, [TABLE], "view", "read 3 times, cheaply"),
        (FILTER, TWO, [TEXT], "table", "read twice"),
        (FILTER, Readers(count=1, sink=True), [TEXT], "table", "read twice"),
        (FILTER, Readers(keep=True), [FILE], "table", "no other node reads it"),
        (FILTER, ONE, [Input(rows=SMALL_ROWS, columns=3)], "table", "its inputs are small"),
        (FILTER, ONE, [Input(rows=SMALL_ROWS + 1, columns=3)], "view", "fused into what reads it"),
        (TOTALS, TWO, [FILE], "table", "read twice"),
        (TOTALS, ONE, [FILE], "table", "it needs all of its input first"),
        (JOIN, ONE, [FILE, FILE], "view", "fused into what reads it"),
        (JOIN, TWO, [FILE, FILE], "table", "read twice"),
        (JOIN, TWO, [FILE, Input(rows=50, columns=2)], "view", "read twice, cheaply"),
        (JOIN, TWO, [FILE, Input(lazy=True, file_bytes=SMALL_BYTES)], "view", "read twice, cheaply"),
        ("SELECT *, random() AS r FROM a", ONE, [FILE], "table", "calls a function whose value changes"),
        ("SUMMARIZE a", ONE, [FILE], "table", "DuckDB makes no view of it"),
        (FILTER, ONE, [FILE._replace(depth=MAX_VIEW_DEPTH)], "table", f"{MAX_VIEW_DEPTH + 1} views deep"),
        (FILTER, ONE, [FILE._replace(depth=MAX_VIEW_DEPTH - 2)], "view", "fused into what reads it"),
        (FILTER, replace(ONE, snapshot=True), [FILE], "table", "a file that it reads is written in this run"),
    ],
)
def test_a_first_run_decides_by_shape_and_readers(
    sql: str, readers: Readers, inputs: list[Input], form: str, reason: str
) -> None:
    assert chosen(sql, readers, *inputs) == (form, reason)


@pytest.mark.parametrize(
    ("readers", "before", "form", "reason"),
    [
        # Keeping 1 million rows of 10 columns costs 0.15 s.
        (TWO, Measured(1_000_000, 10, 0.8), "table", "read twice, 800 ms each"),
        (TWO, Measured(1_000_000, 10, 0.16), "table", "read twice, 160 ms each"),
        (TWO, Measured(1_000_000, 10, 0.14), "view", "read twice, which costs less than to keep it"),
        (THREE, Measured(1_000_000, 10, 0.08), "table", "read 3 times, 80 ms each"),
        (ONE, Measured(1_000_000, 10, 60), "view", "fused into what reads it"),
        (TWO, Measured(10, 1, 1.04), "table", "read twice, 1.0 s each"),
        # What a table took holds what it costs to keep it.
        (TWO, Measured(1_000_000, 10, 0.29, kept=True), "view", "read twice, which costs less than to keep it"),
        (TWO, Measured(1_000_000, 10, 0.31, kept=True), "table", "read twice, 160 ms each"),
        # A text costs twice as much as a number.
        (TWO, Measured(1_000_000, 10, 0.2, texts=5), "view", "read twice, which costs less than to keep it"),
        (TWO, Measured(1_000_000, 10, 0.23, texts=5), "table", "read twice, 230 ms each"),
    ],
)
def test_later_runs_weigh_computing_again_against_keeping(
    readers: Readers, before: Measured, form: str, reason: str
) -> None:
    for inputs in ([FILE], [TEXT], [FILE, FILE]):
        assert chosen(FILTER if len(inputs) == 1 else JOIN, replace(readers, before=before), *inputs) == (form, reason)


def test_a_query_that_has_to_finish_first_counts_the_look_at_its_card() -> None:
    cheap, dear = Measured(1_000_000, 10, 0.1), Measured(1_000_000, 10, 0.2)
    assert chosen(TOTALS, replace(ONE, before=dear)) == ("table", "it needs all of its input first")
    assert chosen(TOTALS, replace(TWO, before=cheap)) == ("table", "read twice, 100 ms each")
    assert chosen(TOTALS, replace(ONE, before=cheap)) == ("view", "fused into what reads it")
    assert chosen(TOTALS, replace(Readers(), before=dear))[0] == "table"


ABOVE_AVERAGE = "SELECT * FROM a WHERE x > (SELECT avg(x) FROM a)"


def test_a_chain_that_reads_the_same_twice_at_each_step_is_cut() -> None:
    above, forms = FILE, []
    for _ in range(7):
        shape = shape_of(analyze(ABOVE_AVERAGE), {"a": above})
        form, reason = choose_form(shape, ONE, ROOM)
        forms.append((form, reason))
        above = Input(lazy=True, depth=shape.depth, scans=shape.scans) if form == "view" else TABLE
    assert [form for form, _ in forms] == ["view", "view", "table", "view", "view", "view", "table"]
    assert forms[2][1] == "reads the same 8 times"


def test_what_a_table_has_too_many_rows_for_becomes_a_file() -> None:
    # 16 bytes a value: 100 million values are 1.6 GB.
    large = Measured(10_000_000, 10, 9.0)
    assert chosen(FILTER, replace(TWO, before=large)) == ("store", "read twice, 9.0 s each, about 1.6 GB")
    assert chosen(FILTER, replace(TWO, before=large), room=2 * ROOM)[0] == "table"
    assert chosen(FILTER, replace(ONE, before=large))[0] == "view"
    assert chosen(FILTER, Readers(keep=True, before=large))[0] == "store"


def test_a_first_run_takes_a_result_to_be_as_large_as_what_it_reads() -> None:
    many = TEXT._replace(file_bytes=300_000_000)
    assert chosen(FILTER, TWO, many) == ("store", "read twice, about 1.2 GB")
    assert chosen(FILTER, TWO, TEXT)[0] == "table"
    assert chosen(TOTALS, ONE, Input(rows=100_000_000, columns=2))[0] == "store"


@pytest.mark.parametrize("before", [None, Measured(10_000_000, 10, 9.0), Measured(1, 1, 0.001)])
@pytest.mark.parametrize("sql", [FILTER, TOTALS, JOIN])
@pytest.mark.parametrize("form", ["view", "table", "store"])
def test_a_node_that_says_what_becomes_of_it_gets_that(form: str, sql: str, before: Measured | None) -> None:
    for readers in (Readers(), ONE, THREE, Readers(keep=True), Readers(sink=True)):
        overruled = replace(readers, overrule=form, before=before)
        for read in ([FILE, FILE], [Input(rows=3), Input(rows=3)], [FILE._replace(depth=99), TABLE]):
            assert chosen(sql, overruled, *read, room=0 if form == "table" else ROOM) == (form, f"materialize: {form}")


def test_only_what_would_be_wrong_as_a_view_never_is_one() -> None:
    view = Readers(count=1, overrule="view")
    assert chosen("SELECT now() AS t FROM a", view) == ("table", "calls a function whose value changes")
    assert chosen(FILTER, replace(view, snapshot=True)) == ("table", "a file that it reads is written in this run")
    assert chosen("SELECT now() AS t FROM a", Readers(overrule="lazy"))[0] == "view"
    stored = Readers(overrule="store", snapshot=True)
    assert chosen("SELECT now() AS t FROM a", stored) == ("store", "materialize: store")


@pytest.mark.parametrize(
    ("typed", "size", "readers", "form", "reason"),
    [
        (True, 10**9, ONE, "view", "its file is as good as a table"),
        (True, 10**9, THREE, "view", "its file is as good as a table"),
        (True, 10**9, Readers(keep=True), "view", "its file is as good as a table"),
        (True, 10, ONE, "view", "its file is as good as a table"),
        (False, SMALL_BYTES, ONE, "table", "its files are small"),
        (False, SMALL_BYTES + 1, ONE, "view", "fused into what reads it"),
        (False, SMALL_BYTES + 1, TWO, "table", "read twice"),
        (False, 10**9, TWO, "store", "read twice, about 4.0 GB"),
        (False, SMALL_BYTES + 1, Readers(keep=True), "table", "no other node reads it"),
        (True, 10**9, Readers(count=1, overrule="table"), "table", "materialize: table"),
        (
            True,
            10**9,
            Readers(count=1, snapshot=True),
            "store",
            "a file that it reads is written in this run, about 4.0 GB",
        ),
    ],
)
def test_a_plain_read_is_kept_only_where_reading_again_means_parsing(
    typed: bool, size: int, readers: Readers, form: str, reason: str
) -> None:
    shape = Shape(computes=False, reparses=not typed, source_bytes=None if typed else size, bytes_below=size * 4)
    assert tuple(choose_form(shape, readers, ROOM)) == (form, reason)
