"""One at a time, over all processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from odibi_nb.store.turns import Holder, NoTurn, turn

ROOT = Path(__file__).parents[2]
HOLD = """
import os, sys, time
from pathlib import Path
from odibi_nb.store.turns import turn
with turn(Path(sys.argv[1]), "a test", patience_s=None, waits=print):
    if sys.argv[2] == "fork" and os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(path: Path, how: str = "") -> Iterator[subprocess.Popen[str]]:
    """Let another process have the turn of a file until its stdin is closed."""
    command = [sys.executable, "-c", HOLD, str(path), how]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_who_comes_second_is_told_who_has_it_and_gets_it_once_that_ends(tmp_path: Path) -> None:
    path, told = tmp_path / "runs" / "a.lock", list[Holder | None]()
    with held(path) as process:
        with pytest.raises(NoTurn) as refused, turn(path, "us", patience_s=0, waits=told.append):
            pass
        assert told == []
        holder = refused.value.holder
        assert holder is not None
        assert (holder.pid, holder.what, holder.host) == (process.pid, "a test", socket.gethostname())

        def let_go(holder: Holder | None) -> None:
            told.append(holder)
            assert process.stdin is not None
            process.stdin.close()

        with turn(path, "us", patience_s=None, waits=let_go):
            assert told == [holder]
    assert path.read_text() == ""


@pytest.mark.parametrize("how", ["", "fork"])
def test_it_goes_with_the_process_that_is_killed_whatever_it_has_forked(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.lock"
    with held(path, how) as process:
        process.kill()
        process.wait()
        with turn(path, "us", patience_s=5, waits=lambda holder: None):
            pass


def test_what_fails_in_a_turn_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turn(path, "us", patience_s=0, waits=lambda holder: None):
            raise ZeroDivisionError
