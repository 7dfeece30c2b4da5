"""Parameters: their values in layers, and which ones there are at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from inspect import Parameter
from itertools import chain
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.python_body import UNKNOWN
from odibi_nb.exceptions import ParameterError, UsageError, did_you_mean
from odibi_nb.registry.signatures import signature_of
from odibi_nb.runner.tasks import SqlStep
from odibi_nb.sql.operations import sql_parameters
from odibi_nb.workspaces.parameter_types import ParameterType, types_of_node, types_of_vars

if TYPE_CHECKING:
    from odibi_nb.workspaces.declared import DeclaredNode
    from odibi_nb.workspaces.nodes import Nodes

__all__ = [
    "Parameters",
    "asked_by",
    "check_types",
    "defaults_of",
    "hidden_variables",
    "known_parameters",
    "refuse_nodes",
    "refuse_unknown",
    "refuse_unsuitable",
    "types_of",
]


_IN_WORDS = {"run": "--param", "session": "%odibi params", "papermill": "papermill's cell", "vars": "vars"}


class Parameters(Mapping[str, Any]):
    """Values by name, from layers of which a later one wins.

    The layers: the project's `vars`, papermill's cell, what was set in this session, one run's own.
    Below them all are the defaults of functions, which stay with the functions.
    """

    def __init__(self) -> None:
        self._layers: dict[str, dict[str, Any]] = {"vars": {}, "papermill": {}, "session": {}, "run": {}}
        self._merge()

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def source_of(self, name: str) -> str:
        """Return in words who gives a parameter its value."""
        return _IN_WORDS[self.layer_of(name)]

    def of(self, layer: str) -> dict[str, Any]:
        """Return the values that a layer gives."""
        return dict(self._layers[layer])

    def layer_of(self, name: str) -> str:
        """Return the layer that gives a parameter its value."""
        return next(layer for layer in _IN_WORDS if name in self._layers[layer])

    def replace(self, layer: str, values: Mapping[str, Any]) -> None:
        """Give a layer other values."""
        self._layers[layer] = dict(values)
        self._merge()

    def update(self, layer: str, values: Mapping[str, Any]) -> None:
        """Add values to a layer."""
        self.replace(layer, {**self._layers[layer], **values})

    def remove(self, layer: str, names: Collection[str]) -> None:
        """Let a layer have no values for names any more."""
        self.replace(layer, {name: value for name, value in self._layers[layer].items() if name not in names})

    def beneath(self, layer: str) -> dict[str, Any]:
        """Return the values that hold without a layer and those above it."""
        below = list(self._layers)[: list(self._layers).index(layer)]
        return {name: value for one in below for name, value in self._layers[one].items()}

    def clear(self) -> None:
        self._layers = {layer: {} for layer in self._layers}
        self._merge()

    @contextmanager
    def for_run(self, values: Mapping[str, Any]) -> Iterator[None]:
        """Let `values` hold for one run."""
        self.replace("run", values)
        try:
            yield
        finally:
            self.replace("run", {})

    def _merge(self) -> None:
        self._values = {name: value for layer in self._layers.values() for name, value in layer.items()}


def defaults_of(nodes: Nodes) -> dict[str, Any]:
    """Return the parameters of all Python nodes that have a default, with its value."""
    found: dict[str, Any] = {}
    for node in nodes.values():
        if node.body is not None:
            found.update({one.name: one.default for one in node.body.parameters if one.has_default})
        if node.function is not None:
            given = signature_of(node.function).parameters
            found.update({one.name: one.default for one in given if one.default is not Parameter.empty})
    return found


def known_parameters(nodes: Nodes, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter with its value: as set, else the default of the function that takes it."""
    known = defaults_of(nodes)
    for name in _asked(nodes):
        known.setdefault(name, UNKNOWN)
    for name in nodes:
        for step in nodes.task(name).steps:
            if isinstance(step, SqlStep):
                known.update(step.params)
    return {**known, **params}


def hidden_variables(node: DeclaredNode, params: Parameters, is_variable: Callable[[str], bool]) -> list[str]:
    """Return the variables of the notebook that a node's plain code names and doesn't get: parameters win.

    Papermill's cell makes a variable and a parameter, of one value.
    """
    named = [read.name for read in node.body.reads] if node.body is not None else []
    hiding = [name for name in named if name in params and params.layer_of(name) != "papermill"]
    return [name for name in hiding if is_variable(name)]


def refuse_unknown(names: Collection[str], known: Mapping[str, Any]) -> None:
    """Raise UsageError for a parameter that nothing takes."""
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no parameter '{name}'",
                hint=did_you_mean(name, known) or f"parameters: {', '.join(known) or 'none'}",
            )


def refuse_nodes(names: Collection[str], nodes: Nodes) -> None:
    """Raise UsageError for a parameter that has the name of a node."""
    for name in names:
        if name in nodes:
            raise UsageError(f"'{name}' is a node already", hint="give the parameter another name", node=name)


def refuse_unsuitable(values: Mapping[str, Any], nodes: Nodes, variables: Mapping[str, Any]) -> None:
    """Raise UsageError for a value that isn't of the type that its parameter is known to have.

    variables: `vars` of the project, which the values come before.
    """
    for one in types_of(values, nodes, variables):
        try:
            one.check(values[one.name])
        except ParameterError as exc:
            raise UsageError(exc.message, hint=exc.hint) from exc.__cause__


def check_types(node: DeclaredNode, params: Mapping[str, Any]) -> None:
    """Raise ParameterError, at its line, for a value that isn't of the type that the node's function says.

    params: those of a trial are no `Parameters`; it may well try what a default doesn't suggest.
    """
    for one in types_of_node(node) if params else ():
        if one.name not in params or not (one.exact or isinstance(params, Parameters)):
            continue
        try:
            one.check(params[one.name])
        except ParameterError as exc:
            if isinstance(params, Parameters):
                exc.hint = f"the value is from {params.source_of(one.name)}; {exc.hint}"
            raise exc.at(node=node.name, **(one.where or node.place.locate(None))) from exc.__cause__


def types_of(names: Collection[str], nodes: Nodes, variables: Mapping[str, Any]) -> Iterator[ParameterType]:
    """Yield all that is known of the types of the named parameters."""
    told = (one for node in nodes.values() for one in types_of_node(node))
    return (one for one in chain(told, types_of_vars(variables)) if one.name in names)


def asked_by(node: DeclaredNode) -> set[str]:
    """Return the `$name`s in the SQL of a node and of its data tests, which need not be right otherwise."""
    steps = node.config.transform.steps if node.config.transform else ()
    tests = node.config.validation.tests if node.config.validation else ()
    texts = [*(step.sql for step in steps), *(test.sql or test.condition for test in tests)]
    return {name for text in texts if text for name in sql_parameters(text)}


def _asked(nodes: Nodes) -> set[str]:
    """Return the `$name`s in the SQL of nodes that can't be compiled, perhaps for want of just their values."""
    return {name for one in nodes if nodes.problem(one) is not None for name in asked_by(nodes[one])}
