"""What a transform function sees of the run: frames by name."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import EngineError, NotAFrameError, UnknownNameError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Context", "LazyContext", "PandasContext", "create_context", "own_copy"]

# Every engine hands the same frames to Python functions.
_ENGINES = ("duckdb", "pandas", "polars")


class Context(ABC):
    """Frames by name, as a transform function that asks for `context` gets them.

    Example: `context.get("load_sales")`.
    """

    @abstractmethod
    def register(self, name: str, frame: Any) -> None:
        """Put a frame under a name, in place of what was there; raises NotAFrameError."""

    @abstractmethod
    def get(self, name: str) -> Any:
        """Return a frame that is the caller's own; raises UnknownNameError."""

    @abstractmethod
    def has(self, name: str) -> bool: ...

    @abstractmethod
    def list_names(self) -> list[str]:
        """Return the names, in the order in which they came."""

    @abstractmethod
    def clear(self) -> None: ...


class PandasContext(Context):
    """A context of pandas frames.

    Frames are copied on their way in and on their way out: whoever changes one changes no other's.
    """

    def __init__(self) -> None:
        self._frames: dict[str, pd.DataFrame] = {}

    def register(self, name: str, frame: pd.DataFrame) -> None:
        import pandas as pd

        if not isinstance(frame, pd.DataFrame):
            raise NotAFrameError(
                f"'{name}' can't be registered: a pandas DataFrame is needed, not {type(frame).__name__}",
                hint="make it a pandas DataFrame first",
            )
        self._frames[name] = own_copy(frame)

    def get(self, name: str) -> pd.DataFrame:
        try:
            return own_copy(self._frames[name])
        except KeyError:
            raise self._unknown(name) from None

    def has(self, name: str) -> bool:
        return name in self._frames

    def list_names(self) -> list[str]:
        return list(self._frames)

    def clear(self) -> None:
        self._frames.clear()

    def _unknown(self, name: str) -> UnknownNameError:
        names = self.list_names()
        return UnknownNameError(
            f"'{name}' not found in context; there are: {', '.join(names) or 'none'}",
            hint=did_you_mean(name, names) or "add it to depends_on",
        )


class LazyContext(PandasContext):
    """A context whose frames are made when they are asked for, such as a run's.

    load: makes the frame of a name, the caller's own at every call, from any thread, as `Dataset.frame` does.
    names: yields what it can make, the likeliest first; there may be more of them while the context is in use.
    """

    def __init__(self, load: Callable[[str], pd.DataFrame], names: Callable[[], Iterable[str]]) -> None:
        super().__init__()
        self._load, self._names = load, names

    def get(self, name: str) -> pd.DataFrame:
        if super().has(name) or name not in self._names():
            return super().get(name)
        return self._load(name)

    def has(self, name: str) -> bool:
        return super().has(name) or name in self._names()

    def list_names(self) -> list[str]:
        return list(dict.fromkeys([*self._names(), *self._frames]))

    def clear(self) -> None:
        super().clear()
        self._names = tuple


def create_context(engine: str = "duckdb") -> Context:
    """Return an empty context for an engine, by the engine's name; raises EngineError."""
    name = str(getattr(engine, "value", engine))
    if name not in _ENGINES:
        raise EngineError(
            f"unknown engine '{name}'; there are: {', '.join(_ENGINES)}", hint=did_you_mean(name, _ENGINES)
        )
    return PandasContext()


def own_copy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy that shares nothing mutable with `frame`, lists and dicts in its cells included."""
    import pandas as pd

    # Copy-on-write alone doesn't do: an extension array's `.values` writes through it.
    own = frame.copy(deep=True)
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if column.dtype.kind == "O" and pd.api.types.infer_dtype(column, skipna=True).startswith("mixed"):
            own.isetitem(position, pd.Series([copy.deepcopy(cell) for cell in column], dtype=object).array)
    return own
