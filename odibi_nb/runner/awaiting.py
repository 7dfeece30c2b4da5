"""Python nodes with `await` in them, run to their end wherever they are called from."""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

__all__ = ["awaited"]


def awaited(value: Any) -> Any:
    """Return a coroutine's result; any other value as it is."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio  # with what it brings along it is a good part of starting up

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(value)
    return _run_beside(value)


def _run_beside(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run in a thread of its own: the kernel's loop is busy with this very cell."""
    import asyncio

    with closing(asyncio.new_event_loop()) as loop, ThreadPoolExecutor(1, "odibi-await") as pool:
        task = loop.create_task(coroutine)
        future = pool.submit(loop.run_until_complete, task)
        try:
            return future.result()
        except KeyboardInterrupt:
            loop.call_soon_threadsafe(task.cancel)
            raise
