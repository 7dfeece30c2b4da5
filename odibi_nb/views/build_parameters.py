"""Parameters → their view models: which input suits each, and its range."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.python_body import UNKNOWN
from odibi_nb.views.parameters import InputKind, ParametersView, ParameterView
from odibi_nb.workspaces.parameter_types import choices_of, limits_of, plain_type

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.parameter_uses import UsedParameter

__all__ = ["choices_by_text", "parameter_view", "parameters_view"]

_STEPS = {"whole": 200, "number": 100}  # that a slider has at least
_EXACT = 2**53  # whole numbers beyond it are not exact in a browser


def parameters_view(workspace: Workspace, used: Iterable[UsedParameter]) -> ParametersView:
    """Return the parameters that nodes use."""
    return ParametersView(workspace.title, tuple(map(parameter_view, used)))


def parameter_view(used: UsedParameter) -> ParameterView:
    """Return a parameter with the kind of input that its type and value ask for."""
    kind = _kind(used)
    low, high, step = _range(used, kind) if kind in ("whole", "number") else (0, 0, 0)
    choices = tuple(choices_by_text(used)) if kind == "choice" else ()
    shown = _written(used.value) or used.code
    return ParameterView(
        used.name, kind, _held(used.value, kind), shown, used.origin, _written(used.before) or used.code, used.nodes,
        low, high, step, choices,
    )  # fmt: skip


def choices_by_text(used: UsedParameter) -> dict[str, Any]:
    """Return the values that a parameter may have, by the texts that stand for them; {}: it isn't that narrow."""
    return {_choice(value): value for value in choices_of(used.kind) or ()}


def _kind(used: UsedParameter) -> InputKind:
    """Tell by the value what can be set with it, where the type leaves it open."""
    kind, found = plain_type(used.kind), _YAML
    match None if used.value is UNKNOWN else used.value:
        case _ if choices_of(kind) is not None:
            found = "choice"
        case bool():
            found = "flag"
        case None:
            found = _BY_TYPE.get(kind, found)
        case int() | float() as value if math.isfinite(value) and abs(value) <= _EXACT:
            found = "whole" if isinstance(value, int) and kind is not float else "number"
        case str():
            found = "text" if kind is None else _BY_TYPE.get(kind, found)
        case datetime(tzinfo=None):
            found = "time"
        case date() as value if not isinstance(value, datetime):
            found = "date"
        case [*values] if all(isinstance(one, str) for one in values) and (values or kind == list[str]):
            found = "list"
    return found


# What an input can hold that has no value yet, or one that is written as a text.
_BY_TYPE: Mapping[Any, InputKind] = {bool: "flag", str: "text", date: "date", datetime: "time"}
_YAML: InputKind = "yaml"


def _held(value: Any, kind: InputKind) -> bool | int | float | str | tuple[str, ...] | None:
    if value is UNKNOWN or value is None:
        return None
    match kind:
        case "choice":
            return _choice(value)
        case "date" | "time":
            return value.isoformat() if isinstance(value, date) else str(value)
        case "list":
            return tuple(value)
        case "yaml":
            is_plain = not isinstance(value, list | tuple | dict)
            return _written(value) if is_plain else json.dumps(value, default=str, ensure_ascii=False)
        case _:
            held: bool | float | str = value
            return held


def _choice(value: Any) -> str:
    return value.name if isinstance(value, Enum) else str(value)


def _written(value: Any) -> str:
    if value is UNKNOWN:
        return ""
    if isinstance(value, Enum):
        return value.name
    return str(value) if isinstance(value, date | Decimal) else repr(value)


def _range(used: UsedParameter, kind: InputKind) -> tuple[float, float, float]:
    """Return from where to where a slider goes, and its step: as the type says, else up to twice the value."""
    limits, value = limits_of(used.kind), Decimal(str(used.value))
    low, high = (_limit(limits, *keys) for keys in (("ge", "gt"), ("le", "lt")))
    span = abs(value - (low if low is not None else high if high is not None else 0)) * 2
    span = span or Decimal(10 if kind == "whole" else 1)
    step = Decimal(str(limits["multiple_of"])) if "multiple_of" in limits else None
    width = high - low if low is not None and high is not None and high > low else span
    step = step or _round_step(width / _STEPS[kind], whole=kind == "whole")
    first = low if low is not None else high - span if high is not None else min(value * 2, Decimal(0))
    last = high if high is not None else first + span
    if low is None:
        first = (first / step).to_integral_value(ROUND_FLOOR) * step
    if high is None:
        last = (last / step).to_integral_value(ROUND_CEILING) * step
    first += step if "gt" in limits else 0
    last -= step if "lt" in limits else 0
    return float(min(first, value)), float(max(last, value)), float(step)


def _limit(limits: Mapping[str, Any], *keys: str) -> Decimal | None:
    told = (limits[key] for key in keys if key in limits)
    return next(
        (Decimal(str(one)) for one in told if isinstance(one, int | float | Decimal) and math.isfinite(one)), None
    )


def _round_step(wanted: Decimal, *, whole: bool) -> Decimal:
    """Return 1, 2 or 5 times a power of ten, not above what is wanted; whole: at least 1."""
    power = Decimal(10) ** wanted.adjusted()
    step = next(factor * power for factor in (5, 2, 1) if factor * power <= wanted)
    return max(step, Decimal(1)) if whole else step
