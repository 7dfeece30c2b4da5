"""Python nodes that take or give their rows batch by batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator
from typing import Any

from odibi_nb.exceptions import NotAFrameError
from odibi_nb.runner.errors import from_user_code
from odibi_nb.runner.tasks import FunctionStep, NodeTask

__all__ = ["refuse_generator", "stepwise"]


def stepwise(
    values: Iterator[Any], step: FunctionStep, task: NodeTask, go_on: Callable[[], None]
) -> Generator[Any, None, None]:
    """Yield what the user's iterator yields, its errors as the node's; go_on: raises once the run was cancelled."""
    count = 0
    try:
        while True:
            go_on()
            with from_user_code(step, task):
                value = next(values, _END)
            if value is _END:
                break
            yield value
            count += 1
        if not count and hasattr(values, "schema"):  # a reader of nothing knows its columns all the same
            yield values.schema.empty_table()
    finally:
        if inspect.isgenerator(values):  # so that its own `finally` runs now, not with the garbage
            with from_user_code(step, task):
                values.close()


_END = object()


def refuse_generator(value: Any, task: NodeTask) -> None:
    """Raise NotAFrameError for a generator as a value: it would run not at all, or only once."""
    if inspect.isgenerator(value):
        raise NotAFrameError(
            f"node '{task.name}' yields batches, which are no value of `returns: {task.returns}`",
            hint="leave `returns` out, or return a value instead of yielding",
        )
