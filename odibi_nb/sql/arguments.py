"""The arguments of operations: which there are, of which kind, and checks before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from odibi_nb.exceptions import ParameterError, did_you_mean

__all__ = [
    "Aggregate",
    "Flags",
    "Keep",
    "Name",
    "Names",
    "Operation",
    "Renaming",
    "Scalar",
    "Types",
    "Values",
    "checked",
]

# Parameters of operations are annotated with these, and checked by them.
Name: TypeAlias = str
Names: TypeAlias = str | list[str]
Scalar: TypeAlias = str | int | float | bool
Values: TypeAlias = Scalar | dict[str, Scalar]
Renaming: TypeAlias = dict[str, str]
Types: TypeAlias = str | dict[str, str]
Flags: TypeAlias = bool | list[bool]
Keep: TypeAlias = Literal["first", "last", False]
Aggregate: TypeAlias = Literal["first", "last", "sum", "mean", "avg", "count", "min", "max", "median"]

_AGGREGATES = ("first", "last", "sum", "mean", "avg", "count", "min", "max", "median")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a function of the frame's columns and of keyword arguments that returns SQL.

    aliases: other names of its parameters. exclusive: parameters of which exactly one is given.
    """

    name: str
    build: Callable[..., str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    exclusive: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Its parameters by name, in order; the columns are not one of them."""
        parameters = inspect.signature(self.build).parameters
        return {name: parameter for name, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}

    @property
    def signature(self) -> str:
        """The call as a user would write it: `sort(by, ascending=True)`."""
        shown = (
            name if parameter.default is parameter.empty else f"{name}={parameter.default!r}"
            for name, parameter in self.parameters.items()
        )
        return f"{self.name}({', '.join(shown)})"


def checked(operation: Operation, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments under their own names; raise ParameterError, with the signature, if they don't fit."""
    parameters = operation.parameters
    given = _by_own_name(operation, params)
    for name, parameter in parameters.items():
        if name not in given and parameter.default is parameter.empty:
            raise _error(operation, f"parameter '{name}' is missing")
    for name, value in given.items():
        accepts, wanted = _KINDS[str(parameters[name].annotation).removesuffix(" | None")]
        optional = parameters[name].default is None and value is None
        if not optional and not accepts(value):
            raise _error(operation, f"parameter '{name}' is {value!r}, not {wanted}")
    if operation.exclusive and sum(given.get(name) is not None for name in operation.exclusive) != 1:
        raise _error(operation, f"give one of {' or '.join(operation.exclusive)}")
    return given


def _by_own_name(operation: Operation, params: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    known = (*operation.parameters, *operation.aliases)
    for spelled, value in params.items():
        if spelled not in known:
            raise _error(operation, f"there is no parameter '{spelled}'", did_you_mean(spelled, known))
        name = operation.aliases.get(spelled, spelled)
        if name in given:
            raise _error(operation, f"parameter '{name}' is given twice, also as '{spelled}'")
        given[name] = value
    return given


def _error(operation: Operation, message: str, hint: str | None = None) -> ParameterError:
    return ParameterError(f"operation {operation.signature}: {message}", hint=hint)


def _is_names(value: object) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(name, str) for name in value)
    return isinstance(value, str)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_fraction(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_mapping(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(name, str) and accepts(item) for name, item in value.items())
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_flags(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(flag, bool) for flag in value)
    return isinstance(value, bool)


# How an annotation is checked, and what it is called in an error.
_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Names": (_is_names, "a column or a list of columns"),
    "Name": (_is_text, "a column"),
    "str": (_is_text, "a text"),
    "int": (_is_count, "a whole number of at least 0"),
    "float": (_is_fraction, "a fraction between 0 and 1"),
    "Flags": (_is_flags, "true, false or a list of them"),
    "Renaming": (_is_mapping(_is_text), "a mapping {old: new}"),
    "Types": (lambda value: _is_text(value) or _is_mapping(_is_text)(value), "a type or a mapping {column: type}"),
    "Values": (
        lambda value: _is_scalar(value) or _is_mapping(_is_scalar)(value),
        "a value or a mapping {column: value}",
    ),
    "Keep": (lambda value: value is False or value in {"first", "last"}, "first, last or false"),
    "Aggregate": (lambda value: value in _AGGREGATES, f"one of {', '.join(_AGGREGATES)}"),
}
