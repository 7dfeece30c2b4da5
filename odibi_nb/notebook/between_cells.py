"""What buttons on the page say is done between cells, on the thread that runs these."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

__all__ = ["BetweenCells", "on_main_thread"]

T = TypeVar("T")


class BetweenCells:
    """Does one thing after the other, and nothing while a cell runs.

    on_main: hands something over to the thread that runs cells; front ends may ask on another one. There Ctrl-C
    reaches what is done, no cell can get in its way, and the page may cancel it meanwhile.
    """

    def __init__(self, on_main: Callable[[Callable[[], None]], None]) -> None:
        self._on_main = on_main
        self._lock = threading.Lock()
        self._cells = 0  # one may run another one
        self._waiting: list[Callable[[], None]] = []

    def begin_cell(self) -> None:
        """Let everything wait until the cell that now runs has ended."""
        with self._lock:
            self._cells += 1

    def end_cell(self) -> None:
        """Do what has waited for the cell's end."""
        with self._lock:
            self._cells = max(0, self._cells - 1)  # loaded in the middle of a cell, this one saw no beginning
        self._go_on()

    def ask(self, act: Callable[[], T]) -> Future[T]:
        """Return what will be the answer of `act`."""
        answer = Future[T]()
        with self._lock:
            self._waiting.append(partial(_settle, answer, act))
            is_free = not self._cells
        if is_free:
            self._on_main(self._go_on)
        return answer

    def close(self) -> None:
        """Forget what waits."""
        with self._lock:
            self._waiting.clear()

    def _go_on(self) -> None:
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            return self._waiting.pop(0) if self._waiting and not self._cells else None


def on_main_thread(shell: Any, work: Callable[[], None]) -> None:
    """Do something on the main thread of a kernel: now where this is it, else as soon as it is free."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None or threading.current_thread() is threading.main_thread():
        work()
    else:
        kernel.io_loop.add_callback(_interruptible, kernel, work)


def _interruptible(kernel: Any, work: Callable[[], None]) -> None:
    """Do something as messages are dealt with: beside them a kernel ignores interrupts."""
    kernel.pre_handler_hook()
    try:
        work()
    finally:
        kernel.post_handler_hook()


def _settle(answer: Future[T], act: Callable[[], T]) -> None:
    try:
        answer.set_result(act())
    except BaseException as exc:  # noqa: BLE001 - an interrupt too ends this alone; who has asked is told
        answer.set_exception(exc)
