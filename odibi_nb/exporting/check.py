"""Whether an exported project is what the notebook is: its nodes, their plan, and what they compute with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, ValidationError
from odibi_nb.exporting.functions import NodeFunction
from odibi_nb.exporting.module import Module
from odibi_nb.exporting.parameters import defaults_for_vars
from odibi_nb.exporting.project import pipeline_of
from odibi_nb.exporting.values import Difference, Same
from odibi_nb.fingerprints.code import normal_sql
from odibi_nb.runner.tasks import NodeTask, OperationStep, SqlStep, Step
from odibi_nb.sql import analyze
from odibi_nb.sql.rooting import moved
from odibi_nb.workspaces.fingerprinting import Fingerprints, Look
from odibi_nb.workspaces.functions import CellFunction, GivenFunction

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["check"]

_OF_CONFIG = ("description", "tags", "enabled", "preview", "cache", "sensitive", "returns", "materialize", "process")
_HINT = (
    "in a module a name means one thing, and __name__ is another: give two things two names; "
    "statements that change what others define go along in cells tagged odibi-setup"
)
# Of these it is compared what nodes make of them, and how the project says its own nodes.
_NOT_OF_PROJECT = {"connections", "environments", "imports", "mocks", "pipeline", "pipelines", "tests"}


def check(ws: Workspace, exported: Workspace, module: Module, folder: Path) -> Mapping[str, str]:
    """Raise ValidationError, which names the node, where an exported project differs from its notebook.

    module: what the Python of nodes has become. folder: that which the project's own is for.
    Returns the values that can't be compared, and what they are, by name.
    """
    if list(ws.nodes.keys() ^ exported.nodes.keys()):
        raise ValidationError(f"the export lacks nodes: {', '.join(sorted(ws.nodes.keys() ^ exported.nodes.keys()))}")
    there = partial(_there, os.path.realpath(exported.root), str(folder))
    _check_project(ws, exported, there)
    order = ws.graph.topological_sort()
    looks = [Fingerprints(one.nodes).look(order) for one in (ws, exported)]
    same = Same(ws, exported, module.defaults | module.made_of_them)
    for name in ws.nodes:
        try:
            found = next(_differences(name, same, looks, module.functions.get(name), there), None)
        except OdibiException as exc:
            raise exc.at(node=name) from exc.__cause__
        if found is not None:
            raise _another(name, *found).at(**ws.nodes[name].place.locate(None))
    _check_tests(ws, exported)
    return same.untold


def _another(name: str, what: str, mine: str, others: str) -> ValidationError:
    """Return the error about a node that would be another one."""
    is_told = bool(mine and others) and mine != others
    said = f"{what} is {others}, not {mine}" if is_told else f"{what} is not the same"
    hint = _HINT if "which" in what else None
    return ValidationError(f"node '{name}' would be another one in the export: {said}", hint=hint, node=name)


def _there(written: str, folder: str, value: Any) -> str:
    """Return a value in words, in which the folder that was written stands for that which it is for."""
    return repr(value).replace(written, folder)


def _check_project(ws: Workspace, exported: Workspace, there: Callable[[Any], str]) -> None:
    before, after = (_said(one) for one in (ws, exported))
    if before:
        before["vars"] |= defaults_for_vars(ws)
    for field, value in before.items():
        if there(after.get(field)) != repr(value):
            raise ValidationError(f"the project would be another one in the export: '{field}' differs")


def _said(ws: Workspace) -> dict[str, Any]:
    """Return what a project says, its folders as they are."""
    if ws.project is None:
        return {}
    said: dict[str, Any] = ws.project.model_dump(exclude=_NOT_OF_PROJECT)
    duckdb = said["settings"]["duckdb"]
    if duckdb.get("temp_directory"):
        duckdb["temp_directory"] = os.path.realpath(ws.root / Path(duckdb["temp_directory"]).expanduser())
    return said


def _differences(
    name: str, same: Same, looks: list[Look], function: NodeFunction | None, there: Callable[[Any], str]
) -> Iterator[Difference]:
    """Yield what differs, with both values in words."""
    ws, exported = same.ws, same.exported
    for (what, mine), (_, others) in zip(_facts(ws, name), _facts(exported, name), strict=True):
        if (before := repr(mine)) != (after := there(others)):
            yield what, before, after
    prints = [look.fingerprint(name) for look in looks]
    if prints[0] is not None and prints[1] is not None:
        yield from same.differences(name, prints[0], prints[1], function)


def _facts(ws: Workspace, name: str) -> Iterator[tuple[str, Any]]:
    """Yield what a node is, as it can be compared."""
    node, task = ws.nodes[name], ws.nodes.ready(name)
    yield "its pipeline", pipeline_of(ws, node.pipeline)
    for field in _OF_CONFIG:
        yield field, getattr(node.config, field)
    yield "on_error", node.config.on_error
    yield "what it depends on", sorted(task.depends_on)
    yield "what it reads", [_source(task.source), {alias: _source(one) for alias, one in task.inputs.items()}]
    yield "what it writes", _target(task)
    yield "its data tests", [(repr(test), fails) for test, fails in task.checks]
    yield "its data tests", [(one.name, one.fails, _sql(ws, one.query)) for one in task.queries]
    yield "its steps", [_step(ws, step) for step in task.steps]


def _source(source: Any) -> Any:
    if source is None or isinstance(source, str):
        return source
    return _located(source.connection, source.path), source.format.name, dict(source.options)


def _target(task: NodeTask) -> Any:
    target = task.target
    if target is None:
        return None
    place = _located(target.connection, target.path)
    return place, target.format.name, target.mode, target.keys, dict(target.options)


def _located(connection: Any, path: str) -> str:
    place: str = connection.get_path(path)
    return os.path.realpath(place) if Path(place).is_absolute() else place


def _step(ws: Workspace, step: Step) -> Any:
    if isinstance(step, SqlStep):
        return _sql(ws, step)
    if isinstance(step, OperationStep):
        return step.name, repr(step.params)
    is_own = isinstance(step.function, CellFunction | GivenFunction)
    return None if is_own else step.name, sorted(step.binding.params)


def _sql(ws: Workspace, step: SqlStep) -> Any:
    """Return a statement with its files where they are, and its parameters' names."""
    place_of: Callable[[str], str] = lambda path: os.path.realpath(ws.root / path)  # noqa: E731
    return normal_sql(moved(step.written, analyze(step.written), place_of)), sorted(step.params), dict(step.inputs)


def _check_tests(ws: Workspace, exported: Workspace) -> None:
    said = [{test_id: test.read().document.data for test_id, test in one.tests.items()} for one in (ws, exported)]
    if said[0] != said[1]:
        raise ValidationError("the unit tests would be others in the export")
    mocked = [{(mock.node, mock.input) for mock in one.trials.mocks} for one in (ws, exported)]
    if mocked[0] != mocked[1]:
        raise ValidationError("the mocks would be others in the export")
