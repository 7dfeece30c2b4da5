"""Types of parameters: what nodes and the project's `vars` say of them, and which values suit."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from numbers import Number
from typing import TYPE_CHECKING, Annotated, Any, Literal

from odibi_nb.exceptions import ParameterError, Where, shortened
from odibi_nb.registry.annotations import type_of_text
from odibi_nb.registry.signatures import Parameter, signature_of

if TYPE_CHECKING:
    from odibi_nb.workspaces.declared import DeclaredNode

__all__ = ["ParameterType", "choices_of", "limits_of", "plain_type", "types_of_node", "types_of_vars"]

_EMPTY = inspect.Parameter.empty
_IN_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Number: "a number",
    str: "a text",
    date: "a date, such as 2024-01-31",
    datetime: "a time, such as 2024-01-31T10:42:00",
    Decimal: "a decimal number",
    list: "a list",
    dict: "a mapping",
}
_LIMITS = {"ge": "from", "gt": "above", "le": "to", "lt": "below", "multiple_of": "in steps of"}
# A text stands for itself, and a default of another type (None) needn't be the only one that is meant.
_TOLD_BY_DEFAULT = (bool, int, float, date, datetime, Decimal, list, dict)


@dataclass(frozen=True, slots=True)
class ParameterType:
    """What a parameter takes, as one of those who use or set it says.

    kind: a type or another annotation. said: that, as it is written: `n: int`, `n=3`. whose: who says so.
    exact: an annotation says it; else NULL suits too. where: the line that says it.
    """

    name: str
    kind: Any
    said: str
    whose: str
    exact: bool = False
    where: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def keeps_text(self) -> bool:
        """Whether what looks like a number or a constant is still meant as a text."""
        return self.kind is str

    def check(self, value: Any) -> None:
        """Raise ParameterError, without a place, for a value that doesn't suit."""
        if type(value) is self.kind or (value is None and not self.exact) or self._suits(value):
            return
        place = str(Where(**{**self.where, "node": None, "source": None}))
        raise ParameterError(
            f"parameter '{self.name}' takes {self._in_words()}, not {shortened(repr(value), 60)}",
            hint=f"its type is that of `{self.said}` in {self.whose}{f' ({place})' if place else ''}",
        )

    def _suits(self, value: Any) -> bool:
        if self.kind is Number:
            return isinstance(value, Number) and not isinstance(value, bool)
        if self.kind is dict and not self.exact:
            return isinstance(value, Mapping)
        if self.kind is list and not self.exact:  # from Python a tuple or an array will do as well
            return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
        plain = value.item() if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0 else value
        try:
            Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, _EMPTY, self.kind).convert(plain)
        except ParameterError:
            return False
        return True

    def _in_words(self) -> str:
        if (choices := choices_of(self.kind)) is not None:
            return f"one of {', '.join(map(repr, choices))}"
        if (limits := limits_of(self.kind)) and typing.get_origin(self.kind) is Annotated:
            return f"{_IN_WORDS.get(plain_type(self.kind), 'a value')} {_limits_in_words(limits)}"
        name = getattr(self.kind, "__name__", "") if isinstance(self.kind, type) else str(self.kind)
        words = _IN_WORDS.get(self.kind) if isinstance(self.kind, type) else None
        return f"{words} ({name})" if words and self.exact else words or name


def plain_type(kind: Any) -> Any:
    """Return a type without its limits."""
    return typing.get_args(kind)[0] if typing.get_origin(kind) is Annotated else kind


def choices_of(kind: Any) -> tuple[Any, ...] | None:
    """Return the only values that a literal or an enumeration allows; None for other types."""
    kind = plain_type(kind)
    if typing.get_origin(kind) is Literal:
        return typing.get_args(kind)
    return tuple(kind) if isinstance(kind, type) and issubclass(kind, Enum) else None


def limits_of(kind: Any) -> dict[str, Any]:
    """Return what limits the numbers of a type: ge, gt, le, lt, multiple_of."""
    notes = typing.get_args(kind)[1:] if typing.get_origin(kind) is Annotated else ()
    told = [part for note in notes for part in (getattr(note, "metadata", None) or [note])]
    return {key: value for part in told for key in _LIMITS if (value := getattr(part, key, None)) is not None}


def types_of_node(node: DeclaredNode) -> Iterator[ParameterType]:
    """Yield what a node's own function says of its parameters: by an annotation, else by a default."""
    whose, place = f"node '{node.name}'", node.origin.place()
    if node.function is not None:
        for one in signature_of(node.function).parameters:
            known = (_EMPTY if one.frame else one.annotation, inspect.formatannotation(one.annotation))
            yield from _typed(one.name, known, (type(one.default), repr(one.default)), whose, {})
    for own in node.body.parameters if node.body is not None else ():
        known = (type_of_text(own.annotation) if own.annotation else _EMPTY, own.annotation or "")
        made = (type_of_text(own.made_by), f"{own.made_by}(…)") if own.made_by else None
        yield from _typed(
            own.name, known, made or (type(own.default), repr(own.default)), whose, place.locate(own.line)
        )


def types_of_vars(variables: Mapping[str, Any]) -> Iterator[ParameterType]:
    """Yield what values of `vars` say of those that may take their place; of numbers only that they are some."""
    for name, value in variables.items():
        if isinstance(value, list | dict):
            yield ParameterType(name, type(value), f"{name}: {shortened(str(value), 40)}", "the project's vars")
        elif isinstance(value, bool | int | float):
            kind = bool if isinstance(value, bool) else Number
            yield ParameterType(name, kind, f"{name}: {str(value).lower()}", "the project's vars")


def _typed(
    name: str, annotation: tuple[Any, str], default: tuple[Any, str], whose: str, where: Mapping[str, Any]
) -> Iterator[ParameterType]:
    """Yield the type of a parameter, where it is known; annotation, default: the type, and how it is written."""
    if annotation[0] is not _EMPTY:
        if not isinstance(annotation[0], str) and annotation[0] is not Any:
            yield ParameterType(name, annotation[0], f"{name}: {annotation[1]}", whose, True, where)
    elif default[0] in _TOLD_BY_DEFAULT:
        kind = Number if default[0] in (int, float) else default[0]  # who writes 100 may well mean 99.5 too
        yield ParameterType(name, kind, f"{name}={default[1]}", whose, False, where)


def _limits_in_words(limits: Mapping[str, Any]) -> str:
    return " ".join(f"{words} {limits[key]}" for key, words in _LIMITS.items() if key in limits)
