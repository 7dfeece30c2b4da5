"""Columns followed through a workspace's nodes, without running any of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import UnknownNameError
from odibi_nb.sql.relations import Origin
from odibi_nb.workspaces.lineage import Lineage, column_lineage

PYTHON = "comes through Python node 'clean_sales' (not traced); inputs: load_sales"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """Five nodes in a row, a Python node in the middle."""
    (tmp_path / "sales.csv").write_text("sale_id,region,amount\n1,N,50\n2,S,70\n")
    (tmp_path / "bosses.csv").write_text("region,boss\nN,Ann\n")
    workspace = Workspace(tmp_path)
    connections = {"connections": {"local": {"type": "local", "base_path": "."}}}
    workspace.configure(ProjectConfig.model_validate(connections))
    workspace.node("load_sales", read={"connection": "local", "path": "sales.csv"})
    workspace.node("clean_sales", "def clean_sales(load_sales):\n    return load_sales.assign(ran=RAN.append(1))")
    workspace.node("by_region", "SELECT region, count(*) AS sales, sum(Amount) AS total FROM clean_sales GROUP BY ALL")
    workspace.node("with_boss", "SELECT b.*, boss FROM by_region b JOIN 'bosses.csv' USING (region)")
    target = {"connection": "local", "path": "report.parquet"}
    workspace.node("report", "SELECT total / sales AS mean, boss FROM with_boss", write=target)
    yield workspace
    workspace.close()


def _steps(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"steps": list(steps)}


def _name(origin: Origin) -> str:
    return f"{origin.owner}.{origin.column}"


def _edges(lineage: Lineage) -> set[str]:
    return {f"{_name(e.upstream)} {'~' if e.likely else '-'}> {_name(e.downstream)}" for e in lineage.edges}


def _of(ws: Workspace, node: str) -> dict[str, str]:
    """Return for each column of a node what is next above it."""
    lineage = column_lineage(ws, node)
    found: dict[str, str] = {}
    for column in lineage.columns:
        above = [f"{'~' if e.likely else ''}{_name(e.upstream)}" for e in lineage.edges if e.downstream == column]
        found[column.column] = " ".join([*above, *(f"? {reason}" for reason in lineage.unknown.get(column, ()))])
    return found


def test_a_column_is_followed_up_to_its_file_and_down_to_its_target(ws: Workspace) -> None:
    lineage = column_lineage(ws, "by_region", "total")
    assert _edges(lineage) == {
        "local:sales.csv.amount -> load_sales.amount",
        "load_sales.amount ~> clean_sales.Amount",
        "clean_sales.Amount -> by_region.total",
        "by_region.total -> with_boss.total",
        "with_boss.total -> report.mean",
        "report.mean -> local:report.parquet.mean",
    }
    assert {_name(column): reasons for column, reasons in lineage.unknown.items()} == {"clean_sales.Amount": (PYTHON,)}


def test_a_file_in_sql_is_an_end_point(ws: Workspace) -> None:
    assert _edges(column_lineage(ws, "with_boss", "boss")) == {
        "bosses.csv.boss -> with_boss.boss",
        "with_boss.boss -> report.boss",
        "report.boss -> local:report.parquet.boss",
    }


def test_downwards_through_a_python_node_is_likely_and_says_so(ws: Workspace) -> None:
    lineage = column_lineage(ws, "load_sales", "region")
    assert "load_sales.region ~> clean_sales.region" in _edges(lineage)
    assert "clean_sales.region -> by_region.region" in _edges(lineage)
    assert lineage.unseen[lineage.columns[0]] == (f"in 'clean_sales': {PYTHON}",)


def test_nothing_runs_for_it(ws: Workspace) -> None:
    column_lineage(ws, "report", "mean")
    assert [ws.status(name) for name in ws] == ["pending"] * 5


def test_a_count_comes_from_no_column(ws: Workspace) -> None:
    lineage = column_lineage(ws, "by_region", "sales")
    assert lineage.constant == {lineage.columns[0]}


def test_after_a_run_a_python_nodes_own_columns_are_known(ws: Workspace) -> None:
    assert _of(ws, "clean_sales") == {}
    ws.node("clean_sales", "def clean_sales(load_sales):\n    return load_sales.assign(Ran=1)")
    ws.run()
    assert _of(ws, "clean_sales") == {
        "sale_id": f"~load_sales.sale_id ? {PYTHON}",
        "region": f"~load_sales.region ? {PYTHON}",
        "amount": f"~load_sales.amount ? {PYTHON}",
        "Ran": f"? {PYTHON}",
    }
    # The SQL says Amount; it is the column that the node calls amount.
    assert "clean_sales.amount -> by_region.total" in _edges(column_lineage(ws, "by_region", "total"))


def test_columns_without_a_name_get_that_of_the_result(ws: Workspace) -> None:
    ws.node("n", "SELECT count(*), max(amount) FROM load_sales")
    assert list(_of(ws, "n")) == ["count(*)", "max(amount)"]
    ws.run("+n")
    assert _of(ws, "n") == {"count_star()": "", "max(amount)": "load_sales.amount"}
    assert _of(ws, "load_sales")["amount"] == "local:sales.csv.amount"


def test_a_column_of_no_name_of_its_own_is_found_by_its_label(ws: Workspace) -> None:
    ws.node("n", "SELECT max(amount) FROM load_sales")
    assert "load_sales.amount -> n.max(amount)" in _edges(column_lineage(ws, "n", "MAX(amount)"))


def test_what_a_query_says_now_counts_not_its_last_result(ws: Workspace) -> None:
    ws.node("n", "SELECT region FROM load_sales")
    ws.run("+n")
    ws.node("n", "SELECT sale_id AS id FROM load_sales")
    assert _of(ws, "n") == {"id": "load_sales.sale_id"}


def test_columns_of_a_stale_result_are_marked(ws: Workspace) -> None:
    ws.node("n", "def n(load_sales):\n    return load_sales")
    ws.run("+n")
    ws.node("n", "def n(load_sales):\n    return load_sales.head(1)")
    assert "~load_sales.region" in _of(ws, "n")["region"]
    assert column_lineage(ws, "n").note == "these are of its last result, which is stale"


def test_a_stale_result_settles_nothing_for_those_who_read_it(ws: Workspace) -> None:
    ws.node("n", "def n(load_sales):\n    return load_sales")
    ws.node("open", "def open(load_sales):\n    return load_sales")
    ws.node("joined", "SELECT region FROM n JOIN open ON true")
    ws.run("+n")
    assert "n.region -> joined.region" in _edges(column_lineage(ws, "joined", "region"))
    ws.node("n", "def n(load_sales):\n    return load_sales.drop(columns='region')")
    assert "can't be told apart" in _of(ws, "joined")["region"]


def test_a_result_that_has_other_columns_than_its_query_tells_is_not_explained(ws: Workspace) -> None:
    (ws.root / "given.csv").write_text("a,b\n1,2\n")
    ws.node("n", "SELECT * FROM 'given.csv'")
    ws.run("n")
    result = ws.result("n")
    assert result is not None
    result.dataset.schema = result.dataset.schema[:1]  # type: ignore[union-attr]
    assert _of(ws, "n") == {"a": "? the result has other columns than its query tells: a, b"}


def test_operations_are_followed(ws: Workspace) -> None:
    ws.node(
        "n",
        depends_on=["load_sales"],
        transform=_steps(
            {"operation": "filter", "params": {"condition": "amount > 1"}},
            {"operation": "rename", "params": {"columns": {"amount": "euro", "region": "place"}}},
            {"operation": "cast", "params": {"columns": {"euro": "DOUBLE"}}},
            {"operation": "fillna", "params": {"value": {"place": "none"}}},
            {"operation": "sort", "params": {"by": "euro"}},
            {"operation": "drop_duplicates", "params": {}},
            {"operation": "drop", "params": {"columns": "sale_id"}},
            {"sql": "SELECT place, euro * 2 AS twice FROM df"},
            {"operation": "select", "params": {"columns": ["twice", "place"]}},
        ),
    )
    assert _of(ws, "n") == {"twice": "load_sales.amount", "place": "load_sales.region"}


def test_a_pivot_is_not_followed(ws: Workspace) -> None:
    params = {"index": "sale_id", "columns": "region", "values": "amount"}
    ws.node("n", depends_on=["load_sales"], transform=_steps({"operation": "pivot", "params": params}))
    assert column_lineage(ws, "n").note == "PIVOT is not traced"
    ws.run("+n")
    assert _of(ws, "n") == dict.fromkeys(["sale_id", "N", "S"], "? PIVOT is not traced")


def test_operations_on_columns_nobody_knows(ws: Workspace) -> None:
    keep = {"operation": "filter", "params": {"condition": "amount > 1"}}
    ws.node("kept", depends_on=["clean_sales"], transform=_steps(keep))
    ws.node(
        "renamed", depends_on=["kept"], transform=_steps({"operation": "rename", "params": {"columns": {"a": "b"}}})
    )
    assert "clean_sales.amount -> kept.amount" in _edges(column_lineage(ws, "kept", "amount"))
    assert "operation 'rename' works on columns that aren't all known" in column_lineage(ws, "renamed").note


def test_functions_among_the_steps(ws: Workspace) -> None:
    from odibi_nb.registry import FunctionRegistry

    def add_tag(df: Any) -> Any:
        return df.assign(tag=1)

    FunctionRegistry.register(add_tag, "add_tag_for_lineage")
    tagged = {"function": "add_tag_for_lineage"}
    ws.node("first", depends_on=["load_sales"], transform=_steps(tagged, {"sql": "SELECT region, tag FROM df"}))
    ws.node("later", depends_on=["load_sales"], transform=_steps({"sql": "SELECT region AS r FROM df"}, tagged))
    through = "comes through Python node 'first' (not traced); inputs: load_sales"
    assert _of(ws, "first") == {"region": f"~load_sales.region ? {through}", "tag": f"? {through}"}
    assert "load_sales.region ~> later.r" in _edges(column_lineage(ws, "later", "r"))
    assert column_lineage(ws, "later").note.endswith("inputs: df")


def test_inputs_by_other_names_and_from_files(ws: Workspace) -> None:
    bosses = {"connection": "local", "path": "bosses.csv"}
    steps = _steps({"sql": "SELECT s.amount, bosses.* FROM s JOIN bosses USING (region)"})
    ws.node("n", inputs={"s": "load_sales", "bosses": bosses}, transform=steps)
    assert _of(ws, "n") == {
        "amount": "load_sales.amount", "region": "local:bosses.csv.region", "boss": "local:bosses.csv.boss",
    }  # fmt: skip


def test_a_node_that_only_passes_on(ws: Workspace) -> None:
    ws.node("copy", depends_on=["by_region"], write={"connection": "local", "path": "copy.csv"})
    edges = _edges(column_lineage(ws, "by_region", "total"))
    assert {"by_region.total -> copy.total", "copy.total -> local:copy.csv.total"} <= edges


def test_what_is_missing_is_said(ws: Workspace) -> None:
    ws.node("gone", read={"connection": "local", "path": "gone.csv"})
    ws.node("far", read={"connection": "elsewhere", "path": "x.csv"})
    ws.node("waits", "SELECT a FROM nobody")
    ws.node("wrong", "SELECT $nothing AS a")
    ws.node("object", "def object(load_sales):\n    return 1", returns="object")
    assert "gone.csv" in column_lineage(ws, "gone").note
    assert column_lineage(ws, "far").note == "the columns of elsewhere:x.csv aren't known: its connection isn't there"
    lineage = column_lineage(ws, "waits", "a")
    assert "nobody.a -> waits.a" in _edges(lineage)
    assert list(lineage.unknown.values()) == [("'nobody' is not declared",)]
    assert column_lineage(ws, "wrong").note == "it can't run: parameter $nothing has no value"
    assert column_lineage(ws, "object").note == "it returns object, not columns"


def test_files_read_by_pandas_are_not_looked_at_by_duckdb(ws: Workspace) -> None:
    connections = {"local": {"type": "local", "base_path": "."}}
    ws.configure(ProjectConfig.model_validate({"engine": "pandas", "connections": connections}))
    assert "pandas reads it" in column_lineage(ws, "load_sales").note
    ws.run("load_sales")
    assert _of(ws, "load_sales")["amount"] == "local:sales.csv.amount"


def test_an_unknown_node_or_column_gets_the_nearest_name(ws: Workspace) -> None:
    with pytest.raises(UnknownNameError) as caught:
        column_lineage(ws, "by_regio")
    assert caught.value.hint == "did you mean 'by_region'?"
    with pytest.raises(UnknownNameError) as caught:
        column_lineage(ws, "by_region", "totl")
    assert caught.value.hint == "did you mean 'total'?"
    with pytest.raises(UnknownNameError) as caught:
        column_lineage(ws, "by_region", "zzz")
    assert caught.value.hint == "columns: region, sales, total"


def test_a_column_is_found_in_any_case(ws: Workspace) -> None:
    assert _name(column_lineage(ws, "by_region", "TOTAL").columns[0]) == "by_region.total"


def test_two_spellings_of_a_column_nobody_has_seen_are_one(ws: Workspace) -> None:
    ws.node("n", "SELECT c.amount + total AS both FROM clean_sales c, by_region")
    names = {_name(edge.upstream) for edge in column_lineage(ws, "n", "both").edges}
    assert len({name for name in names if name.startswith("clean_sales.")}) == 1


def test_a_long_chain_is_followed_to_its_end(ws: Workspace) -> None:
    ws.node("n0", "SELECT amount AS a FROM load_sales")
    for number in range(1, 300):
        ws.node(f"n{number}", f"SELECT a FROM n{number - 1}")
    assert "load_sales.amount -> n0.a" in _edges(column_lineage(ws, "n299", "a"))
