"""One run of a notebook or project at a time, whichever session or shell starts it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from odibi_nb.capture import is_in_node
from odibi_nb.exceptions import UsageError
from odibi_nb.store.records import keep_private
from odibi_nb.store.turns import Holder, NoTurn, turn

__all__ = ["Turns"]


class Turns:
    """Whose turn it is to run.

    folder: gives `.odibi`, or None. owner: gives the name of the notebook or project. without: whether none is to be
    taken: a run of this workspace has it, which will refuse another one; or nobody knows which notebook this is, and
    two of one folder are not to wait for each other.
    """

    def __init__(
        self, folder: Callable[[], Path | None], owner: Callable[[], str], without: Callable[[], bool]
    ) -> None:
        self._folder, self._owner, self._without = folder, owner, without

    def path(self, suffix: str) -> Path:
        """Return a file of the notebook's or project's own, below `.odibi/runs`."""
        digest = blake2b(self._owner().encode(), digest_size=16).hexdigest()
        return (self._folder() or Path()) / "runs" / f"{digest}{suffix}"

    @contextmanager
    def taken(self, wait_s: float | None = None) -> Iterator[None]:
        """Keep other runs away; wait for one that goes on, for `wait_s` seconds at most.

        Raises UsageError that names it where it takes longer, or would never end because it waits for us.
        """
        folder = self._folder()
        if folder is None or self._without() or not _is_writable(folder, self.path(".lock")):
            yield
            return
        try:
            with turn(self.path(".lock"), _what_runs(), patience_s=wait_s, waits=_wait_for):
                yield
        except NoTurn as exc:
            raise _refusal(exc.holder, wait_s) from None


def _is_writable(folder: Path, lock: Path) -> bool:
    """Make what turns are taken by; it is said where that can't be, in somebody else's folder: nobody is kept away."""
    try:
        keep_private(folder)
        lock.parent.mkdir(exist_ok=True)
        lock.open("a").close()
    except OSError as exc:
        _tell(f"note: another run of this at the same time isn't kept away: {folder}: {exc.strerror}")
        return False
    return True


def _wait_for(holder: Holder | None) -> None:
    if holder is not None and holder.is_here and (holder.pid in _ancestors() or _is_nested(holder)):
        hint = "a node can't run what it is a part of"
        raise UsageError(f"this was started within the run that it would wait for: {_described(holder)}", hint=hint)
    _tell(f"waiting for another run of this to end: {_described(holder)}")


def _is_nested(holder: Holder) -> bool:
    return holder.pid == os.getpid() and is_in_node()


def _refusal(holder: Holder | None, wait_s: float | None) -> UsageError:
    waited = f" after {wait_s:g} s" if wait_s else ""
    message = f"another run of this goes on{waited}: {_described(holder)}"
    return UsageError(message, hint="without --no-wait and --wait a run waits for it")


def _described(holder: Holder | None) -> str:
    if holder is None:
        return "it doesn't say which"
    then = time.strftime("%H:%M:%S", time.localtime(holder.since))
    return f"{holder.what} (process {holder.pid} on {holder.host}, since {then})"


def _what_runs() -> str:
    """Return what this process is, in words; options are left out: they may hold what isn't for everybody."""
    program = Path(sys.argv[0]).name if sys.argv else ""
    if program in ("odibi-nb", "shell.py"):
        return " ".join(["odibi-nb", *sys.argv[1:3]])
    return "the session of a notebook" if program.startswith("ipykernel") else program or "Python"


def _ancestors() -> set[int]:
    """Return the processes that this one descends from, as far as the system tells."""
    found, pid = set[int](), os.getppid()
    while pid > 1 and pid not in found:
        found.add(pid)
        pid = _parent(pid)
    return found


def _parent(pid: int) -> int:
    try:
        # The name, in brackets, may hold blanks and brackets itself.
        return int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
