"""Functions decorated with `@node`, as the nodes that they declare."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from odibi_nb.cells.decorated import NodeFunction, declaration_of, decorated_functions, spellings
from odibi_nb.cells.magics import python_text
from odibi_nb.cells.parsing import parse_python
from odibi_nb.cells.python_body import read_python
from odibi_nb.exceptions import OdibiException, TransformError, UsageError
from odibi_nb.runner.tasks import NOWHERE, Place
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode, declared_as

__all__ = ["declared_from_function", "functions_in_cell", "node_functions_of", "with_function"]


def functions_in_cell(source: str, spelt: Collection[str]) -> list[NodeFunction]:
    """Return the decorated functions of a plain cell; none where it is no Python, which a run of it tells."""
    text = python_text(source).text
    try:
        return decorated_functions(text, parse_python(text), spelt)
    except SyntaxError:
        return []


def declared_from_function(
    function: NodeFunction, origin: CellOrigin, variables: Mapping[str, Any], pipeline: str | None
) -> DeclaredNode:
    """Return the node that a decorated function of a cell declares; raises at the line.

    variables: for `${vars.x}` in its options. pipeline: of the cells that say none.
    """
    place = origin.place()
    try:
        declaration = declaration_of(function, place.locate)
        return declared_as(declaration, origin, variables, pipeline)
    except OdibiException as exc:
        raise exc.at(node=function.name, **place.locate(exc.where.line or function.line)) from exc.__cause__


def node_functions_of(root: Path) -> dict[str, NodeFunction]:
    """Return the decorated functions of a project's `transforms.py`, by name, without running it.

    Raises UsageError for options: there the YAML says what a node is.
    """
    file = root / "transforms.py"
    if not file.is_file():
        return {}
    text = file.read_text(encoding="utf-8")
    try:
        tree: ast.Module = parse_python(text)
    except SyntaxError as exc:
        raise TransformError(f"transforms.py: {exc.msg}", file=str(file), line=exc.lineno, column=exc.offset) from exc
    found = decorated_functions(text, tree, spellings([tree]))
    for one in found:
        if not one.is_first:
            hint = "put it first: it declares what the others make"
            raise UsageError("@node stands below another decorator", hint=hint, file=str(file), line=one.line)
        if one.options or one.positional:
            hint = f"say them in the YAML of the node with `function: {one.name}`, and write a bare @node"
            raise UsageError("@node has options in transforms.py", hint=hint, file=str(file), line=one.line)
    return {one.name: one for one in found}


def with_function(node: DeclaredNode, functions: Mapping[str, NodeFunction], root: Path) -> DeclaredNode:
    """Return a project's node with the decorated function that one of its steps calls as its own.

    functions: those of `transforms.py` in `root`. Of several, each is called as any other function is.
    """
    steps = node.config.transform.steps if node.config.transform else []
    named = [(at, functions.get(step.function or "")) for at, step in enumerate(steps)]
    called = [(at, function) for at, function in named if function is not None]
    if len(called) != 1:
        return node
    at, function = called[0]
    file = root / "transforms.py"
    lines = tuple(file.read_text(encoding="utf-8").split("\n"))
    place = Place(None, str(file), function.first_line, lines, str(file))
    try:
        body = read_python(function.source, node=function.name, first_line=function.first_line)
    except OdibiException as exc:
        raise exc.at(file=str(file)) from exc.__cause__
    places = [*node.body_places, *[NOWHERE] * len(steps)][: len(steps)]
    places[at] = place
    if len(steps) > 1:
        return replace(node, body=body, body_places=tuple(places))
    return replace(node, body=body, body_places=tuple(places), language="python", code=function.source)
