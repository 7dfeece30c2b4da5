"""What becomes of `transforms.py`: bodies of nodes, functions beside them, helpers."""

from __future__ import annotations

import pytest

from odibi_nb.commands.shell import main
from odibi_nb.workspaces.headless import load_target

from .projects import Project

LOAD = "- {name: load, read: {connection: local, path: a.csv}}\n"
OURS = "from odibi_nb import transform\n\n\n"


def call(name: str, function: str, params: str = "{}") -> str:
    return f"- {{name: {name}, transform: {{steps: [{{function: {function}, params: {params}}}]}}}}\n"


def plain(name: str, function: str) -> str:
    return f"- {{name: {name}, transform: {{steps: [{{function: {function}}}]}}}}\n"


def test_a_function_called_otherwise_than_its_node_takes_the_name_of_that(project: Project) -> None:
    project.write("transforms.py", OURS + "@transform\ndef drop(load, by=1):\n    return load.head(by)\n")
    project.nodes(LOAD + plain("dropped", "drop"))
    notebook = project.notebook()
    assert notebook["dropped"] == "%%odibi_node dropped\ndef dropped(load, by=1):\n    return load.head(by)"
    assert "imports" not in notebook.ids  # nothing is decorated any more


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ("@transform\ndef f(load, context):\n    return context.get('load').head(len(f.__name__))", "its own name"),
        ("@transform\ndef f(load, n=1):\n    return load.head(n)", "a default that vars would overrule"),
        ("@transform\ndef f(df):\n    return df", "called with params"),
        ("@transform('f')\n@wraps(len)\ndef f(load):\n    return load", "another decorator"),
        ("@transform\ndef f(load):\n    return load\n\n\nG = f", "other code that uses it"),
    ],
)
def test_a_function_that_can_be_no_body_stays_what_it_is(project: Project, definition: str, why: str) -> None:
    imports = "from functools import wraps\n\nfrom odibi_nb import transform\n\n\n"
    project.write("transforms.py", imports + definition + "\n")
    step = "{function: f, params: {df: load}}" if why == "called with params" else "{function: f}"
    project.nodes(LOAD + f"- {{name: g, depends_on: [load], transform: {{steps: [{step}]}}}}\n", below="vars: {n: 5}\n")
    notebook = project.notebook()
    assert notebook["g"].startswith("%%odibi_node g")
    assert "function: f" in notebook["g"]
    assert any("@transform" in text for text in notebook.texts)


def test_a_function_of_several_nodes_stands_above_the_first(project: Project) -> None:
    project.write(
        "transforms.py",
        "import pandas as pd\n" + OURS + "X = 1\n\n\n# both\n@transform\ndef f(df, n: int):\n    return df.head(n)\n",
    )
    project.nodes(LOAD + call("a", "f", "{df: load, n: 1}") + call("b", "f", "{df: a, n: 2}"))
    notebook = project.notebook()
    assert notebook.ids[3:] == ["imports", "code", "load", "a-function", "a", "b"]
    assert notebook["imports"] == "import pandas as pd\nfrom odibi_nb import transform"
    assert notebook["code"] == "X = 1"
    assert notebook["a-function"] == "# both\n@transform\ndef f(df, n: int):\n    return df.head(n)"


def test_what_the_module_does_is_done_before_a_headless_run(project: Project) -> None:
    project.write("data/a.csv", "x\n1\n2\n")
    project.write(
        "transforms.py",
        '"""Rates."""\n\n__all__ = ["f"]\n\nfrom odibi_nb import transform\n\n'
        'BASE = 1\n\nRATES = {}\nRATES["a"] = BASE\n\n\n'
        "@transform\ndef f(load):\n    return load.head(RATES['a'])\n\n\n"
        'if __name__ == "__main__":\n    raise SystemExit\n',
    )
    project.nodes(LOAD + plain("f", "f"))
    imported = project.convert()
    assert imported.notes == ('left out of transforms.py: if __name__ == "__main__":',)
    notebook = project.notebook()
    assert [cell["metadata"].get("tags") for cell in notebook.cells[3:6]] == [None, None, ["odibi-setup"]]
    assert notebook.texts[3:6] == ["Rates.", "BASE = 1", 'RATES = {}\nRATES["a"] = BASE']
    assert rows(project, "f") == 1


def test_names_for_type_checkers_are_never_looked_up(project: Project) -> None:
    project.write("data/a.csv", "x\n1\n2\n")
    project.write(
        "transforms.py",
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nfrom odibi_nb import node\n\n"
        "if TYPE_CHECKING:\n    import nowhere\n\n\n@node\ndef f(load: nowhere.X, by: int = 1):\n    return load\n",
    )
    project.nodes(LOAD + plain("f", "f"))
    notebook = project.notebook()
    assert notebook.texts[3:5] == [
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING",
        "if TYPE_CHECKING:\n    import nowhere",
    ]
    assert notebook["f"].endswith("def f(load: nowhere.X, by: int = 1):\n    return load")
    assert rows(project, "f") == 2


WRAPPER = (
    "def deco(f):\n    @functools.wraps(f)\n    def g(**k):\n        print(f)\n        return f(**k)\n    return g"
)
RECORDER = "ALL = []\n\n\ndef deco(f):\n    ALL.append(f)\n    return f"


@pytest.mark.parametrize(
    ("decorator", "is_moved"), [("def deco(f):\n    return f", True), (WRAPPER, True), (RECORDER, False)]
)
def test_a_node_keeps_the_decorators_that_only_wrap(project: Project, decorator: str, is_moved: bool) -> None:
    project.write("data/a.csv", "x\n1\n2\n")
    project.write(
        "transforms.py",
        f"import functools\n\nfrom odibi_nb import node\n\n\n{decorator}\n\n\n"
        "@node\n@deco\ndef f(load):\n    return load\n",
    )
    project.nodes(LOAD + plain("f", "f"))
    assert (project.notebook()["f"] == "%%odibi_node f\n@deco\ndef f(load):\n    return load") is is_moved
    assert rows(project, "f") == 2


def test_no_code_of_the_project_is_run(project: Project) -> None:
    project.write("transforms.py", "open('ran', 'w').close()\n" + OURS + "@transform\ndef f(load):\n    return load\n")
    project.nodes(LOAD + plain("f", "f"))
    project.convert()
    assert "ran" not in project.listing()


def test_what_is_no_python_is_said_at_its_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("transforms.py", "x = 1\ny = (\n")
    project.nodes(LOAD)
    assert main(["import", str(project.folder)]) == 2
    assert "transforms.py, line 2" in capsys.readouterr().err


def rows(project: Project, node: str) -> int:
    ws = load_target(project.folder / "nb.ipynb").workspace
    try:
        ws.run(node)
        return int(ws[node].rows)
    finally:
        ws.close()
