"""The machine that measured: its software, its cores, and how steady it was."""

from __future__ import annotations

import os
import platform
import time
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.rows import Row

__all__ = ["calibrate", "describe"]

LIBRARIES = ("duckdb", "pandas", "pyarrow", "pydantic", "sqlglot", "ipykernel")
LOOPS = 20
STEPS = 1_000_000


def describe() -> dict[str, Any]:
    """Return the day, the machine, Python and library versions."""
    machine = {
        "date": f"{date.today()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    return machine | {name: _version(name) for name in LIBRARIES}


def calibrate(when: str) -> Row:
    """Time an empty loop again and again: it always does the same, so what scatters is the machine."""
    return Row(f"empty loop, {when}", "ms", tuple(_time_loop() for _ in range(LOOPS)), who="machine")


def _time_loop() -> float:
    start = time.perf_counter()
    for _ in range(STEPS):
        pass
    return (time.perf_counter() - start) * 1_000


def _processor() -> str:
    """Return its name where Linux tells it, else what Python knows of it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    named = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
