"""The machine that measured: its software, its cores, and how steady it was."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.rows import Row

__all__ = ["calibrate", "describe"]

LIBRARIES = ("duckdb", "pandas", "pyarrow", "pydantic", "sqlglot", "ipykernel")
LOOPS = 20
STEPS = 1_000_000


def describe() -> dict[str, Any]:
    """Return cores, Python and library versions."""
    return {"cores": os.cpu_count(), "python": platform.python_version()} | {name: _version(name) for name in LIBRARIES}


def calibrate(when: str) -> Row:
    """Time an empty loop again and again: it always does the same, so what scatters is the machine."""
    return Row(f"empty loop, {when}", "ms", tuple(_time_loop() for _ in range(LOOPS)), who="machine")


def _time_loop() -> float:
    start = time.perf_counter()
    for _ in range(STEPS):
        pass
    return (time.perf_counter() - start) * 1_000


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
