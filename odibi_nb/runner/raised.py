"""Exceptions of another process, raised again here with their kind, message, lines and hint."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Any

from odibi_nb.runner.hints import SENT_HINT, hint_of
from odibi_nb.runner.parcels import pack

__all__ = ["Raised", "describe"]


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame of a traceback; column: in bytes from 0, where it is known."""

    file: str
    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception in parts that can be sent. packed: itself; b"" for one that can't be. cause: what led to it."""

    packed: bytes
    kind: str
    module: str
    text: str
    frames: tuple[_Frame, ...]
    hint: str | None
    cause: Raised | None

    def error(self) -> BaseException:
        """Return the exception; one of a class that can't be made here is another one of the same name."""
        error = self._unpacked() or self._stand_in()
        error.__traceback__ = _traceback(self.frames)
        error.__cause__ = self.cause.error() if self.cause is not None else None
        setattr(error, SENT_HINT, self.hint)
        return error

    def _unpacked(self) -> BaseException | None:
        try:
            error = pickle.loads(self.packed) if self.packed else None  # noqa: S301 - our own process made it
        except Exception:  # noqa: BLE001 - the class is the user's, and so is what it does when it is made
            return None
        return error if isinstance(error, BaseException) else None

    def _stand_in(self) -> BaseException:
        error: BaseException = type(self.kind, (Exception,), {"__module__": self.module})(self.text)
        return error


def describe(error: BaseException, *, skipped: str = "") -> Raised:
    """Return an exception in parts; skipped: the file of the frames that called the user's code."""
    try:
        packed = pack(error)
    except Exception:  # noqa: BLE001 - it may hold anything, and anything may refuse to be sent
        packed = b""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = tuple(frame for frame in _frames(error.__traceback__) if frame.file != skipped)
    kind = type(error)
    sent = describe(cause, skipped=skipped) if cause is not None else None
    return Raised(packed, kind.__name__, kind.__module__, str(error), frames, hint_of(error), sent)


def _frames(trace: TracebackType | None) -> Iterator[_Frame]:
    while trace is not None:
        code = trace.tb_frame.f_code
        start, _, column, _ = next(islice(code.co_positions(), trace.tb_lasti // 2, None), (None,) * 4)
        is_known = start == trace.tb_lineno and column is not None
        yield _Frame(code.co_filename, code.co_name, trace.tb_lineno, column if is_known and column else 0)
        trace = trace.tb_next


def _traceback(frames: tuple[_Frame, ...]) -> TracebackType | None:
    trace = None
    for frame in reversed(frames):
        one = _raise_at(frame)
        trace = TracebackType(trace, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return trace


def _raise_at(frame: _Frame) -> TracebackType:
    """Return the traceback of code that was compiled to stand, and to raise, where the frame was."""
    place: dict[str, Any] = {"lineno": frame.line, "col_offset": frame.column}
    place |= {"end_lineno": frame.line, "end_col_offset": frame.column}
    statement = ast.Raise(exc=ast.Name("Exception", ast.Load(), **place), **place)
    code = compile(ast.Module([statement], type_ignores=[]), frame.file, "exec", dont_inherit=True)
    try:
        exec(code.replace(co_name=frame.name), {})  # noqa: S102 - of the code above
    except Exception as exc:  # noqa: BLE001 - that is what it does
        trace = exc.__traceback__
    assert trace is not None  # noqa: S101 - it has raised
    assert trace.tb_next is not None  # noqa: S101 - this frame, and that of the code
    return trace.tb_next
