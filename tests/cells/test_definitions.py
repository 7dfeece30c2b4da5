"""The slice of a notebook's plain code that nodes need."""

import traceback

import pytest

from odibi_nb.cells.definitions import PlainCell, execute_slice, slice_definitions
from odibi_nb.exceptions import TransformError, UsageError


def sliced(*sources, wanted="f", setup=()):
    cells = [PlainCell(str(at), source, is_setup=at in setup) for at, source in enumerate(sources, 1)]
    return slice_definitions(cells, wanted.split())


def kept(*sources, **rest):
    return [statement.source for statement in sliced(*sources, **rest).statements]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import pandas as pd\nimport seaborn\ndef f(): return pd", ["import pandas as pd", "def f(): return pd"]),
        ("from m import f, g", ["from m import f, g"]),
        ("class f(Base): pass\nclass Base: pass", ["class f(Base): pass", "class Base: pass"]),
        ("f = 1\nf += 1\ng += 1", ["f = 1", "f += 1"]),
        ("f, g = 1, 2", ["f, g = 1, 2"]),
        ("f: int = 1\ng: int = 2", ["f: int = 1"]),
        ("f = []\nf.append(1)\nf[0] = 2\nf.x = 1", ["f = []"]),
        ("a = 1; f = a; b = 2", ["a = 1", "f = a"]),
        (
            "@deco\n@other(1)\ndef f(): pass\ndef deco(g): return g",
            ["@deco\n@other(1)\ndef f(): pass", "def deco(g): return g"],
        ),
        ("D = 1\nT = int\ndef f(a: T = D): pass", ["D = 1", "T = int", "def f(a: T = D): pass"]),
        (
            "g = 1\ndef f():\n    def inner(): return g\n    return inner",
            ["g = 1", "def f():\n    def inner(): return g\n    return inner"],
        ),
        (
            "try:\n    import f\nexcept ImportError:\n    f = None",
            ["try:\n    import f\nexcept ImportError:\n    f = None"],
        ),
        ("if X:\n    f = 1\nX = 0", ["if X:\n    f = 1", "X = 0"]),
        ("for f in range(3): print(f)", []),
        ("f = 1\nprint(f)\nf", ["f = 1"]),
        ("ü = 1; f = 'é'; b = ü", ["f = 'é'"]),
        ("def print(x): pass\ndef f(): print(1)", ["def print(x): pass", "def f(): print(1)"]),
    ],
)
def test_only_what_defines_the_wanted_names_is_kept(source, expected):
    assert kept(source) == expected


def test_every_definition_of_a_name_is_kept_in_the_order_of_the_notebook():
    assert kept("f = g()", "import plots\nplots.show()", "f = f + 1", "def g(): return 1") == [
        "f = g()",
        "f = f + 1",
        "def g(): return 1",
    ]


def test_statements_know_cell_and_line():
    statement = sliced("x = 1", "\n\n@d\ndef f(): pass").statements[0]
    assert (statement.cell, statement.line, statement.names) == ("2", 3, ("f",))


def test_a_setup_cell_runs_whole_with_what_it_needs():
    setup = "%load_ext autoreload\nregister(x)\nunused = 1"
    assert kept("x = 1\ny = 2", setup, wanted="", setup={2}) == ["x = 1", "pass\nregister(x)\nunused = 1"]


def test_what_is_left_out_is_listed_with_its_reason():
    left = sliced("import seaborn\nf = 1\nseaborn.plot(f)", "!ls\n%odibi run\n%load_ext odibi_nb", "x = = 1").left_out
    assert [(each.cell, each.line, each.text, each.reason) for each in left] == [
        ("1", 1, "import seaborn", "no node uses it"),
        ("1", 3, "seaborn.plot(f)", "defines nothing"),
        ("2", 1, "!ls", "written for IPython"),
        ("3", 1, "x = = 1", "not Python: invalid syntax"),
    ]


def test_names_that_nothing_defines_are_missing_but_builtins_are_not():
    assert sliced("def f(): return print(helper)", wanted="f g").missing == ("g", "helper")


def test_the_slice_runs_and_nothing_else_does():
    definitions = sliced("import math\nraise SystemExit", "def f(): return math.floor(2.5)")
    namespace = {}
    execute_slice(definitions, namespace)
    assert namespace["f"]() == 2


def test_tracebacks_show_the_source_lines_of_the_cell():
    definitions = sliced("x = 1\n\ndef f():\n    return 1 / 0  # here")
    namespace = {}
    execute_slice(definitions, namespace, notebook="sales.ipynb")
    with pytest.raises(ZeroDivisionError) as caught:
        namespace["f"]()
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno, last.line) == ("<sales.ipynb, cell 1>", 4, "return 1 / 0  # here")


def test_a_definition_that_fails_names_cell_line_and_source():
    definitions = sliced("y = 1", "def g():\n    return {}['k']\n\nf = g()")
    with pytest.raises(TransformError) as caught:
        execute_slice(definitions, {})
    where = caught.value.where
    assert caught.value.message == "KeyError: 'k'"
    assert (where.cell, where.line, where.source) == ("2", 2, "    return {}['k']")
    assert isinstance(caught.value.__cause__, KeyError)


def test_our_own_errors_keep_their_type_and_gain_a_place():
    def refuse():
        raise UsageError("no")

    with pytest.raises(UsageError) as caught:
        execute_slice(sliced("f = refuse()"), {"refuse": refuse})
    assert (caught.value.where.cell, caught.value.where.line) == ("1", 1)


@pytest.mark.parametrize(
    "statement",
    [
        "rates['south'] = 3",
        "rates.update(south=3)",
        "for k in 'ab':\n    rates[k] = 1",
        "del rates['north']",
        "rates.x.y = 1",
    ],
)
def test_code_that_may_change_what_nodes_use_is_told_apart(statement):
    cells = [PlainCell("1", f"rates = {{'north': 2}}\n{statement}")]
    (left_out,) = slice_definitions(cells, ["rates"]).left_out
    assert left_out.changes == "rates"
    assert "odibi-setup" in left_out.reason


@pytest.mark.parametrize(
    "statement", ["print(rates)", "rates.plot()", "other['x'] = 1", "for k in rates:\n    print(k)"]
)
def test_code_that_only_looks_changes_nothing(statement):
    cells = [PlainCell("1", f"rates = {{'north': 2}}\n{statement}")]
    (left_out,) = slice_definitions(cells, ["rates"]).left_out
    assert left_out.changes is None


def test_features_from_the_future_hold_below_their_import_in_all_cells():
    later = "from __future__ import annotations\ndef f(x: Nowhere): return 1"
    definitions = sliced("def g(x: int): return 1", later, "def h(x: Nowhere): return f(1) + g(1)", wanted="h")
    assert definitions.left_out == ()
    namespace = {}
    execute_slice(definitions, namespace)
    assert namespace["h"](1) == 2
    kinds = [namespace[name].__annotations__["x"] for name in "ghf"]
    assert kinds == [int, "Nowhere", "Nowhere"]


def test_a_setup_cell_may_import_from_the_future_anywhere():
    namespace = {}
    execute_slice(
        sliced("%load_ext x\nfrom __future__ import annotations\ndef f(x: Nowhere): pass", setup={1}), namespace
    )
    assert namespace["f"].__annotations__ == {"x": "Nowhere"}


@pytest.mark.parametrize(
    "statement",
    ["for n in 'ab':\n    ws.node(n, 'SELECT 1')", "odibi_nb.workspace().mock({})", "made = ws.node('a', 'SELECT 1')"],
)
def test_nodes_that_python_declares_are_told_to_be_of_the_session(statement):
    cells = ["import odibi_nb\nws = odibi_nb.workspace()\nother = 1", statement, "other.node('b')"]
    declared, *others = reversed(sliced(*cells, wanted="").left_out)
    assert [one.changes for one in others] == ["other nodes", None, None, None]
    assert "session alone" in others[0].reason
    assert declared.reason == "defines nothing"
