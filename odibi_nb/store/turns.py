"""One at a time, over all processes: who has its turn, and how long others wait for theirs."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from odibi_nb.store.locks import take

__all__ = ["Holder", "NoTurn", "turn"]

_PAUSE_S, _PATIENCE_S = 0.05, 0.2
_HELD: set[IO[str]] = set()


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has its turn. since: seconds since 1970. what: it does, in words."""

    pid: int
    host: str
    since: float
    what: str

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine."""
        return self.host == socket.gethostname()


class NoTurn(Exception):
    """Somebody else's turn lasts too long; holder: None where that can't be told."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__("somebody else has the turn")
        self.holder = holder


@contextmanager
def turn(path: Path, what: str, *, patience_s: float | None, waits: Callable[[Holder | None], None]) -> Iterator[None]:
    """Have the turn of a file, which goes with the process, however that ends; raises NoTurn, and OSError.

    patience_s: seconds to wait at most; None: as long as it takes. waits: called once before that.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _wait(file, path, patience_s, waits)
        _HELD.add(file)
        try:
            _say(file, Holder(os.getpid(), socket.gethostname(), time.time(), what))
            yield
        finally:
            _HELD.discard(file)
            if not file.closed:  # as it is in a child that was forked meanwhile
                file.truncate(0)


def _wait(file: IO[str], path: Path, patience_s: float | None, waits: Callable[[Holder | None], None]) -> None:
    start, told = time.monotonic(), False
    while not take(file):
        waited_s = time.monotonic() - start
        if patience_s is not None and waited_s >= patience_s:
            raise NoTurn(_holder(path))
        if not told and (waited_s >= _PATIENCE_S or _holder(path) is not None):
            told = True
            waits(_holder(path))
        time.sleep(_PAUSE_S)  # in small steps, for Ctrl-C


def _say(file: IO[str], holder: Holder) -> None:
    file.truncate(0)
    json.dump(asdict(holder), file)
    file.flush()


def _holder(path: Path) -> Holder | None:
    """Return who has the turn; None where it is over, or has just begun."""
    try:
        return Holder(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _let_go() -> None:
    """Close in a forked child what its parent holds: the turn is to end with the parent."""
    for file in _HELD:
        with suppress(OSError):
            file.close()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_let_go)
