"""Measuring in fresh processes, so that nothing measured before can help or hurt.

The parent imports no heavy library: on Linux a child's peak memory starts at what its parent holds.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["NotMeasuredError", "call_in_process", "interleaved", "peak_memory_mb", "staying_up", "timed_command"]

ROOT = Path(__file__).parents[1]
T = TypeVar("T")


class NotMeasuredError(Exception):
    """A contestant that failed, with what it said last."""


def call_in_process(function: str, *, python: str = sys.executable, **arguments: Any) -> dict[str, Any]:
    """Call "package.module:function" in a new process of `python` and return its dict of plain values.

    The key `process_s` is added: the seconds from the process's start to its end. Raises NotMeasuredError.
    """
    command = [python, "-m", "benchmarks.processes", "call", function, json.dumps(arguments)]
    seconds, output = timed_command(command)
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result | {"process_s": seconds}


@contextmanager
def staying_up(function: str, **arguments: Any) -> Iterator[Callable[..., Any]]:
    """Start a process as `call_in_process` does, whose function returns a callable, and give what calls that.

    Contestants that each stay up, as kernels do, can take turns within a fraction of a second. Values are plain.
    """
    command = [sys.executable, "-m", "benchmarks.processes", "serve", function, json.dumps(arguments)]
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, cwd=ROOT, env=_environment()
        )

        def ask(**words: Any) -> Any:
            assert child.stdin is not None
            assert child.stdout is not None
            with suppress(BrokenPipeError):  # then there is no answer either
                child.stdin.write(json.dumps(words) + "\n")
                child.stdin.flush()
            if not (answer := child.stdout.readline()):
                child.wait()
                said.seek(0)
                raise NotMeasuredError(_reason(said.read()) or f"exit status {child.returncode}")
            return json.loads(answer)

        with child:
            try:
                yield ask
            finally:
                with suppress(BrokenPipeError):
                    child.communicate()  # the end of its input ends it


def timed_command(command: list[str]) -> tuple[float, str]:
    """Run a command from the repository's root and return its seconds and its output; raises NotMeasuredError."""
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=_environment(), check=False)
    except OSError as exc:
        raise NotMeasuredError(f"{command[0]} can't be run: {exc.strerror}") from exc
    seconds = time.perf_counter() - start
    if done.returncode:
        raise NotMeasuredError(_reason(done.stderr) or f"exit status {done.returncode}")
    return seconds, done.stdout


def interleaved(
    contestants: Mapping[str, Callable[[], T]], repetitions: int, *, warm_up: bool = True
) -> Iterator[dict[str, T]]:
    """Let all contestants run once a round, in turning order, and yield each round but the one that warms up.

    A machine that slows down for a while then slows down all of them. That first round fills caches.
    """
    names = list(contestants)
    for round_number in range(not warm_up, repetitions + 1):
        results = {name: contestants[name]() for name in names}
        names.reverse()
        if round_number:
            yield results


def peak_memory_mb() -> float:
    """Return the most memory that this process has held so far, in 10^6 bytes."""
    import resource  # absent on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _reason(said: str) -> str:
    """Return the line that names the error: the first of a traceback's last part that is not indented."""
    *_, last = said.split("Traceback (most recent call last):")
    return next((line for line in last.splitlines() if line[:1].strip()), "")


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path}


def _main() -> None:
    how, place, arguments = sys.argv[1:]
    module, _, name = place.partition(":")
    returned = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    if how == "call":
        print(json.dumps(returned), flush=True)
        os.dup2(2, 1)  # whatever is printed at the end is no answer
        return
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed meanwhile is no answer
    for line in sys.stdin:
        print(json.dumps(returned(**json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    _main()
