"""Sessions that are killed at random moments, and what a session after them is served: `python killed.py ROOT KILLS`.

Each session is a child, forked from a process that has imported everything and started nothing: so that many can be
killed in little time. Prints how many were killed, with how much of their work done, and what was served wrong.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet  # noqa: F401 - imported before any fork

import odibi_nb.engine.duckdb_engine  # noqa: F401
from odibi_nb import Workspace
from odibi_nb.config import ProjectConfig
from odibi_nb.exceptions import UnknownNameError

ROWS, SHIFTS = 60_000, 6
PROJECT = ProjectConfig.model_validate(
    {
        "connections": {"local": {"type": "local", "base_path": "."}},
        "vars": {"shift": 0},
        "settings": {"store": {"limit_gb": 0.0015}},  # so that room is made all the time
    }
)


def declare(root: Path, slot: int = 0) -> Workspace:
    """Return a session with a table, a Python node, a view and an append, all of which depend on `shift`."""
    ws = Workspace(root)
    ws.configure(PROJECT)
    ws.node("numbers", f"SELECT i, hash(i + $shift) AS h FROM range({ROWS}) AS r(i)", materialize="table")
    ws.node("python", "def python(numbers, shift):\n    return numbers.assign(h=shift)")
    ws.node("view", "SELECT i + $shift AS i FROM python", materialize="view")
    ws.node(
        "total", "SELECT sum(i)::BIGINT AS total, any_value(h) AS shift FROM view, (SELECT max(h) AS h FROM python)"
    )
    ws.node("kept", "SELECT * FROM total", write=_appended(slot))
    return ws


def _appended(slot: int) -> dict[str, str]:
    return {"connection": "local", "path": f"kept_{slot}.csv", "mode": "append"}


def work(root: Path, slot: int, seed: int, ready: int) -> None:
    """Run with ever other parameters until killed; `ready` is told of the first run's end."""
    ws, chance = declare(root, slot), random.Random(seed)
    while True:
        ws.set_params({"shift": chance.randrange(SHIFTS)})
        ws.run()
        os.write(ready, b".")


def check(root: Path) -> list[str]:
    """Return what is served wrong: first of what the killed have kept, then of what a run makes and keeps beside it."""
    ws, wrong = declare(root), list[str]()
    for runs in (False, True):
        for shift in range(SHIFTS):
            ws.set_params({"shift": shift})
            if runs:
                ws.run(*(name for name, _ in _truths(shift)))
            served = [truth for truth in _truths(shift) if runs or ws.statuses()[truth[0]] == "cached"]
            print(json.dumps({"made" if runs else "recalled": len(served)}), flush=True)
            wrong += [f"{name} for shift {shift}" for name, good in served if not _is_good(ws, name, good)]
    ws.close()
    return wrong


def _is_good(ws: Workspace, name: str, good: Callable[[pd.DataFrame], bool]) -> bool:
    try:
        return good(ws[name].df())
    except UnknownNameError as exc:  # nobody held it, and its room was needed
        return "damaged or gone" in exc.message


def _truths(shift: int) -> list[tuple[str, Callable[[pd.DataFrame], bool]]]:
    ordered = list(range(ROWS))
    return [
        ("numbers", lambda df: df.i.tolist() == ordered and df.h.nunique() == ROWS),
        ("python", lambda df: df.i.tolist() == ordered and set(df.h) == {shift}),
        ("view", lambda df: df.i.tolist() == [i + shift for i in ordered]),
        ("total", lambda df: df.total.tolist() == [sum(ordered) + ROWS * shift] and df["shift"].tolist() == [shift]),
    ]


def child(work: Callable[[], Any]) -> int:
    """Return the number of a new process that does `work`."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
        os._exit(0)
    except BaseException as exc:  # noqa: BLE001 - nothing of the parent's may run in a child
        print(json.dumps({"error": repr(exc)}), flush=True)
        os._exit(1)


def stop_in_a_file(root: Path, pid: int) -> None:
    """Stop a session in the middle of a file: at a random moment it rarely writes one."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        os.waitpid(pid, os.WUNTRACED)
        if any((root / ".odibi").rglob(f"*.{pid}.*.part")):
            return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.001)


def tell_wrong(root: Path) -> None:
    print(json.dumps({"wrong": check(root)}), flush=True)


def main(root: Path, kills: int) -> None:
    chance, killed = random.Random(7), 0
    while killed < kills:
        told, ready = os.pipe()
        sessions = [child(partial(work, root, slot, killed + slot, ready)) for slot in range(2)]
        os.close(ready)
        for pid in sessions:
            if chance.random() < 0.9:  # some are killed before they have done anything
                os.read(told, 1)
            time.sleep(chance.uniform(0, 0.2))
            if killed % 10 == 0:
                stop_in_a_file(root, pid)
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            killed += status == signal.SIGKILL
        os.close(told)
        left = Counter(path.suffix for path in (root / ".odibi").rglob("*") if path.is_file())
        print(json.dumps({"killed": killed, "unfinished": left[".part"], "rows": left[".parquet"]}), flush=True)
        if killed % 10 == 0:
            os.waitpid(child(partial(tell_wrong, root)), 0)
    for file in root.glob("kept_*.csv"):
        print(json.dumps({"appended": pd.read_csv(file)["shift"].tolist()}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
