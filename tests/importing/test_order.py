"""What a module does while it is loaded is done in the notebook too, in the same order."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from odibi_nb.exceptions import TransformError
from odibi_nb.importing import import_project
from odibi_nb.workspaces.headless import load_target

from .projects import Notebook, Project, read

LOAD = "- {name: load, read: {connection: local, path: a.csv}}\n"
OURS = "from odibi_nb import transform\n\n\n"


def calling(*names: str) -> str:
    return LOAD + "".join(f"- {{name: {name}, transform: {{steps: [{{function: {name}}}]}}}}\n" for name in names)


LOADED = {
    "a default": "K = 1\n\n\n@transform\ndef a(load, k=K):\n    return load.head(k)\n\n\nK = 2\n",
    "a global": (
        "K = 1\n\n\n@transform\ndef a(load, k=K):\n    return load.head(k)\n\n\n"
        "def more():\n    global K\n    K = 2\n\n\nmore()\n"
    ),
    "a registry": (
        "REG = {}\n\n\ndef reg(f):\n    REG[f.__name__] = f\n    return f\n\n\n@reg\ndef one(df):\n    return df"
        "\n\n\n@transform\ndef a(load):\n    return REG['one'](load.head(1))\n"
    ),
    "globals()": (
        "def one(df):\n    return df.head(1)\n\n\n@transform\ndef a(load):\n    return globals()['o' + 'ne'](load)\n"
    ),
    "a query": "LEAST = 2\n\n\n@transform\ndef a(load):\n    return load.query('x >= @LEAST').head(1)\n",
    "subclasses": (
        "class Base:\n    all = []\n\n    def __init_subclass__(cls):\n        Base.all.append(cls)\n\n\n"
        "class One(Base):\n    pass\n\n\n@transform\ndef a(load):\n    return load.head(len(Base.all))\n"
    ),
    "an unused name": "ROWS = []\n_ = ROWS.append(1)\n\n\n@transform\ndef a(load):\n    return load.head(len(ROWS))\n",
}


@pytest.mark.parametrize("code", LOADED.values(), ids=LOADED.keys())
def test_the_notebook_computes_what_the_module_would(project: Project, code: str) -> None:
    project.write("data/a.csv", "x\n1\n2\n")
    project.write("transforms.py", OURS + code)
    project.nodes(calling("a"))
    project.convert()
    assert rows(project.folder, "a") == rows(project.folder / "nb.ipynb", "a") == 1


def test_annotations_of_what_comes_later_keep_the_module_in_one_piece(project: Project) -> None:
    code = "def half(df: Late) -> Late:\n    return df\n\n\nclass Late:\n    pass\n\n\n"
    code += "@transform\ndef a(load):\n    return half(load).head(1)\n"
    project.write("data/a.csv", "x\n1\n2\n")
    project.write("transforms.py", "from __future__ import annotations\n\n" + OURS + code)
    project.nodes(calling("a"))
    assert project.notebook()["code"].startswith("from __future__ import annotations")
    assert rows(project.folder / "nb.ipynb", "a") == 1


def test_a_function_that_an_earlier_node_calls_stands_above_it(project: Project) -> None:
    marked = "@node\ndef q(load):\n    return load\n\n\ndef half(df):\n    return q(df)\n\n\n"
    project.write(
        "transforms.py", f"from odibi_nb import node\n\n\n{marked}@node\ndef r(load):\n    return half(load)\n"
    )
    project.nodes(calling("r", "q"))
    texts = project.notebook().texts
    first, second = (next(at for at, text in enumerate(texts) if f"def {name}(" in text) for name in "qr")
    assert first < second


@pytest.mark.parametrize("line", ["from beside import *", "import beside", "import re\nfrom beside import half"])
def test_modules_beside_a_project_are_found_from_another_folder(
    project: Project, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "beside", raising=False)
    project.write("data/a.csv", "x\n1\n2\n")
    project.write("beside.py", "def half(df):\n    return df.head(1)\n")
    call = "beside.half" if line == "import beside" else "half"
    project.write("transforms.py", f"{line}\n{OURS}@transform\ndef a(load):\n    return {call}(load)\n")
    project.nodes(calling("a"))
    notebook = moved(project)
    assert rows(project.folder / "other" / "nb.ipynb", "a") == 1
    monkeypatch.delitem(sys.modules, "beside")
    (search,) = (text for text in notebook.texts if "sys.path[:0] = [str(Path(one, '..')" in text)
    assert line.rpartition("\n")[2] in search  # no door may have it above


@pytest.mark.parametrize("said", ["if __name__ == '__main__':\n    K = 1\nelse:\n    K = 2\n", "K = len(__file__)\n"])
def test_what_only_a_module_can_say_is_refused_at_its_line(project: Project, said: str) -> None:
    project.write("transforms.py", f"{OURS}{said}\n\n@transform\ndef a(load):\n    return load.head(K)\n")
    project.nodes(calling("a"))
    with pytest.raises(TransformError, match=r"a notebook has .*__(name|file)__") as caught:
        project.convert()
    assert caught.value.where.line == 4


def test_a_logger_may_have_the_name_of_its_module(project: Project) -> None:
    log = "import logging\n\nlog = logging.getLogger(__name__)\n\n\n"
    project.write("transforms.py", f"{OURS}{log}@transform\ndef a(load):\n    log.info('a')\n    return load\n")
    project.nodes(calling("a"))
    assert "log = logging.getLogger(__name__)" in project.notebook().texts[-3]


def moved(project: Project) -> Notebook:
    """Import into another folder."""
    (project.folder / "other").mkdir()
    import_project(project.folder, project.folder / "other" / "nb.ipynb")
    return read(project.folder / "other" / "nb.ipynb")


def rows(target: Path, node: str) -> int:
    ws = load_target(target).workspace
    ws.keep_nothing()
    try:
        ws.run(node)
        return int(ws[node].rows)
    finally:
        ws.close()
