"""What can go wrong, as one tree; every error says what, where and what to do.

    OdibiException
    ├── ConfigValidationError      a key, value or file of the dialect       (ValueError)
    ├── UsageError                 a call, option, selector or parameter     (ValueError)
    ├── ConnectionError            a connection missing or out of reach      (builtins.ConnectionError)
    ├── DependencyError            a missing, doubled or circular node       (ValueError)
    ├── ValidationError            a pipeline or rows that break a promise   (ValueError)
    ├── TransformError             a function, operation or SQL step
    │   └── ParameterError         its arguments                             (ValueError, TypeError)
    ├── FormatError                rows or bytes that can't be read          (ValueError)
    ├── EngineError                an engine that can't do what is asked     (ValueError)
    ├── NodeExecutionError         a node that failed while running          (RuntimeError)
    ├── NodeCancelled              a node stopped before its end
    └── UnitTestFailed             a node that a test expects otherwise      (AssertionError)

Errors that have a Python kind keep it: `UnknownFunctionError` is also a `ValueError`, `UnknownNameError`
also a `KeyError`, `NotAFrameError` also a `TypeError`, `SourceNotFoundError` also a `FileNotFoundError`.
`Interrupted` is no error but Ctrl-C, a `KeyboardInterrupt`.
"""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Self

__all__ = [
    "ConfigValidationError",
    "ConnectionError",
    "DependencyError",
    "EngineError",
    "FormatError",
    "Interrupted",
    "NodeCancelled",
    "NodeExecutionError",
    "NotAFrameError",
    "OdibiException",
    "ParameterError",
    "SourceNotFoundError",
    "TransformError",
    "UnitTestFailed",
    "UnknownFunctionError",
    "UnknownNameError",
    "UsageError",
    "ValidationError",
    "Where",
    "around",
    "article",
    "did_you_mean",
    "plural",
    "shortened",
]

_QUOTED, _MESSAGE = 200, 2_000
"""Characters of a source line, and of its message, that an error shows."""


@dataclass(frozen=True, slots=True)
class Where:
    """The place of an error; every field may be unknown.

    node: a node's name. cell: a cell's label, as Jupyter counts it ("5").
    file: a path. key: a path of keys (`pipelines[0].nodes[2].read`).
    line, column: 1-based, of the cell's or file's own text.
    source: the text of that line. via: where that line led to, and what it says there, in words.
    """

    node: str | None = None
    cell: str | None = None
    file: str | None = None
    key: str | None = None
    line: int | None = None
    column: int | None = None
    source: str | None = None
    via: str | None = None

    def filled_from(self, other: Where) -> Where:
        """Return this place with its unknown fields taken from `other`."""
        unknown = {f.name: getattr(other, f.name) for f in fields(self) if getattr(self, f.name) is None}
        return replace(self, **unknown)

    def __str__(self) -> str:
        parts = [
            self.node and f"node '{shortened(self.node)}'",
            self.cell and f"cell {self.cell}",
            self.file,
            self.line and f"line {self.line}",
            self.key and f"key {self.key}",
        ]
        return ", ".join(part for part in parts if part)


class OdibiException(Exception):
    """Root of the tree; `str()` is one short block: what, where, the source line, a hint.

    message: what happened, in one sentence. hint: what to do about it.
    """

    def __init__(self, message: str, *, hint: str | None = None, **where: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = Where(**where)

    def at(self, **where: Any) -> Self:
        """Fill in places not known where the error was raised; return the error, to be raised on."""
        self.where = self.where.filled_from(Where(**where))
        return self

    @property
    def node(self) -> str | None:
        return self.where.node

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the block alone, no frame of the library's own."""
        return f"{type(self).__name__}: {self}".splitlines()

    def __str__(self) -> str:
        lines = [shortened(self.message, _MESSAGE)]
        if place := str(self.where):
            lines.append(f"  in {place}")
        if self.where.source is not None:
            lines.extend(_quoted(self.where))
        if self.where.via:
            lines.append(f"  {self.where.via}")
        if self.hint:
            lines.append(f"  hint: {shortened(self.hint, _MESSAGE)}")
        return "\n".join(lines)


class ConfigValidationError(OdibiException, ValueError):
    """A key or value of the dialect that can't be accepted."""


class UsageError(OdibiException, ValueError):
    """A command, option, selector or parameter that can't be understood."""


class ConnectionError(OdibiException, builtins.ConnectionError):
    """A connection that is not configured, not reachable, or not allowed to do this."""


class SourceNotFoundError(ConnectionError, FileNotFoundError):
    """A file or table to read that isn't there."""


class DependencyError(OdibiException, ValueError):
    """A missing node, two nodes of one name, or a cycle.

    cycle: the names along the cycle, in order, the first one not repeated; else ().
    """

    def __init__(self, message: str, *, cycle: Iterable[str] = (), **rest: Any) -> None:
        super().__init__(message, **rest)
        self.cycle = tuple(cycle)


class ValidationError(OdibiException, ValueError):
    """A pipeline that can't run as declared, or rows that break what was promised of them."""


class TransformError(OdibiException):
    """A step (function, operation or SQL) that can't be applied."""


class UnknownFunctionError(TransformError, ValueError):
    """A function that is not registered."""


class ParameterError(TransformError, ValueError, TypeError):
    """Arguments that a function's signature doesn't take."""


class FormatError(OdibiException, ValueError):
    """Bytes that are not what their format says, or a format that is not known."""


class EngineError(OdibiException, ValueError):
    """An engine that isn't known or can't do what is asked of it."""


class UnknownNameError(OdibiException, KeyError):
    """A name that isn't in a context or a workspace."""

    __str__ = OdibiException.__str__  # KeyError's own shows repr()


class NotAFrameError(OdibiException, TypeError):
    """A value where a frame is needed."""


class NodeExecutionError(OdibiException, RuntimeError):
    """A node that failed while running; `__cause__` is what it raised, and the message begins with its kind."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class NodeCancelled(OdibiException):
    """A node stopped by an interrupt before its end."""


class UnitTestFailed(OdibiException, AssertionError):
    """A node that gave something else than its unit test expects."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, which a cell shows as one line; what went on is said, no frame of the library's own."""

    def __init__(self, cancelled: int = 0) -> None:
        """cancelled: nodes that it has stopped, or kept from starting."""
        super().__init__(f"interrupted: {plural(cancelled, 'node')} cancelled" if cancelled else "interrupted")

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


# Front ends, nbclient too, know an interrupt by its name.
Interrupted.__name__ = KeyboardInterrupt.__name__


def did_you_mean(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Return "did you mean 'x'?" for the nearest known name, or None when none is near.

    likeness: from 0 to 1; among hundreds of short names some are always a little like it.
    """
    by_fold = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=likeness)
    return f"did you mean '{by_fold[near[0]]}'?" if near else None


def shortened(text: str, width: int = 100) -> str:
    """Return `text` in at most `width` characters, its middle left out: names tell themselves by both ends."""
    tail = (width - 1) // 2
    return text if len(text) <= width else f"{text[: width - 1 - tail]}…{text[-tail:]}"


def plural(count: int | str, noun: str) -> str:
    """Return "1 node", "2,000 nodes"; a count that is a text is taken as it stands."""
    counted = count if isinstance(count, str) else f"{count:,}"
    return f"{counted} {noun}{'' if counted == '1' else 's'}"


def article(noun: str) -> str:
    """Return "an int", "a str"."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def around(source: str, column: int | None) -> tuple[str, int | None]:
    """Return a line of source and a column in it; of a very long line what stands around that column."""
    start = max(0, (column or 1) - _QUOTED // 2) if len(source) > _QUOTED else 0
    return source[start : start + _QUOTED], None if column is None else column - start


def _quoted(where: Where) -> list[str]:
    margin = f"  {where.line or ''} | "
    source, column = around(where.source or "", where.column)
    caret = [] if column is None else [" " * (len(margin) + column - 1) + "^"]
    return [margin + source, *caret]
