"""What a function's signature says, read once per function; values are checked against it."""

from __future__ import annotations

import collections.abc
import inspect
import json
import types
import typing
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from odibi_nb.exceptions import ParameterError, TransformError
from odibi_nb.registry.annotations import type_of_text
from odibi_nb.registry.frames import FrameKind, frame_kind

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

_EMPTY = inspect.Parameter.empty
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
# Of these pydantic would hand over an iterator of its own, which can be read once.
_ONE_WAY = (collections.abc.Iterable, collections.abc.Iterator, collections.abc.Generator)
# Resolving a text runs the user's expression, which may fail in all of these ways.
_UNRESOLVED = (AttributeError, LookupError, NameError, SyntaxError, TypeError, ValueError)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function.

    annotation: resolved where that is possible, else its text. frame: the kind of frame it asks for.
    """

    name: str
    kind: Any
    default: Any
    annotation: Any

    @property
    def required(self) -> bool:
        return self.default is _EMPTY and self.kind not in _VARIADIC

    @property
    def annotated(self) -> bool:
        return self.annotation is not _EMPTY and self.annotation is not Any

    @cached_property
    def frame(self) -> FrameKind | None:
        return None if self.kind in _VARIADIC else frame_kind(self.annotation)

    def convert(self, value: Any) -> Any:
        """Return `value` as the annotation's type.

        Strict: "100" is no float, True no int, 1 is a float. What YAML can't say but by text or list
        (dates, decimals, paths, enums, tuples) is taken from there, as pydantic's strict JSON mode does.
        An annotation that can't be resolved isn't checked. Raises ParameterError.
        """
        if self._adapter is None or value is self.default:
            return value
        from pydantic import ValidationError

        try:
            return self._adapter.validate_python(value, strict=True)
        except ValidationError as exc:
            failure = exc
        try:
            return self._adapter.validate_json(json.dumps(value), strict=True)
        except ValidationError as exc:
            failure = exc
        except (TypeError, ValueError, RecursionError):
            pass  # not a value that YAML could have said
        raise ParameterError(f"parameter '{self.name}' {_reason(failure)}") from failure

    @cached_property
    def _adapter(self) -> TypeAdapter[Any] | None:
        if not self.annotated or isinstance(self.annotation, str):
            return None
        if typing.get_origin(self.annotation) in _ONE_WAY:
            return None
        from pydantic import TypeAdapter
        from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

        for config in (None, {"arbitrary_types_allowed": True}):
            with suppress(PydanticUserError, PydanticUndefinedAnnotation):
                return TypeAdapter(self.annotation, config=config)  # type: ignore[arg-type]
        return None


@dataclass(frozen=True)
class Signature:
    """A function's parameters in order; `python` is the signature as Python tells it."""

    python: inspect.Signature
    parameters: tuple[Parameter, ...]

    @property
    def extra(self) -> Parameter | None:
        """The `**kwargs` parameter, if there is one."""
        last = self.parameters[-1] if self.parameters else None
        return last if last and last.kind is inspect.Parameter.VAR_KEYWORD else None

    @cached_property
    def named(self) -> dict[str, Parameter]:
        """The parameters that can be given by their name: all but `**kwargs`."""
        return {p.name: p for p in self.parameters if p.kind is not inspect.Parameter.VAR_KEYWORD}


# Keyed weakly: a notebook redefines its functions all day.
_signatures: WeakKeyDictionary[Callable[..., Any], Signature] = WeakKeyDictionary()


def signature_of(function: Callable[..., Any]) -> Signature:
    """Read a function's signature; raises TransformError when Python can't tell it."""
    try:
        return _signatures[function]
    except (KeyError, TypeError):  # TypeError: an object that can't be hashed, called all the same
        signature = _read(function)
    with suppress(TypeError):
        _signatures[function] = signature
    return signature


def name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _read(function: Callable[..., Any]) -> Signature:
    try:
        python = inspect.signature(function)
    except (TypeError, ValueError) as exc:
        raise TransformError(
            f"'{name_of(function)}' has no signature that Python can tell", hint="wrap it in a function of your own"
        ) from exc
    scope = getattr(inspect.unwrap(function), "__globals__", None)
    parameters = [Parameter(p.name, p.kind, p.default, _resolve(p, scope)) for p in python.parameters.values()]
    return Signature(python, tuple(parameters))


def _resolve(parameter: inspect.Parameter, scope: dict[str, Any] | None) -> Any:
    if scope is None:  # known from its source alone: evaluating a text would run the user's code before its time
        return type_of_text(parameter.annotation) if isinstance(parameter.annotation, str) else parameter.annotation
    # One at a time: a name known to the type checker alone must not hide the others.
    holder = types.SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    try:
        return typing.get_type_hints(holder, globalns=scope, include_extras=True)[parameter.name]
    except _UNRESOLVED:
        return parameter.annotation


def _reason(failure: ValidationError) -> str:
    errors = failure.errors(include_url=False)
    texts = dict.fromkeys(error["msg"].removeprefix("Input ") for error in errors)
    value = errors[0]["input"]
    shown = repr(value)
    if len(shown) > 60:
        shown = f"{shown[:57]}..."
    return f"{' or '.join(texts)}, not {shown} ({type(value).__name__})"
