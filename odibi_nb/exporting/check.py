"""Whether an exported project is what the notebook is: its nodes, their plan, and what they compute with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, ValidationError
from odibi_nb.exporting.functions import NodeFunction
from odibi_nb.exporting.project import pipeline_of
from odibi_nb.fingerprints import Fingerprint, Values
from odibi_nb.fingerprints.code import normal_python, normal_sql
from odibi_nb.runner.tasks import NodeTask, OperationStep, SqlStep, Step
from odibi_nb.sql import analyze
from odibi_nb.sql.rooting import moved
from odibi_nb.workspaces.fingerprinting import Fingerprints, Look
from odibi_nb.workspaces.functions import CellFunction, GivenFunction

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["check"]

_OF_CONFIG = ("description", "tags", "enabled", "preview", "cache", "sensitive", "returns", "materialize", "process")
# Of these it is compared what nodes make of them, and how the project says its own nodes.
_NOT_OF_PROJECT = {"connections", "environments", "imports", "mocks", "pipeline", "pipelines", "tests"}


def check(ws: Workspace, exported: Workspace, functions: Mapping[str, NodeFunction], folder: Path) -> None:
    """Raise ValidationError, which names the node, where an exported project differs from its notebook.

    functions: what the Python of nodes has become, by node. folder: that which the project's own is for.
    """
    if list(ws.nodes.keys() ^ exported.nodes.keys()):
        raise ValidationError(f"the export lacks nodes: {', '.join(sorted(ws.nodes.keys() ^ exported.nodes.keys()))}")
    there = partial(_there, os.path.realpath(exported.root), str(folder))
    _check_project(ws, exported, there)
    order = ws.graph.topological_sort()
    looks = [Fingerprints(one.nodes).look(order) for one in (ws, exported)]
    for name in ws.nodes:
        try:
            found = next(_differences(name, (ws, exported), looks, functions.get(name), there), None)
        except OdibiException as exc:
            raise exc.at(node=name) from exc.__cause__
        if found is not None:
            what, mine, others = found
            message = f"node '{name}' would be another one in the export: {what} is {others}, not {mine}"
            raise ValidationError(message, node=name, **ws.nodes[name].place.locate(None))
    _check_tests(ws, exported)


def _there(written: str, folder: str, value: Any) -> str:
    """Return a value in words, in which the folder that was written stands for that which it is for."""
    return repr(value).replace(written, folder)


def _check_project(ws: Workspace, exported: Workspace, there: Callable[[Any], str]) -> None:
    before, after = (_said(one) for one in (ws, exported))
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
    name: str,
    both: tuple[Workspace, Workspace],
    looks: list[Look],
    function: NodeFunction | None,
    there: Callable[[Any], str],
) -> Iterator[tuple[str, str, str]]:
    """Yield what differs, with both values in words; both: the notebook's workspace and the export's."""
    ws, exported = both
    for (what, mine), (_, others) in zip(_facts(ws, name), _facts(exported, name), strict=True):
        if (before := repr(mine)) != (after := there(others)):
            yield what, before, after
    prints = [look.fingerprint(name) for look in looks]
    if prints[0] is not None and prints[1] is not None:
        yield from _of_code(name, ws, exported, function)
        yield from _of_values(ws, prints[0], prints[1], function)


def _facts(ws: Workspace, name: str) -> Iterator[tuple[str, Any]]:
    """Yield what a node is, as it can be compared."""
    node, task = ws.nodes[name], ws.nodes.ready(name)
    pipeline = pipeline_of(ws, node.pipeline)
    yield "its pipeline", (pipeline, sorted(ws.pipelines.get(pipeline, {}).items()))
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


def _of_code(
    name: str, ws: Workspace, exported: Workspace, function: NodeFunction | None
) -> Iterator[tuple[str, str, str]]:
    node, other = ws.nodes[name], exported.nodes[name]
    if function is None:
        return
    if function.piece is None:
        given = exported.nodes.variables().get(function.name)
        before, after = (Values("").look(_bare(one)).digest for one in (node.function, given))
    else:
        body = other.body
        before = normal_python(function.piece.text, function.name)
        after = normal_python(body.source, body.node) if body is not None else ""
    if before != after:
        yield "its code", repr(before), repr(after)


def _bare(function: Any) -> Any:
    """Return a function without what decorators have put on it."""
    if not isinstance(function, FunctionType):
        return function
    bare = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)
    bare.__kwdefaults__, bare.__annotations__ = function.__kwdefaults__, function.__annotations__
    return bare


def _of_values(
    ws: Workspace, before: Fingerprint, after: Fingerprint, function: NodeFunction | None
) -> Iterator[tuple[str, str, str]]:
    """Yield parameters and helpers that aren't the same; what a session has set isn't exported."""
    variables = ws.project.vars if ws.project is not None else {}
    if before.params.keys() != after.params.keys():
        yield "its parameters", repr(sorted(before.params)), repr(sorted(after.params))
    for name in before.params.keys() & after.params.keys():
        is_of_session = name in ws.params and ws.params[name] != variables.get(name)
        if not is_of_session and before.params[name].digest != after.params[name].digest:
            yield f"parameter '{name}'", before.params[name].shown, after.params[name].shown
    if function is not None and function.piece is None:  # it is compared as a whole
        return
    if (function is None or not function.beside) and before.helpers.keys() != after.helpers.keys():
        yield "what it uses", repr(sorted(before.helpers)), repr(sorted(after.helpers))
    for name in sorted(before.helpers.keys() & after.helpers.keys()):
        mine, others = before.helpers[name], after.helpers[name]
        if mine.digest != others.digest and not mine.unsure and not others.unsure:
            yield f"'{name}', which it uses,", mine.shown or mine.digest, others.shown or others.digest


def _check_tests(ws: Workspace, exported: Workspace) -> None:
    said = [{test_id: test.read().document.data for test_id, test in one.tests.items()} for one in (ws, exported)]
    if said[0] != said[1]:
        raise ValidationError("the unit tests would be others in the export")
    mocked = [{(mock.node, mock.input) for mock in one.trials.mocks} for one in (ws, exported)]
    if mocked[0] != mocked[1]:
        raise ValidationError("the mocks would be others in the export")
