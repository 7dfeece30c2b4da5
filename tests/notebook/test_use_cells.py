"""`%odibi use`: a saved file's nodes in a session that hasn't run them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from odibi_nb.exceptions import OdibiException
from odibi_nb.workspaces.headless import load_target
from tests.notebook.conftest import ROOT, _fill
from tests.notebook.shells import BY_REGION, LOAD, PROJECT, Kernel, Notebook

HELPERS = "import pandas as pd\nMOST = 3\ndef above(frame, least):\n    return frame[frame.amount >= least]"
CLEAN = (
    "%%odibi_node clean_sales\ndef clean_sales(load_sales, min_amount):\n"
    "    return above(load_sales, min_amount).head(MOST)"
)
CELLS = {"p": PROJECT, "h": HELPERS, "l": LOAD, "c": CLEAN, "b": BY_REGION}

Save = Callable[..., Path]


def saved(folder: Path, cells: dict[str, str], name: str = "sales.ipynb", **tags: str) -> Path:
    """Write a notebook; tags: by the id of a cell."""
    written = [
        {
            "cell_type": "code",
            "id": cell_id,
            "metadata": {"tags": [tags[cell_id]]} if cell_id in tags else {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for cell_id, source in cells.items()
    ]
    file = folder / name
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": written}))
    return file


def computed(file: Path) -> None:
    """Run a notebook as a shell does, in a session of its own."""
    ws = load_target(file).workspace
    try:
        ws.run()
    finally:
        ws.close()


@pytest.fixture
def bare(shell: object, tmp_path: Path) -> Notebook:
    """A notebook that has loaded the extension and nothing more."""
    notebook = Notebook(shell)  # type: ignore[arg-type]
    notebook.ok("%load_ext odibi_nb")
    return notebook


@pytest.fixture
def used(bare: Notebook, tmp_path: Path) -> Notebook:
    """A notebook that uses `sales.ipynb`, which was run before."""
    computed(saved(tmp_path, CELLS))
    bare.ok("%odibi use sales.ipynb")
    return bare


def test_what_another_session_has_computed_is_there_and_nothing_runs(bare: Notebook, tmp_path: Path) -> None:
    computed(saved(tmp_path, CELLS))
    ran: list[object] = []
    bare.ws.listeners.append(ran.append)
    shown = bare.ok("%odibi use sales.ipynb")
    assert "sales.ipynb: 3 nodes declared, none run · 3 fresh · defined: MOST, above" in shown.text
    assert bare.ws.statuses() == dict.fromkeys(["load_sales", "clean_sales", "by_region"], "cached")
    assert bare.ws["by_region"].df().total.tolist() == [150, 200]
    assert ran == []
    assert "odibi-table" in shown.html
    assert "computed" in shown.html


def test_what_has_failed_in_a_shell_is_red_here_and_its_card_says_why(bare: Notebook, tmp_path: Path) -> None:
    bad = "%%odibi_node by_region\nSELECT CAST(region AS INT) AS n FROM clean_sales"
    with pytest.raises(OdibiException):
        computed(saved(tmp_path, {**CELLS, "b": bad}))
    assert "3 nodes declared, none run · 2 fresh · 1 failed" in bare.ok("%odibi use sales.ipynb").text
    card = bare.ok("%odibi show by_region")
    assert "by_region · ✗ failed" in card.text
    assert "TransformError: Could not convert string 'N' to INT32" in card.text
    assert card.text.splitlines()[2] == f"  in node 'by_region', cell 5, {tmp_path / 'sales.ipynb'}, line 2"
    assert "^" in card.text
    assert "TRY_CAST" in card.html


def test_a_node_that_never_ran_is_pending(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, CELLS)
    assert "3 nodes declared, none run · 0 fresh" in bare.ok("%odibi use sales.ipynb").text
    assert set(bare.ws.statuses().values()) == {"pending"}


def test_a_node_in_the_middle_is_edited_at_once(used: Notebook) -> None:
    edited = CLEAN.replace(".head(MOST)", ".head(1)")
    card = used.run(edited, cell_id="c")
    assert card.error is None
    assert "clean_sales · ✓ completed · 1 row" in card.text
    assert "cells" not in card.text
    assert used.ws.statuses() == {"load_sales": "cached", "clean_sales": "completed", "by_region": "stale"}


def test_how_long_nodes_took_in_another_session_is_known(used: Notebook) -> None:
    used.run(CLEAN.replace("clean_sales\n", "clean_sales --no-run\n").replace("MOST", "1"), cell_id="c")
    assert used.ws.work_above("by_region")["clean_sales"] > 0


def test_the_cell_of_a_used_node_renames_it(used: Notebook) -> None:
    card = used.run(CLEAN.replace(" clean_sales", " cleaned"), cell_id="c")
    assert card.error is not None or "renamed from 'clean_sales'" in card.text
    assert "clean_sales" not in used.ws


def test_a_deleted_cell_takes_its_node_along(used: Notebook) -> None:
    assert used.ws.drop_cells(["c"]) == ["clean_sales"]


def test_a_cell_that_declares_its_node_no_more_drops_it(used: Notebook) -> None:
    label = used.ws.nodes["clean_sales"].origin.label
    assert used.ws.drop_undeclared("c", label) == ["clean_sales"]


def test_what_the_session_has_declared_stays_and_is_named(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, CELLS)
    bare.ok(PROJECT, LOAD)
    bare.run("%%odibi_node clean_sales --no-run\nSELECT * FROM load_sales", cell_id="c")
    shown = bare.ok("%odibi use sales.ipynb")
    assert "1 node declared" in shown.text
    assert "kept as they are here: load_sales, clean_sales" in shown.text
    assert bare.ws.nodes["clean_sales"].language == "sql"


def test_a_node_that_this_session_has_renamed_keeps_its_name(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, CELLS)
    bare.ok(PROJECT, LOAD)
    bare.run("%%odibi_node tidy --no-run\nSELECT * FROM load_sales", cell_id="c")
    shown = bare.ok("%odibi use sales.ipynb").text
    assert "kept as they are here: load_sales" in shown
    assert "note: clean_sales: its cell says something else by now" in shown
    assert sorted(bare.ws) == ["by_region", "load_sales", "tidy"]


def test_names_of_the_notebook_stay_and_are_named(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, CELLS)
    shown = bare.ok("MOST = 1\nimport pandas as pd", "%odibi use sales.ipynb")
    assert "defined: above · as they are here: MOST" in shown.text
    assert "1 row" in bare.ok("%odibi run", "%odibi show clean_sales").text


def test_using_a_file_again_takes_its_edits(used: Notebook, tmp_path: Path) -> None:
    cells = {**CELLS, "h": HELPERS.replace("MOST = 3", "MOST = 1"), "n": "%%odibi_node new\nSELECT 1 AS x"}
    del cells["b"]
    saved(tmp_path, cells)
    shown = used.ok("%odibi use sales.ipynb").text
    assert "dropped, gone from the file: by_region" in shown
    assert "defined: MOST, above" in shown
    assert sorted(used.ws) == ["clean_sales", "load_sales", "new"]
    assert used.ws.status("clean_sales") == "stale"


def test_using_a_file_twice_is_harmless(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, {**CELLS, "s": "open('log.txt', 'a').write('x')"}, s="odibi-setup")
    first = bare.ok("%odibi use sales.ipynb").text
    nodes = dict(bare.ws.nodes)
    again = bare.ok("%odibi use sales.ipynb").text
    assert again == first.replace(" · defined: MOST, above", "")
    assert all(bare.ws.nodes[name].same_as(node) for name, node in nodes.items())
    assert (tmp_path / "log.txt").read_text() == "x"


def test_a_definition_that_fails_leaves_everything_as_it_was(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, {**CELLS, "h": "before = 1\n" + HELPERS.replace("MOST = 3", "MOST = before / 0")})
    error = bare.fails("%odibi use sales.ipynb")
    assert "ZeroDivisionError" in error.message
    assert (error.where.cell, error.where.line, error.where.file) == ("2", 3, "sales.ipynb")
    assert "nothing of sales.ipynb was declared" in error.hint
    assert not len(bare.ws)
    assert bare.ws.project is None
    assert "before" not in bare.shell.user_ns


def test_nodes_that_can_not_be_declared_together_leave_everything_as_it_was(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, CELLS)
    bare.ok("%%odibi_node load_sales --no-run\nSELECT * FROM by_region")
    assert "in a circle" in bare.fails("%odibi use sales.ipynb").message
    assert list(bare.ws) == ["load_sales"]
    assert bare.ws.project is None
    assert "above" not in bare.shell.user_ns


def test_tests_mocks_expectations_and_papermills_values_come_along(bare: Notebook, tmp_path: Path) -> None:
    more = {
        "m": "%%odibi_mock by_region\nclean_sales: [{region: N, amount: 5}]",
        "t": "%%odibi_test by_region sums\ngiven: mock\nexpect: [{region: N, total: 5}]",
        "e": "%%odibi_expect by_region positive\nSELECT * FROM by_region WHERE total < 0",
        "i": "min_amount = 20",
    }
    saved(tmp_path, {**CELLS, **more}, i="injected-parameters")
    bare.ok("%odibi use sales.ipynb")
    assert "1 passed" in bare.ok("%odibi test").text
    assert [one.name for one in bare.ws.expectations.of("by_region")] == ["positive"]
    assert bare.ws.params["min_amount"] == 20
    saved(tmp_path, CELLS)
    bare.ok("%odibi use sales.ipynb")
    assert (list(bare.ws.tests), bare.ws.expectations.of("by_region"), list(bare.ws.trials.mocks)) == ([], (), [])


def test_a_cell_that_can_not_be_read_is_named_and_the_others_count(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, {**CELLS, "b": "%%odibi_node by_region --wirte x\nSELECT 1"})
    shown = bare.ok("%odibi use sales.ipynb").text
    assert "2 nodes declared" in shown
    assert "note: not read: node 'by_region', cell 5, sales.ipynb, line 1:" in shown
    assert "unknown option --wirte" in bare.run("%odibi validate").text


def test_nodes_of_another_notebook_tell_where_they_come_from(bare: Notebook, tmp_path: Path) -> None:
    bare.ws.notebook = saved(tmp_path, {"own": "1"}, "mine.ipynb")
    saved(tmp_path, {**CELLS, "b": BY_REGION.replace("sum(amount)", "sum(amont)")})
    bare.ok("%odibi use sales.ipynb")
    error = bare.fails("%odibi run")
    assert (error.where.file, error.where.cell, error.where.line) == ("sales.ipynb", "5", 2)
    card = bare.run(BY_REGION, cell_id="b")
    assert "cell 5 of sales.ipynb and cell 4 both declare 'by_region': that of cell 4 counts" in card.text


def test_a_project_brings_its_functions_and_its_folder(bare: Notebook, tmp_path: Path) -> None:
    folder = tmp_path / "etl"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "in.csv").write_text("x\n1\n2\n")
    (folder / "transforms.py").write_text(
        "from odibi_nb.registry import transform\n@transform\ndef doubled(context, source):\n"
        "    frame = context.get(source)\n    return frame.assign(x=frame.x * 2)\n"
    )
    (folder / "odibi.yaml").write_text(
        "project: p\nconnections: {local: {type: local, base_path: ./data}}\npipelines:\n- pipeline: main\n  nodes:\n"
        "  - {name: load, read: {connection: local, path: in.csv, format: csv}}\n"
        "  - {name: twice, depends_on: [load], transform: {steps: [{function: doubled, params: {source: load}}]}}\n"
    )
    bare.ok("%odibi use etl", "%odibi run")
    assert bare.ws["twice"].df().x.tolist() == [2, 4]
    assert bare.ws.root == folder
    saved(tmp_path, CELLS)
    assert "start at" in bare.fails("%odibi use ../sales.ipynb").message


def test_a_front_end_that_tells_the_notebook_need_not_be_told(shell: object, tmp_path: Path) -> None:
    computed(file := saved(tmp_path, CELLS))
    shell.user_ns["__vsc_ipynb_file__"] = str(file)  # type: ignore[attr-defined]
    notebook = Notebook(shell)  # type: ignore[arg-type]
    assert "3 results of earlier sessions: %odibi use takes them up" in notebook.ok("%load_ext odibi_nb").text
    assert notebook.ws.saved_as == "sales"
    assert "3 nodes declared, none run · 3 fresh" in notebook.ok("%odibi use").text


def test_without_a_name_the_file_has_to_be_named(bare: Notebook) -> None:
    error = bare.fails("%odibi use")
    assert "%odibi use sales.ipynb" in error.hint
    assert "there is no notebook" in bare.fails("%odibi use sale.ipynb").message
    for name in ("b.ipynb", "a.ipynb"):
        saved(bare.ws.root, {"x": "1"}, name)
    assert bare.fails("%odibi use").hint == "name its file: %odibi use a.ipynb or b.ipynb"


def test_of_two_notebooks_with_the_same_cells_none_is_taken_for_this_one(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, CELLS)
    saved(tmp_path, {**CELLS, "n": "1"}, "copy.ipynb")
    saved(tmp_path, {"own": "1"}, "other.ipynb")
    said = bare.ok("%odibi use copy.ipynb").text
    assert "note: copy.ipynb has cells in common with sales.ipynb, and the front end doesn't tell which" in said
    assert bare.ws.saved_as != "copy"
    bare.run(BY_REGION.replace("by_region", "by_area"), cell_id="b")
    assert {"by_region", "by_area"} <= set(bare.ws.nodes)


def test_the_name_of_this_notebook_may_be_given(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, CELLS)
    saved(tmp_path, CELLS, "copy.ipynb")
    bare.ok("%odibi use sales.ipynb", 'import odibi_nb\nodibi_nb.workspace().notebook = "sales.ipynb"')
    said = bare.ok("%odibi use sales.ipynb").text
    assert "in common" not in said
    assert bare.ws.saved_as == "sales"
    bare.run(BY_REGION.replace("by_region", "by_area"), cell_id="b")
    assert set(bare.ws.nodes) == {"load_sales", "clean_sales", "by_area"}
    assert "4 nodes" not in bare.ok("%odibi use").text


def test_a_stale_node_keeps_its_last_result_under_its_notebooks_name(bare: Notebook, tmp_path: Path) -> None:
    computed(saved(tmp_path, CELLS))
    saved(tmp_path, {**CELLS, "c": CLEAN.replace(".head(MOST)", ".head(1)")})
    bare.ok("%odibi use sales.ipynb")
    assert bare.ws.statuses() == {"load_sales": "cached", "clean_sales": "stale", "by_region": "stale"}


def test_python_uses_a_file_too(bare: Notebook, tmp_path: Path) -> None:
    saved(tmp_path, CELLS)
    bare.ok("import odibi_nb\nused = odibi_nb.workspace().use('sales.ipynb')")
    assert bare.shell.user_ns["used"].declared == ("load_sales", "clean_sales", "by_region")


@pytest.fixture
def kernels(tmp_path: Path) -> Iterator[Callable[[], Kernel]]:
    """Start kernels as Jupyter Server does for `sales.ipynb`."""
    started: list[Kernel] = []
    env = {**os.environ, "IPYTHONDIR": str(tmp_path / ".ipython"), "PYTHONPATH": str(ROOT)}

    def start() -> Kernel:
        kernel = Kernel(str(tmp_path), {**env, "JPY_SESSION_NAME": str(tmp_path / "sales.ipynb")})
        started.append(kernel)
        kernel.ok("%load_ext odibi_nb")
        return kernel

    yield start
    for kernel in started:
        kernel.close()


def test_after_a_restart_the_notebook_goes_on_where_it_was(kernels: Callable[[], Kernel], tmp_path: Path) -> None:
    _fill(tmp_path)
    saved(tmp_path, CELLS)
    first = kernels()
    for cell_id, cell in CELLS.items():
        assert not first.run(cell, cellId=cell_id).error_name
    first.ok("import odibi_nb; odibi_nb.workspace().close()")
    second = kernels()
    assert "3 nodes declared, none run · 3 fresh" in second.ok("%odibi use").text
    assert not second.run(CLEAN.replace(".head(MOST)", ".head(1)"), cellId="c").error_name
    assert "clean_sales · ✓ completed · 1 row" in second.ok("%odibi show clean_sales").text
    assert "stale" in second.ok("%odibi status").text
