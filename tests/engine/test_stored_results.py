"""Results in files: what went there as it was computed is read as if it were in memory, and goes with its handle."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pipeline.project import node, python, read, sql, write

from odibi_nb.engine.base import Query, Readers
from odibi_nb.engine.duckdb_engine import DuckDBEngine
from odibi_nb.exceptions import OdibiException
from odibi_nb.sql import analyze

STORE = Readers(overrule="store")


@pytest.fixture
def engine():
    made = DuckDBEngine()
    yield made
    made.close()


def stored(engine, text, readers=STORE, **more):
    return engine.query(Query("n", analyze(text), more.pop("inputs", {}), readers=readers, **more))


def files_of(engine) -> list[Path]:
    folder = engine._files._made
    return sorted(folder.iterdir()) if folder is not None and folder.exists() else []


def test_rows_are_in_a_file_and_all_there_is_to_know_is_known(engine):
    data = stored(engine, "SELECT i, i % 3 AS k FROM range(1000) t(i) ORDER BY k, i DESC")
    assert (data.form, data.form_reason, data.lazy, data.known_rows, data.depth) == (
        "store", "materialize: store", False, 1000, 0
    )  # fmt: skip
    assert [file == data.file.path for file in files_of(engine)] == [True]
    assert duckdb.sql(f"SELECT count(*) FROM '{data.file.path}'").fetchall() == [(1000,)]
    expected = sorted(range(1000), key=lambda i: (i % 3, -i))
    assert data.arrow().column("i").to_pylist() == expected
    assert [row[0] for row in data.head(3)] == ["999", "996", "993"]
    below = stored(engine, "SELECT sum(i) AS s FROM a", inputs={"a": data}, private=True, readers=Readers())
    assert below.arrow().to_pylist() == [{"s": 499500}]


def test_a_file_goes_with_the_last_who_reads_it(engine):
    data = stored(engine, "SELECT i FROM range(10) t(i)")
    reader = stored(engine, "SELECT i + 1 AS i FROM a", Readers(overrule="view"), inputs={"a": data}, private=True)
    del data
    gc.collect()
    assert len(files_of(engine)) == 1
    assert reader.count() == 10
    del reader
    gc.collect()
    assert files_of(engine) == []


def test_an_engine_that_is_closed_leaves_no_file(engine):
    data = stored(engine, "SELECT 1 AS x")
    folder = engine._files._made
    engine.close()
    assert data.file is not None
    assert not folder.exists()


TYPES = """
SELECT 9007199254740993 AS big, 1::HUGEINT AS huge, 1.50::DECIMAL(10, 3) AS money, NULL AS nothing, 'a' AS text,
  TIMESTAMP '2020-01-01 01:02:03.456789' AS at, TIMESTAMPTZ '2020-01-01 00:00:00+02' AS tz, DATE '2020-01-01' AS day,
  TIME '01:02:03' AS clock, {'a': 1, 'b': [1, 2]} AS nested, MAP {'k': 1} AS map, 'x'::ENUM('x', 'y') AS enum,
  '\\xAA'::BLOB AS blob, true AS yes, uuid_nil AS id, 1::UTINYINT AS small, 'nan'::DOUBLE AS nan, [NULL, 1] AS list
FROM (SELECT '00000000-0000-0000-0000-000000000000'::UUID AS uuid_nil)
"""


def test_every_type_comes_back_as_a_table_would_have_it(engine):
    in_memory = stored(engine, TYPES, Readers(overrule="table"))
    in_file = stored(engine, TYPES)
    assert in_file.form == "store"
    assert in_file.schema == in_memory.schema
    assert repr(in_file.arrow().to_pylist()) == repr(in_memory.arrow().to_pylist())
    assert in_file.head() == in_memory.head()


def test_what_parquet_would_lose_stays_in_memory_with_a_note(engine):
    data = stored(engine, "SELECT INTERVAL 1 MONTH AS gap, i FROM range(3) t(i)")
    assert (data.form, data.notes) == (
        "table", ("kept in memory: column 'gap' is INTERVAL, which Parquet doesn't keep whole",)
    )  # fmt: skip
    assert data.known_rows == 3
    assert files_of(engine) == []


@pytest.mark.parametrize("text", ["PIVOT a ON c USING sum(v)", "SUMMARIZE a", "FROM a", "VALUES (1, 'x'), (2, 'y')"])
def test_statements_that_are_no_select_go_to_files_too(engine, text):
    a = stored(engine, "SELECT i % 3 AS k, i % 2 AS c, i AS v FROM range(20) t(i)", Readers(overrule="table"))
    data, expected = (
        stored(engine, text, Readers(overrule=form), inputs={"a": a}, private=True) for form in ("store", "table")
    )
    assert data.form == "store"
    assert data.arrow().to_pylist() == expected.arrow().to_pylist()
    assert data.known_rows == expected.known_rows


def test_parameters_macros_and_no_rows(engine):
    macro = "CREATE MACRO twice(x) AS x * 2; SELECT twice($n) AS v FROM range($rows)"
    assert stored(engine, macro, params={"n": 4, "rows": 3}).arrow().to_pylist() == [{"v": 8}] * 3
    empty = stored(engine, "SELECT i, 'x' AS t FROM range(0) t(i)")
    assert (empty.known_rows, [column.type for column in empty.schema]) == (0, ["BIGINT", "VARCHAR"])


def test_an_error_in_a_row_has_its_line_and_leaves_nothing(engine):
    with pytest.raises(OdibiException) as caught:
        stored(
            engine, "SELECT i,\n  CAST(CASE WHEN i = 90000 THEN 'x' ELSE '1' END AS INT) AS v\nFROM range(99999) t(i)"
        )
    assert caught.value.where.line == 2
    del caught
    gc.collect()
    assert files_of(engine) == []


def test_saving_a_stored_result_gives_its_file_a_second_name(engine, tmp_path):
    data = stored(engine, "SELECT i FROM range(1000) t(i)")
    (tmp_path / "kept.parquet").touch()
    engine.save(data, tmp_path / "kept.parquet")
    assert (tmp_path / "kept.parquet").read_bytes() == data.file.path.read_bytes()
    if tmp_path.stat().st_dev == data.file.path.stat().st_dev:
        assert (tmp_path / "kept.parquet").samefile(data.file.path)
    loaded = engine.load(tmp_path / "kept.parquet", data.schema, 1000)
    del data
    gc.collect()
    assert loaded.arrow().num_rows == 1000


def test_a_pipeline_stores_what_its_nodes_ask_for(lazy_project):
    lazy_project.put("x.csv", "v\n1\n2\n")
    lazy_project.functions.register(lambda half: half.assign(w=half.v * 2), "doubled")
    results = lazy_project.run(
        node("load", read=read("x.csv"), materialize="store"),
        sql("half", "SELECT v / 2 AS v FROM load", materialize="store"),
        python("doubled", materialize="store"),
        sql("out", "SELECT v, w FROM doubled", write=write("out.csv"), materialize="store"),
    )
    forms = {name: result.dataset.form for name, result in results.node_results.items()}
    assert forms == dict.fromkeys(["load", "half", "doubled", "out"], "store")
    assert lazy_project.text("out.csv") == "v,w\n0.5,1.0\n1.0,2.0\n"


def test_a_frame_in_a_file_is_the_frame_that_was_returned(lazy_project):
    frame = pd.DataFrame({"n": [9007199254740993, None], "t": ["a", None]}).astype({"n": "Int64"})
    lazy_project.functions.register(lambda: frame, "made")
    for form in ("store", None):
        result = lazy_project.pipeline(python("made", materialize=form)).run_node("made")
        assert result.dataset.form == form
        pd.testing.assert_frame_equal(result.dataset.frame(), frame.astype({"t": result.dataset.frame()["t"].dtype}))


PROGRAM = """
import sys
from odibi_nb.engine.base import Query, Readers
from odibi_nb.engine.duckdb_engine import DuckDBEngine
from odibi_nb.sql import analyze

engine = DuckDBEngine({"memory_limit": "512MB", "threads": 1})
rows = f"SELECT hash(i) AS a, hash(i + 1) AS b, hash(i + 2) AS c, i FROM '{sys.argv[1]}' WHERE i % 10 > 0"
data = engine.query(Query("n", analyze(rows), {}, readers=Readers(count=3, overrule=sys.argv[2] or None)))
reader = Query("m", analyze("SELECT max(a) AS a, count(*) AS n FROM n"), {"n": data}, readers=Readers(overrule="table"))
n = [engine.query(reader).arrow().to_pylist()[0]["n"] for _ in range(2)][0]
size = engine._session.call(lambda cursor: cursor.run("SELECT sum(memory_usage_bytes) FROM duckdb_memory()"))[0][0]
print(data.form, n, int(size))
"""


def test_a_large_result_that_many_read_never_is_in_memory(tmp_path):
    source = tmp_path / "numbers.csv"
    duckdb.sql(f"COPY (SELECT i FROM range(5_000_000) t(i)) TO '{source}'")

    def run(form: str) -> list[str]:
        command = [sys.executable, "-c", PROGRAM, str(source), form]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    form, rows, held = run("")
    assert (form, rows) == ("store", "4500000")
    assert int(held) < 20_000_000
    _, _, held_as_table = run("table")
    assert int(held_as_table) > 100_000_000
