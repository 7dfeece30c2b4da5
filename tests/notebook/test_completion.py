"""Completion as IPython and a kernel give it."""

from __future__ import annotations

import logging

import pytest
from IPython.core.completer import provisionalcompleter

from odibi_nb.completion import cells
from odibi_nb.workspaces import Workspace
from tests.notebook.shells import BY_REGION, LOAD, PROJECT, Kernel, Notebook


def _completed(nb: Notebook, marked: str) -> list[str]:
    """Return the line of the cursor, `|`, up to it, with each completion put in."""
    before, _, after = marked.partition("|")
    text = before + after
    with provisionalcompleter():
        found = list(nb.shell.Completer.completions(text, len(before)))
    start = before.rfind("\n") + 1
    return [text[start : one.start] + one.text for one in found]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%odibi sta|", ["%odibi status"]),
        ("%odibi run +load|", ["%odibi run +load_sales"]),
        ("%odibi run --param min|", ["%odibi run --param min_amount="]),
        ("%%odibi_node x --read local:sa|", ["%%odibi_node x --read local:sales.csv"]),
        ("%%odibi_node x --depends|", ["%%odibi_node x --depends-on"]),
        ("%%odibi_node x\nSELECT l.am| FROM load_sales l", ["SELECT l.amount"]),
        ("%%odibi_node x\nSELECT * FROM lo|", ["SELECT * FROM load_sales"]),
        ("%%odibi_node x\nFROM load_sales\nWHERE amount > $m|", ["WHERE amount > $min_amount"]),
        ("%%odibi_node x\nread: {connection: local, pa|", ["read: {connection: local, path: "]),
        ("%%odibi_node x\ndef x(lo|):\n    return 1", ["def x(load_sales"]),
        ("%%odibi_project\nconn|", ["connections: "]),
    ],
)
def test_what_is_typed_goes_on(nb: Notebook, cell: str, expected: list[str]) -> None:
    nb.ok(LOAD)
    assert _completed(nb, cell) == expected


def test_a_nodes_results_are_offered_by_name(nb: Notebook) -> None:
    nb.ok(LOAD, "import odibi_nb\nws = odibi_nb.workspace()")
    assert "ws['load_sales" in _completed(nb, "ws['lo|")


def test_python_of_a_node_is_completed_by_ipython_too(nb: Notebook) -> None:
    nb.ok("import math")
    assert "math.sqrt" in _completed(nb, "%%odibi_node x\nmath.sq|")


def test_plain_cells_are_left_to_ipython(nb: Notebook) -> None:
    nb.ok(LOAD, "load_factor = 2")
    assert "load_factor" in _completed(nb, "load_|")
    assert "load_sales" not in _completed(nb, "load_|")


def test_reloading_registers_once_and_unloading_not_at_all(nb: Notebook) -> None:
    nb.ok(LOAD, "%reload_ext odibi_nb")
    assert len(nb.shell.Completer.custom_matchers) == 1
    assert _completed(nb, "%odibi run load|") == ["%odibi run load_sales"]
    nb.shell.extension_manager.unload_extension("odibi_nb")
    assert nb.shell.Completer.custom_matchers == []


def test_nothing_is_run_for_it(nb: Notebook) -> None:
    nb.ok("calls = []", "%%odibi_node n --no-run\ncalls.append(1)\ncalls")
    _completed(nb, "%%odibi_node x\nSELECT n.| FROM n")
    _completed(nb, "%%odibi_node x\ndef x(n):\n    return n['|")
    assert nb.shell.user_ns["calls"] == []


def test_a_fault_of_ours_is_logged_and_never_printed(
    nb: Notebook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cells, "find_magic", lambda text: 1 / 0)
    with caplog.at_level(logging.DEBUG, "odibi_nb.notebook.completer"):
        _completed(nb, "%odibi run |")
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in "".join(capsys.readouterr())


def test_a_kernel_answers_for_the_whole_cell(kernel: Kernel) -> None:
    kernel.ok("%load_ext odibi_nb", PROJECT, LOAD, BY_REGION.replace("clean_sales", "load_sales"))
    cell = "%%odibi_node x\nSELECT b.\nFROM by_region b"
    reply = kernel.complete(cell, cell.index("\nFROM"))
    assert reply["matches"] == ["region", "total"]
    assert (reply["cursor_start"], reply["cursor_end"]) == (24, 24)
    assert [one["type"] for one in reply["metadata"]["_jupyter_types_experimental"]] == ["column", "column"]


def test_a_thousand_nodes_are_no_burden() -> None:
    ws = Workspace()
    ws.node("n_0", "SELECT 1 AS id, 2 AS amount")
    for number in range(1, 1000):
        ws.node(f"n_{number}", f"SELECT id, amount + {number} AS amount FROM n_{number - 1}")
    for cell in ("%odibi run +n_", "%%odibi_node x\nSELECT * FROM ", "%%odibi_node x\nFROM n_999 a WHERE a."):
        cells.complete(cell, len(cell), cells.Known(ws))  # the graph is made
        assert cells.complete(cell, len(cell), cells.Known(ws)).found
