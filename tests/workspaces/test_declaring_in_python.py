"""`Workspace` without a notebook."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from odibi_nb import Workspace
from odibi_nb.exceptions import (
    ConfigValidationError,
    DependencyError,
    NodeExecutionError,
    UnknownNameError,
    UsageError,
)
from odibi_nb.workspaces import RunRequest


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "sales.csv").write_text("region,amount\nN,50\nN,150\nS,200\n")
    workspace = Workspace(tmp_path)
    _configure(workspace, vars={"min_amount": 100}, connections={"local": {"type": "local", "base_path": "."}})
    yield workspace
    workspace.close()


def _configure(workspace: Workspace, **keys: Any) -> None:
    from odibi_nb.config import ProjectConfig

    workspace.configure(ProjectConfig.model_validate(keys))


def _load(ws: Workspace) -> None:
    ws.node("sales", read={"connection": "local", "path": "sales.csv"})


def test_nodes_in_a_loop(ws: Workspace) -> None:
    _load(ws)
    for region in ("N", "S"):
        ws.node(f"sales_{region}", f"SELECT * FROM sales WHERE region = '{region}'")
    assert ws.run().names("completed") == ["sales", "sales_N", "sales_S"]
    assert ws["sales_N"].rows == 2


def test_a_function_is_a_body_with_nodes_and_parameters(ws: Workspace) -> None:
    def big(sales: pd.DataFrame, min_amount: int, most: int = 1) -> pd.DataFrame:
        return sales[sales.amount > min_amount].head(most)

    ws.node("large", big)
    assert ws.waits_for("large") == ["sales"]
    _load(ws)
    ws.run()
    assert ws["large"].df().amount.tolist() == [150]


def test_an_indented_python_text_is_a_body(ws: Workspace) -> None:
    _load(ws)
    ws.node(
        "n",
        """
        first = sales.head(1)
        first
        """,
    )
    ws.run()
    assert ws["n"].rows == 1


def test_an_unknown_field_suggests(ws: Workspace) -> None:
    with pytest.raises(ConfigValidationError, match="did you mean 'tags'"):
        ws.node("n", "SELECT 1 AS x", tag=["a"])


def test_a_failing_run_raises_the_nodes_error(ws: Workspace) -> None:
    ws.node("n", "1 / 0")
    with pytest.raises(NodeExecutionError, match="ZeroDivisionError"):
        ws.run()
    assert ws.attempt(RunRequest()).names("failed") == ["n"]


def test_a_run_raises_what_cannot_run_before_anything_runs(ws: Workspace) -> None:
    ws.node("early", "SELECT 1 AS x")
    ws.node("n", "SELECT * FROM erly")
    with pytest.raises(DependencyError, match="did you mean 'early'"):
        ws.run()
    assert ws.result("early") is None


def test_parameters_of_a_run_end_with_it(ws: Workspace) -> None:
    _load(ws)
    ws.node("n", "SELECT * FROM sales WHERE amount > $min_amount")
    ws.run(params={"min_amount": 160})
    assert ws.result("n").rows_processed == 1  # type: ignore[union-attr]
    assert ws.params == {"min_amount": 100}
    with pytest.raises(UsageError, match="there is no parameter 'min'"):
        ws.run(params={"min": 1})
    ws.run()
    assert ws["n"].rows == 2


def test_results_in_every_form(ws: Workspace) -> None:
    _load(ws)
    ws.run()
    result = ws["sales"]
    assert result.df().shape == (3, 2)
    assert result.arrow().num_rows == 3
    assert result.relation().aggregate("sum(amount)").fetchall() == [(400,)]
    assert result.preview(2).amount.tolist() == [50, 150]
    assert [tuple(column) for column in result.schema] == [("region", "VARCHAR"), ("amount", "BIGINT")]
    assert (result.rows, result.status) == (3, "completed")


def test_a_result_that_isnt_there_says_how_to_get_it(ws: Workspace) -> None:
    _load(ws)
    with pytest.raises(UnknownNameError, match="run it: %odibi run"):
        ws["sales"].df()
    with pytest.raises(KeyError, match="did you mean 'sales'"):
        _ = ws["sale"]


def test_a_failed_node_in_between_is_run_again_with_what_is_below_it(ws: Workspace, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    ws.node(
        "a",
        f"from pathlib import Path\nimport pandas as pd\npd.DataFrame({{'x': [int(Path({str(flag)!r}).read_text())]}})",
    )
    ws.node("b", "SELECT * FROM a")
    with pytest.raises(NodeExecutionError):
        ws.run()
    flag.write_text("1")
    assert ws.run_cell("b").success
    assert ws["b"].df().x.tolist() == [1]


def test_a_cell_runs_only_what_is_not_fresh(ws: Workspace) -> None:
    log = ws.root / "log"

    def a() -> pd.DataFrame:
        with log.open("a") as file:
            file.write("ran ")
        return pd.DataFrame({"x": [1]})

    ws.node("a", a)
    ws.node("b", "SELECT * FROM a")
    ws.run_cell("b")
    ws.run_cell("b")
    assert log.read_text() == "ran "
    assert ws.work_above("b") == {}


def test_a_node_may_look_at_the_workspace_while_it_runs(ws: Workspace) -> None:
    _load(ws)
    ws.run()

    def look() -> pd.DataFrame:
        return ws["sales"].df()

    ws.node("n", look)
    for workers in (1, 2):
        assert ws.run("n", workers=workers).names("failed") == []


def test_a_second_run_at_the_same_time_is_refused(ws: Workspace) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    ws.node("slow", lambda: pd.DataFrame({"x": [begun.set() or goes_on.wait(120)]}))
    running = threading.Thread(target=ws.run)
    running.start()
    assert begun.wait(120)
    with pytest.raises(UsageError, match="a run is going on"):
        ws.run()
    assert ws.status("slow") == "pending"
    goes_on.set()
    running.join()
    assert ws.status("slow") == "completed"


def test_declaring_from_many_threads_loses_nothing(ws: Workspace) -> None:
    def declare(first: int) -> None:
        for number in range(first, first + 25):
            ws.node(f"n{number}", "SELECT 1 AS x" if number == 0 else f"SELECT * FROM n{number - 1}")

    threads = [threading.Thread(target=declare, args=(first,)) for first in range(0, 100, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ws.graph.topological_sort()) == 100
    assert ws.graph.unresolved == {}


@pytest.mark.parametrize("shape", ["chain", "fan"])
def test_a_thousand_nodes_are_declared_one_by_one(ws: Workspace, shape: str) -> None:
    for number in range(1000):
        above = number - 1 if shape == "chain" else 0
        ws.node(f"n{number}", "SELECT 1 AS x" if number == 0 else f"SELECT x FROM n{above}")
    assert len(ws.statuses()) == 1000


def test_dropping_and_restoring(ws: Workspace) -> None:
    _load(ws)
    ws.drop("sales")
    with pytest.raises(UsageError, match="no node 'sale' was dropped"):
        ws.restore("sale")
    ws.restore("sales")
    assert list(ws) == ["sales"]


def test_a_name_taken_meanwhile_keeps_a_dropped_node_dropped(ws: Workspace) -> None:
    ws.node("a", "SELECT 1 AS x")
    ws.drop("a")
    ws.node("A", "SELECT 2 AS x")
    with pytest.raises(DependencyError):
        ws.restore("a")
    ws.drop("A")
    assert ws.restore("a").name == "a"


def test_a_run_and_a_workspace_say_what_they_are(ws: Workspace) -> None:
    _load(ws)
    ws.node("big", "SELECT * FROM sales WHERE amount > 100")
    ws.run("sales")
    assert repr(ws.run()) == "<run completed: 1 cached, 1 completed>"
    assert repr(ws) == f"<workspace {ws.name}: 2 nodes>"


def test_a_call_says_how_to_run_as_the_command_does(ws: Workspace) -> None:
    _load(ws)
    ws.node("big", "SELECT * FROM sales WHERE amount > 100")
    assert ws.run(exclude="big").names("completed") == ["sales"]
    assert [one.reason for one in ws.plan("+big", force=True)] == ["forced", "never run"]
    ws.mock("big", {"sales": [{"region": "X", "amount": 500}]})
    assert ws.run("big", mock=True).results["big"].rows_processed == 1
    assert ws.run("big", mock=False).results["big"].rows_processed == 2


@pytest.mark.parametrize(
    ("selectors", "how", "message", "hint"),
    [
        ((), {"param": {"min_amount": 5}}, "there is no 'param' to say how to run", "did you mean 'params'?"),
        ((), {"door": "cell"}, "there is no 'door' to say how to run", "exclude, params, force, "),
        ((["sales"],), {}, "a selector is a text, not ['sales']", 'ws.run("+by_region"'),
        ((), {"exclude": [1]}, "a selector is a text, not 1", 'ws.run("+by_region"'),
    ],
)
def test_a_call_that_makes_no_sense_is_one_error(
    ws: Workspace, selectors: tuple[Any, ...], how: dict[str, Any], message: str, hint: str
) -> None:
    _load(ws)
    for call in (ws.run, ws.plan):
        with pytest.raises(UsageError) as caught:
            call(*selectors, **how)
        assert caught.value.message == message
        assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("body", "fields", "message"),
    [
        (5, {}, "a body is SQL, Python or a function, not an int"),
        (pd.DataFrame({"a": [1]}), {}, "a body is SQL, Python or a function, not a DataFrame"),
        ("SELECT 1 AS a", {"transform": {"steps": ["SELECT 2 AS a"]}}, "the node has a 'transform' and a body"),
    ],
)
def test_a_body_that_is_none_is_an_error(ws: Workspace, body: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        ws.node("n", body, **fields)
    assert caught.value.message == message
    assert list(ws) == []


@pytest.mark.parametrize("n", [-1, "x"])
def test_a_preview_of_no_number_of_rows_is_not_blamed_on_the_node(ws: Workspace, n: Any) -> None:
    _load(ws)
    ws.run()
    with pytest.raises(UsageError, match="preview takes a number of rows"):
        ws["sales"].preview(n)
