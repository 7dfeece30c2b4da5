"""What a node prints, warns and logs belongs to that node, also when several run in threads at once.

During a run (`capturing`) the process's five doors to the screen are replaced by ones that look which
node is running here (`for_node`) and hand everything to it, or pass on what belongs to no node:
`sys.stdout`, `sys.stderr`, `warnings.showwarning`, `Logger.callHandlers` and `Thread.start`. Threads
that a node starts belong to it until it ends. What goes to the file descriptors directly (a child
process, C code) is not seen.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, TextIO

__all__ = ["NodeOutput", "capturing", "for_node", "is_in_node"]

_LOG_LINE = logging.Formatter("%(levelname)s %(name)s: %(message)s")


class NodeOutput:
    """What one node wrote, in order.

    limit: characters kept; the text says how many more there were.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._parts: list[str] = []
        self._size = 0
        self._lock = threading.Lock()
        self._entered = 0

    def write(self, text: str) -> int:
        with self._lock:
            room = self._limit - self._size
            if room > 0:
                self._parts.append(text[:room])
            self._size += len(text)
        return len(text)

    @property
    def text(self) -> str:
        with self._lock:
            kept, lost = "".join(self._parts), self._size - self._limit
        text = "\n".join(map(_last_drawn, kept.split("\n"))) if "\r" in kept else kept
        return f"{text}\n… {lost:,} more characters were not kept" if lost > 0 else text

    @property
    def live(self) -> bool:
        """True while the node runs: a thread that outlives it writes to the screen again."""
        return self._entered > 0

    def enter(self, step: int) -> None:
        with self._lock:
            self._entered += step


def _last_drawn(line: str) -> str:
    """Return a line without what a progress bar has drawn over: all up to the last carriage return within it."""
    return line[line.rfind("\r", 0, -1) + 1 :] if line else line


_current: ContextVar[NodeOutput | None] = ContextVar("odibi_nb_node_output", default=None)


class _ForgetWarnings(Warning):
    """Never given: adding a filter for it makes Python forget which warnings it has shown."""


@contextmanager
def for_node(output: NodeOutput) -> Iterator[NodeOutput]:
    """Hand to `output` what this thread, and the threads it starts, write meanwhile.

    A warning that Python shows once per place is shown to each node anew.
    """
    warnings.simplefilter("default", _ForgetWarnings, append=True)
    token = _current.set(output)
    output.enter(1)
    try:
        yield output
    finally:
        output.enter(-1)
        _current.reset(token)


@contextmanager
def capturing() -> Iterator[None]:
    """Route what nodes write while this is open; runs may overlap and nest, in any thread."""
    _routes.open()
    try:
        yield
    finally:
        _routes.close()


def is_in_node() -> bool:
    """Whether a node runs in this thread, or has started it."""
    return _node_here() is not None


def _node_here() -> NodeOutput | None:
    output = _current.get()
    return output if output is not None and output.live else None


class _Router:
    """A text stream that writes to the running node, else to `stream`; all else is `stream`'s own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        output = _node_here()
        return self._stream.write(text) if output is None else output.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def isatty(self) -> bool:
        # A card is no terminal: colours and cursor movements would be noise in it.
        return _node_here() is None and self._stream.isatty()


def _routed_warnings(show: Callable[..., None]) -> Callable[..., None]:
    def showwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        output = _node_here()
        if output is None or file is not None:
            show(message, category, filename, lineno, file, line)
        else:
            output.write(warnings.formatwarning(message, category, filename, lineno, line))

    return showwarning


def _routed_logging(call_handlers: Callable[..., None]) -> Callable[..., None]:
    def callHandlers(logger: logging.Logger, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        output = _node_here()
        if output is None:
            call_handlers(logger, record)
            return
        output.write(f"{_LOG_LINE.format(record)}\n")
        for handler in _handlers(logger):
            if record.levelno >= handler.level and not _writes_to_screen(handler):
                handler.handle(record)

    return callHandlers


def _handlers(logger: logging.Logger | None) -> Iterator[logging.Handler]:
    while logger is not None:
        yield from logger.handlers
        logger = logger.parent if logger.propagate else None


def _writes_to_screen(handler: logging.Handler) -> bool:
    stream = getattr(handler, "stream", None)
    return isinstance(stream, _Router) or stream in (*_routes.streams, sys.__stdout__, sys.__stderr__)


def _inheriting_start(start: Callable[..., None]) -> Callable[..., None]:
    def start_thread(thread: threading.Thread) -> None:
        if _node_here() is not None:
            thread.run = _with_context(thread.run)  # type: ignore[method-assign]
        start(thread)

    return start_thread


def _with_context(run: Callable[[], None]) -> Callable[[], None]:
    context = copy_context()
    return lambda: context.run(run)


class _Routes:
    """The replacements in force, shared by all open runs: the first puts them in, the last takes them out."""

    _doors: tuple[tuple[Any, str, Callable[[Any], Any]], ...] = (
        (sys, "stdout", _Router),
        (sys, "stderr", _Router),
        (warnings, "showwarning", _routed_warnings),
        (logging.Logger, "callHandlers", _routed_logging),
        (threading.Thread, "start", _inheriting_start),
    )

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._replaced: list[tuple[Any, str, Any, Any]] = []
        self.streams: tuple[TextIO, ...] = ()

    def open(self) -> None:
        with self._lock:
            self._open += 1
            if self._open == 1:
                self.streams = (sys.stdout, sys.stderr)
                for owner, name, routed in self._doors:
                    before = getattr(owner, name)
                    now = routed(before)
                    setattr(owner, name, now)
                    self._replaced.append((owner, name, before, now))

    def close(self) -> None:
        with self._lock:
            self._open -= 1
            if self._open == 0:
                self._restore()

    def _restore(self) -> None:
        while self._replaced:
            owner, name, before, now = self._replaced.pop()
            # Whoever replaced ours meanwhile keeps the place; ours, if they call it, passes all on.
            if getattr(owner, name) is now:
                setattr(owner, name, before)


_routes = _Routes()
