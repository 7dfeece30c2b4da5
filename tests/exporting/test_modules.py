"""`transforms.py`: what the Python of nodes needs, in working order, in the author's own text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odibi_nb.cells.definitions import PlainCell, slice_definitions
from odibi_nb.exceptions import OdibiException
from odibi_nb.exporting.pieces import joined, pieces_of
from odibi_nb.workspaces.headless import load_target
from tests.exporting.notebooks import LOAD, PROJECT, exported, files_in, outcome

HEAD = '"""What the Python nodes of this project do; exported by odibi-nb."""\n\n'


def module(folder: Path, *cells: str, **more: object) -> str:
    """Return the module of an export, after seeing that it gives what the notebook gives."""
    exported(folder, PROJECT, LOAD, *cells, **more)  # type: ignore[arg-type]
    assert outcome(folder / "out") == outcome(folder / "nb.ipynb")
    return files_in(folder / "out")["transforms.py"].removeprefix(HEAD)


def refused(folder: Path, *cells: str) -> OdibiException:
    """Return what refuses to export; nothing is left of it."""
    with pytest.raises(OdibiException) as caught:
        exported(folder, PROJECT, LOAD, *cells)
    assert sorted(one.name for one in folder.iterdir()) == ["data", "nb.ipynb"]
    return caught.value


def test_exactly_what_is_used_is_there_once_and_in_order(tmp_path: Path) -> None:
    text = module(
        tmp_path,
        "import os, math\nimport pandas as pd\nfrom functools import reduce, partial",
        "import math\nUNUSED = 1\n\n# at least this\nLIMIT = 60  # euros\nDOUBLE = math.floor(2.5) * LIMIT\n"
        "def tidy(rows: 'pd.DataFrame'):\n    # few\n    return rows[rows.amount > DOUBLE]\n\nprint(1)",
        "%%odibi_node big\ndef big(load_sales):\n    return tidy(load_sales)",
        "%%odibi_node bigger\nkeep = partial(tidy)\n\nkeep(load_sales)  # only those",
    )
    assert text == (
        "import math\nfrom functools import partial\n\nimport pandas as pd\nfrom odibi_nb import node\n\n"
        "# at least this\nLIMIT = 60  # euros\nDOUBLE = math.floor(2.5) * LIMIT\n\n\n"
        "def tidy(rows: 'pd.DataFrame'):\n    # few\n    return rows[rows.amount > DOUBLE]\n\n\n"
        "@node\ndef big(load_sales):\n    return tidy(load_sales)\n\n\n"
        "@node\ndef bigger(load_sales):\n    keep = partial(tidy)\n\n    return keep(load_sales)  # only those\n"
    )


def test_what_stands_beside_a_function_goes_along(tmp_path: Path) -> None:
    cell = "%%odibi_node big\nimport math\nLEAST = math.pi\n\n# those above\ndef big(load_sales):\n"
    text = module(tmp_path, cell + "    return load_sales[load_sales.amount > LEAST]")
    assert text.endswith("LEAST = math.pi\n\n\n# those above\n@node\ndef big(load_sales):\n"
                         "    return load_sales[load_sales.amount > LEAST]\n")  # fmt: skip


def test_a_node_and_a_helper_of_one_name_get_two(tmp_path: Path) -> None:
    helper = "def big(rows):\n    return rows[rows.amount > 60]"
    text = module(tmp_path, helper, "%%odibi_node big\nbig(load_sales)")
    assert "@node\ndef big_node(load_sales):\n    return big(load_sales)" in text
    assert "function: big_node" in files_in(tmp_path / "out")["odibi.yaml"]


def test_decorated_functions_keep_their_place_and_lose_their_options(tmp_path: Path) -> None:
    cells = ("import odibi_nb", "@odibi_nb.node(tags=['daily'])\ndef big(load_sales):\n    return load_sales.head(2)")
    text = module(tmp_path, *cells, "@odibi_nb.node\ndef other(load_sales):\n    return big(load_sales)")
    assert text.count("@node\ndef big(load_sales):") == text.count("@node\ndef other(load_sales):") == 1
    assert "tags: [daily]" in files_in(tmp_path / "out")["odibi.yaml"]


def test_a_transform_that_steps_name_goes_along(tmp_path: Path) -> None:
    text = module(
        tmp_path,
        "from odibi_nb import transform\nBY = 2\n@transform('doubled')\ndef double(context, current):\n"
        "    return current.assign(amount=current.amount * BY)",
        "%%odibi_node big\ninputs: {start: load_sales}\ntransform: {steps: [{function: doubled}]}",
    )
    assert "@transform('doubled')\ndef double(context, current):" in text


def test_a_setup_cell_goes_along_whole(tmp_path: Path) -> None:
    setup = "import math\nTABLE = {}\nTABLE['n'] = math.floor(2.5)\n%matplotlib inline"
    text = module(tmp_path, setup, "%%odibi_node big\nload_sales.head(TABLE['n'])", tags={2: "odibi-setup"})
    assert text.startswith("# ruff: noqa: E402, F401, F811\n\nfrom odibi_nb import node\n\nimport math\nTABLE = {}\n")
    assert "inline" not in text


def test_modules_beside_the_notebook_are_found(tmp_path: Path) -> None:
    (tmp_path / "beside_export.py").write_text("def two(rows):\n    return rows.head(2)\n")
    text = module(tmp_path, "from beside_export import *", "%%odibi_node big\ntwo(load_sales)")
    assert "sys.path.insert(0, str(Path(__file__).resolve().parent / '..'))  # for beside_export" in text
    assert "from beside_export import two" in text


def test_code_that_awaits_becomes_an_async_function(tmp_path: Path) -> None:
    text = module(tmp_path, "import asyncio", "%%odibi_node big\nawait asyncio.sleep(0)\nload_sales.head(1)")
    assert "async def big(load_sales):\n    await asyncio.sleep(0)\n    return load_sales.head(1)" in text


def test_only_lines_of_ipython_are_left_out_of_a_setup_cell(tmp_path: Path) -> None:
    setup = "import os\nX = 1; pass\n%matplotlib inline\nif X:\n    pass"
    text = module(tmp_path, setup, "%%odibi_node big\nload_sales.head(X)", tags={2: "odibi-setup"})
    assert "import os\nX = 1; pass\nif X:\n    pass" in text


def test_code_that_imports_from_the_future_is_taken_without_that(tmp_path: Path) -> None:
    text = module(tmp_path, "%%odibi_node n\nfrom __future__ import annotations\nk: int = 1\nload_sales.head(k)")
    assert "__future__" not in text
    code = "from __future__ import annotations\ndef f(d: int): return d\nf(load_sales)"
    (tmp_path / "more").mkdir()
    assert "node 'n' has annotations" in refused(tmp_path / "more", f"%%odibi_node n\n{code}").message


def test_what_nodes_use_of_this_package_is_imported_too(tmp_path: Path) -> None:
    decorated = "import odibi_nb\n@odibi_nb.node\ndef big(load_sales):\n    return load_sales"
    node = "%%odibi_node other\nbig.assign(v=odibi_nb.__version__)"
    exported(tmp_path, PROJECT, LOAD, decorated, node)
    assert "import odibi_nb\n" in files_in(tmp_path / "out")["transforms.py"]


def test_features_from_the_future_stand_on_top_of_the_module(tmp_path: Path) -> None:
    future = "from __future__ import annotations"
    known = f"{future}\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nowhere\n"
    (tmp_path / "of_the_future.py").write_text("N = 1\n")
    code = "from of_the_future import N\ndef few(rows: nowhere.X):\n    return rows.head(N)"
    node = "%%odibi_node big\ndef big(load_sales: nowhere.Frame):\n    return few(load_sales)"
    text = module(tmp_path, f"%matplotlib inline\n{known}{code}", node, tags={2: "odibi-setup"})
    assert text.startswith(f"# ruff: noqa: E402, F401, F811\n\n{future}\n\nimport sys\n")
    assert text.count(future) == 1


def test_a_class_may_speak_of_itself(tmp_path: Path) -> None:
    helper = "class Kept:\n    def name(self):\n        return __class__.__name__"
    assert "class Kept" in module(tmp_path, helper, "%%odibi_node n\nload_sales.assign(k=Kept().name())")


def test_a_cell_of_windows_becomes_lines_of_a_module(tmp_path: Path) -> None:
    code = '%%odibi_node n\ndef n(load_sales):\n    return load_sales.assign(k="""a\nb""")'.replace("\n", "\r\n")
    exported(tmp_path, PROJECT, LOAD, "K = 1\r\nL = K\r\n", code, "%%odibi_node m\nload_sales.head(L)")
    assert b"\r" not in (tmp_path / "out" / "transforms.py").read_bytes()
    assert outcome(tmp_path / "out") == outcome(tmp_path / "nb.ipynb")


def test_classes_within_functions_ask_for_no_name(tmp_path: Path) -> None:
    named = "from typing import NamedTuple\nclass Pair(NamedTuple):\n    a: int = 2\n"
    helper = named + "def kept():\n    class Held:\n        a = Pair().a\n    return Held.a"
    module(tmp_path, helper, "%%odibi_node n\ndef n(load_sales):\n    return load_sales.head(kept())")


def test_a_node_named_like_a_builtin_comes_before_it(tmp_path: Path) -> None:
    text = module(tmp_path, "%%odibi_node id --depends-on load_sales", "%%odibi_node n\nid.head(len([1]))")
    assert "def n(id):" in text


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["import pandas as pd\nextra = pd.DataFrame({'a': [1]})", "%%odibi_node n\nload_sales.merge(extra)"],
         "node 'n' uses the variable 'extra', a DataFrame"),
        (["%%odibi_node n\ndisplay(load_sales)\nload_sales"], "node 'n' uses 'display'"),
        (["%%odibi_node n\ndef n(load_sales):\n    return nowhere(load_sales)"], "node 'n' uses 'nowhere'"),
        (["k = 1", "%%odibi_node n\nk = k + 1\nload_sales.head(k)"], "node 'n' assigns to 'k'"),
        (["%%odibi_node n\nK = 1\ndef n(load_sales):\n    return load_sales.head(K)",
          "%%odibi_node m\nK = 2\ndef m(load_sales):\n    return load_sales.head(K)"], "'K' means one thing"),
        (["%%odibi_node n\nSELECT * FROM nobody"], "'nobody'"),
        (["%%odibi_node n\ndef n(load_sales):\n    return load_sales\nmine = n"], "uses its function outside"),
    ],
)  # fmt: skip
def test_what_a_module_cant_have_is_refused(tmp_path: Path, cells: list[str], said: str) -> None:
    error = refused(tmp_path, *cells)
    assert said in error.message
    assert error.where.node in ("n", "m")


def test_functions_of_the_python_api_are_exported_where_a_cell_defines_them(tmp_path: Path) -> None:
    ws = load_target(notebook_with_functions(tmp_path)).workspace
    from odibi_nb.exporting import export

    functions = ws.nodes.variables()
    ws.node("first", functions["some"], tags=["x"])
    ws.node("second", functions["some"])
    export(ws, tmp_path / "out")
    text = files_in(tmp_path / "out")["transforms.py"]
    assert text.count("@node\ndef some(load_sales):") == 1
    ws.node("third", lambda load_sales: load_sales)
    with pytest.raises(OdibiException, match="the function of node 'third' can't be exported"):
        export(ws, tmp_path / "out")
    ws.close()


def notebook_with_functions(folder: Path) -> Path:
    from tests.exporting.notebooks import notebook

    some = "def some(load_sales):\n    return load_sales.head(1)"
    return notebook(folder, PROJECT, LOAD, some, "%%odibi_node used\nsome(load_sales)")


STATEMENTS = ["a = 1", "b = a + 1", "c = b * 2", "a = 3", "def f():\n    return a", "d = f()", "import math", "b = 7"]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=9))
def test_what_is_left_of_a_session_defines_the_same(statements: list[str]) -> None:
    cells = [PlainCell(str(number), text) for number, text in enumerate(statements)]
    known = sorted({name for cell in cells for name in _bound(cell.source)})
    before: dict[str, object] = {}
    try:
        for cell in cells:
            exec(cell.source, before)
        before["f"]() if "f" in before else None  # type: ignore[operator]
    except NameError:  # no session could have run it
        return
    after: dict[str, object] = {}
    exec(joined(pieces_of(slice_definitions(cells, known))), after)
    for name in known:
        values = [scope[name]() if name == "f" else scope[name] for scope in (before, after)]  # type: ignore[operator]
        assert values[0] == values[1]


def _bound(source: str) -> set[str]:
    statement = ast.parse(source).body[0]
    return {getattr(statement, "name", None) or source.split(maxsplit=1)[0].removeprefix("import")} - {""}
