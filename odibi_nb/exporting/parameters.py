"""Parameters that a session has set: a project has those of `vars`, and the defaults that the notebook says itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.definitions import PlainCell
from odibi_nb.cells.magics import python_text
from odibi_nb.cells.parsing import parse_python
from odibi_nb.exceptions import ParameterError
from odibi_nb.runner.tasks import FunctionStep, SqlStep, Step
from odibi_nb.workspaces.functions import CellFunction
from odibi_nb.workspaces.papermill import injected_values

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["defaults_for_vars", "injected_names", "refuse_unsaid", "without_injected"]


def refuse_unsaid(ws: Workspace) -> None:
    """Raise ParameterError, which names the node, for a parameter that only the session gives."""
    said = {**_vars(ws), **defaults_for_vars(ws)}
    for node in ws.nodes.values():
        name = next((one for one in _needed(ws, node) if one in ws.params and one not in said), None)
        if name is not None:
            hint = f"a project has its parameters in vars: {{{name}: …}}"
            message = f"node '{node.name}' takes '{name}', which only this session gives"
            raise ParameterError(message, hint=hint, node=node.name, **node.place.locate(None))


def defaults_for_vars(ws: Workspace) -> dict[str, Any]:
    """Return the parameters that belong to `vars`: papermill's cell gives them, and a cell before it their defaults."""
    variables = _vars(ws)
    needed = {name for node in ws.nodes.values() for name in _needed(ws, node) if name in ws.params}
    said = {name: value for cell in without_injected(ws.sources.plain_cells()) for name, value in _literals(cell)}
    return {name: said[name] for name in said if name in needed and name not in variables}


def without_injected(cells: Iterable[PlainCell]) -> list[PlainCell]:
    """Return plain cells without what papermill's assigns: these values are of one session."""
    return [_without(cell, injected) if (injected := _injected(cell)) else cell for cell in cells]


def injected_names(cells: Iterable[PlainCell]) -> frozenset[str]:
    """Return what papermill's cell assigns."""
    return frozenset(name for cell in cells for name in _injected(cell))


def _vars(ws: Workspace) -> dict[str, Any]:
    return ws.project.vars if ws.project is not None else {}


def _injected(cell: PlainCell) -> set[str]:
    return {*(injected_values(cell.source) or ()), *(cell.gives - cell.nodes)}


def _without(cell: PlainCell, names: set[str]) -> PlainCell:
    lines = cell.source.split("\n")
    for statement in _tree(cell).body:
        if isinstance(statement, ast.Assign) and names.issuperset(ast.unparse(one) for one in statement.targets):
            for number in range(statement.lineno - 1, statement.end_lineno or statement.lineno):
                lines[number] = ""
            above = statement.lineno - 2
            if above >= 0 and lines[above].startswith("#"):
                lines[above] = ""
    return replace(cell, source="\n".join(lines))


def _literals(cell: PlainCell) -> Iterator[tuple[str, Any]]:
    """Yield the names to which a cell assigns what YAML can say."""
    for statement in _tree(cell).body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.value, ast.AST):
            try:
                value = ast.literal_eval(statement.value)
            except (ValueError, TypeError):
                continue
            if _is_plain(value):
                yield ast.unparse(statement.targets[0]), value


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(one) for key, one in value.items())
    return value is None or type(value) in (bool, int, float, str)


def _tree(cell: PlainCell) -> ast.Module:
    try:
        return parse_python(python_text(cell.source).text)
    except SyntaxError:
        return ast.Module([], [])


def _needed(ws: Workspace, node: DeclaredNode) -> Iterator[str]:
    """Yield the parameters that a node can't do without."""
    task, steps = ws.nodes.task(node.name), node.config.transform.steps if node.config.transform else []
    for step, said in zip(task.steps, steps, strict=True):
        yield from (name for name in _asked(step) if name not in said.params)
    for test in task.queries:
        yield from test.query.params


def _asked(step: Step) -> Iterator[str]:
    if not isinstance(step, FunctionStep):
        yield from step.params if isinstance(step, SqlStep) else step.values
    elif isinstance(step.function, CellFunction):
        defaults = {one.name for one in step.function.body.parameters if one.has_default}
        yield from (name for name in step.function.parameters if name not in defaults)
