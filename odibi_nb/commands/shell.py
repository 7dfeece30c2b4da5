"""`odibi-nb`: the commands in a shell.

Exit status: 0 good; 1 a node failed; 2 found before any node started; 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.table import find_command, overview
from odibi_nb.exceptions import OdibiException, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _main(words)
    except OdibiException as exc:
        _print(f"error: {exc}", sys.stderr)
        return 2
    except KeyboardInterrupt:
        _print("interrupted", sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has left; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _main(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        _print(overview("shell"), sys.stdout)
        return 0
    if words[0] == "--version":
        from odibi_nb import __version__

        _print(f"odibi-nb {__version__}", sys.stdout)
        return 0
    command = find_command(words[0], "shell")
    if {"-h", "--help"} & set(words[1:]):
        _print(command.help("shell"), sys.stdout)
        return 0
    return _run(command, words[1:])


def _run(command: Command, words: Sequence[str]) -> int:
    parsed = command.parser("shell").parse(words)
    call = Call("shell", parsed.words, parsed.values)
    as_json = bool(parsed.values.get("json"))
    with _stdout_is_ours(as_json):
        if command.needs_target:
            call = _loaded(command, call)
        try:
            shown = command.run(call)
        finally:
            if call.workspace is not None:
                call.workspace.close()
    _show(shown, as_json=as_json)
    return shown.exit_status


def _loaded(command: Command, call: Call) -> Call:
    from odibi_nb.workspaces.headless import load_target

    target, *rest = call.words
    if target.startswith("-"):
        raise UsageError(f"TARGET is missing before '{target}'")
    loaded = load_target(target, env=call.values.get("env"), execute=command.executes)
    return replace(
        call, words=tuple(rest), workspace=loaded.workspace, left_out=loaded.left_out, notes=loaded.notes
    )


@contextmanager
def _stdout_is_ours(as_json: bool) -> Iterator[None]:
    """With --json, what user code prints goes to stderr: stdout holds one object and nothing else."""
    if not as_json:
        yield
        return
    before, sys.stdout = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout = before


def _show(shown: Shown, *, as_json: bool) -> None:
    if as_json:
        _print(json.dumps(shown.data, default=str, ensure_ascii=False), sys.stdout)
    else:
        _print(shown.text, sys.stdout)


def _print(text: str, stream: TextIO) -> None:
    encoded = text.encode(stream.encoding or "utf-8", errors="replace").decode(stream.encoding or "utf-8")
    stream.write(encoded + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
