"""Whatever a project says, its notebook says the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from hypothesis import HealthCheck, Phase, assume, given, settings

from odibi_nb.exceptions import OdibiException
from odibi_nb.importing import import_project
from odibi_nb.workspaces.headless import load_target

from .made_up import projects

LOOSE = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate])


@given(projects())
@settings(LOOSE, max_examples=25)
def test_a_notebook_declares_what_its_project_declares(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(files, root)
        assume(is_valid(root))
        imported = import_project(root, root / "nb.ipynb")
        nbformat.validate(nbformat.read(imported.notebook, as_version=4))
        assert _said(root) == _said(imported.notebook)


def write(files: dict[str, str], root: Path) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def is_valid(root: Path) -> bool:
    try:
        ws = load_target(root, execute=False).workspace
    except OdibiException:
        return False
    problems = [*ws.problems(), *ws.trials.problems()]
    ws.close()
    return not problems


def _said(target: Path) -> Any:
    """Return what a target declares, as its own models say it; what a cell says in place of a step apart."""
    ws = load_target(target, execute=False).workspace
    nodes = {name: _node(ws, name) for name in ws.nodes}
    tests = {test.id: test.read().config.model_dump() for test in ws.tests.values()}
    ws.close()
    return ws.project.vars, [*nodes], nodes, tests


def _node(ws: Any, name: str) -> Any:
    node, task = ws.nodes[name], ws.nodes.task(name)
    said = node.config.model_dump(exclude={"transform", "validation"})
    tests = [(test, fails) for test, fails in task.checks]
    return said, node.pipeline, task.depends_on, len(task.steps), tests, [one.fails for one in task.queries]
