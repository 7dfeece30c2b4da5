"""Python cells as functions that steps can name; their signatures are read from source, their code runs late."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any

from odibi_nb.cells.python_body import UNKNOWN, PythonBody, bind_python, compile_python
from odibi_nb.runner.tasks import Place

__all__ = ["CellFunction"]

Namespace = Callable[[], dict[str, Any]]


class CellFunction:
    """The Python body of a node, callable by keyword.

    inputs: for a body of plain code, the names that are nodes, with their lines; a function has its
    parameters. namespace: gives the notebook's globals when the body is run, not before.
    params: names of the project's parameters.
    node_reasons: by parameter, why the node depends on the one of that name. parameters: what a parameter of
    the project may fill.
    """

    def __init__(
        self, body: PythonBody, place: Place, namespace: Namespace, inputs: dict[str, int], params: Collection[str] = ()
    ) -> None:
        self._body, self._namespace = body, namespace
        self.place = place
        self.__name__ = body.node
        self._inputs = tuple(inputs) if body.form == "code" else ()
        if body.form == "code":
            self.node_reasons = {name: f"{name}, line {line}" for name, line in inputs.items()}
        else:
            needed = [p.name for p in body.parameters if not p.has_default and p.name not in params]
            self.node_reasons = {name: f"parameter {name}" for name in needed if name != "context"}
        self.parameters = tuple(p.name for p in body.parameters if p.has_default or p.name in params)
        self.__signature__ = inspect.Signature(self._parameters())

    def __call__(self, **arguments: Any) -> Any:
        """Run the body; a coroutine where it awaits."""
        code = compile_python(self._body, filename=self.place.code_file or "<node>", inputs=self._inputs)
        function = bind_python(code, self._namespace())
        return function(**{name: value for name, value in arguments.items() if value is not UNKNOWN})

    def _parameters(self) -> list[inspect.Parameter]:
        if self._body.form == "code":
            return [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in self._inputs]
        return [
            inspect.Parameter(
                parameter.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=parameter.default if parameter.has_default else inspect.Parameter.empty,
                annotation=parameter.annotation or inspect.Parameter.empty,
            )
            for parameter in self._body.parameters
        ]
