"""The real doors of odibi_nb, each in a process of its own.

`shell` runs the command line in a child forked from a server that has the heavy modules loaded already: a
process with its own exit status and streams, at a twentieth of the price of a fresh interpreter.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        "duckdb",
        "pandas",
        "pyarrow.parquet",
        "odibi_nb.commands.run",
        "odibi_nb.commands.shell",
        "odibi_nb.config",
        "odibi_nb.engine.duckdb_engine",
        "odibi_nb.engine.pandas_engine",
        "odibi_nb.formats.csv",
        "odibi_nb.formats.excel",
        "odibi_nb.formats.json",
        "odibi_nb.formats.parquet",
        "odibi_nb.pictures",
        "odibi_nb.project_file",
        "odibi_nb.sql.analysis",
        "odibi_nb.workspaces.headless",
    ]
)


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str

    def failure(self, status: int) -> str:
        """What a user reads of a run that failed with `status`, seen to be one error and no traceback."""
        assert self.status == status, f"exit status {self.status}\n{self.out}\n{self.err}"
        text = self.out + self.err
        assert "Traceback" not in text
        assert text.count("  hint: ") <= 1, text
        return text

    def success(self) -> str:
        assert self.status == 0, f"exit status {self.status}\n{self.out}\n{self.err}"
        return self.out

    @property
    def data(self) -> Any:
        """The one object that `--json` prints."""
        return json.loads(self.out)

    def error(self, node: str) -> dict[str, Any]:
        """The error of a node in `run --json`."""
        return dict(self.data["nodes"][node]["error"])


def shell(*words: str | Path, before: Callable[[], None] | None = None, timeout: float = 300) -> Outcome:
    """Run `odibi-nb WORDS`; before: called in the child first, to take something away from it."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        child = start([str(word) for word in words], out, err, before)
        child.join(timeout)
        if child.is_alive():
            child.kill()
            child.join()
            raise TimeoutError(f"odibi-nb {words[0]} still runs after {timeout:g} s: {err.read_text()}")
        return Outcome(child.exitcode or 0, out.read_text("utf-8"), err.read_text("utf-8"))


def start(words: list[str], out: Path, err: Path, before: Callable[[], None] | None = None) -> Any:
    """Start `odibi-nb WORDS` and return its process."""
    child = _SERVER.Process(target=_command, args=(words, str(out), str(err), before), daemon=True)
    child.start()
    return child


def without_root_powers() -> None:
    """Give up the capabilities by which root reads and writes whatever it likes; file modes count from then on."""
    if os.geteuid() == 0:
        version_3 = (ctypes.c_uint32 * 2)(0x20080522, 0)
        if ctypes.CDLL(None, use_errno=True).capset(version_3, (ctypes.c_uint32 * 6)()) != 0:
            raise OSError(ctypes.get_errno(), "capset")


def without_large_files() -> None:
    """Let no file of this process grow beyond 50 kB, as a quota does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))


def killed_by_large_files() -> None:
    """Have the system kill this process, as SIGKILL does, in the middle of a file, once that has a megabyte."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


def _command(words: list[str], out: str, err: str, before: Callable[[], None] | None) -> None:
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if before is not None:
        before()
    from odibi_nb.commands.shell import main

    sys.exit(main(words))
