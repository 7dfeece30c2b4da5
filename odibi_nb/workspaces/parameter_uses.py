"""Who uses which parameter, what it is now, and what it may be."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.python_body import UNKNOWN
from odibi_nb.cells.python_body import Parameter as BodyParameter
from odibi_nb.registry.annotations import MADE_OF_TEXT, type_of_text
from odibi_nb.registry.signatures import signature_of
from odibi_nb.runner.tasks import OperationStep, SqlStep
from odibi_nb.workspaces.parameters import Parameters, asked_by, defaults_of, known_parameters, types_of

if TYPE_CHECKING:
    from odibi_nb.workspaces.declared import DeclaredNode
    from odibi_nb.workspaces.nodes import Nodes

__all__ = ["UsedParameter", "used_parameters", "users_of_parameters"]


@dataclass(frozen=True, slots=True)
class UsedParameter:
    """A parameter that nodes use.

    value: UNKNOWN where only running their code would tell it. origin: who gives it, in words. before: the value
    that it has without this session's. kind: the type that an annotation, a default or `vars` says, or None.
    nodes: those who use it. code: a default that is no literal, as it is written, or "".
    """

    name: str
    value: Any
    origin: str
    before: Any
    kind: Any
    nodes: tuple[str, ...]
    code: str = ""

    @property
    def is_set(self) -> bool:
        """Whether this session gives its value."""
        return self.origin == "%odibi params"


def used_parameters(
    nodes: Nodes, params: Parameters, variables: Mapping[str, Any], names: Iterable[str]
) -> list[UsedParameter]:
    """Return the parameters that the named nodes use; variables: `vars` of the project."""
    known, before = known_parameters(nodes, params), {**defaults_of(nodes), **params.beneath("session")}
    users = users_of_parameters(nodes, names)
    kinds, own, found = _kinds(users, nodes, variables), _own(users, nodes), []
    for name, using in users.items():
        code = next((one.code for one in own.get(name, ()) if one.code), "")
        value, without = (_told(values.get(name, UNKNOWN), code, nodes) for values in (known, before))
        kind = kinds.get(name) or _enumeration(own.get(name, ()), without, nodes)
        origin = params.source_of(name) if name in params else "default" if name in known else ""
        found.append(UsedParameter(name, value, origin, without, kind, tuple(using), code))
    return found


def users_of_parameters(nodes: Nodes, names: Iterable[str]) -> dict[str, list[str]]:
    """Return which of the named nodes use each parameter."""
    found: dict[str, list[str]] = {}
    for node in names:
        for name in dict.fromkeys(_used_by(nodes, nodes[node])):
            found.setdefault(name, []).append(node)
    return found


def _used_by(nodes: Nodes, node: DeclaredNode) -> Iterator[str]:
    """Yield the parameters of a node's own code, and those in the SQL of its steps and data tests."""
    task, own = nodes.task(node.name), _given_in_place(node)
    yield from _of_function(nodes, node)
    for step in task.steps:
        if isinstance(step, SqlStep):
            yield from (name for name in step.params if name not in own)
        elif isinstance(step, OperationStep):
            yield from step.values
    for test in task.queries:
        yield from test.query.params
    if nodes.problem(node.name) is not None:
        yield from sorted(asked_by(node) - own)


def _of_function(nodes: Nodes, node: DeclaredNode) -> Iterator[str]:
    """Yield what the node's own Python takes that no node gives."""
    if node.function is not None:
        for one in signature_of(node.function).parameters:
            if one.default is not Parameter.empty or nodes.takes_value(one.name):
                yield one.name
    if node.body is not None:
        for own in node.body.parameters:
            if own.has_default or nodes.takes_value(own.name):
                yield own.name
        yield from (read.name for read in node.body.reads if nodes.takes_value(read.name))


def _given_in_place(node: DeclaredNode) -> set[str]:
    """Return the names whose values the node's own steps give."""
    steps = node.config.transform.steps if node.config.transform else ()
    return {name for step in steps for name in step.params or ()}


def _kinds(names: Collection[str], nodes: Nodes, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the types of parameters, as far as they are told; an annotation counts more than a default."""
    found: dict[str, Any] = {}
    for one in sorted(types_of(names, nodes, variables), key=lambda one: not one.exact):
        found.setdefault(one.name, one.kind)
    return found


def _own(names: Collection[str], nodes: Nodes) -> dict[str, list[BodyParameter]]:
    """Return what the functions in cells say of parameters."""
    found: dict[str, list[BodyParameter]] = {}
    for node in nodes.values():
        for one in node.body.parameters if node.body is not None else ():
            if one.name in names:
                found.setdefault(one.name, []).append(one)
    return found


def _enumeration(own: Iterable[BodyParameter], value: Any, nodes: Nodes) -> Any:
    """Return the enumeration of the notebook's that a parameter is of; its text alone tells no type."""
    if isinstance(value, Enum):
        return type(value)
    kinds = (nodes.variables().get(one.annotation) for one in own if one.annotation)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)), None)


def _told(value: Any, code: str, nodes: Nodes) -> Any:
    """Return what a default's code means, where that is told without running it: `date(2024, 1, 31)`, `Shop.NORTH`."""
    if value is not UNKNOWN or not code:
        return value
    try:
        match ast.parse(code, mode="eval").body:
            case ast.Call(func=function, args=arguments, keywords=[]):
                kind = type_of_text(ast.unparse(function))
                return kind(*map(ast.literal_eval, arguments)) if kind in MADE_OF_TEXT else UNKNOWN
            case ast.Attribute(value=ast.Name(id=owner), attr=member):
                kind = nodes.variables().get(owner)
                return kind[member] if isinstance(kind, type) and issubclass(kind, Enum) else UNKNOWN
    except (ValueError, TypeError, ArithmeticError, LookupError):
        pass  # running it would fail, or it is more than these
    return UNKNOWN
