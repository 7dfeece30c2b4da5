"""Functions decorated with `@node`, in notebooks and in projects, without Jupyter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from odibi_nb import node as decorator
from odibi_nb.exceptions import OdibiException
from odibi_nb.node import NodeResult
from odibi_nb.pipeline import Pipeline
from odibi_nb.workspaces import Workspace
from odibi_nb.workspaces.fingerprinting import Fingerprints
from odibi_nb.workspaces.headless import load_target

SETUP = "import odibi_nb\nfrom odibi_nb import node\nLIMIT = 2\ndef tidy(rows):\n    return rows[rows.n < LIMIT + 10]"
FUNCTION = "def big(source, least):\n    # those above\n    return tidy(source[source.n >= least])"
PROJECT = "%%odibi_project\nconnections: {local: {type: local, base_path: data}}\nvars: {least: 2}"
SOURCE = "%%odibi_node source\nSELECT * FROM (VALUES (1), (2), (3)) AS t(n)"
YAML = """
vars: {least: 2}
pipelines:
  - pipeline: p
    nodes:
      - {name: source, transform: {steps: [{sql: "SELECT * FROM (VALUES (1), (2), (3)) AS t(n)"}]}}
      - {name: big, transform: {steps: [{function: big}]}}
"""


def notebook(folder: Path, *cells: str) -> Path:
    file = folder / "nb.ipynb"
    listed = [{"cell_type": "code", "source": cell, "metadata": {}, "id": f"c{n}"} for n, cell in enumerate(cells)]
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed}))
    return file


def fingerprint(ws: Workspace, name: str = "big") -> Any:
    return Fingerprints(ws.nodes).look(ws.nodes.with_upstream([name])).fingerprint(name)


def numbers(ws: Workspace, name: str = "big", column: str = "n") -> list[int]:
    return ws[name].df()[column].tolist()


def test_a_decorated_function_is_the_node_that_its_magic_would_make(tmp_path: Path) -> None:
    twin = load_target(notebook(tmp_path, PROJECT, SETUP, SOURCE, f"%%odibi_node big\n{FUNCTION}")).workspace
    expected = fingerprint(twin)
    ws = load_target(notebook(tmp_path, PROJECT, SETUP, SOURCE, f"@odibi_nb.node\n{FUNCTION}")).workspace
    assert fingerprint(ws) == expected
    ws.run()
    assert numbers(ws, "big") == [2, 3]


def test_the_options_are_those_of_the_magic(tmp_path: Path) -> None:
    options = "write='local:b.csv', mode='append', expect='n > 0', tag='daily', describe='Big ones', preview=3"
    more = "returns='frame', materialize='table', depends_on=['source'], pipeline='p', no_run=True"
    ws = load_target(notebook(tmp_path, PROJECT, SETUP, SOURCE, f"@node({options}, {more})\n{FUNCTION}")).workspace
    line = "--write local:b.csv --mode append --expect 'n > 0' --tag daily --describe 'Big ones' --preview 3"
    line += " --returns frame --materialize table --depends-on source --pipeline p --no-run"
    twin = load_target(notebook(tmp_path, PROJECT, SETUP, SOURCE, f"%%odibi_node big {line}\n{FUNCTION}")).workspace
    mine, others = ws.nodes["big"], twin.nodes["big"]
    assert mine.config == others.config
    assert (mine.pipeline, mine.no_run, mine.code) == (others.pipeline, others.no_run, others.code)


@pytest.mark.parametrize(
    ("cell", "said", "line"),
    [
        ("@node(tgs=['x'])\ndef big(source): ...", "no option 'tgs'", 1),
        ("\n@node(\n    read=PLACE)\ndef big(source): ...", "'read' is no literal: PLACE", 3),
        ("@node(read='nowhere')\ndef big(): ...", "'read' is CONN:PATH", 1),
        ("@staticmethod\n@node\ndef big(source): ...", "below another decorator", 2),
        ("@node(tag='a', tags=['b'])\ndef big(source): ...", "say the same", 1),
        ("@node(**{})\ndef big(source): ...", "can't be read from source", 1),
        ("@node('local:x.csv')\ndef big(source): ...", "its options have names", 1),
        ("@node(no_run=1)\ndef big(source): ...", "'no_run' is true or false", 1),
        ("@node(materialize='vew')\ndef big(source): ...", "'materialize' can't be 'vew'", 1),
    ],
)
def test_what_is_wrong_with_options_is_said_at_cell_and_line(tmp_path: Path, cell: str, said: str, line: int) -> None:
    with pytest.raises(OdibiException, match=said) as caught:
        load_target(notebook(tmp_path, SETUP, cell))
    assert (caught.value.where.node, caught.value.where.cell, caught.value.where.line) == ("big", "2", line)


def test_nothing_of_it_is_left_out_and_nothing_runs(tmp_path: Path) -> None:
    file = notebook(tmp_path, f"{SETUP}\nraise SystemExit", SOURCE, f"@node\n{FUNCTION}", "print(1)")
    loaded = load_target(file, execute=False)
    assert [one.text for one in loaded.left_out] == ["raise SystemExit", "print(1)"]
    assert loaded.workspace.nodes.task("big").depends_on == ("source", "least")


def test_a_decorator_of_another_package_declares_nothing(tmp_path: Path) -> None:
    ws = load_target(notebook(tmp_path, "from somewhere import node", f"@node\n{FUNCTION}")).workspace
    assert not ws.nodes


def test_a_function_that_is_a_node_can_be_called_by_others(tmp_path: Path) -> None:
    caller = "@node\ndef twice(source):\n    return big(source, 3)"
    ws = load_target(notebook(tmp_path, PROJECT, SETUP, SOURCE, f"@node\n{FUNCTION}", caller)).workspace
    ws.run("twice")
    assert numbers(ws, "twice") == [3]


def project(folder: Path, transforms: str, yaml: str = YAML) -> Path:
    (folder / "odibi.yaml").write_text(yaml)
    (folder / "transforms.py").write_text(transforms)
    return folder


def test_in_a_project_it_follows_the_rules_of_a_cell(tmp_path: Path) -> None:
    (tmp_path / "nb").mkdir()
    twin = load_target(notebook(tmp_path / "nb", PROJECT, SETUP, SOURCE, f"%%odibi_node big\n{FUNCTION}")).workspace
    ws = load_target(project(tmp_path, f"{SETUP}\n\n\n@node\n{FUNCTION}\n")).workspace
    assert fingerprint(ws) == fingerprint(twin)
    ws.run(params={"least": 3})
    assert numbers(ws, "big") == [3]
    ws.close()
    twin.close()


def test_a_projects_functions_are_read_without_running_them(tmp_path: Path) -> None:
    ws = load_target(project(tmp_path, f"{SETUP}\nraise SystemExit\n@node\n{FUNCTION}\n"), execute=False).workspace
    assert ws.nodes.task("big").depends_on == ("source",)
    assert not ws.problems()


def test_an_error_in_a_projects_function_is_at_its_line(tmp_path: Path) -> None:
    ws = load_target(project(tmp_path, f"{SETUP}\n\n@node\ndef big(source):\n    return 1 / 0\n")).workspace
    with pytest.raises(OdibiException, match="ZeroDivisionError") as caught:
        ws.run()
    assert (caught.value.where.file, caught.value.where.line) == (str(tmp_path / "transforms.py"), 9)


def test_options_in_transforms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OdibiException, match="has options in transforms") as caught:
        load_target(project(tmp_path, f"{SETUP}\n@node(tags=['x'])\n{FUNCTION}\n"))
    assert caught.value.where.line == 6


def test_several_in_one_node_get_nodes_and_parameters_too(tmp_path: Path) -> None:
    second = "@node\ndef more(df, least):\n    return df.assign(least=least)"
    yaml = YAML.replace("[{function: big}]", "[{function: big}, {function: more}]")
    ws = load_target(project(tmp_path, f"{SETUP}\n@node\n{FUNCTION}\n{second}\n", yaml)).workspace
    ws.run()
    assert numbers(ws, column="least") == [2, 2]
    ws.close()


def test_the_python_api_fills_its_parameters(tmp_path: Path) -> None:
    results = Pipeline.from_yaml(project(tmp_path, f"{SETUP}\n@node\n{FUNCTION}\n")).run()
    assert results.get_node_result("big").rows_processed == 2


def test_elsewhere_the_function_is_only_marked() -> None:
    def plain(x: int) -> int:
        return x

    assert decorator(plain) is plain
    assert decorator(tags=["daily"])(plain) is plain
    assert NodeResult.__name__ == "NodeResult"
