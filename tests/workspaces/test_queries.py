"""`Workspace.sql`: queries that are no nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import DependencyError, NodeExecutionError, OdibiException, TransformError, UsageError


@pytest.fixture(params=["duckdb", "pandas"])
def ws(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sales.csv").write_text("region,amount\nN,50\nN,150\nS,200\nS,\n")
    workspace = Workspace(tmp_path, is_frame=lambda name: name == "frame")
    local = {"type": "local", "base_path": "./data"}
    config = {"engine": request.param, "connections": {"local": local}, "vars": {"least": 100}}
    workspace.configure(ProjectConfig.model_validate(config))
    workspace.node("sales", read={"connection": "local", "path": "sales.csv"})
    write = {"connection": "local", "path": "large.csv"}
    workspace.node("large", "SELECT * FROM sales WHERE amount >= $least", write=write)
    yield workspace
    workspace.close()


def rows(ws: Workspace, query: str, **params: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in ws.sql(query, params or None).arrow().to_pylist()]


def test_nodes_are_tables(ws: Workspace) -> None:
    assert rows(ws, "SELECT region, sum(amount) FROM LARGE GROUP BY ALL ORDER BY 1") == [("N", 150), ("S", 200)]


def test_its_rows_come_in_every_form(ws: Workspace) -> None:
    result = ws.sql("SELECT amount FROM sales ORDER BY amount")
    assert result.rows == 4
    assert result.schema == (("amount", "BIGINT"),)
    assert result.df().amount.tolist()[:3] == [50, 150, 200]
    assert result.preview(2).amount.tolist() == [50, 150]
    assert result.relation().fetchall()[0] == (50,)


@pytest.mark.parametrize("source", ['"local:sales.csv"', "'local:sales.csv'", "'local:sal*.csv'", "'data/sales.csv'"])
def test_sources_are_read_by_their_connections_and_files_from_the_root(ws: Workspace, source: str) -> None:
    assert rows(ws, f"SELECT count(*) FROM {source}") == [(4,)]


def test_a_source_may_be_in_a_format_that_duckdb_does_not_know(ws: Workspace) -> None:
    ws.sql("FROM sales").df().to_excel(ws.root / "data" / "sales.xlsx", index=False)
    assert rows(ws, "SELECT sum(s.amount) FROM 'local:sales.xlsx' s JOIN sales USING (amount)") == [(400,)]


def test_parameters_are_bound_and_its_own_win(ws: Workspace) -> None:
    assert rows(ws, "SELECT $least, $other", other="1'") == [(100, "1'")]
    assert rows(ws, "SELECT $least", least=5) == [(5,)]
    assert ws.params == {"least": 100}


@pytest.mark.parametrize(
    "query",
    [
        "FROM sales",
        "TABLE sales",
        "DESCRIBE sales",
        "SUMMARIZE sales",
        "PIVOT sales ON region USING sum(amount)",
        "VALUES (1)",
        "WITH a AS (FROM sales) FROM a",
        "CREATE MACRO twice(x) AS 2 * x; SELECT twice(amount) FROM sales",
    ],
)
def test_whatever_gives_rows_is_a_query(ws: Workspace, query: str) -> None:
    assert ws.sql(query).rows > 0


def test_it_is_no_node_and_leaves_nothing_behind(ws: Workspace) -> None:
    ws.sql("SELECT 1 AS x")
    assert list(ws) == ["sales", "large"]
    assert ws.statuses() == {"sales": "pending", "large": "pending"}
    assert ws.graph.topological_sort() == ["sales", "large"]


def test_what_it_reads_is_computed_first_and_not_written(ws: Workspace) -> None:
    ws.sql("FROM large")
    assert ws.statuses() == {"sales": "completed", "large": "completed"}
    assert not (ws.root / "data" / "large.csv").exists()


def test_fresh_nodes_are_not_computed_again(ws: Workspace) -> None:
    ran = []

    def counted(sales: Any) -> Any:
        ran.append(1)
        return sales

    ws.node("counted", counted)
    assert rows(ws, "SELECT count(*) FROM counted") == rows(ws, "SELECT count(*) FROM counted") == [(4,)]
    assert ran == [1]
    ws.node("sales", "SELECT 1 AS region, 2 AS amount")
    assert rows(ws, "SELECT count(*) FROM counted") == [(1,)]


def test_a_failing_node_is_raised_at_its_own_place(ws: Workspace) -> None:
    ws.node("bad", "x = 1\nsales['amuont']")
    with pytest.raises(NodeExecutionError) as caught:
        ws.sql("SELECT *\nFROM bad")
    assert (caught.value.where.node, caught.value.where.line) == ("bad", 2)
    assert ws.status("bad") == "failed"


def test_rows_of_a_node_that_can_not_be_computed_are_the_nodes_fault(ws: Workspace) -> None:
    ws.node(
        "late", "SELECT (CASE i WHEN 900 THEN 'x' ELSE '1' END)::INT AS n FROM range(1000) t(i)", materialize="view"
    )
    with pytest.raises(TransformError) as caught:
        ws.sql("SELECT sum(n) FROM late")
    assert caught.value.where.node == "late"


WRONG = {
    "SELECT amuont\nFROM sales": (1, "did you mean 'amount'?"),
    "SELECT *\nFRM sales": (2, "did you mean 'FROM'?"),
    "SELECT *\nFROM slaes": (2, "did you mean 'sales'?"),
    "SELECT *\nFROM nothing_like_it": (2, "nodes: sales, large"),
    "FROM frame": (1, "make it a node"),
    "SELECT 1\nFROM 'locl:sales.csv'": (2, "did you mean 'local'?"),
    'SELECT 1\nFROM "locl:sales"': (2, "did you mean 'local'?"),
    "SELECT 1\nFROM 'local:../sales.csv'": (2, "lies outside"),
    "SELECT 1\nFROM 'local:sales.dat'": (2, "format"),
    "FROM read_csv('local:sales.csv')": (1, "write FROM 'local:sales.csv'"),
    "SELECT region::INT\nFROM sales": (1, "TRY_CAST"),
    "SELECT $nope": (1, "$nope has no value"),
    "SELECT 1 FROM 'local:sale.csv'": (None, "did you mean 'sales.csv'?"),
    "": (None, "the SQL is empty"),
}


@pytest.mark.parametrize("query", WRONG)
def test_what_is_wrong_is_one_error_at_its_line(ws: Workspace, query: str) -> None:
    line, said = WRONG[query]
    with pytest.raises(OdibiException) as caught:
        ws.sql(query)
    assert (caught.value.where.node, caught.value.where.line) == (None, line)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO sales VALUES ('N', 1)",
        "CREATE TABLE t AS FROM sales",
        "COPY sales TO 'x.csv'",
        "SET threads = 1",
        "ATTACH 'x.db'",
        "DROP TABLE sales",
        "WITH a AS (SELECT 1) DELETE FROM sales",
        "SELECT 1; DROP TABLE sales",
        "CALL pragma_version()",
    ],
)
def test_what_does_not_only_read_is_refused_with_a_hint(ws: Workspace, query: str) -> None:
    with pytest.raises(TransformError, match=r"is not a query|can't stand in a query") as caught:
        ws.sql(query)
    assert caught.value.hint
    assert sorted(file.name for file in ws.root.iterdir()) == ["data"]


def test_a_file_that_looks_like_a_source_is_a_file(ws: Workspace) -> None:
    (ws.root / "odd:sales.csv").write_text("a\n1\n")
    assert rows(ws, "FROM 'odd:sales.csv'") == [(1,)]


def test_explain_tells_the_plan_of_what_is_still_to_be_computed(ws: Workspace) -> None:
    if ws.project is not None and ws.project.engine == "pandas":
        with pytest.raises(UsageError, match="no plan to EXPLAIN"):
            ws.sql("EXPLAIN FROM sales")
        return
    (plan,) = ws.sql("EXPLAIN SELECT region FROM sales WHERE amount > 5").arrow()["explain_value"].to_pylist()
    assert "amount" in plan
    assert ws.sql("EXPLAIN (FORMAT json) FROM sales").rows == 1


def test_a_side_effect_is_left_to_runs(ws: Workspace) -> None:
    ws.node("effect", "raise RuntimeError('performed')", returns="none")
    with pytest.raises(UsageError, match="only a run performs 'effect'"):
        ws.sql("FROM effect")


def test_a_node_that_waits_is_raised(ws: Workspace) -> None:
    ws.node("waits", "SELECT * FROM nobody")
    with pytest.raises(DependencyError, match="'nobody', which is not declared"):
        ws.sql("FROM waits")
