"""Which changes outside of a notebook make a result stale."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import UnknownNameError
from odibi_nb.views.build import node_view


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "sales.csv").write_text("region,amount\nN,50\n")
    workspace = Workspace(tmp_path)
    workspace.configure(ProjectConfig.model_validate({"connections": {"local": {"type": "local", "base_path": "."}}}))
    yield workspace
    workspace.close()


def _with_literal(ws: Workspace) -> None:
    ws.node("n", "SELECT * FROM 'sales.csv'")


def _with_pattern(ws: Workspace) -> None:
    ws.node("n", "SELECT * FROM read_csv('sal*.csv')")


def _with_input(ws: Workspace) -> None:
    steps = {"steps": [{"sql": "SELECT * FROM given"}]}
    ws.node("n", inputs={"given": {"connection": "local", "path": "sales.csv"}}, transform=steps)


@pytest.mark.parametrize("declare", [_with_literal, _with_pattern, _with_input])
def test_another_file_makes_its_readers_stale(ws: Workspace, declare: Callable[[Workspace], None]) -> None:
    declare(ws)
    ws.run()
    assert ws.status("n") == "completed"
    (ws.root / "sales.csv").write_text("region,amount\nN,50\nS,70\n")
    assert ws.status("n") == "stale"
    ws.run()
    assert ws["n"].df().amount.tolist() == [50, 70]


def test_an_edited_sql_file_makes_its_node_stale_and_is_read_again(ws: Workspace) -> None:
    (ws.root / "n.sql").write_text("SELECT 1 AS x")
    ws.node("n", transform={"steps": [{"sql_file": "n.sql"}]})
    ws.run()
    assert ws.status("n") == "completed"
    (ws.root / "n.sql").write_text("SELECT 2 AS x")
    assert ws.status("n") == "stale"
    ws.run()
    assert ws["n"].df().x.tolist() == [2]


def _parquet(ws: Workspace, values: list[int]) -> None:
    pq.write_table(pa.table({"id": values}), ws.root / "ids.parquet")


def _lazily(ws: Workspace) -> None:
    ws.node("ids", read={"connection": "local", "path": "ids.parquet"})
    ws.node("n", "SELECT id + 1 AS id FROM ids", materialize="view")


def _lazily_from_a_literal(ws: Workspace) -> None:
    ws.node("n", "SELECT id + 1 AS id FROM 'ids.parquet'", materialize="view")


@pytest.mark.parametrize("declare", [_lazily, _lazily_from_a_literal])
def test_a_last_result_that_can_no_longer_be_read_never_shows_other_rows(
    ws: Workspace, declare: Callable[[Workspace], None]
) -> None:
    _parquet(ws, [1, 2])
    declare(ws)
    ws.run_cell("n")
    _parquet(ws, [7, 8, 9])
    assert node_view(ws, "n").preview.rows == (("2",), ("3",))
    with pytest.raises(UnknownNameError, match=r"the last result of 'n' is gone: .*ids\.parquet', which has changed"):
        ws["n"].df()
    ws.run()
    assert ws["n"].df().id.tolist() == [8, 9, 10]


def test_a_last_result_whose_files_are_as_they_were_is_still_there(ws: Workspace) -> None:
    _parquet(ws, [1, 2])
    _lazily(ws)
    ws.run()
    ws.node("n", "SELECT id * 100 AS id FROM ids")
    with pytest.warns(UserWarning, match="'n' is stale"):
        assert ws["n"].df().id.tolist() == [2, 3]


BY_IMPORT = {
    "function": "def n():\n    import daily_rates\n    return daily_rates.table()",
    "code": "from daily_rates import table\ntable()",
    "submodule": "def n():\n    from fees_of_today import current\n    return current.table()",
    "helper": "helper()",
}


@pytest.mark.parametrize("body", BY_IMPORT.values(), ids=BY_IMPORT)
def test_a_reloaded_module_that_code_imports_as_it_runs_makes_it_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "fees_of_today").mkdir()
    files = {
        "daily_rates": tmp_path / "daily_rates.py",
        "fees_of_today.current": tmp_path / "fees_of_today" / "current.py",
    }
    for file in files.values():
        file.write_text("import pandas as pd\ndef table():\n    return pd.DataFrame({'x': [1]})\n")
    variables: dict[str, Any] = {"__name__": "__main__"}
    exec("def helper():\n    import daily_rates\n    return daily_rates.table()", variables)
    ws = Workspace(tmp_path, namespace=lambda: variables, is_variable=variables.__contains__)
    ws.node("n", body)
    ws.run()
    assert ws.status("n") == "completed"
    assert ws.plan()[0].action == "cached"
    for name, file in files.items():
        file.write_text("import pandas as pd\ndef table():\n    return pd.DataFrame({'x': [12345]})\n")
        if name in sys.modules:
            importlib.reload(sys.modules[name])
    assert ws.status("n") == "stale"
    assert ws.plan()[0].reason.endswith(
        ("import daily_rates changed", "import fees_of_today.current changed", "helper changed")
    )
    ws.run()
    assert ws["n"].df().x.tolist() == [12345]
    ws.close()
    for name in (*files, "fees_of_today"):
        sys.modules.pop(name, None)
