"""Projects exported again: the module does what it did, whatever statements that takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.exceptions import OdibiException
from odibi_nb.exporting import export
from odibi_nb.workspaces.headless import load_target
from odibi_nb.workspaces.module_cells import module_cells
from tests.exporting.notebooks import LOAD, PROJECT, exported, files_in, outcome

READ = "{name: load, read: {connection: local, path: sales.csv}}"
NODES = READ + ", {name: a, depends_on: [load], transform: {steps: [%s]}}"
HEAD = "from odibi_nb import transform\n"
STEP = "@transform\ndef a(load):\n    return load.assign(k={})\n"


def project(folder: Path, module: str) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "sales.csv").write_text("region,amount\nN,50\nS,200\n")
    head = "connections: {local: {type: local, base_path: ./data}}\npipelines:\n- pipeline: p\n  nodes: "
    (folder / "odibi.yaml").write_text(f"{head}[{NODES % '{function: a}'}]\n")
    (folder / "transforms.py").write_text(HEAD + module)
    return folder


def module_of(folder: Path, to: Path) -> str:
    """Return the module of a project's export, after seeing that it gives what the project gives."""
    ws = load_target(folder).workspace
    try:
        export(ws, to)
    finally:
        ws.close()
    assert outcome(to) == outcome(folder)
    return files_in(to)["transforms.py"]


def test_statements_that_change_what_others_define_go_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_SET", "")
    code = '"""Of no use."""\nimport os; os.environ["EXPORT_SET"] = "x"\n'
    code += "L = []\nL.append(1)\nM = L\nL.append(1)\nUNUSED = 1\n"
    code += "D = {}\nfor key in 'ab':\n    D[key] = 1\n" + STEP.format("len(M) + len(D)")
    text = module_of(project(tmp_path / "p", code + "if __name__ == '__main__':\n    1 / 0\n"), tmp_path / "out")
    assert [text.count(one) for one in ("L.append(1)", "D[key] = 1", 'os.environ["EXPORT_SET"]')] == [2, 1, 1]
    assert "UNUSED" not in text
    assert "__main__" not in text


def test_what_a_module_makes_of_its_own_place_is_refused(tmp_path: Path) -> None:
    code = "from pathlib import Path\nLOOK = Path(__file__).parent / 'look.txt'\n" + STEP.format("str(LOOK)")
    with pytest.raises(OdibiException, match="node 'a' uses '__file__', which an export can't hold") as caught:
        module_of(project(tmp_path / "p", code), tmp_path / "out")
    assert "write the path out" in (caught.value.hint or "")


def test_modules_beside_the_notebook_are_found_from_an_export_of_its_export(tmp_path: Path) -> None:
    (tmp_path / "beside_again.py").write_text("def two(rows):\n    return rows.head(2)\n")
    exported(tmp_path, PROJECT, LOAD, "from beside_again import two", "%%odibi_node big\ntwo(load_sales)")
    text = module_of(tmp_path / "out", tmp_path / "deep" / "er")
    assert "sys.path.insert(0, str(Path(__file__).resolve().parent / '../..'))  # for beside_again\n" in text


def test_a_node_may_call_itself(tmp_path: Path) -> None:
    code = "%%odibi_node a\ndef a(load_sales, n=2):\n    return a(load_sales, n - 1) if n else load_sales"
    exported(tmp_path, PROJECT, LOAD, code)
    assert outcome(tmp_path / "out") == outcome(tmp_path / "nb.ipynb")


def test_a_module_is_cells_by_what_its_statements_do() -> None:
    cells = module_cells('"""Docs."""\n# one\na = {}\n\na["b"] = 1\nimport os\nif __name__:\n    a\n', "m.py", {"n"})
    assert [(cell.label, cell.source, cell.is_setup) for cell in cells] == [
        ("m.py", "# one\na = {}", False), ("m.py, part 2", 'a["b"] = 1', True), ("m.py, part 3", "import os", False)
    ]  # fmt: skip
    assert cells[0].nodes == {"n"}
