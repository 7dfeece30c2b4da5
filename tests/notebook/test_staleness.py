"""What makes results stale in a notebook: cells run again, helpers, modules, transforms; in any order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebook.shells import Notebook

LOAD = "%%odibi_node load\nSELECT unnest([1, 2, 3]) AS x"


def test_an_edited_cell_makes_what_is_below_it_stale(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node twice\nSELECT x * 2 AS x FROM load", "%%odibi_node top\nSELECT max(x) AS x FROM twice")
    nb.ok("%%odibi_node twice --no-run\nSELECT x * 3 AS x FROM load")
    assert nb.ws.statuses() == {"load": "completed", "twice": "stale", "top": "stale"}
    status = nb.ok("%odibi status").text
    assert status.count("stale") == 2
    assert nb.ok("%odibi graph").text.count("↻ stale") == 2
    nb.ok("%%odibi_node twice --no-run\nSELECT x * 2 AS x FROM load")
    assert nb.ws.statuses() == {"load": "completed", "twice": "completed", "top": "completed"}


def test_a_helper_cell_run_again_makes_its_nodes_stale(nb: Notebook) -> None:
    nb.ok(LOAD, "def more(frame):\n    return frame + STEP\nSTEP = 1", "%%odibi_node up\nmore(load)")
    nb.ok("STEP = 2")
    assert nb.ws.statuses() == {"load": "completed", "up": "stale"}
    assert "STEP 1 → 2" in nb.ok("%odibi plan").text
    nb.ok("%odibi run")
    assert nb.ws["up"].df().x.tolist() == [3, 4, 5]


def test_a_transform_defined_again_is_the_one_that_runs(nb: Notebook) -> None:
    define = "from odibi_nb import transform\n@transform\ndef up_by_one(df):\n    return df + 1"
    node = "%%odibi_node up\ntransform: {steps: [{function: up_by_one}]}\ndepends_on: [load]"
    nb.ok(LOAD, define, node)
    nb.ok(define.replace("+ 1", "+ 10"))
    assert nb.ws.status("up") == "stale"
    assert "up_by_one changed" in nb.ok("%odibi plan").text
    nb.ok("%odibi run")
    assert nb.ws["up"].df().x.tolist() == [11, 12, 13]


def test_a_reloaded_module_makes_its_nodes_stale(nb: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    module = Path("helper_module_of_ours.py")
    module.write_text("def up(frame):\n    return frame + 1\n")
    monkeypatch.syspath_prepend(Path.cwd())
    nb.ok("%load_ext autoreload", "%autoreload 2")
    nb.ok("import helper_module_of_ours as helper", LOAD, "%%odibi_node up\nhelper.up(load)")
    module.write_text("def up(frame):\n    return frame + 100  # and more\n")
    nb.ok("1")  # the front end's next cell: autoreload looks before it
    assert nb.ws.status("up") == "stale"
    assert "helper changed" in nb.ok("%odibi plan").text
    nb.ok("%odibi run")
    assert nb.ws["up"].df().x.tolist() == [101, 102, 103]


def test_cells_may_come_in_any_order(nb: Notebook) -> None:
    nb.ok("%%odibi_node top\nSELECT max(x) AS x FROM twice", "%%odibi_node twice\nSELECT x * 2 AS x FROM load", LOAD)
    nb.ok("%odibi run")
    assert nb.ws["top"].df().x.tolist() == [6]
    assert set(nb.ws.statuses().values()) == {"completed"}
