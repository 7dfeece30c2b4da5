"""The functions of nodes: what they take is read from source, their code runs late."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from types import CodeType
from typing import Any

from odibi_nb.cells.future import future_in
from odibi_nb.cells.python_body import UNKNOWN, PythonBody, bind_python, compile_python
from odibi_nb.registry.annotations import MADE_OF_TEXT, type_of_text
from odibi_nb.runner.tasks import Place

__all__ = ["CellFunction", "GivenFunction", "Namespace"]

Namespace = Callable[[], dict[str, Any]]


class CellFunction:
    """The Python body of a node, callable by keyword.

    body: its text, read. inputs: for a body of plain code, the names that are nodes, with their lines; a
    function has its parameters. namespace: gives the notebook's globals when the body is run, not before.
    values: names that are no nodes: the project's parameters, and `df` where the node starts from something.
    node_reasons: by parameter, why the node depends on the one of that name. parameters: what a parameter of
    the project may fill. result_line, advice: see `PythonBody`.
    """

    def __init__(
        self,
        body: PythonBody,
        place: Place,
        namespace: Namespace,
        inputs: Mapping[str, int],
        values: Collection[str] = (),
    ) -> None:
        self.body, self.namespace = body, namespace
        self.place = place
        self.__name__ = body.node
        self.result_line, self.advice = body.result_line, body.advice
        self.inputs = tuple(inputs) if body.form == "code" else ()
        self.node_reasons: dict[str, str]
        self.parameters: tuple[str, ...]
        if body.form == "code":
            self.node_reasons = {n: f"{n}, line {line}" for n, line in inputs.items() if n not in values}
            self.parameters = tuple(name for name in inputs if name in values)
        else:
            taken = [(parameter.name, parameter.has_default) for parameter in body.parameters]
            self.node_reasons, self.parameters = _roles(taken, values)
        self.__signature__ = inspect.Signature(self._parameters())

    def __call__(self, **arguments: Any) -> Any:
        """Run the body; a coroutine where it awaits."""
        return self.real(**{name: value for name, value in arguments.items() if value is not UNKNOWN})

    @property
    def real(self) -> Callable[..., Any]:
        """The function itself, with the notebook's globals."""
        namespace = self.namespace()
        future = future_in(namespace)
        return bind_python(self._compiled(future) if future else self.code, namespace)

    @cached_property
    def code(self) -> CodeType:
        return self._compiled(())

    def _compiled(self, future: tuple[str, ...]) -> CodeType:
        return compile_python(self.body, filename=self.place.code_file or "<node>", inputs=self.inputs, future=future)

    def _parameters(self) -> list[inspect.Parameter]:
        if self.body.form == "code":
            return [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in self.inputs]
        return [
            inspect.Parameter(
                parameter.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=parameter.default if parameter.has_default else inspect.Parameter.empty,
                annotation=parameter.annotation or _of_call(parameter.made_by),
            )
            for parameter in self.body.parameters
        ]


class GivenFunction:
    """A function handed to `Workspace.node` (given); its parameters are read as those of a cell's function."""

    def __init__(self, function: Callable[..., Any], values: Collection[str] = ()) -> None:
        self.given = function
        self.__name__ = getattr(function, "__name__", "function")
        self.__signature__ = _with_made_types(inspect.signature(function))
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        named = [one for one in self.__signature__.parameters.values() if one.kind not in kinds]
        self.node_reasons, self.parameters = _roles(
            [(one.name, one.default is not inspect.Parameter.empty) for one in named], values
        )

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.given(*arguments, **named)

    @property
    def real(self) -> Callable[..., Any]:
        return self.given


def _of_call(made_by: str | None) -> Any:
    """Return the type of a default that is a call, where a text can stand for a value of it; see `MADE_OF_TEXT`."""
    kind = type_of_text(made_by or "")
    return kind if kind in MADE_OF_TEXT else inspect.Parameter.empty


def _with_made_types(signature: inspect.Signature) -> inspect.Signature:
    """Return a signature in which the parameters that `MADE_OF_TEXT` is about are annotated."""
    parameters = [
        one.replace(annotation=type(one.default))
        if one.annotation is one.empty and type(one.default) in MADE_OF_TEXT
        else one
        for one in signature.parameters.values()
    ]
    return signature.replace(parameters=parameters)


def _roles(taken: Iterable[tuple[str, bool]], values: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Tell the parameters that are nodes, with the reason, from those that are the project's."""
    listed = list(taken)
    own = tuple(name for name, has_default in listed if has_default or name in values)
    nodes = {name: f"parameter {name}" for name, _ in listed if name not in own and name != "context"}
    return nodes, own
