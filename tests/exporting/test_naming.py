"""One module for what a notebook keeps apart: names that mean two things, and values that each node has for itself."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.exporting.notebooks import files_in
from tests.exporting.test_modules import module, refused

STEP = "%%odibi_node a\ndepends_on: [load_sales]\ntransform: {{steps: [{{function: {}}}]}}"
TRANSFORM = "from odibi_nb import transform\n@transform{}\ndef st(load_sales):\n    return load_sales.{}"


@pytest.mark.parametrize(
    "before",
    ["def floor(x):\n    return 99\nA = floor(2.5)\nfrom math import floor",
     "from zlib import crc32 as floor\nA = floor(b'x')\nfrom operator import neg as floor"],
)  # fmt: skip
def test_an_import_stays_where_it_gives_a_name_another_meaning(tmp_path: Path, before: str) -> None:
    text = module(tmp_path, before, TRANSFORM.format("", "assign(k=floor(5), z=A)"), STEP.format("st"))
    assert text.index("A = floor(") < text.index(" floor\n", text.index("A = floor("))


def test_imports_after_a_setup_cell_stay_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "found_by_setup.py").write_text("TWO = 2")
    where = f"import sys\nimport os\nsys.path.append({str(tmp_path / 'data')!r})"
    node = "%%odibi_node a\nimport os\ndef a(load_sales):\n    return load_sales.assign(k=os.sep).head(TWO)"
    text = module(tmp_path, where, "from found_by_setup import TWO", node, tags={2: "odibi-setup"})
    assert text.index("sys.path.append") < text.index("from found_by_setup import TWO")


def test_a_transform_and_a_node_of_one_name_are_two(tmp_path: Path) -> None:
    cells = (TRANSFORM.format("('b')", "head(1)"), STEP.format("b"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = module(tmp_path, *cells, "%%odibi_node b\ndef b(load_sales):\n    return load_sales.tail(1)")
    assert "def b_node(load_sales)" in text


def test_nodes_may_have_the_names_of_what_marks_them(tmp_path: Path) -> None:
    nodes = [f"%%odibi_node {name}\ndef {name}(load_sales):\n    return load_sales" for name in ("odibi_nb", "node")]
    assert "import odibi_nb as odibi_nb_\n" in module(tmp_path, *nodes)


def test_a_second_name_is_a_free_one(tmp_path: Path) -> None:
    helper = "def filter_node(d):\n    return d.head(1)"
    assert "def filter_node1(load_sales)" in module(tmp_path, helper, "%%odibi_node filter\nfilter_node(load_sales)")


def node(name: str, before: str, value: str) -> str:
    return f"%%odibi_node {name}\n{before}\ndef {name}(load_sales):\n    return load_sales.assign(k={value})"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([node("a", "SEEN = []", "len(SEEN)"), node("b", "SEEN = []", "len(SEEN)")],
         "node 'b' and node 'a' each have their own 'SEEN'"),
        (["SEEN = []\ndef kept(d):\n    return SEEN", node("a", "SEEN = []", "len(SEEN + kept(1))")],
         "node 'a' and the plain cells each have their own 'SEEN'"),
        ([node("a", "def kept(n=[]):\n    return n", "len(kept())"), node("b", "def kept(n=[]):\n    return n", "1")],
         "their own 'kept'"),
        ([node("a", "def sum(x):\n    return -1", "sum([1])"), node("b", "", "sum([1])")],
         "'sum' means one thing in the cell of node 'a'"),
        ([node("a", "K = 1\nK = 2", "K"), node("b", "K = 2", "K")], "'K' means one thing in the cell of node 'b'"),
        ([node("a", "import math", "1"), node("b", "from cmath import sqrt as math", "1")], "'math' means one thing"),
    ],
)  # fmt: skip
def test_what_would_be_shared_is_refused(tmp_path: Path, cells: list[str], said: str) -> None:
    error = refused(tmp_path, *cells)
    assert said in error.message
    assert error.where.cell is not None
    assert "rename one of them" in (error.hint or "")


def test_what_cant_change_is_there_once(tmp_path: Path) -> None:
    same = "import re\nPLACE = re.compile('N|S')\nLIMITS = (1, -2)\ndef two(d=LIMITS):\n    return 2\nK = 1\nK = K + 1"
    text = module(tmp_path, "import os\nX = 1", node("a", same, "K"), node("b", same, "two()"), tags={2: "odibi-setup"})
    assert [text.count(one) for one in ("PLACE =", "LIMITS =", "def two", "K = 1\n")] == [1] * 4
    assert "%%" not in files_in(tmp_path / "out")["transforms.py"]
