"""Errors: one short block at the cell's own line."""

from __future__ import annotations

import pytest

from odibi_nb.exceptions import NodeExecutionError, TransformError
from tests.notebook.shells import LOAD, Kernel, Notebook

SCRIPT = "<script>alert('x')</script>"


def test_a_sql_error_on_line_three(nb: Notebook) -> None:
    error = nb.fails("%%odibi_node n --read local:sales.csv\nSELECT region,\n  amuont FROM df")
    assert isinstance(error, TransformError)
    assert (error.node, error.where.cell, error.where.line) == ("n", "3", 3)
    assert error.where.source == "  amuont FROM df"
    assert error.hint == "did you mean 'amount'?"


def test_a_sql_syntax_error_on_line_three(nb: Notebook) -> None:
    error = nb.fails("%%odibi_node n\nSELECT 1 AS x\nFRM t")
    assert (error.where.cell, error.where.line) == ("3", 3)


def test_a_python_error_on_line_four(nb: Notebook) -> None:
    nb.ok(LOAD)
    error = nb.fails("%%odibi_node n\nimport math\nx = 3\ny = load_sales['amuont']\nload_sales")
    assert isinstance(error, NodeExecutionError)
    assert isinstance(error.__cause__, KeyError)
    assert (error.where.cell, error.where.line, error.hint) == ("4", 4, "did you mean 'amount'?")


def test_a_python_error_in_a_helper_points_at_the_call(nb: Notebook) -> None:
    nb.ok(LOAD, "def helper(frame):\n    return frame['nope']")
    error = nb.fails("%%odibi_node n\nimport math\nx = 3\ny = helper(load_sales)\nload_sales")
    assert (error.where.cell, error.where.line) == ("5", 4)


def test_a_python_syntax_error_has_its_line_and_keeps_the_old_node(nb: Notebook) -> None:
    nb.ok("%%odibi_node n\nSELECT 1 AS x")
    error = nb.fails("%%odibi_node n\nx = 1\ny = = 2\nx")
    assert error.where.line == 3
    assert nb.ws.nodes["n"].code == "SELECT 1 AS x"


@pytest.mark.parametrize("line", ["%time 1", "!ls"])
def test_lines_for_ipython_are_one_clear_error(nb: Notebook, line: str) -> None:
    error = nb.fails(f"%%odibi_node n --lang python\nx = 1\n{line}\nx")
    assert "IPython" in str(error)
    assert error.where.line == 3


def test_a_failing_upstream_is_blamed_and_the_node_skipped(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node a --no-run\nload_sales['nope']", "%odibi set auto=on")
    ran = nb.run("%%odibi_node b\nSELECT * FROM a")
    assert ran.error is not None
    assert ran.error.node == "a"  # type: ignore[attr-defined]
    assert "b · » skipped" in ran.text


def test_the_error_stands_once_below_the_card(nb: Notebook) -> None:
    nb.ok(LOAD)
    ran = nb.run("%%odibi_node n\nload_sales['nope']")
    assert "n · ✗ failed" in ran.text
    assert "nope" not in ran.html.partition("<details>")[0]


def test_show_has_the_error_on_the_card(nb: Notebook) -> None:
    nb.ok(LOAD)
    nb.run("%%odibi_node n\nload_sales['nope']")
    assert "KeyError: nope" in nb.ok("%odibi show n").text


def test_the_whole_traceback_on_request_begins_in_the_cell(nb: Notebook) -> None:
    nb.ok(LOAD, "def helper(frame):\n    return frame['nope']")
    nb.run("%%odibi_node n\nhelper(load_sales)")
    text = nb.ok("%odibi show n --traceback").text
    frames = [line for line in text.split("The above exception")[-1].splitlines() if line.startswith("  File")]
    assert "cell 5" in frames[0]
    assert "return frame['nope']" in text
    assert "odibi_nb/runner" not in text


def test_a_run_with_failures_shows_the_table_and_raises(nb: Notebook) -> None:
    nb.ok(LOAD, "%%odibi_node bad --no-run\nload_sales['nope']", "%%odibi_node after --no-run\nSELECT * FROM bad")
    nb.ok("%%odibi_node fine --no-run\nSELECT * FROM load_sales")
    ran = nb.run("%odibi run")
    assert isinstance(ran.error, NodeExecutionError)
    assert nb.ws.statuses() == {"load_sales": "completed", "bad": "failed", "after": "skipped", "fine": "completed"}
    assert "'bad' failed" in ran.text


def test_data_and_errors_are_escaped_in_html(nb: Notebook) -> None:
    frame = f'pd.DataFrame({{"a<b>": ["{SCRIPT}", "\\"quoted\\" & \'x\'"]}})'
    ran = nb.ok(f'%%odibi_node n\nimport pandas as pd\nprint("{SCRIPT}")\n{frame}')
    assert SCRIPT in ran.text
    assert "<script" not in ran.html
    assert "&lt;script&gt;" in ran.html
    nb.run(f'%%odibi_node bad\nraise ValueError("{SCRIPT}")\n1')
    assert "<script" not in nb.ok("%odibi show bad").html


def test_the_block_in_a_kernel_is_short_and_names_no_library_frame(kernel: Kernel) -> None:
    kernel.ok("%load_ext odibi_nb")
    ran = kernel.run("%%odibi_node n\nx = 1\n\nx / 0")
    lines = ran.traceback.splitlines()
    assert ran.error_name == "NodeExecutionError"
    assert len(lines) <= 5
    assert "ZeroDivisionError: division by zero" in lines[0]
    assert "node 'n', cell 2, line 4" in lines[1]
    assert "4 | x / 0" in lines[2]
