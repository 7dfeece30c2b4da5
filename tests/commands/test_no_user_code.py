"""Commands that only look run no code of the user's, wherever it stands; a run of the same files does."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from odibi_nb.commands.shell import main

LOOKING = {"validate": (), "graph": (), "ls": (), "params": (), "lineage": ("doubled",)}
MODULE = "from marks import mark\nmark('module')\nRATE = 2\n"
MARKS = "from pathlib import Path\n\ndef mark(name):\n    Path(f'{name}.mark').touch()\n    return 1\n"
FUNCTION = """\
from marks import mark
from odibi_nb import transform

mark("{place} top")

def marking(function):
    mark("{place} decorator")
    return function

class Rates:
    mark("{place} class body")
    low = mark("{place} class attribute")

@transform
@marking
def {name}(load, by: [mark("{place} annotation"), int][1] = mark("{place} default"), low: int = Rates.low):
    mark("{place} body")
    return load.assign(by=by)
"""
PROJECT = """\
vars: {by: '${env:BY}'}
pipelines:
  - pipeline: p
    nodes:
      - name: load
        transform: {steps: [{sql: SELECT 1 AS x}]}
      - name: doubled
        transform: {steps: [{function: doubled}]}
"""
DECORATED = """\
%%odibi_node shown
def noting(function):
    mark("cell decorator")
    return function

@noting
def shown(load, n: [mark("cell annotation"), int][1] = mark("cell default")):
    mark("cell body")
    return load.assign(n=n, rate=RATE)
"""
NODE_FUNCTION = """\
from odibi_nb import node

@node
@marking
def counted(load, n: [mark("node annotation"), int][1] = mark("node default")):
    mark("node body")
    return load
"""
CELLS = (
    FUNCTION.format(place="plain", name="doubled"),
    "mark('setup')",
    "from local import RATE",
    "TEXT = f\"{mark('f-string')}\"",
    "!touch special.mark",
    "%%bash\ntouch bash.mark",
    "%odibi run\nmark('below a command')",
    "%%odibi_node load\nSELECT 1 AS x",
    "%%odibi_node doubled\ntransform: {steps: [{function: doubled}]}",
    DECORATED,
    NODE_FUNCTION,
    "%%odibi_node plain\nmark('plain body')\nload.assign(text=TEXT)",
    "%%odibi_node written --read local:in.csv --write local:out.csv",
    "%%odibi_node again\nSELECT * FROM 'again.csv'",
)
HEAD = "%%odibi_project\nconnections: {local: {type: local, base_path: .}}\nvars: {by: '${env:BY}'}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project and a notebook whose every piece of code leaves a file once it runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BY", "3")
    for name, text in {"marks": MARKS, "local": MODULE}.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "odibi.yaml").write_text(PROJECT)
    (tmp_path / "transforms.py").write_text(FUNCTION.format(place="transforms", name="doubled"))
    for name in ("in", "again"):
        (tmp_path / f"{name}.csv").write_text("x\n1\n")
    cells = [nbformat.v4.new_code_cell(cell) for cell in (HEAD, *CELLS)]
    cells[2].metadata["tags"] = ["odibi-setup"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "n.ipynb")
    return tmp_path


def marks(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.mark")}


@pytest.mark.parametrize("target", [".", "n.ipynb"])
def test_looking_runs_nothing_and_a_run_all_that_nodes_use(
    folder: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in folder.rglob("*"))
    for command, words in LOOKING.items():
        assert main([command, target, *words]) == 0, capsys.readouterr()
        assert sorted(path.name for path in folder.rglob("*")) == before, command
    assert main(["run", target]) == 0, capsys.readouterr()
    ran = marks(folder)
    function = {"decorator", "annotation", "default", "body"}
    if target == ".":
        assert ran == {f"transforms {kind}" for kind in function | {"top", "class body", "class attribute"}}
    else:
        of_cells = {f"{place} {kind}" for place in ("plain", "cell", "node") for kind in function}
        of_cells -= {"node decorator"}  # `marking` is the plain cell's
        assert ran == of_cells | {"plain class body", "plain class attribute", "setup", "module", "f-string"}


def test_yaml_that_would_make_python_objects_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "odibi.yaml").write_text(f"{PROJECT}description: !!python/object/apply:os.system ['touch yaml.mark']\n")
    for command, words in LOOKING.items():
        assert main([command, ".", *words]) == 2
    assert "tag" in capsys.readouterr().err
    assert not marks(folder)
