"""Export → import → export: the second export is the first one again, file by file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from odibi_nb.exporting import export
from odibi_nb.importing import import_project
from odibi_nb.project_file import load_project
from odibi_nb.workspaces.headless import load_target

from .made_up import projects
from .projects import Project, read
from .test_any_project import LOOSE, is_valid, write

DEMOS = Path(__file__).parents[2] / "demo_notebooks"


@pytest.mark.parametrize("name", sorted(file.stem for file in DEMOS.glob("*.ipynb")))
def test_a_demo_comes_back_as_it_went(name: str, tmp_path: Path) -> None:
    shutil.copytree(DEMOS / "data", tmp_path / "data")
    shutil.copy(DEMOS / f"{name}.ipynb", tmp_path)
    for module in DEMOS.glob("*.py"):
        shutil.copy(module, tmp_path)
    assert_fixed(tmp_path / f"{name}.ipynb")


@given(projects())
@settings(LOOSE, max_examples=10)
def test_whatever_a_notebook_says_comes_back(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        write(files, root)
        assume(is_valid(root))
        import_project(root, root / "zero.ipynb")
        assert_fixed(root / "zero.ipynb")


CELLS = """\
%load_ext odibi_nb
=====
%%odibi_project
project: hand # mine
connections:
  local: {type: local, base_path: ./data}
vars: {n: 1}
environments:
  prod:
    vars: {n: 2}
    connections: {local: {base_path: ./prod}}
=====
import numpy as np
from beside_everything import *
from math import sqrt as root, floor
=====
SEEDS = []
SEEDS.append(1)  # for good
=====
# the factor
FACTOR = 2  # really

def helper(df):
    return df.assign(y=df.x * FACTOR * root(4))

class Thing:
    v = OTHER
=====
from odibi_nb import node


@node(write='local:d.csv', tags=['a'], expect=['x > 0'], describe='a function')
def marked(load, n):
    return helper(load).head(n)
=====
%%odibi_node load --read local:a.csv --expect "not_null(x)"
=====
%%odibi_node plain
y = load.assign(z=Thing.v)
helper(y).head(n)
=====
%%odibi_node beside
import re
from datetime import date

K = 3

def inner(v):
    return re.sub('a', 'b', str(v)) + str(K)

def beside(load):
    return load.assign(d=date(2026, 1, 1).isoformat(), i=inner(1))
=====
%odibi pipeline second
=====
%%odibi_node late
async def late(query):
    return query
=====
%%odibi_node query --write local:s.csv
-- all
SELECT *, $n AS n FROM plain JOIN 'data/a.csv' USING (x)
=====
%%odibi_expect query none
SELECT * FROM query WHERE x < 0
=====
%%odibi_expect query few --warn
SELECT * FROM query WHERE x < 1
=====
%%odibi_node passed --depends-on load --describe "as it is"
=====
%%odibi_mock query --input plain
x,t,y,z
1,a,2,3
=====
%%odibi_test query one
given: mock # csv
expect: {error: nothing}
# so it is
=====
%%odibi_mock
load: [{x: 1, t: a}]
=====
%%odibi_test plain one
given: mock
expect: {count: 1}
=====
%%odibi_node length --returns object
def length(load):
    return len(load)
=====
%%odibi_node said --returns none
def said(length, *, verbose=False):
    print(length)
=====
%%odibi_node steps
depends_on: [load]
transform:
  steps:
    - operation: filter # some
      params: {condition: x > 0}
    - sql: |
        SELECT * FROM df
        WHERE x > ${vars.n}
""".removesuffix("\n").split("\n=====\n")


def test_a_notebook_with_all_that_there_is_comes_back(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("data/a.csv", "x,t\n1,a\n2,b\n")
    project.write("beside_everything.py", "OTHER = 3\n")
    project.cells("zero.ipynb", *CELLS, setup="SEEDS")
    assert_fixed(tmp_path / "zero.ipynb")


def test_a_function_that_others_call_declares_its_node_itself(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("data/a.csv", "x,t\n1,a\n2,b\n")
    project.cells(
        "zero.ipynb",
        "%%odibi_project\nconnections: {local: {type: local, base_path: ./data}}",
        "%%odibi_node load --read local:a.csv",
        "from odibi_nb import node\n\n\n@node(write='local:b.csv', tags=['x'])\ndef half(load):\n"
        "    return load.head(1)\n\n\ndef twice(df):\n    return half(df)",
        "%%odibi_node called\ndef called(load):\n    return twice(load)",
    )
    assert_fixed(tmp_path / "zero.ipynb")
    text = read(tmp_path / "first_again.ipynb")["half"]
    assert text == "@node(write='local:b.csv', tags=['x'])\ndef half(load):\n    return load.head(1)".replace(
        "write='local:b.csv', tags=['x']", "tags=['x'], write='local:b.csv'"
    )


def test_what_cells_say_in_yaml_stays_where_it_is(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("data/a.csv", "x,t\n1,a\n2,b\n")
    project.cells(
        "zero.ipynb",
        "%%odibi_project\nvars: {n: 1}\nconnections: {local: {type: local, base_path: ./data}}\nproject: last",
        "%%odibi_node load --read local:a.csv",
        "from odibi_nb import transform\n\n\n@transform\ndef half(load):\n    return load.head(1)",
        "%%odibi_node called\ndepends_on: [load]\ntransform: {steps: [{function: half}]}",
        "%%odibi_node query\ndepends_on: [load]\ntransform: {steps: [SELECT * FROM load]}",
    )
    assert_fixed(tmp_path / "zero.ipynb")


def assert_fixed(notebook: Path) -> None:
    root = notebook.parent
    first = exported(notebook, root / "first")
    import_project(root / "first", root / "first_again.ipynb")
    assert exported(root / "first_again.ipynb", root / "first_again") == first


def exported(notebook: Path, folder: Path) -> dict[str, str]:
    """Export, and return the files; what is called like the folder is called one name."""
    ws = load_target(notebook).workspace
    try:
        export(ws, folder)
    finally:
        ws.close()
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {
        str(path.relative_to(folder)): path.read_text("utf-8").replace(f"python -m {folder.name}", "python -m")
        for path in files
    }


def test_what_is_said_of_pipelines_comes_back(tmp_path: Path) -> None:
    (tmp_path / "odibi.yaml").write_text(
        "project: shop\npipelines:\n"
        "- {pipeline: nightly, description: At night, layer: gold, owner: Ada L.,"
        " nodes: [{name: a, transform: {steps: [SELECT 1 AS x]}}]}\n"
        "- {pipeline: daily, owner: ben, nodes: [{name: b, transform: {steps: [SELECT 2 AS x]}}]}\n"
    )
    notebook = import_project(tmp_path, tmp_path / "a.ipynb").notebook
    export(load_target(notebook).workspace, tmp_path / "out")
    before, after = (load_project(folder).project.pipelines for folder in (tmp_path, tmp_path / "out"))
    assert [(one.pipeline, one.description, one.layer, one.owner) for one in before] == [
        (one.pipeline, one.description, one.layer, one.owner) for one in after
    ]
