"""The functions that pipelines name in their steps."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, overload

from odibi_nb.exceptions import TransformError, UnknownFunctionError, did_you_mean
from odibi_nb.registry.arguments import bind_arguments
from odibi_nb.registry.signatures import Parameter, name_of, signature_of

F = TypeVar("F", bound=Callable[..., Any])


class Functions:
    """Functions by name; one that isn't here is looked for in `parent`.

    Registering the same function (by module and qualified name) again replaces it, as re-running a
    cell does; another function of the same name replaces it with a warning.
    """

    def __init__(self, parent: Functions | None = None) -> None:
        self._own: dict[str, Callable[..., Any]] = {}
        self._parent = parent

    def register(self, function: F, name: str | None = None) -> F:
        """Register `function` under `name` (its own name, unless given) and return it unchanged."""
        if not callable(function):
            raise TransformError(f"{function!r} can't be registered: it is no function")
        name = name or name_of(function)
        known = self._own.get(name)
        if known is not None and _origin(known) != _origin(function):
            warnings.warn(
                f"function '{name}' of {_origin(known)} is replaced by that of {_origin(function)}", stacklevel=2
            )
        self._own[name] = function
        return function

    def get(self, name: str) -> Callable[..., Any]:
        """Return the function of that name; raises UnknownFunctionError."""
        if name in self._own:
            return self._own[name]
        if self._parent is not None and self._parent.has_function(name):
            return self._parent.get(name)
        names = self.list_functions()
        raise UnknownFunctionError(
            f"function '{name}' is not registered; registered: {', '.join(names) or 'none'}",
            hint=did_you_mean(name, names) or "decorate it with @transform",
        )

    def has_function(self, name: str) -> bool:
        return name in self._own or (self._parent is not None and self._parent.has_function(name))

    def list_functions(self) -> list[str]:
        """Return the names in alphabetical order, the parent's included."""
        return sorted({*self._own, *(self._parent.list_functions() if self._parent else ())})

    def validate_params(self, name: str, params: Mapping[str, Any], *, node_names: Collection[str] = ()) -> None:
        """Check `params` against the signature; raises ParameterError.

        node_names: nodes that may fill parameters which `params` doesn't.
        """
        bind_arguments(self.get(name), params, node_names=node_names, name=name)

    def get_function_info(self, name: str) -> dict[str, Any]:
        """Describe a function: name, docstring, signature, and its parameters but for `context`.

        Each parameter is a dict of required, default (None when required) and annotation (or None).
        """
        function = self.get(name)
        signature = signature_of(function)
        return {
            "name": name,
            "docstring": function.__doc__,
            "signature": f"{name}{signature.python}",
            "parameters": {p.name: _description(p) for p in signature.parameters if p.name != "context"},
        }

    @contextmanager
    def collecting(self) -> Iterator[Functions]:
        """Let `@transform` register here instead of in the process, while a module or cell is executed."""
        token = _collector.set(self)
        try:
            yield self
        finally:
            _collector.reset(token)


_process = Functions()
_collector: ContextVar[Functions] = ContextVar("odibi_nb_functions", default=_process)


class FunctionRegistry:
    """The process's functions, called on the class: `FunctionRegistry.get("clean_sales")`."""

    functions = _process
    register = _process.register
    get = _process.get
    has_function = _process.has_function
    list_functions = _process.list_functions
    validate_params = _process.validate_params
    get_function_info = _process.get_function_info


def collecting_functions() -> Functions | None:
    """Return the functions that decorators add to now, while a module or cell is executed; None: the process's."""
    found = _collector.get()
    return None if found is _process else found


get_registered_function = FunctionRegistry.get
validate_function_params = FunctionRegistry.validate_params


@overload
def transform(function: F, /) -> F: ...
@overload
def transform(function: str | None = None, /, *, name: str | None = None) -> Callable[[F], F]: ...
def transform(function: F | str | None = None, /, *, name: str | None = None) -> F | Callable[[F], F]:
    """Register a function for use in steps.

    Example: `@transform` above `def clean_sales(context, source: str, min_amount: float = 0): …`, or
    `@transform("clean")` or `@transform(name="clean")` to give it another name. The function itself
    stays as it is.
    """
    if callable(function):
        return _collector.get().register(function, name)
    given = name or function

    def register(decorated: F) -> F:
        return _collector.get().register(decorated, given)

    return register


def _origin(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', name_of(function))}"


def _description(parameter: Parameter) -> dict[str, Any]:
    return {
        "required": parameter.required,
        "default": None if parameter.default is inspect.Parameter.empty else parameter.default,
        "annotation": None if parameter.annotation is inspect.Parameter.empty else parameter.annotation,
    }
