"""The other end of `child`: one process of Python nodes, as the run sees it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from odibi_nb.exceptions import EngineError, NodeExecutionError
from odibi_nb.runner.messages import Channel

__all__ = ["ChildProcess"]

_START = "import sys; sys.path[:] = {path!r}; from odibi_nb.runner.child import main; main()"
_PATIENCE_S = 1.0


class ChildProcess:
    """One process. path: of the file that takes what goes to its stderr, and to stdout by its number.

    Raises EngineError where the system starts no more.
    """

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        try:
            with ExitStack() as opened, path.open("ab") as words:
                self._words = opened.enter_context(path.open("w+b"))
                self._process = _started(words, environment)
                opened.pop_all()
        except OSError as exc:
            hint = "run fewer nodes at once (workers), or leave out `process: true` and --processes"
            raise EngineError(f"no process can be started for nodes: {exc.strerror or exc}", hint=hint) from exc
        ends = self._process.stdout, self._process.stdin
        self.channel = Channel(*cast("tuple[BinaryIO, BinaryIO]", ends))

    def said(self) -> str:
        """Return what has come since it was last asked for."""
        return self._words.read().decode(errors="replace")

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """Let it end by itself."""
        self.channel.close()

    def wait(self) -> None:
        """Wait for its end, and see to it."""
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Give back what is still open of it."""
        self.channel.close()
        self._words.close()

    def death(self) -> NodeExecutionError:
        """Return what it ended of, once it has ended before its time."""
        status = self._process.returncode
        if status == -getattr(signal, "SIGKILL", 9):
            hint = "the system kills what uses up its memory: read the rows in parts, or run fewer nodes at once"
            return NodeExecutionError("the node's process was killed (SIGKILL)", hint=hint)
        how = f"by {_signal_name(-status)}" if status < 0 else f"with status {status}"
        return NodeExecutionError(f"the node's process ended {how} before the node did")


def _started(words: BinaryIO, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - Python itself, and our own module
        [sys.executable, "-c", _START.format(path=list(map(str, sys.path)))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        env=environment,
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
