"""Every error at the cell's own line, with a caret where the place is known and a hint where there is one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from IPython.core.interactiveshell import InteractiveShell

from odibi_nb.exceptions import NodeCancelled, OdibiException, UnknownNameError
from tests.notebook.shells import LOAD, Kernel, Notebook

STEPS = "%%odibi_node n\nread: {connection: local, path: sales.csv}\ntransform:\n  steps:\n"
DEEP_FAULT = (
    "%%odibi_node n --materialize view\nSELECT\n  CAST(CASE WHEN i = 90000 THEN 'x' ELSE '1' END AS INT) AS v\n"
    "FROM range(100000) t(i)"
)


def _pointed_at(error: OdibiException) -> tuple[int | None, str | None]:
    """Return the line, and the text from the caret on ("" without one)."""
    where = error.where
    return where.line, "" if where.column is None else (where.source or "")[where.column - 1 :]


@pytest.mark.parametrize(
    ("body", "line", "caret"),
    [
        ("SELECT region,\n  amuont\nFROM load_sales", 3, "amuont"),
        ("SELECT region\nFRMO load_sales", 3, "load_sales"),
        ("SELECT\n  sum(region)\nFROM load_sales", 3, "sum(region)"),
        ("SELECT sum(sum(amount))\nFROM load_sales", 2, "sum(amount))"),
        ("SELECT *\nFROM load_sales\nWHERE sum(amount) > 1", 4, "sum(amount) > 1"),
        ("SELECT *\nFROM load_sales a, load_sales b\nWHERE amount > 1", 4, "amount > 1"),
        ("SELECT *\nFROM load_sales\nORDER BY 7", 4, "7"),
        ("SELECT foo(amount)\nFROM load_sales", 2, "foo(amount)"),
        ("SELECT x.region\nFROM load_sales", 2, "x.region"),
        ("SELECT *\nFROM load_sales\nWHERE amount > $nope", 4, "$nope"),
        ("SELECT region,\n  CAST(region AS INT) AS i\nFROM load_sales", 3, "CAST(region AS INT) AS i"),
        ("SELECT *\nFROM 'nofile.csv'", 3, ""),
        ("SELECT *\nFROM read_csv('nofile.csv')", 3, ""),
        ("SELECT strptime(region, '%Y') AS d FROM load_sales", 2, ""),
        ("CREATE MACRO f(x) AS x + missing;\nSELECT f(amount) FROM load_sales", 2, "missing;"),
        ("SELECT 1;\nSELECT 2", 3, "SELECT 2"),
        ("SELECT *\nFROM load_sales, n", 3, ""),
    ],
)
def test_sql(nb: Notebook, body: str, line: int, caret: str) -> None:
    nb.ok(LOAD)
    error = nb.fails(f"%%odibi_node n\n{body}")
    assert (error.where.node, error.where.cell) == ("n", "4")
    assert _pointed_at(error) == (line, caret)


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT (SELECT amount FROM load_sales) AS v", "max(…)"),
        ("SELECT strptime(region, '%Y') AS d FROM load_sales", "try_strptime"),
        ("SELECT * FROM 'nofile.csv'", "start at the notebook's"),
        ("SELECT sum(region) FROM load_sales", "cast the arguments"),
    ],
)
def test_what_duckdb_says_becomes_a_hint_that_a_node_can_follow(nb: Notebook, query: str, hint: str) -> None:
    nb.ok(LOAD)
    error = nb.fails(f"%%odibi_node n\n{query}")
    assert hint in error.hint
    assert "SET " not in str(error)


@pytest.mark.parametrize("value", ["error('bad')", "CAST(1e30 AS BIGINT)", "CAST('x' AS INT)"])
def test_a_query_that_fails_in_its_preview_has_a_card_and_a_place(nb: Notebook, value: str) -> None:
    ran = nb.run(f"%%odibi_node n\nSELECT\n  {value} AS v")
    assert "n · ✗ failed" in ran.text
    assert isinstance(ran.error, OdibiException)
    assert (ran.error.where.node, ran.error.where.cell) == ("n", "3")
    assert "✗ failed" in nb.ok("%odibi show n").text


@pytest.mark.parametrize(
    "read",
    ["%odibi show n --preview 95000", "ws['n'].df()", "ws['n'].arrow()", "ws['n'].preview(95000)"],
)
def test_rows_that_fail_when_they_are_read_later_blame_their_line(nb: Notebook, read: str) -> None:
    nb.ok(DEEP_FAULT, "import odibi_nb; ws = odibi_nb.workspace()")
    error = nb.fails(read)
    if isinstance(error, NodeCancelled) and duckdb.__version__.startswith("1."):
        error = nb.fails(read)  # now and then it tells that it has stopped its other threads, and not why
    assert (error.where.node, error.where.cell) == ("n", "3")
    assert _pointed_at(error)[0] == 3


def test_the_rows_of_a_reader_blame_the_node_above(nb: Notebook) -> None:
    nb.ok(DEEP_FAULT, "%%odibi_node m\nSELECT v + 1 AS w FROM n", "import odibi_nb; ws = odibi_nb.workspace()")
    assert nb.fails("ws['m'].df()").where.node == "n"


@pytest.mark.parametrize(
    ("body", "line", "caret", "hint"),
    [
        ("x = 1\nload_sales['regoin']", 3, "load_sales['regoin']", "did you mean 'region'?"),
        ("def n(load_sales):\n    return load_sales.amuont", 3, "load_sales.amuont", "did you mean 'amount'?"),
        ("load_sales.gropby('region')", 2, "load_sales.gropby('region')", "did you mean 'groupby'?"),
        ("load_sales[['region', 'amuont']]", 2, "load_sales[['region', 'amuont']]", "did you mean 'amount'?"),
        ("load_sales.query('amuont > 1')", 2, "load_sales.query('amuont > 1')", "did you mean 'amount'?"),
        ("def n(load_sales):\n    return lod_sales", 3, "lod_sales", "did you mean 'load_sales'?"),
        ("load_sales.assign(a=1, b=load_sales['zz'])", 2, "load_sales['zz'])", "columns: region, amount"),
        ("def n(load_sales):\n    ä = 'ö'; return 1 / 0", 3, "1 / 0", None),
        ("import nomodule\nload_sales", 2, "import nomodule", None),
        ("def n(load_sales)\n    return 1", 2, "", None),
    ],
)
def test_python(nb: Notebook, body: str, line: int, caret: str, hint: str | None) -> None:
    nb.ok(LOAD)
    error = nb.fails(f"%%odibi_node n\n{body}")
    assert (error.where.node, error.where.cell) == ("n", "4")
    assert _pointed_at(error) == (line, caret)
    assert error.hint == hint


def test_columns_are_suggested_also_where_pandas_doesnt_index_by_itself(nb: Notebook) -> None:
    nb.ok(LOAD)
    group = nb.fails("%%odibi_node n\ndef n(load_sales):\n    return load_sales.groupby('regoin').sum()")
    merge = nb.fails("%%odibi_node n\ndef n(load_sales):\n    return load_sales.merge(load_sales, on='nokey')")
    assert (group.hint, merge.hint) == ("did you mean 'region'?", "columns: region, amount")


@pytest.mark.parametrize("raised", ["raise ValueError", "assert False"])
def test_an_exception_without_words_is_its_kind(nb: Notebook, raised: str) -> None:
    error = nb.fails(f"%%odibi_node n\n{raised}")
    assert str(error).splitlines()[0] in {"ValueError", "AssertionError"}
    assert f"{error.message}:" not in nb.ok("%odibi show n").text


def test_a_helper_of_another_cell_is_named_below_the_call(nb: Notebook) -> None:
    nb.ok(LOAD, "def helper(frame):\n    return frame['amuont']")
    for body in ("y = helper(load_sales)\ny", "def n(load_sales):\n    return helper(load_sales)"):
        error = nb.fails(f"%%odibi_node n\n{body}")
        assert error.where.via == "in helper, cell 4, line 2: return frame['amuont']"
        assert _pointed_at(error)[1] == "helper(load_sales)"
        assert error.hint == "did you mean 'amount'?"
    assert "  in helper, cell 4, line 2: return frame" in nb.ok("%odibi show n").text


def test_a_helper_of_a_module_is_named_with_its_file(nb: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path.cwd())
    text = "def deep(frame):\n    return frame['zz']\n\ndef top(frame):\n    return deep(frame)\n"
    Path("helpers_of_mine.py").write_text(text)
    nb.ok(LOAD, "import helpers_of_mine")
    error = nb.fails("%%odibi_node n\nhelpers_of_mine.top(load_sales)")
    assert error.where.line == 2
    assert error.where.via.startswith("in deep, ")
    assert error.where.via.endswith("helpers_of_mine.py, line 2: return frame['zz']")


def test_a_module_that_is_no_python_is_named_with_its_line(nb: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path.cwd())
    Path("broken_of_mine.py").write_text("x = 1\ny = = 2\n")
    error = nb.fails("%%odibi_node n\nimport broken_of_mine\n1")
    assert error.where.line == 2
    assert error.where.via.endswith("broken_of_mine.py, line 2: y = = 2")


def test_a_function_given_by_hand_is_at_its_cells_line(nb: Notebook) -> None:
    nb.ok(LOAD, "import odibi_nb\nws = odibi_nb.workspace()\ndef f(load_sales):\n    return load_sales.zz")
    error = nb.fails("ws.node('n', f)\nws.run('n')")
    assert (error.where.cell, error.where.line, error.where.file) == ("4", 4, None)


def test_its_traceback_begins_in_the_function(nb: Notebook) -> None:
    nb.ok(LOAD, "import odibi_nb\nws = odibi_nb.workspace()\ndef n(load_sales):\n    return load_sales.zz")
    nb.fails("ws.node('n', n)\nws.run('n')")
    text = nb.ok("%odibi show n --traceback").text
    assert text.splitlines()[1].endswith("line 4, in n")
    assert "odibi_nb/" not in text
    assert "is a variable" not in nb.ok("%odibi show n").text


def test_the_traceback_of_sql_is_what_duckdb_said(nb: Notebook) -> None:
    nb.ok(LOAD)
    nb.fails("%%odibi_node n\nSELECT region,\n  amuont\nFROM load_sales")
    text = nb.ok("%odibi show n --traceback").text
    assert "Binder Error: Referenced column" in text
    assert "LINE 3:   amuont" in text
    assert "odibi_nb/" not in text


@pytest.mark.parametrize(
    ("body", "line", "hint"),
    [
        ("y = 1\nx = load_sales.head()", 3, "let the last line be the result"),
        ("def other(load_sales):\n    return load_sales", 2, "name the function 'n'"),
        ("def n(load_sales):\n    load_sales.head()", 2, "return a DataFrame"),
    ],
)
def test_code_without_a_result_is_told_what_to_do(nb: Notebook, body: str, line: int, hint: str) -> None:
    nb.ok(LOAD)
    error = nb.fails(f"%%odibi_node n\n{body}")
    assert hint in error.hint
    assert "`--returns none`" in error.hint
    assert error.where.line == line


def test_a_bad_result_is_at_the_line_that_makes_it(nb: Notebook) -> None:
    error = nb.fails("%%odibi_node n\nimport pandas as pd\n\npd.DataFrame({'a': [1, 'x']})")
    assert error.where.line == 4


def test_a_node_read_but_not_asked_for_is_told_on_the_card(nb: Notebook) -> None:
    nb.ok(LOAD)
    ran = nb.run("%%odibi_node n\ndef n():\n    return load_sales.head()")
    assert isinstance(ran.error, OdibiException)
    assert "'load_sales' is a node: to read it, make it a parameter of 'n'" in ran.text


@pytest.mark.parametrize(
    ("cell", "line", "caret"),
    [
        (f"{STEPS}    - sql: SELECT amuont FROM df", 5, "amuont FROM df"),
        (f"{STEPS}    - sql: SELECT amount FROM df WEHRE x", 5, "x"),
        (f"{STEPS}    - SELECT 1 AS x\n    - sql: |\n        SELECT x,\n          y\n        FROM df", 8, "y"),
        (f"{STEPS}    - sql: |\n        SELECT amount\n        FROM df WEHRE x", 7, "x"),
        (f"{STEPS}    - sql: SELECT $nope AS x", 5, "$nope AS x"),
        (f"{STEPS}    - operation: filtr\n      params: {{condition: amount > 1}}", 5, ""),
        (f"{STEPS}    - operation: filter\n      params: {{condition: amuont > 1}}", 6, "amuont > 1}"),
        (f"{STEPS}    - operation: select\n      params:\n        columns:\n        - amuont", 8, "amuont"),
        (f"{STEPS}    - function: nope", 5, ""),
        (
            "%%odibi_node n\ntransform:\n  steps:\n  - sql: SELECT nope FROM load_sales\n---\n",
            4,
            "nope FROM load_sales",
        ),
        ("%%odibi_node n\nread: {connection: local, path: sales.csv}\ntgas: [x]", 3, ""),
        ("%%odibi_node n --read locl:sales.csv", 1, ""),
        ("%%odibi_node n --read local:sales.csv --format cvs", 1, ""),
        ("%%odibi_node n --read local:sales.csv --option spe=1", 1, ""),
        ("%%odibi_project\nvars:\n  a: [1, 2\n", 3, "[1, 2"),
        ("%%odibi_project\n- a\n- b", 2, ""),
        ("%%odibi_project\nvars: 5", 2, ""),
    ],
)
def test_yaml_and_lines(nb: Notebook, cell: str, line: int, caret: str) -> None:
    nb.ok(LOAD)
    error = nb.fails(cell)
    assert error.where.cell == "4"
    assert _pointed_at(error) == (line, caret)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("x = 1\n\n%odibi_node n --raed local:sales.csv", 3),
        ("x = 1\n%odibi rnu", 2),
        ("x = 1\n%odibi run nope", 2),
        ("x = 1\n%odibi run --param nope=1", 2),
    ],
)
def test_a_magic_within_a_cell_is_at_its_own_line(nb: Notebook, cell: str, line: int) -> None:
    nb.ok(LOAD)
    error = nb.fails(cell)
    assert (error.where.cell, error.where.line) == ("4", line)
    assert error.where.source == cell.split("\n")[line - 1]


def test_a_magic_in_the_cell_that_loads_the_extension_is_at_its_own_line(shell: InteractiveShell) -> None:
    error = Notebook(shell).fails("import json\n%load_ext odibi_nb\n%odibi run nothing")
    assert (error.where.cell, error.where.line, error.where.source) == ("1", 3, "%odibi run nothing")


def test_an_unknown_node_suggests(nb: Notebook) -> None:
    nb.ok(LOAD)
    for cell in ("%odibi show lod_sales", "import odibi_nb; odibi_nb.workspace().status('lod_sales')"):
        error = nb.fails(cell)
        assert isinstance(error, UnknownNameError)
        assert error.hint == "did you mean 'load_sales'?"


def test_a_declared_node_shows_itself_in_a_word(nb: Notebook) -> None:
    assert "<node n: sql>" in nb.ok("import odibi_nb; odibi_nb.workspace().node('n', 'SELECT 1 AS x')").text


def test_a_kernel_names_the_cell_of_a_helper(kernel: Kernel) -> None:
    kernel.ok("%load_ext odibi_nb", "def helper(x):\n    return 1 / x")
    ran = kernel.run("%%odibi_node n\nhelper(0)")
    assert "in node 'n', cell 3, line 2" in ran.traceback
    assert "in helper, cell 2, line 2: return 1 / x" in ran.traceback
    assert len(ran.traceback.splitlines()) == 5
