"""Results that outlive their session: recalled as they were, never when they are not what a node says now."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import EngineError, OdibiException, UnknownNameError
from odibi_nb.store import locks
from odibi_nb.workspaces.jobs import RunRequest

Declare = Callable[[Workspace], None]
PROJECT: dict[str, Any] = {"connections": {"local": {"type": "local", "base_path": "."}}}
SALES = "id,region,amount\n1,N,5.5\n2,S,7\n3,N,\n"


@contextmanager
def session(root: Path, declare: Declare, project: dict[str, Any] = PROJECT) -> Iterator[Workspace]:
    """A session of its own, as a new kernel opens it."""
    variables: dict[str, Any] = {"__name__": "__main__", "pd": pd, "pa": pa, "np": np, "LOG": str(root / "log")}
    ws = Workspace(root, namespace=lambda: variables, is_variable=variables.__contains__)
    ws.configure(ProjectConfig.model_validate(project))
    declare(ws)
    try:
        yield ws
    finally:
        ws.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sales.csv").write_text(SALES)
    return tmp_path


def log(root: Path) -> list[str]:
    """Return what Python nodes were computed, in order."""
    file = root / "log"
    return file.read_text().split() if file.exists() else []


def logged(name: str, rest: str, arguments: str = "") -> str:
    return f"def {name}({arguments}):\n    print('{name}', file=open(LOG, 'a'))\n    print('hello')\n    return {rest}"


def pipeline(ws: Workspace) -> None:
    ws.node("load", read={"connection": "local", "path": "sales.csv"})
    ws.node("clean", logged("clean", "load[load.amount > least]", "load, least=1"))
    ws.node("twice", "SELECT *, amount * 2 AS double FROM clean", materialize="view")
    ws.node("total", "SELECT sum(double) AS total FROM twice", write={"connection": "local", "path": "total.parquet"})


def test_a_new_session_has_the_results_of_the_last(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
        before = {name: ws[name].df() for name in ws}
    with session(root, pipeline) as ws:
        assert set(ws.statuses().values()) == {"cached"}
        assert [(one.action, one.write) for one in ws.plan()] == [*[("cached", None)] * 3, ("cached", "written")]
        assert ws.run().names("cached") == list(ws)
        for name in ws:
            pd.testing.assert_frame_equal(ws[name].df(), before[name])
    assert log(root) == ["clean"]


def test_what_a_card_shows_is_there_without_the_rows(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    shutil.rmtree(root / ".odibi" / "store" / "rows")
    (root / ".odibi" / "store" / "rows").mkdir()
    with session(root, pipeline) as ws:
        assert ws.status("clean") == "pending"
        assert ws.status("load") in ("cached", "pending")
        ws.run()
        assert ws["clean"].rows == 2
    assert log(root) == ["clean", "clean"]


def test_a_recalled_result_tells_what_it_told(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("load", read={"connection": "local", "path": "sales.csv"})
        tests = [{"type": "unique", "columns": ["id"]}, {"type": "not_null", "columns": ["amount"], "on_fail": "warn"}]
        ws.node("clean", logged("clean", "load", "load"), validation={"tests": tests})

    with session(root, declare) as ws:
        ws.run()
        before = ws.result("clean")
    assert before is not None
    with session(root, declare) as ws:
        result = ws.result("clean")
        assert result is not None
        assert result.dataset is not None
        assert (result.status, result.duration, result.rows_processed) == ("cached", before.duration, 3)
        assert result.result_schema == before.result_schema
        assert result.output is not None
        assert result.output.text == "hello\n"
        assert [(one.name, one.passed, one.bad_rows) for one in result.expectations] == [
            (one.name, one.passed, one.bad_rows) for one in before.expectations
        ]
        assert result.dataset.head(10) == before.dataset.head(10)  # type: ignore[union-attr]


def test_an_edit_in_the_middle_runs_from_there_on(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    with session(root, pipeline) as ws:
        ws.node("twice", "SELECT *, amount * 3 AS double FROM clean")
        assert ws.statuses() == {"load": "cached", "clean": "cached", "twice": "stale", "total": "stale"}
        plan = {one.name: one for one in ws.plan()}
        assert plan["twice"].reason.startswith("code changed")
        assert ws.run_cell("twice").status == "completed"
        assert ws["twice"].df()["double"].tolist() == [16.5, 21.0]
    assert log(root) == ["clean"]


def test_an_edit_that_is_taken_back_needs_no_run(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
        ws.node("clean", logged("clean", "load[load.amount > 6]", "load"))
        ws.run()
        ws.settle()
        pipeline(ws)
        assert ws.statuses() == {"load": "completed", "clean": "cached", "twice": "cached", "total": "cached"}
        assert ws["total"].df()["total"].tolist() == [25.0]
    assert log(root) == ["clean", "clean"]


def test_a_changed_file_is_never_taken_for_the_old_one(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    (root / "sales.csv").write_text(SALES.replace("5.5", "50.5"))
    with session(root, pipeline) as ws:
        assert set(ws.statuses().values()) == {"stale"}
        ws.run()
        assert ws["total"].df()["total"].tolist() == [115.0]


def test_a_stale_view_says_that_its_rows_are_gone(root: Path) -> None:
    def declare(ws: Workspace, factor: int = 2) -> None:
        ws.node("n", "SELECT i FROM range(100000) AS r(i)", materialize="table")
        ws.node("view", f"SELECT i * {factor} AS j FROM n", materialize="view")
        ws.node("leaf", "SELECT max(j) AS j FROM view")

    with session(root, declare) as ws:
        ws.run()
    with session(root, lambda ws: declare(ws, 3)) as ws:
        assert ws.status("view") == "stale"
        with pytest.raises(UnknownNameError, match="the last result of 'view' is gone: it was not kept"):
            ws["view"].df()
        with pytest.warns(UserWarning, match="'leaf' is stale"):
            assert ws["leaf"].df()["j"].tolist() == [199998]


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_every_type_and_value_comes_back(root: Path, engine: str) -> None:
    sql = """
    SELECT * FROM (VALUES
        (1::TINYINT, 255::UTINYINT, 9007199254740993, 18446744073709551615::UBIGINT, 1.5::FLOAT, 'NaN'::DOUBLE, true,
         12.345::DECIMAL(9, 3), DATE '2024-02-29', TIME '10:11:12.345678', TIMESTAMP '2024-01-01 00:00:00.000001',
         TIMESTAMPTZ '2024-06-01 12:00:00+02', 'ü "x"', '\\xAA'::BLOB, uuid_of, [1, NULL], {'a': 1, 'b': 'x'},
         MAP {'k': 2}, 'red'::ENUM('red', 'blue'), 170141183460469231::HUGEINT),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL,
         NULL)
    ) AS v(t, ut, b, ub, f, d, flag, dec, day, clock, ts, tz, text, blob, id, list, struct, map, color, huge)
    """.replace("uuid_of", "'6b29fc40-ca47-1067-b31d-00dd010662da'::UUID")
    frame = logged("py", "pd.DataFrame({'n': pd.array([1, None], dtype='Int8'), 't': ['a', None], 'x': [1.5, np.nan]})")

    def declare(ws: Workspace) -> None:
        ws.node("types", sql)
        ws.node("empty", "SELECT * FROM types WHERE false")
        ws.node("py", frame, cache=True)
        ws.node("reads", "SELECT t, count(*) AS n FROM types GROUP BY ALL ORDER BY ALL")

    project = {**PROJECT, "engine": engine}
    with session(root, declare, project) as ws:
        ws.run()
        before = {name: (ws[name].schema, ws[name].arrow(), ws[name].df()) for name in ws}
    with session(root, declare, project) as ws:
        assert set(ws.statuses().values()) == {"cached"}
        for name, (schema, table, df) in before.items():
            assert ws[name].schema == schema
            assert ws[name].arrow().equals(table) or repr(ws[name].arrow().to_pylist()) == repr(table.to_pylist())
            assert ws[name].arrow().schema == table.schema
            pd.testing.assert_frame_equal(ws[name].df(), df)


def test_what_parquet_would_not_keep_whole_is_computed_again_and_said(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("spans", "SELECT INTERVAL '1 microsecond' AS span FROM range(20000)")
        ws.node("model", "{'any': 'thing'}", returns="object")

    with session(root, declare) as ws:
        ws.run()
        ws.settle()
        assert list(ws.store_problems) == ["spans"]
        assert "column 'span' is INTERVAL" in ws.store_problems["spans"]
    with session(root, declare) as ws:
        assert set(ws.statuses().values()) == {"pending"}
        ws.run()


def trained(ws: Workspace) -> None:
    ws.node("sales", read={"connection": "local", "path": "sales.csv"})
    ws.node("model", logged("model", "{'factor': len(sales)}", "sales"), returns="object")
    ws.node("scored", logged("scored", "sales.assign(score=model['factor'])", "sales, model"))
    ws.node("report", "SELECT sum(score) AS score FROM scored")


def test_an_object_of_another_session_is_made_again_only_for_what_reads_it(root: Path) -> None:
    with session(root, trained) as ws:
        ws.run()
    with session(root, trained) as ws:
        plan = {one.name: (one.action, one.reason) for one in ws.plan()}
        assert plan["model"] == ("skip", "its result is gone, what reads it is fresh (%odibi run model computes it)")
        assert [plan[name][0] for name in ("sales", "scored", "report")] == ["cached"] * 3
        ws.node("report", "SELECT max(score) AS score FROM scored")
        assert ws.run_cell("report").status == "completed"
        assert ws["report"].df()["score"].tolist() == [3]
        assert ws.run().names("completed", "cached") == ["sales", "scored", "report"]
        assert log(root) == ["model", "scored"]
        ws.node("worst", "def worst(model):\n    return pd.DataFrame({'least': [model['factor']]})")
        assert ws.run().names("completed", "cached") == ["sales", "model", "scored", "report", "worst"]
        assert set(ws.statuses().values()) <= {"completed", "cached"}
        assert log(root) == ["model", "scored", "model"]


def test_a_chain_of_what_is_gone_runs_for_nobody(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("sales", read={"connection": "local", "path": "sales.csv"})
        ws.node("features", logged("features", "[len(sales)]", "sales"), returns="object")
        ws.node("model", logged("model", "{'factor': features[0]}", "features"), returns="object")
        ws.node("scored", logged("scored", "sales.assign(score=model['factor'])", "sales, model"))

    with session(root, declare) as ws:
        ws.run()
    with session(root, declare) as ws:
        assert {one.name: one.action for one in ws.plan()}["features"] == "skip"
        assert ws.run().names("cached") == ["sales", "scored"]
        assert log(root) == ["features", "model", "scored"]
        ws.expect("scored", "scores", "SELECT * FROM scored WHERE score < 1")
        assert ws.expectations.check("scored", "scores").passed
        assert ws.run().names("cached") == ["sales", "scored"]
        assert log(root) == ["features", "model", "scored"]
        assert ws.run("model+").names("completed", "cached") == ["sales", "features", "model", "scored"]
        assert log(root) == ["features", "model", "scored", "features", "model"]


def test_a_side_effect_is_performed_for_what_follows_it_in_each_session(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("sales", read={"connection": "local", "path": "sales.csv"})
        ws.node("push", logged("push", "None", "sales"), returns="none")
        ws.node("after", logged("after", "sales", "sales"), depends_on=["push"])

    for _ in range(2):
        with session(root, declare) as ws:
            ws.run()
    assert log(root) == ["push", "after"] * 2


def test_data_tests_of_a_result_that_is_gone_are_not_passed_over(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("sales", logged("sales", "pd.DataFrame({'id': range(9)})"), materialize="store", cache=True)
        ws.expect("sales", "few", "SELECT * FROM sales WHERE id > 3")
        ws.node("sorted", "SELECT * FROM sales ORDER BY id", materialize="table")

    with session(root, declare) as ws:
        assert ws.attempt(RunRequest()).names("failed") == ["sales"]
    shutil.rmtree(root / ".odibi" / "store" / "rows")
    with session(root, declare) as ws:
        assert ws.attempt(RunRequest()).names("failed") == ["sales"]


def test_what_has_lost_its_result_runs_where_something_needs_it(root: Path) -> None:
    with session(root, trained) as ws:
        ws.run()
    with session(root, trained) as ws:
        assert ws.run("model").names("completed") == ["model"]
    with session(root, trained) as ws:
        assert ws.run(force=True).names("completed") == ["sales", "model", "scored", "report"]
    with session(root, trained) as ws:
        (root / "sales.csv").write_text(SALES + "4,N,1\n")
        assert ws.run().names("completed") == ["sales", "model", "scored", "report"]
        assert ws["report"].df()["score"].tolist() == [16]


def test_damaged_rows_are_computed_again(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    for file in (root / ".odibi" / "store" / "rows").rglob("*.parquet"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    with session(root, pipeline) as ws:
        ws.node("total", "SELECT sum(double) + 1 AS total FROM twice")
        ws.run()
        assert ws["total"].df()["total"].tolist() == [26.0]
    assert log(root) == ["clean", "clean"]


def test_damaged_rows_that_are_looked_at_are_an_error_that_says_what_to_do(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    with session(root, pipeline) as ws:
        assert ws.status("clean") == "cached"
        shutil.rmtree(root / ".odibi")
        with pytest.raises(UnknownNameError, match="the stored rows of 'clean' are damaged or gone") as caught:
            ws["clean"].df()
        assert caught.value.hint == "run it again: %odibi run +clean"
        ws.node("total", "SELECT sum(double) + 2 AS total FROM twice")
        ws.run()
        assert ws["total"].df()["total"].tolist() == [27.0]


def test_a_view_of_damaged_rows_runs_again_with_what_it_reads(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    with session(root, pipeline) as ws:
        assert ws.status("twice") == "cached"
        shutil.rmtree(root / ".odibi")
        with pytest.raises(UnknownNameError, match="the stored rows of 'twice' are damaged or gone") as caught:
            ws["twice"].df()
        assert caught.value.hint == "run it again: %odibi run +twice"
        assert ws.run("twice").names("completed") == ["load", "clean", "twice"]
        assert ws["twice"].df()["double"].tolist() == [11.0, 14.0]


def test_another_node_that_says_the_same_has_the_same_result(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    with session(root, lambda ws: None) as ws:
        ws.node("source", read={"connection": "local", "path": "sales.csv"})
        assert ws.status("source") == "cached"
        assert ws.result("source").node_name == "source"  # type: ignore[union-attr]


def test_appended_rows_are_not_appended_again_by_another_session(root: Path) -> None:
    def declare(ws: Workspace, value: int = 1) -> None:
        ws.node("n", f"SELECT {value} AS x", write={"connection": "local", "path": "all.csv", "mode": "append"})

    def rows() -> list[int]:
        return [int(x) for x in pd.read_csv(root / "all.csv").x]

    for value, expected in ((1, [1]), (1, [1]), (2, [1, 2]), (1, [1, 2]), (2, [1, 2])):
        with session(root, lambda ws, value=value: declare(ws, value)) as ws:  # type: ignore[misc]
            ws.run()
        assert rows() == expected
    with session(root, declare) as ws:
        ws.attempt(RunRequest(append_again=True))
    assert rows() == [1, 2, 1]


def test_two_sessions_at_once_append_each_result_once(root: Path) -> None:
    def declare(ws: Workspace, value: int = 1) -> None:
        ws.node("n", f"SELECT {value} AS x", write={"connection": "local", "path": "all.csv", "mode": "append"})

    with session(root, declare) as one, session(root, declare) as other:
        one.run()
        other.run()
        declare(one, 2)
        one.run()
        declare(other, 2)
        other.run()
    assert pd.read_csv(root / "all.csv").x.tolist() == [1, 2]


@pytest.mark.parametrize("done", [True, False])
def test_an_append_whose_end_nobody_has_noted_is_told_by_the_file(root: Path, done: bool) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("n", "SELECT 2 AS x", write={"connection": "local", "path": "all.csv", "mode": "append"})

    (root / "all.csv").write_text("x\n1\n")
    with session(root, declare) as ws:
        task = ws.nodes.ready("n")
        ws._runs.recollection.note_begun("n", task.target, ws._runs.freshness.look(["n"]).rows("n"))
        if done:  # and then the process was killed
            (root / "all.csv").write_text("x\n1\n2\n")
    with session(root, declare) as ws:
        ws.run()
    assert pd.read_csv(root / "all.csv").x.tolist() == [1, 2]


def test_nothing_is_kept_where_the_project_says_so(root: Path) -> None:
    project = {**PROJECT, "settings": {"store": False}}
    with session(root, pipeline, project) as ws:
        ws.run()
    assert not (root / ".odibi" / "store").exists()
    with session(root, pipeline, project) as ws:
        assert set(ws.statuses().values()) == {"pending"}


def test_the_limit_of_the_project_holds(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        for name in "abcd":
            ws.node(name, f"SELECT hash(i + ascii('{name}')) AS h FROM range(20000) AS r(i)", materialize="table")

    with session(root, declare, {**PROJECT, "settings": {"store": {"limit_gb": 0.0004}}}) as ws:
        ws.run()
        ws.settle()
        assert ws.store.size_bytes() <= 400_000
        assert ws["a"].rows == ws["d"].rows == 20_000


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(root: Path) -> None:
    (root / ".odibi").write_text("")
    with session(root, pipeline) as ws:
        assert ws.run().status == "completed"
        ws.settle()
        assert set(ws.store_problems) == {"load", "clean", "twice", "total"}


@pytest.fixture
def small_disk(root: Path) -> Iterator[None]:
    (root / ".odibi").mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", root / ".odibi"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield
    subprocess.run(["umount", "-l", root / ".odibi"], check=True)


@pytest.mark.usefixtures("small_disk")
def test_on_a_full_disk_it_is_said_how_to_make_room(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("table", "SELECT hash(i) AS h FROM range(300000) AS r(i)", materialize="table")
        ws.node("frame", "def frame():\n    return pd.DataFrame({'h': np.random.default_rng(1).random(200_000)})")

    with session(root, declare) as ws:
        assert ws.run().status == "completed"
        ws.settle()
        assert set(ws.store_problems) == {"table", "frame"}
        for problem in ws.store_problems.values():
            assert "no room is left on the disk of" in problem
            assert problem.endswith(
                "; free some room there: %odibi store prune, or less in settings: {store: {limit_gb: 10}}"
            )
        ws.node("stored", "SELECT hash(i) AS h FROM range(300000) AS r(i)", materialize="store")
        ws.node("put", "frame", materialize="store")
        for name in ("stored", "put"):
            with pytest.raises(EngineError, match="no room is left on the disk of") as caught:
                ws.run(name)
            assert "%odibi store prune" in caught.value.hint


def test_what_reads_the_outside_world_is_read_anew_but_its_last_rows_are_there(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("fetched", logged("fetched", "pd.DataFrame({'x': [1]})"))

    with session(root, declare) as ws:
        ws.run()
    with session(root, declare) as ws:
        assert ws.status("fetched") == "stale"
        with pytest.warns(UserWarning, match="stale"):
            assert ws["fetched"].rows == 1
        ws.run()
    assert log(root) == ["fetched", "fetched"]


def fails(ws: Workspace) -> None:
    with pytest.raises(OdibiException):
        ws.run()


def test_a_failure_is_known_to_the_next_session_until_its_node_says_another_thing(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        pipeline(ws)
        ws.node("bad", "SELECT CAST(region AS INT) AS n FROM load")
        ws.node("raises", "def raises(load):\n    return load.nothing")
        ws.node("below", "FROM bad")

    with session(root, declare) as ws:
        fails(ws)
        told = {name: str(ws.result(name).error) for name in ("bad", "raises")}
    with session(root, declare) as ws:
        found = ws.statuses()
        assert {name for name, status in found.items() if status == "failed"} == set(told)
        assert (found["clean"], found["below"]) == ("cached", "pending")
        assert {name: str(ws.result(name).error) for name in told} == told
        assert type(ws.result("raises").error.__cause__).__name__ == "AttributeError"
        assert ws.select(["state:failed"]) == ["bad", "raises"]
        assert {one.name: one.reason for one in ws.plan("bad")}["bad"].startswith("failed ")
        ws.node("bad", "SELECT TRY_CAST(region AS INT) AS n FROM load")
        assert ws.status("bad") == "pending"
        fails(ws)
    with session(root, declare) as ws:
        assert (ws.status("bad"), ws.status("raises")) == ("stale", "failed")  # it says the old thing again


def test_a_failure_of_what_reads_the_outside_world_is_known_as_well(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("fetched", "def fetched():\n    return pd.read_csv(open(LOG))")
        ws.node("late", "FROM fetched")

    with session(root, declare) as ws:
        fails(ws)
    with session(root, declare) as ws:
        assert ws.statuses() == {"fetched": "failed", "late": "pending"}
        (root / "log").write_text("a\n1\n")
        ws.run()
    with session(root, declare) as ws:
        assert ws.status("fetched") == "stale"


def test_a_failure_is_not_forgotten_for_a_look_that_does_not_come_to_the_bad_rows(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("bad", "SELECT CAST(i AS TINYINT) AS i FROM range(100_000) t(i)", materialize="view")

    with session(root, declare) as ws:
        fails(ws)
    with session(root, declare) as ws:
        assert ws.run_cell("bad").success  # its first rows are good
        assert ws.status("bad") == "completed"
    with session(root, declare) as ws:
        assert ws.status("bad") == "failed"


def test_a_view_that_fails_by_itself_keeps_its_hint(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("bad", "SELECT CAST('x' || i AS INT) AS n FROM range(3) t(i)", materialize="view")
        ws.node("late", read={"connection": "local", "path": "late.csv"})
        ws.node("below", "FROM bad, late")

    with session(root, declare) as ws:
        fails(ws)
    with session(root, declare) as ws:
        assert "TRY_CAST" in ws.result("bad").error.hint


def test_a_file_that_has_come_makes_of_a_failure_what_is_still_to_be_run(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("late", read={"connection": "local", "path": "late.csv"})

    with session(root, declare) as ws:
        fails(ws)
    with session(root, declare) as ws:
        assert ws.status("late") == "failed"
        (root / "late.csv").write_text("a\n1\n")
        assert ws.status("late") == "pending"


def test_a_failed_write_is_known_to_the_next_session_which_has_the_rows(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("total", "SELECT 1 AS a", write={"connection": "local", "path": "folder/total.parquet"})

    (root / "folder").write_text("in the way")
    with session(root, declare) as ws:
        fails(ws)
        told = str(ws.result("total").error)
    with session(root, declare) as ws:
        assert (ws.status("total"), ws["total"].rows) == ("failed", 1)
        assert str(ws.result("total").error) == told
        (root / "folder").unlink()
        assert ws.run().names("failed") == []
    with session(root, declare) as ws:
        assert ws.status("total") == "cached"


def test_rows_that_break_a_promise_are_gone_in_the_next_session_but_not_what_they_broke(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("few", "SELECT i FROM range(3) t(i)")
        ws.expect("few", "small", "FROM few WHERE i > 1")

    with session(root, declare) as ws:
        fails(ws)
        assert ws["few"].rows == 3
    with session(root, declare) as ws:
        result = ws.result("few")
        assert (ws.status("few"), result.dataset, result.expectations[0].passed) == ("failed", None, False)
        assert result.error.hint == "run it again to see its rows; nothing was written"


def test_saving_goes_on_beside_an_interrupt(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("big", "SELECT hash(i) AS h, i FROM range(3000000) AS r(i)", materialize="table")

    with session(root, declare) as ws:
        ws.run()
        stop = threading.Event()

        def interrupt() -> None:
            for _ in range(4):
                ws.engine.interrupt()
                stop.wait(0.05)

        other = threading.Thread(target=interrupt)
        other.start()
        ws.settle()
        stop.set()
        other.join()
        assert ws.store_problems == {}
    with session(root, declare) as ws:
        assert ws.status("big") == "cached"
        ((count,),) = duckdb.execute(f"SELECT count(*) FROM '{root}/.odibi/store/rows/*/*.parquet'").fetchall()
        assert count == ws["big"].rows == 3_000_000


def test_a_dropped_node_has_its_result_still_when_it_is_declared_again(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
        ws.settle()
        ws.drop("total")
        pipeline(ws)
        assert ws.status("total") == "cached"


def test_records_hold_plain_values_only(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    files = list((root / ".odibi" / "store" / "results").iterdir())
    assert len(files) == 4
    for file in files:
        record = json.loads(file.read_bytes().partition(b"\n")[2])
        assert record["record"]["kept"]["at"] > 0
        assert not os.access(file, os.X_OK)


def numbers(ws: Workspace, value: int, factor: int = 10) -> None:
    ws.node("a", f"def a():\n    return pd.DataFrame({{'x': [{value}]}})", cache=True)
    ws.node("b", f"SELECT x * {factor} AS y FROM a", materialize="view")


def test_a_lazy_result_is_never_bound_to_older_rows_above_it(root: Path) -> None:
    with session(root, lambda ws: numbers(ws, 1)) as ws:
        ws.run()
        numbers(ws, 2)
        ws.run()
        ws.settle()
        last = [one for one in ws.store.entries() if one.record["rows"]["head"] == [["2"]]]
        assert len(ws.store.prune(last.__contains__)) == 1
    with session(root, lambda ws: numbers(ws, 1)) as ws:
        assert ws.status("b") == "cached"
        numbers(ws, 2)
        assert ws.status("b") == "stale"
        ws.run_cell("a")
        ws.run()
        assert ws["b"].df().y.tolist() == [20]


def test_a_view_whose_rows_are_gone_is_there_again_once_its_edit_is_taken_back(root: Path) -> None:
    with session(root, lambda ws: numbers(ws, 1)) as ws:
        ws.run()
    with session(root, lambda ws: numbers(ws, 1, factor=20)) as ws:
        assert ws.status("b") == "stale"
        numbers(ws, 1)
        assert ws.status("b") == "cached"
        assert ws["b"].df().y.tolist() == [10]


def test_a_view_of_a_file_never_gives_the_rows_of_a_newer_one(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("file", read={"connection": "local", "path": "x.parquet"})
        ws.node("more", "SELECT x + 1 AS x FROM file", materialize="view")

    pd.DataFrame({"x": [1]}).to_parquet(root / "x.parquet")
    with session(root, declare) as ws:
        ws.run()
    with session(root, declare) as ws:
        assert ws.status("more") == "cached"
        pd.DataFrame({"x": [5, 6]}).to_parquet(root / "x.parquet")
        for name in ("file", "more"):
            with (
                pytest.warns(UserWarning, match="is stale"),
                pytest.raises(UnknownNameError, match="the last result of 'file' is gone: what it was read from"),
            ):
                ws[name].df()
        ws.run()
        assert ws["more"].df().x.tolist() == [6, 7]


def test_random_rows_that_may_be_taken_for_fresh_stay_what_they_were(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("r", "SELECT random() AS x", cache=True)

    with session(root, declare) as ws:
        ws.run()
        ws.run(force=True)  # quickly now
        before = ws["r"].df().x.tolist()
    with session(root, declare) as ws:
        assert ws.status("r") == "cached"
        assert ws["r"].df().x.tolist() == before


def test_output_that_is_no_valid_text_is_kept_with_its_result(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("a", "def a():\n    print('\\udc80')\n    return pd.DataFrame({'x': [1]})", cache=True)

    with session(root, declare) as ws:
        ws.run()
    with session(root, declare) as ws:
        assert ws.result("a").output.text == "\udc80\n"  # type: ignore[union-attr]


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_a_type_that_parquet_has_not_is_said(root: Path, engine: str) -> None:
    with session(root, lambda ws: None, {**PROJECT, "engine": engine}) as ws:
        ws.node("a", "def a():\n    return pd.DataFrame({'x': [{}]})", cache=True)
        ws.run()
        ws.settle()
        assert "with no child field" in ws.store_problems["a"]


def test_another_release_of_what_computes_makes_results_stale(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with session(root, pipeline) as ws:
        ws.run()
    monkeypatch.setattr("odibi_nb.engine.__version__", "99")
    with session(root, pipeline) as ws:
        assert set(ws.statuses().values()) == {"stale"}
        assert ws.why_stale("load").endswith("→ odibi_nb 99")


APPENDING = r"""
import sys, time
from pathlib import Path
from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig

ws = Workspace(Path(sys.argv[1]))
ws.configure(ProjectConfig.model_validate({"connections": {"local": {"type": "local", "base_path": "."}}}))
ws.node("slow", "import time, pandas as pd\ntime.sleep(1)\npd.DataFrame({'x': [1]})", cache=True)
ws.node("kept", "SELECT x FROM slow", write={"connection": "local", "path": "kept.csv", "mode": "append"})
print("ready", flush=True)
sys.stdin.readline()
ws.run()
ws.close()
"""


def test_two_sessions_that_run_at_once_append_a_result_once(root: Path) -> None:
    command = [sys.executable, "-c", APPENDING, str(root)]
    sessions = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for one in sessions:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in sessions:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    assert [one.wait(120) for one in sessions] == [0, 0]
    assert pd.read_csv(root / "kept.csv").x.tolist() == [1]


def test_a_session_that_waits_to_append_says_so_and_computes_nothing_that_another_has(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("slow", logged("slow", "pd.DataFrame({'x': [1]})"), cache=True)
        ws.node("kept", "SELECT x FROM slow", write={"connection": "local", "path": "kept.csv", "mode": "append"})

    locked, said = threading.Event(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    with session(root, declare) as ws, session(root, declare) as other:
        taken, release = locks.take, threading.Event()
        monkeypatch.setattr(locks, "take", lambda file: locked.set() or (release.is_set() and taken(file)))
        run = threading.Thread(target=ws.run)
        run.start()
        assert locked.wait(120)
        other.run("slow")
        other.settle()
        deadline = time.monotonic() + 120
        while not said.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
        release.set()
        run.join()
        assert ws.status("slow") == "cached"
    assert log(root) == ["slow"]
    assert pd.read_csv(root / "kept.csv").x.tolist() == [1]
    assert said.getvalue() == "waiting for another session, which appends to the same file\n"


def test_results_whose_files_are_removed_in_mid_session_are_computed_again(root: Path) -> None:
    def declare(ws: Workspace) -> None:
        ws.node("stored", "SELECT i FROM range(30000) AS r(i)", materialize="store")
        ws.node("python", logged("python", "stored", "stored"))
        ws.node("last", "SELECT count(*) AS n FROM python")

    with session(root, declare) as ws:
        ws.run()
        ws.settle()
        shutil.rmtree(root / ".odibi")
        assert ws.status("stored") == "pending"
        assert {one.name: one.action for one in ws.plan()} == {"stored": "skip", "python": "cached", "last": "cached"}
        ws.run()
        assert ws.status("stored") == "pending"
        ws.run("stored")
        assert ws["stored"].rows == 30_000
        assert ws.sql("SELECT max(i) AS m FROM stored").df().m.tolist() == [29_999]


def test_what_is_kept_already_is_not_kept_again(root: Path) -> None:
    with session(root, pipeline) as ws:
        ws.run()
        ws.settle()
        ws.store.prune(lambda entry: True)
        assert ws.run().names("cached") == list(ws)
        ws.settle()
        assert ws.store.entries() == []


def test_what_waits_to_be_kept_is_not_asked_for_once_more_by_the_next_run(root: Path) -> None:
    with session(root, pipeline) as ws:
        goes_on = threading.Event()
        ws._runs.recollection.beside(goes_on.wait)
        ws.run()
        first = ws._runs.recollection.waiting
        ws.run()
        second = ws._runs.recollection.waiting
        goes_on.set()
        ws.settle()
    assert first == second > 4


def test_what_could_not_be_kept_is_kept_by_the_next_run(root: Path) -> None:
    (root / ".odibi").write_text("")
    with session(root, pipeline) as ws:
        ws.run()
        ws.settle()
        (root / ".odibi").unlink()
        ws.run()
        ws.settle()
        assert ws.store_problems == {}
        assert len(ws.store.entries()) == len(ws)


def test_a_library_that_only_a_node_imports_is_known_before_it_is_loaded(root: Path) -> None:
    """Else a node that has imported it would be out of date in a new process, until somebody has loaded it."""
    program = """
import sys
from pathlib import Path
from odibi_nb import Workspace
ws = Workspace(Path(sys.argv[1]))
ws.node("n", "import colorsys, jinja2, yaml, pandas as pd\\npd.DataFrame({'x': [1]})", cache=True)
print(*ws.run().results["n"].status.split(), "jinja2" in sys.modules)
ws.close()
"""
    command = [sys.executable, "-c", program, str(root)]
    told = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(2)]
    assert told == [["completed", "True"], ["cached", "False"]]
