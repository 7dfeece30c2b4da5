"""Types of given rows before anything has run: as a run would give them, and never by computing rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig

TYPED = (
    "SELECT 1::INTEGER AS id, 12.5::DECIMAL(9,2) AS amount, DATE '2026-01-01' AS \"day\", NULL::DATE AS closed,"
    " uuid() AS key, 'a'::ENUM('a', 'b') AS grade, {'x': 1::TINYINT} AS s, [1.5::FLOAT] AS l"
)
TYPES = ["INTEGER", "DECIMAL(9,2)", "DATE", "DATE", "UUID", "ENUM('a', 'b')", "STRUCT(x TINYINT)", "FLOAT[]"]


def workspace(folder: Path, **project: Any) -> Workspace:
    found = Workspace(folder)
    local = {"local": {"type": "local", "base_path": "."}}
    found.configure(ProjectConfig.model_validate({"connections": local, "vars": {"least": 0}, **project}))
    found.node("load", read={"connection": "local", "path": "sales.parquet"})
    found.node(
        "clean", "CREATE MACRO same(x) AS x;\nSELECT * REPLACE (same(id) AS id) FROM load WHERE amount >= $least"
    )
    found.node("top", "SELECT * FROM clean")
    return found


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    duckdb.sql(f"COPY ({TYPED}) TO '{tmp_path / 'sales.parquet'}'")
    made = workspace(tmp_path)
    yield made
    made.close()


def types(ws: Workspace, node: str, **given: Any) -> list[str]:
    """Return the types of what a node gives that passes its given rows on."""
    result = ws.try_node(node, given)
    assert result.result_schema is not None, result.error
    return [column.type for column in result.result_schema]


ROW = {"id": 1, "amount": 5, "day": "2026-01-01", "closed": None}


def test_a_node_that_never_ran_has_the_types_that_it_would_have(ws: Workspace) -> None:
    before = [types(ws, "top", clean=[ROW]), types(ws, "clean", load=[ROW])]
    assert before == [TYPES[:4]] * 2
    ws.run()
    assert [types(ws, "top", clean=[ROW]), types(ws, "clean", load=[ROW])] == before


def test_every_type_is_the_one_that_a_run_gives(ws: Workspace) -> None:
    row = {**ROW, "key": "7d444840-9dc0-11d1-b245-5ffdce74fad2", "grade": "b", "s": {"x": 1}, "l": [1]}
    before = types(ws, "top", clean=[row])
    ws.run()
    assert types(ws, "top", clean=[row]) == before


def test_a_source_that_the_node_reads_itself_is_looked_at(ws: Workspace) -> None:
    assert types(ws, "load", load=[ROW]) == TYPES[:4]


def test_nothing_is_kept_and_no_user_code_runs(ws: Workspace) -> None:
    ws.node("py", "def py(load):\n    raise SystemError('ran')")
    ws.node("after", "SELECT * FROM py")
    assert types(ws, "after", py=[{"id": 1}]) == ["BIGINT"]
    assert ws.result("load") is None
    assert ws.status("clean") == "pending"


def test_an_edit_and_a_changed_file_show_at_once(ws: Workspace) -> None:
    ws.run()
    ws.node("clean", "SELECT id::HUGEINT + 1 AS id, amount::DOUBLE AS amount FROM load")
    assert types(ws, "top", clean=[{"id": 1, "amount": 5}]) == ["BIGINT", "DOUBLE"]
    duckdb.sql(f"COPY (SELECT 1::SMALLINT AS id, 2::FLOAT AS amount) TO '{ws.root / 'sales.parquet'}'")
    assert types(ws, "load", load=[{"id": 1, "amount": 5}]) == ["SMALLINT", "FLOAT"]


def test_a_pivot_is_not_guessed_from_no_rows(ws: Workspace) -> None:
    ws.node("wide", "PIVOT load ON grade USING sum(amount) GROUP BY id")
    ws.node("after", "SELECT * FROM wide")
    assert types(ws, "after", wide=[{"id": 1, "a": 5, "b": 6}]) == ["BIGINT"] * 3


@pytest.mark.parametrize("project", [{"engine": "pandas"}, {}])
def test_what_can_t_be_looked_at_is_told_by_the_rows(tmp_path: Path, project: dict[str, Any]) -> None:
    if project:
        duckdb.sql(f"COPY ({TYPED}) TO '{tmp_path / 'sales.parquet'}'")
    made = workspace(tmp_path, **project)
    assert types(made, "top", clean=[ROW]) == ["BIGINT", "BIGINT", "DATE", "VARCHAR"]
    made.close()


def test_another_setting_of_the_engine_is_another_type(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.node("x", "SELECT 3 / 2 AS h")
    ws.node("y", "SELECT typeof(h) AS kind FROM x")
    kinds = []
    for settings in ({}, {"duckdb": {"integer_division": True}}):
        ws.configure(ProjectConfig.model_validate({"settings": settings}))
        given = ws.try_node("y", {"x": [{"h": 1}]})
        assert given.dataset is not None
        kinds += given.dataset.frame("pandas").kind.tolist()
    assert kinds == ["DOUBLE", "INTEGER"]
    ws.close()


def test_an_edited_python_node_may_have_other_columns(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.node("p", "import pandas as pd\npd.DataFrame({'id': [1]})", cache=True)
    ws.node("q", "SELECT * FROM p")
    ws.run()
    ws.node("p", "import pandas as pd\npd.DataFrame({'id': [1], 'extra': [2]})", cache=True)
    assert ws.try_node("q", {"p": [{"id": 1, "extra": 2}]}).success
    ws.close()
