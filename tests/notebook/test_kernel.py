"""In a real kernel, as a front end drives it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.notebook.conftest import ROOT, _fill
from tests.notebook.shells import BY_REGION, CLEAN, LOAD, PROJECT, Kernel, Ran

SLOW_SQL = "%%odibi_node slow\nSELECT count(*) AS n FROM range(100000000000) t(i) WHERE hash(i) % 7 = 3"
SLOW_PYTHON = "%%odibi_node slow\nimport time\nfor _ in range(600):\n    time.sleep(0.1)\n1"
NOTE_STARTS = """import pathlib, odibi_nb
def note(event):
    if type(event).__name__ == "NodeStarted":
        pathlib.Path("started").touch()
odibi_nb.workspace().listeners.append(note)"""


@pytest.fixture
def loaded(kernel: Kernel) -> Kernel:
    kernel.ok("%load_ext odibi_nb", "%odibi reset", PROJECT)
    return kernel


def interrupted_node(kernel: Kernel, cell: str) -> Ran:
    """Interrupt a cell in the middle of its first node, and return what it shows; the node would run on for long."""
    kernel.ok(NOTE_STARTS)
    started = kernel.folder / "started"
    started.unlink(missing_ok=True)
    message = kernel.send(cell)
    while not started.exists():
        assert kernel.manager.is_alive()
        time.sleep(0.02)
    time.sleep(0.5)
    kernel.manager.interrupt_kernel()
    return kernel.wait(message, timeout_s=30)


def _execute(folder: Path, *cells: str) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / ".ipython")})
    return notebook


def test_the_journey_runs_from_top_to_bottom(tmp_path: Path) -> None:
    cells = ["%load_ext odibi_nb", PROJECT, LOAD, CLEAN, BY_REGION, "%odibi graph", "%odibi run", "%odibi"]
    notebook = _execute(_fill(tmp_path), *cells)
    graph = notebook.cells[5].outputs[0].data
    assert {"text/plain", "text/html", "image/svg+xml"} <= graph.keys()
    assert "by_region" in graph["image/svg+xml"]
    assert (tmp_path / "data" / "by_region.parquet").is_file()


def test_only_where_somebody_may_click_there_is_a_widget(loaded: Kernel) -> None:
    loaded.ok("%%odibi_node a\nSELECT 1 AS x")
    kinds = [bundle.keys() for bundle in loaded.ok("%odibi graph").bundles]
    assert "application/vnd.jupyter.widget-view+json" in kinds[-1]
    alone = loaded.wait(loaded.send("%odibi graph", asks=False))
    assert [list(bundle) for bundle in alone.bundles] == [["text/plain", "text/html", "image/svg+xml"]]
    # Voilà runs cells as nbconvert does, for people.
    voila = loaded.wait(loaded.send("import os\nos.environ['SERVER_SOFTWARE'] = 'voila/0.5'\n%odibi graph", asks=False))
    loaded.ok("del os.environ['SERVER_SOFTWARE']")
    assert "application/vnd.jupyter.widget-view+json" in voila.bundles[-1]


def test_the_front_ends_cell_id_renames(loaded: Kernel) -> None:
    loaded.run("%%odibi_node a\nSELECT 1 AS x", cellId="one")
    assert "renamed from 'a'" in loaded.run("%%odibi_node b\nSELECT 1 AS x", cellId="one").text


def test_a_deleted_cells_node_is_dropped_and_can_be_brought_back(loaded: Kernel) -> None:
    loaded.run("%%odibi_node a\nSELECT 1 AS x", cellId="one")
    ran = loaded.run("1 + 1", cellId="two", deletedCells=["one"])
    assert "dropped a: its cell was deleted" in ran.text
    assert "%odibi drop a --undo" in ran.text
    assert "no node is declared yet" in loaded.ok("%odibi").text
    loaded.ok("%odibi drop a --undo")
    assert "a" in loaded.ok("%odibi ls").text.split()


def test_a_deleted_cells_expectation_is_dropped(loaded: Kernel) -> None:
    loaded.run("%%odibi_node a\nSELECT 1 AS x", cellId="one")
    ran = loaded.run("%%odibi_expect a none\nFROM a", cellId="two")
    assert ran.error_name == "ValidationError"
    assert "none: 1 bad row" in ran.traceback
    assert "dropped expectation none of a: its cell was deleted" in loaded.run("1", deletedCells=["two"]).text
    loaded.ok("%%odibi_node a\nSELECT 1 AS x")


@pytest.mark.parametrize("cell", [SLOW_SQL, SLOW_PYTHON])
def test_an_interrupt_lands_at_once_and_the_next_cell_works(loaded: Kernel, cell: str) -> None:
    ran = interrupted_node(loaded, cell)
    assert ran.error_name == "KeyboardInterrupt"
    assert ran.traceback == "interrupted: 1 node cancelled"
    assert "cancelled" in loaded.ok("%odibi").text
    assert "✓ completed · 1 row" in loaded.ok("%%odibi_node quick\nSELECT 1 AS x").text


def test_an_interrupted_run_shows_what_was_cancelled(loaded: Kernel) -> None:
    loaded.ok("%odibi set auto=off", SLOW_SQL, "%%odibi_node after\nSELECT * FROM slow", "%odibi set auto=on")
    ran = interrupted_node(loaded, "%odibi run")
    assert ran.error_name == "KeyboardInterrupt"
    assert ran.text.count("■ cancelled") >= 2
    assert ran.traceback == "interrupted: 2 nodes cancelled"


def test_an_interrupted_query_says_so_in_one_line(loaded: Kernel) -> None:
    message = loaded.send("%%odibi_sql\nSELECT count(*) AS n FROM range(100000000000) t(i) WHERE hash(i) % 7 = 3")
    loaded.begun(message)
    time.sleep(1)
    loaded.manager.interrupt_kernel()
    ran = loaded.wait(message, timeout_s=30)
    assert (ran.error_name, ran.traceback) == ("KeyboardInterrupt", "interrupted")


def test_a_node_that_awaits_can_be_interrupted(loaded: Kernel) -> None:
    ran = interrupted_node(loaded, "%%odibi_node slow\nimport asyncio\nawait asyncio.sleep(60)\n1")
    assert ran.error_name == "KeyboardInterrupt"


def test_the_workspace_survives_a_reload(loaded: Kernel) -> None:
    loaded.ok(LOAD, "%reload_ext odibi_nb")
    assert "load_sales" in loaded.ok("%odibi ls").text
    loaded.ok("%unload_ext odibi_nb")
    assert loaded.run("%odibi").error_name or "not found" in loaded.run("%odibi").text
    loaded.ok("%load_ext odibi_nb")


def test_a_card_with_all_rows_has_a_static_twin_and_holds_none_itself(loaded: Kernel) -> None:
    loaded.ok(LOAD, CLEAN, BY_REGION)
    card, widget = loaded.ok("%odibi show by_region").bundles
    assert "data-odibi-twin" in card["text/html"]
    assert "200" in card["text/plain"]
    assert list(widget) == ["application/vnd.jupyter.widget-view+json"]
    states = "ipywidgets.Widget.get_manager_state()['state'].values()"
    saved = f"import ipywidgets\nprint([one['state'].get('card') for one in {states}])"
    cards = loaded.ok(saved).text
    assert 'data-node="by_region"' in cards
    assert ">200" not in cards
    assert len(loaded.ok("%%odibi_node later --no-run\nSELECT 'later' AS x", "%odibi show later").bundles) == 1


def test_a_decorated_function_is_a_node_in_a_kernel_and_goes_into_an_export(loaded: Kernel) -> None:
    loaded.ok(LOAD, "from odibi_nb import node\nLEAST = 60")
    cell = "\n@node(tags=['daily'])\ndef big(load_sales):\n    return load_sales[load_sales.amount > LEAST]"
    assert "big · ✓ completed · 2 rows" in loaded.run(cell, cellId="f").text
    ran = loaded.run(cell.replace("big", "large"), cellId="f")
    assert "renamed from 'big'" in ran.text
    failed = loaded.run("@node\ndef broken(load_sales):\n    return load_sales.nothing", cellId="g")
    assert failed.error_name == "NodeExecutionError"
    assert "line 3" in failed.traceback
    loaded.ok("%odibi drop broken", "%odibi export exported")
    ran = loaded.ok("print(open('exported/transforms.py').read())")
    assert "LEAST = 60\n\n\n@node\ndef large(load_sales):" in ran.text
