"""The `context` of a transform function while a pipeline runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from odibi_nb.context import Context
from odibi_nb.exceptions import UnknownNameError, did_you_mean

__all__ = ["RunContext"]


class RunContext(Context):
    """Results by name, as pandas frames.

    frames: gives a result's rows by name. names: yields those that may be asked for, the likeliest first.
    What is registered here is seen by this context alone.
    """

    def __init__(self, frames: Callable[[str], Any], names: Callable[[], Iterable[str]]) -> None:
        self._frames, self._names = frames, names
        self._own: dict[str, Any] = {}

    def register(self, name: str, frame: Any) -> None:
        self._own[name] = frame

    def get(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        if name not in self._names():
            known = self.list_names()
            raise UnknownNameError(
                f"'{name}' not found in context; there are: {', '.join(known) or 'none'}",
                hint=did_you_mean(name, known) or "add it to depends_on",
            )
        return self._frames(name)

    def has(self, name: str) -> bool:
        return name in self._own or name in self._names()

    def list_names(self) -> list[str]:
        return sorted({*self._own, *self._names()})

    def clear(self) -> None:
        self._own.clear()
