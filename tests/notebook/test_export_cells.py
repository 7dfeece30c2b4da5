"""`%odibi export`: what a session has declared and executed, as a project."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from odibi_nb.exceptions import UsageError
from tests.exporting.notebooks import files_in, outcome
from tests.notebook.shells import BY_REGION, CLEAN, LOAD, PROJECT, Notebook

HELPER = "LIMIT = 60\ndef tidy(rows):\n    return rows[rows.amount > LIMIT]"
TIDY = "%%odibi_node tidied\ntidy(load_sales)"


def test_the_journey_exports_and_gives_the_same(sales: Notebook) -> None:
    sales.ok("%odibi pipeline nightly", "%odibi run")
    ran = sales.ok("%odibi export sales/")
    assert "exported 3 nodes to sales" in ran.text
    expected = sales.ws["by_region"].df()
    folder = sales.ws.root / "sales"
    assert set(files_in(folder)) == {"odibi.yaml", "__main__.py", "sql/by_region.sql", "transforms.py"}
    from odibi_nb.workspaces.headless import load_target

    ws = load_target(folder).workspace
    ws.run()
    assert ws["by_region"].df().equals(expected)
    ws.close()


def test_helpers_are_those_of_the_last_run_of_their_cells(nb: Notebook) -> None:
    nb.ok(LOAD, "import os\nprint(os.sep)")
    nb.run(HELPER, cell_id="a")
    nb.run("UNUSED = LIMIT", cell_id="b")
    nb.ok(TIDY)
    nb.run(HELPER.replace("60", "160"), cell_id="a")
    nb.ok(TIDY, "%odibi export out")
    text = files_in(nb.ws.root / "out")["transforms.py"]
    assert text.count("LIMIT = 160") == text.count("LIMIT =") == text.count("def tidy") == 1
    assert "UNUSED" not in text
    assert "print" not in text


def test_cells_that_ran_twice_without_an_id_count_once(nb: Notebook) -> None:
    nb.ok(LOAD, HELPER, TIDY, HELPER.replace("60", "70"), "%odibi export out")
    text = files_in(nb.ws.root / "out")["transforms.py"]
    assert text.count("LIMIT = 70") == text.count("LIMIT =") == text.count("def tidy") == 1


def test_values_that_no_definition_gives_are_told_before_anything_is_written(nb: Notebook) -> None:
    nb.ok(LOAD, "SEEN = [1]", "SEEN.append(2)", "%%odibi_node n\nload_sales.head(len(SEEN))")
    error = nb.fails("%odibi export out")
    assert "'SEEN', which it uses, is [1], not [1, 2]" in str(error)
    assert error.where.node == "n"
    nb.ok("import pandas as pd", "extra = pd.DataFrame({'region': ['N']})", "%%odibi_node n\nload_sales.merge(extra)")
    assert "uses the variable 'extra', a DataFrame" in str(nb.fails("%odibi export out"))
    assert not (nb.ws.root / "out").exists()


def test_nodes_of_loops_and_decorated_functions_go_along(nb: Notebook) -> None:
    loop = (
        "for n in (1, 2):\n    odibi_nb.workspace().node(f'top{n}', f'SELECT * FROM load_sales LIMIT {n}', tags=['t'])"
    )
    function = "@odibi_nb.node(tags=['t'])\ndef big(load_sales):\n    return tidy(load_sales)"
    nb.ok(LOAD, "import odibi_nb", loop, HELPER, function, "%odibi export out")
    written = files_in(nb.ws.root / "out")
    assert written["sql/top2.sql"].endswith("SELECT * FROM load_sales LIMIT 2\n")
    assert "@node\ndef big(load_sales):" in written["transforms.py"]
    assert set(outcome(nb.ws.root / "out")) == {"load_sales", "top1", "top2", "big"}


def test_ad_hoc_cells_and_session_parameters_stay_behind(nb: Notebook) -> None:
    nb.ok(LOAD, CLEAN, "%%odibi_sql\nSELECT count(*) FROM load_sales", "%odibi params min_amount=150")
    ran = nb.ok("%odibi export out")
    assert "note: set in this session, not exported: min_amount; give --param min_amount=…" in ran.text
    written = "".join(files_in(nb.ws.root / "out").values())
    assert "150" not in written
    assert "count(*)" not in written


def test_a_changed_file_stops_the_cell_and_shows_the_diff(sales: Notebook) -> None:
    sales.ok("%odibi export out", BY_REGION.replace("sum", "max"))
    ran = sales.run("%odibi export out")
    assert isinstance(ran.error, UsageError)
    assert "+SELECT region, max(amount) AS total" in ran.text
    assert "--force" in (ran.error.hint or "")
    sales.ok("%odibi export out --force")


def test_what_a_used_notebook_defines_is_found(nb: Notebook) -> None:
    cells = [PROJECT, LOAD, HELPER, TIDY]
    listed = [{"cell_type": "code", "source": one, "metadata": {}, "id": f"u{n}"} for n, one in enumerate(cells)]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed}
    Path("saved.ipynb").write_text(json.dumps(document))
    nb.ok("%odibi reset", "%odibi use saved.ipynb", "%odibi export out")
    assert "def tidy(rows):" in files_in(nb.ws.root / "out")["transforms.py"]


def test_exporting_leaves_no_bytecode_setting_behind(sales: Notebook) -> None:
    before = sys.dont_write_bytecode
    sales.ok("%odibi export out")
    assert sys.dont_write_bytecode is before
