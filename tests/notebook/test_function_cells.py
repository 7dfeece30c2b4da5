"""`@node` in plain cells of a kernel: the linter-friendly twin of the magic."""

from __future__ import annotations

import pytest

from odibi_nb.exceptions import NodeExecutionError, UsageError
from tests.notebook.shells import BY_REGION, LOAD, Notebook

IMPORT = "import odibi_nb\nfrom odibi_nb import node"
CLEAN = "def clean_sales(load_sales, min_amount):\n    return load_sales[load_sales.amount >= min_amount]"


def test_its_cell_declares_runs_and_shows_the_node(nb: Notebook) -> None:
    ran = nb.ok(LOAD, IMPORT, f"\n\n@node(write='local:clean.csv')\n{CLEAN}")
    assert "clean_sales · ✓ completed · 2 rows" in ran.text
    assert "'clean_sales' is a variable" not in nb.ok(f"\n\n@node(write='local:clean.csv')\n{CLEAN}").text
    assert nb.shell.user_ns["clean_sales"].__name__ == "clean_sales"
    nb.ok(BY_REGION, "%odibi run")
    assert (nb.ws.root / "data/clean.csv").is_file()


def test_the_cell_under_another_name_renames_and_without_it_drops(nb: Notebook) -> None:
    nb.ok(LOAD, IMPORT)
    nb.run(f"@odibi_nb.node\n{CLEAN}", cell_id="a")
    ran = nb.run(f"@odibi_nb.node\n{CLEAN.replace('clean_sales', 'cleaned')}", cell_id="a")
    assert "renamed from 'clean_sales'" in ran.text
    two = "@node(no_run=True)\ndef one(load_sales): ...\n\n@node(no_run=True)\ndef two(one): ..."
    assert "dropped cleaned" in nb.run(two, cell_id="a").text
    assert list(nb.ws.nodes) == ["load_sales", "one", "two"]


def test_an_edit_makes_what_is_downstream_stale(nb: Notebook) -> None:
    nb.ok(LOAD, IMPORT, f"@node\n{CLEAN}", BY_REGION, f"@node\n{CLEAN.replace('>=', '>')}")
    assert nb.ws.status("by_region") == "stale"


def test_a_failing_function_fails_its_cell_at_the_line(nb: Notebook) -> None:
    nb.ok(LOAD, IMPORT)
    error = nb.fails("# above\n@node\ndef clean_sales(load_sales):\n    return 1 / 0")
    assert isinstance(error, NodeExecutionError)
    assert (error.where.node, error.where.cell, error.where.line) == ("clean_sales", "5", 4)


def test_options_are_read_from_source_here_too(nb: Notebook) -> None:
    nb.ok(IMPORT, "PLACE = 'local:sales.csv'")
    error = nb.fails("@node(read=PLACE)\ndef clean_sales(df): ...")
    assert "'read' is no literal: PLACE" in str(error)
    assert error.where.line == 1


def test_it_is_refused_where_no_headless_run_would_find_it(nb: Notebook) -> None:
    nb.ok(IMPORT)
    error = nb.fails(f"if True:\n    @node\n    {CLEAN.replace(chr(10), chr(10) + '    ')}")
    assert isinstance(error, UsageError)
    assert "left margin" in (error.hint or "")


def test_functions_of_modules_and_after_unloading_declare_nothing(
    nb: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nb.ws.root / "beside_fn.py").write_text(f"from odibi_nb import node\n@node\n{CLEAN}\n")
    monkeypatch.syspath_prepend(nb.ws.root)
    nb.ok("import beside_fn", IMPORT)
    nb.shell.run_line_magic("unload_ext", "odibi_nb")
    nb.ok(f"@node\n{CLEAN}")
    assert not nb.ws.nodes


def test_the_functions_of_a_used_project_see_their_own_module(nb: Notebook) -> None:
    folder = nb.ws.root
    (folder / "transforms.py").write_text(
        f"from odibi_nb import node\n\nLEAST = 60\n\n\n@node\n{CLEAN.replace('>= min_amount', '> LEAST')}\n"
    )
    node = "{name: clean_sales, transform: {steps: [{function: clean_sales}]}}"
    load = "{name: load_sales, read: {connection: local, path: sales.csv}}"
    (folder / "odibi.yaml").write_text(
        "connections: {local: {type: local, base_path: ./data}}\nvars: {min_amount: 1}\n"
        f"pipelines: [{{pipeline: p, nodes: [{load}, {node}]}}]\n"
    )
    nb.ok("%odibi reset", "LEAST = 1000", "%odibi use odibi.yaml", "%odibi run")
    assert nb.ws["clean_sales"].rows == 2
    nb.ws.settle()
    nb.ok("%odibi reset", "%odibi use odibi.yaml")
    assert nb.ws.status("clean_sales") == "cached"
    assert "'LEAST', which it uses, is 1000, not 60" in str(nb.fails("%odibi export out"))
