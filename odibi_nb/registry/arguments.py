"""How a function step gets its arguments: checked before anything runs, filled in when it runs."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from odibi_nb.exceptions import ParameterError, did_you_mean
from odibi_nb.registry.frames import FrameKind
from odibi_nb.registry.signatures import Parameter, Signature, name_of, signature_of

_CURRENT_NAMES = {"current", "data", "df", "frame"}


class NodeArgument(NamedTuple):
    """A parameter that gets a node's result, as this kind of frame."""

    parameter: str
    node: str
    kind: FrameKind


@dataclass(frozen=True)
class Binding:
    """Where each argument of a call comes from.

    params: checked and converted values by parameter. wants_current: the parameter that gets the
    current frame, as `current_kind`; None when there is none.
    """

    signature: Signature
    params: dict[str, Any]
    nodes: tuple[NodeArgument, ...] = ()
    wants_context: bool = False
    wants_current: str | None = None
    current_kind: FrameKind = "pandas"

    def call(self, function: Callable[..., Any], frames: Mapping[str, Any], context: Any = None) -> Any:
        """Call `function`; `frames` holds those of `nodes` and of `wants_current`, by parameter."""
        # Its own copies: what a function does to a list is no other node's business.
        given = {**{name: _own(value) for name, value in self.params.items()}, **frames}
        if self.wants_context:
            given["context"] = context
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for parameter in self.signature.parameters:
            name, kind = parameter.name, parameter.kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                kwargs |= given  # what no parameter before it has taken
            elif kind is inspect.Parameter.VAR_POSITIONAL:
                args += given.pop(name, ())
            elif kind is inspect.Parameter.KEYWORD_ONLY:
                kwargs[name] = given.pop(name, parameter.default)
            else:  # defaults too, or *args would slip forward into a place left out
                args.append(given.pop(name, parameter.default))
        return function(*args, **kwargs)


def _own(value: Any) -> Any:
    return copy.deepcopy(value) if isinstance(value, dict | list | set) else value


def bind_arguments(
    function: Callable[..., Any],
    params: Mapping[str, Any],
    *,
    node_names: Collection[str] = (),
    has_current: bool = True,
    name: str | None = None,
) -> Binding:
    """Decide, from the signature alone, where each argument comes from.

    In this order: `context` is the run's context; then what `params` gives (for a frame parameter the
    name of a node; for `*args` a list; what isn't named goes to `**kwargs`); then the node of that
    name, if the parameter has no default or asks for a frame; then the first parameter still open
    that asks for a frame, or is called df, current, frame or data, gets the current frame; then
    defaults. name: under which the function is registered. Raises ParameterError with all that is wrong.
    """
    signature = signature_of(function)
    own = [parameter for parameter in signature.parameters if parameter.name != "context"]
    nodes = tuple(_node_arguments(own, params, node_names))
    values = {key: value for key, value in params.items() if key not in {node.parameter for node in nodes}}
    taken = {*params, *(node.parameter for node in nodes)}
    current = next((p for p in own if p.name not in taken and _takes_current(p)), None) if has_current else None
    converted, problems = _convert(signature, values)
    problems += [
        f"parameter '{p.name}' is missing" for p in own if p.required and p is not current and p.name not in taken
    ]
    if problems:
        known = [p.name for p in own if p.name not in params]
        raise ParameterError(
            f"{name or name_of(function)}{signature.python}: {'; '.join(problems)}",
            hint=_suggestion(signature, values, known, node_names),
        )
    return Binding(
        signature,
        converted,
        nodes,
        wants_context="context" in signature.named,
        wants_current=current.name if current else None,
        current_kind=current.frame or "pandas" if current else "pandas",
    )


def _node_arguments(
    own: Iterable[Parameter], params: Mapping[str, Any], node_names: Collection[str]
) -> Iterator[NodeArgument]:
    for parameter in own:
        if parameter.name in params:
            value = params[parameter.name]
            if parameter.frame and isinstance(value, str) and value in node_names:
                yield NodeArgument(parameter.name, value, parameter.frame)
        elif parameter.name in node_names and (parameter.required or parameter.frame):
            yield NodeArgument(parameter.name, parameter.name, parameter.frame or "pandas")


def _takes_current(parameter: Parameter) -> bool:
    if parameter.frame:
        return True
    # A name says less than an annotation: `data: dict` is a parameter like any other.
    return parameter.name in _CURRENT_NAMES and not parameter.annotated


def _convert(signature: Signature, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    converted, problems = {}, []
    for name, value in values.items():
        parameter = signature.named.get(name, signature.extra)
        if parameter is None or name == "context":
            problems.append("'context' is filled in, not given" if name == "context" else f"unknown parameter '{name}'")
            continue
        try:
            converted[name] = _converted(parameter, value)
        except ParameterError as exc:
            problems.append(exc.message)
    return converted, problems


def _converted(parameter: Parameter, value: Any) -> Any:
    if parameter.frame and isinstance(value, str):
        raise ParameterError(f"parameter '{parameter.name}' gets a frame, and '{value}' is no node above this one")
    if parameter.kind is not inspect.Parameter.VAR_POSITIONAL:
        return parameter.convert(value)
    if not isinstance(value, list | tuple):
        raise ParameterError(f"parameter '*{parameter.name}' should be a list, not {value!r}")
    return tuple(parameter.convert(item) for item in value)


def _suggestion(
    signature: Signature, values: Mapping[str, Any], known: Collection[str], node_names: Collection[str]
) -> str | None:
    """Return the nearest name for the first name that was not understood."""
    for name, value in values.items():
        parameter = signature.named.get(name)
        if parameter is None and signature.extra is None:
            return did_you_mean(name, known)
        if parameter and parameter.frame and isinstance(value, str):
            return did_you_mean(value, node_names)
    missing = [p.name for p in signature.parameters if p.required and p.name not in values and p.name != "context"]
    return f"give {missing[0]} in params" if missing and missing[0] not in node_names else None
