"""Whether a notebook means what a project means, told without running any of their code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.fingerprints.code import normal_sql
from odibi_nb.importing.module_code import UsedCode
from odibi_nb.importing.paths import Move, is_elsewhere, moved_sql
from odibi_nb.importing.project import Project
from odibi_nb.runner.tasks import NodeTask, OperationStep, SqlStep, Step
from odibi_nb.workspaces.fingerprinting import Fingerprints

if TYPE_CHECKING:
    from odibi_nb.config import CheckConfig, NodeConfig
    from odibi_nb.workspaces import Workspace

__all__ = ["CODE", "Difference", "differences"]

CODE = "what transforms.py does"
_IN_TASK = {"transform", "validation", "read", "write", "inputs"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a node, or the project (None), says otherwise in the notebook."""

    node: str | None
    what: str


def differences(project: Workspace, notebook: Workspace, source: Project, path: Path) -> Iterator[Difference]:
    """Yield what differs; source: the project as it is written. path: of the notebook's file."""
    move = source.move
    yield from _project_differences(project, notebook, move)
    names = list(project.nodes)
    if names != list(notebook.nodes):
        yield Difference(None, f"its nodes are {', '.join(notebook.nodes)}, not {', '.join(names)}")
        return
    code = UsedCode(source.code, path, [(project.nodes.ready(name), notebook.nodes.ready(name)) for name in names])
    if not code.does_the_same:
        yield Difference(None, CODE)
    here, there = _fingerprints(project), _fingerprints(notebook)
    for name in names:
        ours, theirs = _Said(project, name, move), _Said(notebook, name, None)
        for what, said in _PARTS.items():
            if said(ours) != said(theirs):
                yield Difference(name, what)
        if not code.is_same(ours.task, theirs.task):
            yield Difference(name, "Python")
        if not is_elsewhere(move) and here.get(name) != there.get(name):
            yield Difference(name, "fingerprint")
    yield from _beside_differences(project, notebook)


class _Said:
    """What a workspace says of a node; move: of the paths in its SQL, if they are to be written otherwise."""

    def __init__(self, workspace: Workspace, name: str, move: Move | None) -> None:
        self._ws, self._move = workspace, move
        self.node = workspace.nodes[name]
        self.task: NodeTask = workspace.nodes.ready(name)

    @property
    def config(self) -> NodeConfig:
        return self.node.config

    def sql(self, text: str) -> str:
        return normal_sql(moved_sql(self._move, text) if self._move is not None else text)

    def fields(self) -> Any:
        return self.config.model_dump(mode="json", exclude=_IN_TASK)

    def access(self) -> Any:
        config = self.config
        return [
            None if one is None else {**one.model_dump(mode="json"), "place": _place(place)}
            for one, place in ((config.read, self.task.source), (config.write, self.task.target))
        ]

    def inputs(self) -> Any:
        return [(alias, repr(given)) for alias, given in self.config.inputs.items()]

    def steps(self) -> Any:
        return [self._step(step) for step in self.task.steps]

    def _step(self, step: Step) -> Any:
        if isinstance(step, SqlStep):
            return self.sql(step.written), dict(step.inputs), repr(step.params), step.reads_current
        if isinstance(step, OperationStep):
            return step.name, repr(step.params), repr(step.values)
        bound = step.binding
        return bound.nodes, repr(bound.params), bound.wants_context, bound.wants_current, bound.current_kind

    def tests(self) -> Any:
        validation = self.config.validation
        return [self._test(test, validation.mode) for test in validation.tests] if validation is not None else []

    def _test(self, test: CheckConfig, mode: str) -> Any:
        said = test.model_dump(mode="json", exclude={"sql", "on_fail"})
        return said, self.sql(test.sql or ""), str(test.on_fail or mode)


_PARTS: Mapping[str, Callable[[_Said], Any]] = {
    "fields": _Said.fields,
    "pipeline": lambda said: said.node.pipeline,
    "dependencies": lambda said: said.task.depends_on,
    "source or target": _Said.access,
    "inputs": _Said.inputs,
    "steps": _Said.steps,
    "data tests": _Said.tests,
}


def _place(access: Any) -> Any:
    return access.connection.get_path(access.path) if access is not None else None


def _project_differences(project: Workspace, notebook: Workspace, move: Move) -> Iterator[Difference]:
    said = {"pipelines", "pipeline", "imports", "mocks", "tests", "connections"}
    ours, theirs = (ws.project.model_dump(exclude=said) if ws.project else {} for ws in (project, notebook))
    ours = move.project(ours) if is_elsewhere(move) else ours
    for key in ours:
        if repr(ours[key]) != repr(theirs.get(key)):
            yield Difference(None, key)
    folders, others = (_connections(ws) for ws in (project, notebook))
    if folders != others:
        yield Difference(None, "connections")


def _connections(workspace: Workspace) -> dict[str, Any]:
    """Return the settings of connections, with the folders that they lead to."""
    found = workspace.project.connections if workspace.project is not None else {}
    return {name: _connection(one.model_dump(), workspace.root) for name, one in found.items()}


def _connection(settings: dict[str, Any], root: Path) -> dict[str, Any]:
    base = settings.get("base_path")
    is_local = settings.get("type") == "local" and isinstance(base, str)
    return (
        {**settings, "base_path": os.path.realpath(root / Path(base).expanduser())} if is_local and base else settings
    )


def _beside_differences(project: Workspace, notebook: Workspace) -> Iterator[Difference]:
    mocks, others = ({(one.node, one.input): _rows(one.rows) for one in ws.trials.mocks} for ws in (project, notebook))
    yield from (Difference(key[0], f"mock of {key[1]}") for key in _apart(mocks, others))
    tests, their_tests = ({(one.node, one.name): one for one in ws.tests.values()} for ws in (project, notebook))
    read, theirs = ({key: repr(one.read().config) for key, one in all_.items()} for all_ in (tests, their_tests))
    yield from (Difference(node, f"test {name}") for node, name in _apart(read, theirs))


def _apart(ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> list[Any]:
    return [key for key in {**ours, **theirs} if key not in ours or key not in theirs or ours[key] != theirs[key]]


def _rows(rows: Any) -> str:
    return rows.strip("\n") if isinstance(rows, str) else repr(rows)


def _fingerprints(workspace: Workspace) -> dict[str, Any]:
    """Return what results without Python stand for: to tell what Python's stand for, it would have to be run."""
    nodes = workspace.nodes
    names = [name for name in nodes.graph.topological_sort() if not nodes.task(name).is_python]
    look = Fingerprints(nodes).look(names)
    return {name: look.rows(name) for name in names}
