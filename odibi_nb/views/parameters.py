"""What a list of parameters shows, and what an input for one has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["InputKind", "ParameterView", "ParametersView"]

InputKind = Literal["whole", "number", "flag", "choice", "date", "time", "text", "yaml"]
"""What an input takes; "yaml": anything, as it is written in YAML."""


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter.

    value: what an input of this kind holds; dates and times in ISO form, of a choice its text; None: nothing.
    shown: the value as it is written. origin: who gives it. before: what it would be without this session, as it
    is written. nodes: those who use it. low, high, step: of numbers. choices: texts.
    """

    name: str
    kind: InputKind
    value: bool | int | float | str | None
    shown: str
    origin: str = ""
    before: str = ""
    nodes: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    step: float = 0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParametersView:
    """The parameters that some nodes use."""

    title: str
    parameters: tuple[ParameterView, ...]
