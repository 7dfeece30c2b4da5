"""Python nodes that take and give their rows batch by batch."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pipeline.project import Project, node, python, read, sql

from odibi_nb.engine import batches as engine_batches
from odibi_nb.exceptions import NodeExecutionError, NotAFrameError, ValidationError

NUMBERS = sql("numbers", "SELECT i, 'x' || i AS s, CASE WHEN i % 3 > 0 THEN i END AS n FROM range(500000) t(i)")


@pytest.fixture(params=["duckdb", "pandas"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project(tmp_path, request.param)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few batches be more than is kept in memory."""
    monkeypatch.setattr(engine_batches, "_CHUNK_ROWS", 100_000)


def made(project: Project, function, *above, **fields):
    project.functions.register(function, "made")
    return project.run(*(above or [NUMBERS]), python("made", **fields), sql("after", "SELECT * FROM made"))


def error_of(results, name="made"):
    return results.get_node_result(name).error


def generator(numbers: Iterator[pa.RecordBatch]):
    for batch in numbers:
        yield batch.append_column("twice", pa.array([2 * i for i in batch["i"].to_pylist()]))


def iterable(numbers: Iterable[pa.RecordBatch]):
    return (batch for batch in numbers)


def reader(numbers: pa.RecordBatchReader) -> pa.RecordBatchReader:
    assert numbers.schema.names == ["i", "s", "n"]
    return numbers


def frames(numbers: Iterator[pa.RecordBatch]):
    for batch in numbers:
        yield batch.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


@pytest.mark.parametrize("function", [generator, iterable, reader, frames])
def test_rows_pass_through_in_order_and_with_their_types(project, function) -> None:
    results = made(project, function)
    assert results.failed == [], error_of(results)
    result = results.get_node_result("made").dataset
    assert [column.type for column in result.schema][:3] == ["BIGINT", "VARCHAR", "BIGINT"]
    assert result.known_rows == 500_000
    table = results.get_node_result("after").dataset.arrow()
    assert table["i"].to_pylist() == list(range(500_000))
    assert table["s"][499_999].as_py() == "x499999"
    assert table["n"].null_count == 166_667
    if "twice" in table.column_names:
        assert table["twice"][499_999].as_py() == 999_998


def test_a_large_output_is_a_table_of_the_database_and_a_small_one_stays_in_memory(lazy_project) -> None:
    large = made(lazy_project, generator).get_node_result("made").dataset
    assert type(large).__name__ == "DuckDataset"
    assert not large.lazy
    small = made(lazy_project, generator, sql("numbers", "SELECT 1 AS i")).get_node_result("made").dataset
    assert type(small).__name__ == "ValueDataset"
    assert small.arrow().to_pylist() == [{"i": 1, "twice": 2}]


def test_input_is_computed_as_it_is_asked_for(lazy_project) -> None:
    seen = []

    def first_batch(numbers: Iterator[pa.RecordBatch]):
        seen.append(next(numbers).num_rows)
        yield pa.record_batch({"rows": seen})

    last_is_bad = "SELECT CAST(CASE WHEN i = 29999999 THEN 'x' ELSE '1' END AS INT) AS i FROM range(30000000) t(i)"
    results = made(lazy_project, first_batch, sql("numbers", last_is_bad))
    assert results.failed == [], error_of(results)
    assert results.get_node_result("made").dataset.arrow().to_pylist() == [{"rows": seen[0]}]
    assert seen[0] <= 122_880


def test_batches_of_one_node_read_another_twice(project) -> None:
    def both(numbers: Iterator[pa.RecordBatch], others: Iterator[pa.RecordBatch]):
        for left, right in zip(numbers, others, strict=True):
            yield pa.record_batch({"sum": [left.num_rows + right.num_rows]})

    results = made(project, both, NUMBERS, sql("others", "SELECT * FROM numbers"))
    assert sum(results.get_node_result("made").dataset.arrow()["sum"].to_pylist()) == 1_000_000


def test_a_transform_on_the_current_frame_takes_batches(project) -> None:
    project.put("x.csv", "a\n1\n2\n")

    @project.function
    def doubled(df: Iterator[pa.RecordBatch], factor: int = 2):
        for batch in df:
            yield pa.record_batch({"a": [factor * a for a in batch["a"].to_pylist()]})

    results = project.run(node("load", {"function": "doubled"}, read=read("x.csv")))
    assert results.get_node_result("load").dataset.arrow().to_pylist() == [{"a": 2}, {"a": 4}]


def test_mock_rows_come_as_batches_too(project) -> None:
    project.functions.register(generator, "made")
    pipeline = project.pipeline(NUMBERS, python("made"))
    result = pipeline.run_node("made", mock_data={"numbers": [{"i": 4}]})
    assert result.dataset.arrow().to_pylist() == [{"i": 4, "twice": 8}]


def batches_of(*values):
    def giving():
        yield from values

    return giving


@pytest.mark.parametrize(
    ("values", "kind", "message", "hint"),
    [
        ([], NotAFrameError, "node 'made' gave no batch", "one batch even without rows"),
        ([3], NotAFrameError, "gave an int as batch 1", "record batches"),
        ([pa.record_batch({"a": [1]}), None], NotAFrameError, "gave None as batch 2", "record batches"),
        (
            [pa.record_batch({"a": [1]}), pa.record_batch({"a": ["x"]})],
            ValidationError,
            "batch 2: column 'a' is VARCHAR, and was BIGINT in batch 1",
            "cast it",
        ),
        (
            [pa.record_batch({"a": [1]}), pa.record_batch({"b": [1]})],
            ValidationError,
            "batch 2 has the columns 'b', and batch 1 'a'",
            "the same",
        ),
        (
            [pa.record_batch({"a": [1]}), pd.DataFrame({"a": [1, "x"]})],
            ValidationError,
            "batch 2: column 'a' mixes types",
            "astype",
        ),
        ([pa.record_batch([[1], [2]], names=["a", "A"])], ValidationError, "batch 1: two columns", "rename"),
    ],
)
def test_what_is_no_batch_or_fits_no_other_is_an_error_that_names_it(project, values, kind, message, hint) -> None:
    error = error_of(made(project, batches_of(*values)))
    assert isinstance(error, kind)
    assert message in error.message
    assert hint in (error.hint or "")


def test_no_rows_are_fine_where_the_columns_are_known(project) -> None:
    empty = pa.record_batch({"a": pa.array([], pa.int32())})
    assert made(project, batches_of(empty)).get_node_result("made").result_schema == (("a", "INTEGER"),)
    project.functions.register(lambda: pa.RecordBatchReader.from_batches(empty.schema, []), "read")
    results = project.run(python("made", "read"))
    assert results.get_node_result("made").result_schema == (("a", "INTEGER"),)


def test_a_batch_of_nulls_alone_takes_the_type_of_the_first(project) -> None:
    results = made(project, batches_of(pa.record_batch({"a": [1]}), pd.DataFrame({"a": [None]}, dtype=object)))
    assert results.get_node_result("made").dataset.arrow().to_pylist() == [{"a": 1}, {"a": None}]


def test_an_index_that_is_dropped_from_a_batch_is_noted(project) -> None:
    given = batches_of(pd.DataFrame({"a": [1]}, index=["x"]), pd.DataFrame({"a": [2]}, index=["y"]))
    assert made(project, given).get_node_result("made").notes == (
        "an unnamed index was dropped; name it to keep it as a column",
    )


def test_a_failure_midway_is_the_nodes_at_its_line_and_leaves_no_table(lazy_project) -> None:
    ended = []

    def failing(numbers: Iterator[pa.RecordBatch]):
        try:
            for number, batch in enumerate(numbers):
                if number == 3:
                    raise ZeroDivisionError("on purpose")
                yield batch
        finally:
            ended.append(True)

    lazy_project.functions.register(failing, "made")
    pipeline = lazy_project.pipeline(NUMBERS, python("made"))
    error = error_of(pipeline.run())
    assert isinstance(error, NodeExecutionError)
    assert error.message == "ZeroDivisionError: on purpose"
    assert error.where.source is not None
    assert "on purpose" in error.where.source
    assert ended == [True]
    assert tables(pipeline) == []


def tables(pipeline) -> list[str]:
    gc.collect()
    query = "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%batches%'"
    return [name for (name,) in pipeline._engine._session.call(lambda cursor: cursor.run(query))]


def test_a_bad_row_of_the_input_is_blamed_on_the_node_that_made_it(lazy_project) -> None:
    bad = sql("numbers", "SELECT CAST(CASE WHEN i = 400000 THEN 'x' ELSE '1' END AS INT) AS i FROM range(500000) t(i)")
    results = made(lazy_project, generator, bad)
    assert "Could not convert string 'x'" in error_of(results, "numbers").message
    assert results.skipped == ["made", "after"]


def test_batches_can_not_be_read_after_their_node(lazy_project) -> None:
    kept = []

    def keeping(numbers: Iterator[pa.RecordBatch]):
        kept.append(numbers)
        yield next(numbers)

    made(lazy_project, keeping)
    with pytest.raises(Exception, match="ended with the node"):
        next(kept[0])


@pytest.mark.parametrize("returns", ["object", "none"])
def test_a_generator_is_no_value(project, returns) -> None:
    error = error_of(made(project, generator, returns=returns))
    assert isinstance(error, NotAFrameError)
    assert f"returns: {returns}" in error.message


def test_a_cancelled_run_ends_between_two_batches_in_a_worker(lazy_project) -> None:
    started = threading.Event()

    def endless(numbers: Iterator[pa.RecordBatch]):
        batch = next(numbers)
        while True:
            started.set()
            yield batch

    lazy_project.functions.register(endless, "made")
    pipeline = lazy_project.pipeline(NUMBERS, python("made"), sql("other", "SELECT 1 AS a"))
    cancels = []
    waiting = threading.Thread(target=lambda: started.wait(120) and cancels[0]())
    waiting.start()
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(
            workers=2, listeners=[lambda event: cancels.append(event.cancel) if hasattr(event, "cancel") else 0]
        )
    waiting.join()
    deadline = time.monotonic() + 120
    while tables(pipeline) and time.monotonic() < deadline:  # until the worker has let go of it
        time.sleep(0.05)
    assert tables(pipeline) == []


INTERRUPTED = """
import os, signal, sys, threading
from collections.abc import Iterator
import pyarrow as pa
from odibi_nb import Workspace
from odibi_nb.runner import NodeStarted

signal.signal(signal.SIGINT, signal.default_int_handler)

ws = Workspace(sys.argv[1])
ws.node("numbers", "SELECT i, md5(i::VARCHAR) AS s FROM range(1000000000000) t(i) " + sys.argv[2])

def made(numbers: Iterator[pa.RecordBatch]):
    for number, batch in enumerate(numbers):
        yield batch

ws.node("made", made)

def begin(event):
    if isinstance(event, NodeStarted) and event.name == "made":
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

ws.listeners.append(begin)
try:
    ws.run()
except KeyboardInterrupt:
    print(ws.statuses()["made"], flush=True)
"""


@pytest.mark.parametrize("rows", ["", "WHERE sqrt(i) = -1"], ids=["between batches", "before the first"])
def test_ctrl_c_reaches_a_node_of_batches_on_the_main_thread(tmp_path: Path, rows: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path), rows]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split() == ["cancelled"], done.stderr


PEAK = """
import resource, sys
from collections.abc import Iterator
import pyarrow as pa
import pyarrow.compute as pc
from odibi_nb import Pipeline
from odibi_nb.config import PipelineConfig
from odibi_nb.engine import create_engine
from odibi_nb.registry import Functions

def made(numbers: Iterator[pa.RecordBatch]):
    for batch in numbers:
        yield batch.append_column("twice", pc.multiply(batch["i"], 2))

functions = Functions()
functions.register(made, "made")
config = PipelineConfig.model_validate({"pipeline": "p", "nodes": [
    {"name": "numbers", "transform": {"steps": [
        "SELECT i, md5(i::VARCHAR) AS s, md5((i + 1)::VARCHAR) AS t FROM range(10000000) t(i)"]}},
    {"name": "made", "transform": {"steps": [{"function": "made"}]}},
    {"name": "total", "transform": {"steps": ["SELECT count(*) AS n, sum(twice) AS twice FROM made"]}},
]})
engine = create_engine("duckdb", {"memory_limit": "200MB"})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
results = Pipeline(config, engine=engine, functions=functions, root=sys.argv[1]).run()
print(results.get_node_result("total").dataset.arrow().to_pylist()[0]["twice"])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1000)
engine.close()
"""


def test_ten_million_rows_by_batches_keep_to_the_memory_limit(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PEAK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    total, grown_mb = map(int, done.stdout.split() or [0, 0])
    assert total == 10_000_000 * 9_999_999, done.stderr
    assert grown_mb < 450
