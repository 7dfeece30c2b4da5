"""Who uses which parameter, what it is now, and what it may be."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.python_body import UNKNOWN
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
    nodes: those who use it.
    """

    name: str
    value: Any
    origin: str
    before: Any
    kind: Any
    nodes: tuple[str, ...]

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
    return [
        UsedParameter(
            name,
            known.get(name, UNKNOWN),
            params.source_of(name) if name in params else "default" if name in known else "",
            before.get(name, UNKNOWN),
            _kind(name, nodes, variables),
            tuple(using),
        )
        for name, using in users.items()
    ]


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


def _kind(name: str, nodes: Nodes, variables: Mapping[str, Any]) -> Any:
    """Return the type of a parameter; an enumeration of the notebook's counts, though its text alone tells nothing."""
    told = sorted(types_of([name], nodes, variables), key=lambda one: not one.exact)
    if told and told[0].exact:
        return told[0].kind
    return next(_enumerations(name, nodes), told[0].kind if told else None)


def _enumerations(name: str, nodes: Nodes) -> Iterator[Any]:
    texts = [own.annotation for node in nodes.values() if node.body for own in node.body.parameters if own.name == name]
    for text in filter(None, texts):
        found = nodes.variables().get(text)
        if isinstance(found, type) and issubclass(found, Enum):
            yield typing.cast("Any", found)
