"""A real terminal around a shell command, and what stands on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_CONTROL = re.compile(r"\x1b\[(?P<of>[?0-9;]*)(?P<what>[A-Za-z])|(?P<move>[\r\n])|(?P<text>[^\x1b\r\n]+)")


@dataclass(frozen=True)
class Ran:
    """What a command has left: written is all that went to the terminal, as it came."""

    status: int
    stdout: str
    written: str
    width: int

    @property
    def screen(self) -> list[str]:
        """The lines that stand on the terminal at the end."""
        return screen_of(self.written, self.width)


def run_in_terminal(
    words: Sequence[str],
    *,
    width: int = 100,
    interrupt_when: Callable[[str], bool] = lambda written: False,
    go_on_when: Callable[[str], bool] = lambda written: False,
    **environment: str,
) -> Ran:
    """Run `odibi-nb` with a terminal for stdin and stderr.

    interrupt_when, go_on_when: Ctrl-C, or a file `go_on`, comes once what was written is so.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "COLUMNS")}
    env = {**inherited, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment}
    command = [sys.executable, "-m", "odibi_nb.commands.shell", *words]
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=env)
    os.close(theirs)
    stdout: list[bytes] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: stdout.append(process.stdout.read()))
    reader.start()
    written, interrupted = b"", False
    while piece := _read(ours):
        written += piece
        if go_on_when(written.decode(errors="replace")):
            Path("go_on").touch()
        if not interrupted and interrupt_when(written.decode(errors="replace")):
            interrupted = True
            process.send_signal(signal.SIGINT)
    os.close(ours)
    reader.join()
    return Ran(process.wait(30), stdout[0].decode(), written.decode(), width)


def screen_of(written: str, width: int) -> list[str]:
    """Return the lines that a terminal shows of what was written to it; fails on what it wouldn't know."""
    lines, row, column = [""], 0, 0
    for match in _CONTROL.finditer(written):
        if match["text"]:
            for char in match["text"]:
                if column == width:
                    row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
                lines[row] = lines[row][:column].ljust(column) + char + lines[row][column + 1 :]
                column += 1
        elif match["move"] == "\r":
            column = 0
        elif match["move"] == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif match["what"] == "A":
            row = max(0, row - int(match["of"] or 1))
        elif match["what"] == "K":
            lines[row] = ""
        else:
            assert match["what"] in "mhl", match[0]
    assert "".join(match[0] for match in _CONTROL.finditer(written)) == written
    return [line.rstrip() for line in lines]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says that nobody has it open any more
        return b""
