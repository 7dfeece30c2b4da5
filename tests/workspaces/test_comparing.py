"""A node's result against its previous one, and against what is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from odibi_nb import Workspace
from odibi_nb.comparison import Comparison, Request
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import OdibiException, UsageError, ValidationError
from odibi_nb.workspaces import comparing
from odibi_nb.workspaces.comparing import compare_last, compare_to, find_other
from odibi_nb.workspaces.computed import evaluated, result_of, rows_of

PROJECT = {"connections": {"local": {"type": "local", "base_path": "."}}}


@pytest.fixture(params=["duckdb", "pandas"])
def ws(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    workspace.configure(ProjectConfig.model_validate({**PROJECT, "engine": request.param}))
    yield workspace
    workspace.close()


@pytest.fixture
def lazy(tmp_path: Path) -> Iterator[Workspace]:
    """On the engine that computes as late as it can."""
    workspace = Workspace(tmp_path)
    workspace.configure(ProjectConfig.model_validate(PROJECT))
    yield workspace
    workspace.close()


def cell(ws: Workspace, name: str, body: str, **fields: object) -> Comparison | None:
    """Declare a node and run it as its cell does; return what its card says has changed."""
    ws.node(name, body, **fields)
    ws.run_cell(name)
    return compare_last(ws, name, sample=5)


def changed(found: Comparison | None) -> tuple[int, int, int]:
    assert found is not None
    assert found.rows is not None, found.reason
    return found.rows.added, found.rows.removed, found.rows.changed


def test_the_first_result_has_nothing_before_it(ws: Workspace) -> None:
    assert cell(ws, "n", "SELECT 1 AS id") is None
    assert ws.previous("n") is None


def test_an_edited_node_is_compared_with_its_last_result(ws: Workspace) -> None:
    cell(ws, "n", "SELECT i AS id, 1 AS x FROM range(3) t(i)")
    assert changed(cell(ws, "n", "SELECT i AS id, i AS x FROM range(4) t(i)")) == (1, 0, 2)


def test_running_the_same_again_shows_nothing_and_keeps_the_previous_result(ws: Workspace) -> None:
    cell(ws, "n", "SELECT 1 AS id, 1 AS x")
    cell(ws, "n", "SELECT 1 AS id, 2 AS x")
    before = ws.previous("n")
    assert cell(ws, "n", "SELECT 1 AS id, 2 AS x") is None
    ws.run()
    assert ws.previous("n") is before is not None
    assert compare_last(ws, "n", sample=5) is None


def test_an_edit_back_is_a_change_again(ws: Workspace) -> None:
    for x in (1, 2):
        cell(ws, "n", f"SELECT 1 AS id, {x} AS x")
    assert changed(cell(ws, "n", "SELECT 1 AS id, 1 AS x")) == (0, 0, 1)


def test_a_change_above_a_node_is_one_of_its_result(ws: Workspace) -> None:
    cell(ws, "above", "SELECT 1 AS id, 5 AS x")
    cell(ws, "n", "SELECT * FROM above")
    cell(ws, "above", "SELECT 1 AS id, 6 AS x")
    assert changed(cell(ws, "n", "SELECT * FROM above")) == (0, 0, 1)


def test_another_file_is_a_change(ws: Workspace) -> None:
    (ws.root / "sales.csv").write_text("id,amount\n1,50\n2,60\n")
    read = {"connection": "local", "path": "sales.csv"}
    cell(ws, "n", "", read=read)
    (ws.root / "sales.csv").write_text("id,amount\n1,55\n3,60\n")
    assert changed(cell(ws, "n", "", read=read)) == (1, 1, 1)


def test_a_failure_in_between_is_passed_over(ws: Workspace) -> None:
    cell(ws, "n", "SELECT 1 AS id, 1 AS x")
    assert cell(ws, "n", "SELECT CAST('x' AS INT) AS x") is None
    assert changed(cell(ws, "n", "SELECT 1 AS id, 2 AS x")) == (0, 0, 1)


def test_rows_that_break_expectations_are_compared_too(ws: Workspace) -> None:
    cell(ws, "n", "SELECT 1 AS id, 1 AS x")
    rule = {"tests": [{"type": "custom_sql", "condition": "x < 2"}]}
    assert changed(cell(ws, "n", "SELECT 1 AS id, 2 AS x", validation=rule)) == (0, 0, 1)
    assert ws.status("n") == "failed"


def test_a_declaration_that_has_not_run_yet_shows_nothing(ws: Workspace) -> None:
    cell(ws, "n", "SELECT 1 AS id")
    cell(ws, "n", "SELECT 2 AS id")
    ws.node("n", "SELECT 3 AS id")
    assert compare_last(ws, "n", sample=5) is None


def test_a_dropped_node_leaves_no_previous_result(ws: Workspace) -> None:
    cell(ws, "n", "SELECT 1 AS id")
    cell(ws, "n", "SELECT 2 AS id")
    ws.drop("n")
    assert cell(ws, "n", "SELECT 3 AS id") is None


def test_an_object_is_not_compared(ws: Workspace) -> None:
    cell(ws, "n", "5", returns="object")
    assert cell(ws, "n", "6", returns="object") is None
    assert cell(ws, "n", "SELECT 1 AS id") is None


def test_keys_that_the_node_declares_pair_its_rows(ws: Workspace) -> None:
    one, other = "SELECT 1 AS id, 'a' AS code, 5 AS x", "SELECT 2 AS id, 'a' AS code, 6 AS x"
    unique = {"tests": [{"type": "unique", "columns": ["code"]}]}
    cell(ws, "n", one, validation=unique)
    assert changed(cell(ws, "n", other, validation=unique)) == (0, 0, 1)
    upsert = {"connection": "local", "path": "n.parquet", "mode": "upsert", "options": {"keys": ["x"]}}
    cell(ws, "m", one, write=upsert)
    assert changed(cell(ws, "m", other, write=upsert)) == (1, 1, 0)


def test_many_rows_are_not_compared_in_passing(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "AUTOMATIC_ROWS", 100)
    cell(ws, "n", "SELECT i AS id FROM range(100) t(i)", materialize="table")
    assert changed(cell(ws, "n", "SELECT i + 1 AS id FROM range(100) t(i)", materialize="table")) == (1, 1, 0)
    found = cell(ws, "n", "SELECT i AS id, 1 AS x FROM range(101) t(i)", materialize="table")
    assert found is not None
    assert (found.rows, found.reason) == (None, "rows not compared (over 100): %odibi diff n")
    assert [column.name for column in found.schema.added] == ["x"]
    assert (found.rows_before, found.rows_after) == (100, 101)


def test_rows_of_very_many_columns_are_not_compared_in_passing(lazy: Workspace) -> None:
    wide = ", ".join(f"{n} AS c{n}" for n in range(201))
    cell(lazy, "n", f"SELECT {wide}")
    found = cell(lazy, "n", f"SELECT {wide}, 5 AS more")
    assert found is not None
    assert found.reason == "rows not compared (202 columns): %odibi diff n"


def test_views_over_little_are_counted_and_compared(lazy: Workspace) -> None:
    pq.write_table(pa.table({"id": range(60_000)}), lazy.root / "ids.parquet")
    body = "SELECT id, id % {} AS x FROM 'ids.parquet' WHERE id % 2 = 0"
    cell(lazy, "n", body.format(5), materialize="view")
    found = cell(lazy, "n", body.format(7), materialize="view")
    assert found is not None
    assert (found.rows_before, found.rows_after) == (30_000, 30_000)
    assert changed(found)[2] > 0


def test_views_over_much_are_not_counted(lazy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odibi_nb.engine.duckdb_dataset._LIGHT_BYTES", 100)
    pq.write_table(pa.table({"id": range(60_000)}), lazy.root / "ids.parquet")
    cell(lazy, "n", "SELECT id FROM 'ids.parquet' WHERE id > 1", materialize="view")
    found = cell(lazy, "n", "SELECT id FROM 'ids.parquet' WHERE id > 2", materialize="view")
    assert found is not None
    assert found.reason == "rows not compared (not counted yet): %odibi diff n"
    assert (found.rows_before, found.rows_after) == (None, None)


def test_rows_whose_file_has_changed_are_gone_and_that_is_said(lazy: Workspace) -> None:
    pq.write_table(pa.table({"id": [1, 2]}), lazy.root / "ids.parquet")
    cell(lazy, "n", "SELECT id FROM 'ids.parquet'", materialize="view")
    pq.write_table(pa.table({"id": [1, 2, 3]}), lazy.root / "ids.parquet")
    found = cell(lazy, "n", "SELECT id FROM 'ids.parquet'", materialize="view")
    assert found is not None
    assert found.rows is None
    assert found.reason.startswith("the rows before are gone: they were read from")
    other = find_other(lazy, "n", "previous")
    assert (other.rows, other.reason) == (None, found.reason)


FAILS_LATE = "SELECT i AS id, CAST(CASE WHEN i = 9000 THEN 'x' ELSE '1' END AS INT) AS x FROM range(10000) t(i)"


def test_a_fault_in_rows_beyond_the_preview_does_not_break_the_card(lazy: Workspace) -> None:
    cell(lazy, "n", "SELECT 1 AS id, 1 AS x")
    found = cell(lazy, "n", FAILS_LATE, materialize="view")
    assert found is not None
    assert found.reason == "rows not compared: Could not convert string 'x' to INT32"


def test_a_fault_found_by_a_diff_is_raised_at_its_own_node(lazy: Workspace) -> None:
    cell(lazy, "above", FAILS_LATE, materialize="view")
    cell(lazy, "n", "SELECT id, 1 AS x FROM above", materialize="view")
    cell(lazy, "n", "SELECT id, x FROM above", materialize="view")
    with pytest.raises(OdibiException, match="Could not convert string 'x'") as caught:
        _diff(lazy, "n", "previous")
    assert caught.value.node == "above"


def test_a_fault_in_the_rows_before_is_theirs(lazy: Workspace) -> None:
    cell(lazy, "n", FAILS_LATE, materialize="view")
    cell(lazy, "n", "SELECT 1 AS id, 1 AS x")
    with pytest.raises(ValidationError, match="the rows before can't be computed: Could not convert"):
        _diff(lazy, "n", "previous")


def _diff(ws: Workspace, name: str, against: str, **request: object) -> Comparison:
    after = rows_of(result_of(ws, name))
    return compare_to(ws, name, after, find_other(ws, name, against), Request(**request))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["n.parquet", "n.csv", "n.json", "n.jsonl", "n.xlsx", "n.tsv"])
def test_what_was_written_is_what_was_computed(ws: Workspace, path: str) -> None:
    ws.node(
        "n",
        "SELECT i AS id, 'x' || i AS s, i / 4 AS f, DATE '2024-01-01' + i::INT AS d FROM range(3) t(i)",
        write={"connection": "local", "path": path},
    )
    ws.run()
    assert changed(_diff(ws, "n", "written")) == (0, 0, 0)
    ws.node("n", "SELECT i AS id, 'y' || i AS s FROM range(1, 4) t(i)", write={"connection": "local", "path": path})
    found = _diff(ws, "n", "written")
    assert changed(found) == (1, 1, 2)
    assert [column.name for column in found.schema.removed] == ["f", "d"]


def test_a_text_file_with_other_values_is_of_other_types(ws: Workspace) -> None:
    ws.node("n", "SELECT 1 AS id, 5 AS x", write={"connection": "local", "path": "n.csv"})
    (ws.root / "n.csv").write_text("id,x\n1,five\n")
    found = _diff(ws, "n", "written")
    assert [(old.type, new.type) for old, new in found.schema.changed] == [("VARCHAR", "INTEGER")]
    assert changed(found) == (0, 0, 1)


def test_any_file_of_a_connection_may_be_compared_with(ws: Workspace) -> None:
    pq.write_table(pa.table({"id": [1, 2]}), ws.root / "other.parquet")
    ws.node("n", "SELECT 2::BIGINT AS id")
    assert changed(_diff(ws, "n", "local:other.parquet")) == (0, 1, 0)


def test_nothing_is_written_by_comparing(ws: Workspace) -> None:
    ws.node("n", "SELECT 2 AS id", write={"connection": "local", "path": "n.csv"})
    (ws.root / "n.csv").write_text("id\n1\n")
    assert changed(_diff(ws, "n", "written")) == (1, 1, 0)
    assert (ws.root / "n.csv").read_text() == "id\n1\n"


def test_a_target_that_is_added_to_comes_with_a_note(ws: Workspace) -> None:
    ws.node("n", "SELECT 1 AS id", write={"connection": "local", "path": "n.csv", "mode": "append"})
    ws.run()
    assert find_other(ws, "n", "written").note == "mode append: the file may hold rows of earlier runs too"


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("written", "writes nothing"),
        ("locl:x.csv", "'locl' is not configured"),
        ("local:x.csv", r"'x\.csv' is not in"),
        ("local:../x.csv", "lies outside"),
        ("local:x.what", "format"),
    ],
)
def test_what_can_not_be_compared_with_is_refused_before_anything_runs(ws: Workspace, against: str, said: str) -> None:
    ws.node("n", "SELECT 1 AS id")
    with pytest.raises(OdibiException, match=said):
        find_other(ws, "n", against)
    assert ws.result("n") is None


def test_a_target_without_a_file_says_how_to_write_it(ws: Workspace) -> None:
    ws.node("n", "SELECT 1 AS id", write={"connection": "local", "path": "n.csv"})
    with pytest.raises(OdibiException, match=r"nothing is written to local:n\.csv yet"):
        find_other(ws, "n", "written")


def test_a_stale_result_is_computed_before_it_is_looked_into(ws: Workspace) -> None:
    ws.node("above", "SELECT 1 AS id")
    ws.node("n", "SELECT * FROM above")
    first = result_of(ws, "n")
    assert result_of(ws, "n") is first
    ws.node("above", "SELECT 2 AS id")
    assert rows_of(result_of(ws, "n")).arrow().to_pylist() == [{"id": 2}]


def test_a_side_effect_above_is_not_performed_for_a_look(ws: Workspace) -> None:
    ws.node("mail", "1 / 0", returns="none")
    ws.node("n", "SELECT 1 AS id", depends_on=["mail"])
    with pytest.raises(UsageError, match="'n' waits for mail"):
        result_of(ws, "n")


def test_an_undeclared_name_is_the_error_of_a_run(ws: Workspace) -> None:
    ws.node("sales", "SELECT 1 AS id")
    ws.node("n", "SELECT * FROM sale")
    with pytest.raises(OdibiException, match="'sale', which is not declared") as caught:
        result_of(ws, "n")
    assert caught.value.hint == "did you mean 'sales'?"


def test_what_is_wrong_with_the_question_stays_as_it_is(ws: Workspace) -> None:
    def ask() -> None:
        raise UsageError("no such column")

    ws.node("n", "SELECT 1 AS id")
    with pytest.raises(UsageError, match="no such column"):
        evaluated(ws, "n", ask)
