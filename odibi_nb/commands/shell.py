"""`odibi-nb`: the commands in a shell.

Exit status: 0 good; 1 a node failed; 2 found before any node started; 130 interrupted, or told to end.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from odibi_nb.commands.base import Call, Command, Shown
from odibi_nb.commands.table import find_command, overview
from odibi_nb.commands.terminating import ended_in_order
from odibi_nb.exceptions import NodeExecutionError, OdibiException, SourceNotFoundError, TransformError, UsageError

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["main"]

_FAILED, _REFUSED, _INTERRUPTED = 1, 2, 130
_OF_A_CELL = re.compile(r"(?<!%)%odibi (capture|diff|ls|run|show|store|story|test|validate)\b")
"""A command as hints name it that are written for cells, and that a shell has too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    afterwards = ExitStack()
    with ended_in_order():
        status = _answer(list(sys.argv[1:] if arguments is None else arguments), afterwards)
        try:
            afterwards.close()
        except KeyboardInterrupt:  # what was asked for is done and shown
            _print("note: interrupted, not everything is kept for the next time", sys.stderr)
    return status


def _answer(words: list[str], afterwards: ExitStack) -> int:
    """Run a command and show what comes of it; afterwards: what is to be done after that."""
    as_json = "--json" in words
    try:
        with _stdout_is_ours(as_json):
            shown = _shown(words, afterwards)
        _print_notes(shown)
        if as_json or shown.text:
            _print(json.dumps(shown.data, default=str, ensure_ascii=False) if as_json else shown.text, sys.stdout)
        if shown.afterwards is not None:
            last = shown.afterwards()
            _print_notes(last)
            if last.text and not as_json:
                _print(last.text, sys.stdout)
        return shown.exit_status
    except OdibiException as exc:
        _report(exc, as_json)
        return _FAILED if isinstance(exc, NodeExecutionError) else _REFUSED
    except KeyboardInterrupt:
        _print("interrupted", sys.stderr)
        if as_json:
            _print(json.dumps({"status": "cancelled", "error": None}), sys.stdout)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has left; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _shown(words: list[str], afterwards: ExitStack) -> Shown:
    if not words or words[0] in ("-h", "--help"):
        return Shown(overview("shell"))
    if words[0] == "--version":
        from odibi_nb import __version__

        return Shown(f"odibi-nb {__version__}")
    command = find_command(words[0], "shell")
    if {"-h", "--help"} & set(words[1:]):
        return Shown(command.help("shell"))
    return _run(command, words[1:], afterwards)


def _run(command: Command, words: Sequence[str], afterwards: ExitStack) -> Shown:
    try:
        parsed = command.parser("shell").parse(words)
    except UsageError as exc:
        if exc.message.endswith(" TARGET is missing") and (meant := _with_target(command, words)):
            exc.hint = f"{exc.hint}; here {meant}"
        raise
    call = Call("shell", parsed.words, parsed.values)
    try:
        with _stdout_is_ours(command.for_files), ExitStack() as around:
            if command.needs_target:
                call = _loaded(command, call)
                afterwards.callback(_close, call.ws)
            if command.needs_target and command.runs_code(call):
                call = around.enter_context(_followed(command, call))
            shown = command.run(call)
        if command.for_files and shown.exit_status:
            _print(shown.text, sys.stderr)
            shown = replace(shown, text="")
        return shown
    except SystemExit as exc:
        # A `transforms.py` has called exit(): its status would pass for ours.
        raise TransformError(f"the project's code calls exit({exc.code!r})", hint="raise an error instead") from exc


def _close(workspace: Workspace) -> None:
    """Wait until results are kept; a terminal says so meanwhile."""
    from odibi_nb.commands.progress import is_live, rewrite_line

    if not (workspace.waiting_to_be_kept and is_live(sys.stderr)):
        workspace.close()
        return
    rewrite_line(sys.stderr, "keeping results for the next run …")
    workspace.close()
    rewrite_line(sys.stderr, "")


def _loaded(command: Command, call: Call) -> Call:
    from odibi_nb.project_file import chosen_environment
    from odibi_nb.workspaces.headless import load_target

    executes = command.runs_code(call)
    target, rest = _target_first(command, call.words)
    env = chosen_environment(call.values.get("env"))
    loaded = load_target(target, env=env, execute=executes, go_on=command.takes_broken)
    for one in loaded.left_out if executes else ():
        if one.changes is not None:
            _print(f"note: left out, cell {one.cell}, line {one.line}: {one.text}  ({one.reason})", sys.stderr)
    for note in loaded.workspace.doubled() if executes else ():
        _print(f"note: {note}", sys.stderr)
    return replace(
        call,
        words=rest,
        workspace=loaded.workspace,
        left_out=loaded.left_out,
        notes=loaded.notes,
    )


def _with_target(command: Command, words: Sequence[str]) -> str | None:
    """Return a call with its target before it, where this folder has but one: its project, else a notebook."""
    from odibi_nb.project_file import FILE_NAMES

    is_project = any(Path(name).is_file() for name in FILE_NAMES)
    found = ["."] if is_project else [str(one) for one in Path().glob("*.ipynb")]
    return f"`odibi-nb {command.name} {shlex.join([*found, *words])}`" if len(found) == 1 else None


def _target_first(command: Command, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the target and the other words; these may stand before it: `story show latest sales.ipynb`.

    Then the target may be left out in a project's own folder.
    """
    from odibi_nb.project_file import FILE_NAMES

    does = command.words[0].strip("[]").split("|") if command.words else ()
    path = Path(words[0])
    if words[0] not in does and not path.suffix and not path.exists() and (meant := _with_target(command, words)):
        raise SourceNotFoundError(f"there is no '{path}'", hint=f"TARGET comes first: {meant}")
    if words[0] not in does or Path(words[0]).exists():
        return words[0], tuple(words[1:])
    if (at := next((at for at, word in enumerate(words) if at and Path(word).exists()), None)) is not None:
        return words[at], (*words[:at], *words[at + 1 :])
    if any(Path(name).is_file() for name in FILE_NAMES):
        return ".", tuple(words)
    raise UsageError("TARGET is missing", hint=f"odibi-nb {command.example_at('shell')}")


@contextmanager
def _followed(command: Command, call: Call) -> Iterator[Call]:
    """Let the call's runs be told of on stderr."""
    from odibi_nb.commands.live_progress import LiveProgress
    from odibi_nb.commands.progress import Lines, NodeOutputs, is_live
    from odibi_nb.runner.in_order import InOrder

    if not is_live(sys.stderr):  # a log is compared with another one
        lines = Lines(sys.stderr) if command.name == "run" else NodeOutputs(sys.stderr)
        yield replace(call, listeners=(InOrder(lines),))
        return
    with LiveProgress(call.ws, sys.stderr, on_mocks=bool(call.values.get("mock"))) as live:
        yield replace(call, listeners=(live,))


@contextmanager
def _stdout_is_ours(asked: bool) -> Iterator[None]:
    """Let what user code prints go to stderr if asked: stdout holds one object, or one text, and nothing else."""
    if not asked:
        yield
        return
    before, sys.stdout = sys.stdout, sys.stderr
    try:
        with _goes_to(before, sys.stderr):
            yield
    finally:
        sys.stdout = before


@contextmanager
def _goes_to(stream: TextIO, other: TextIO) -> Iterator[None]:
    """Let what child processes and C code write to a stream go to another one, where both are files."""
    try:
        number, target = stream.fileno(), other.fileno()
    except (AttributeError, OSError, ValueError):  # none at all, closed, or only in memory
        yield
        return
    stream.flush()
    with ExitStack() as afterwards:
        kept = os.dup(number)
        afterwards.callback(os.close, kept)
        afterwards.callback(os.dup2, kept, number)
        afterwards.callback(stream.flush)  # into the other one still
        os.dup2(target, number)
        yield


def _report(error: OdibiException, as_json: bool) -> None:
    error.hint = _OF_A_CELL.sub(r"odibi-nb \1 TARGET", error.hint) if error.hint else None
    _print(f"error: {error}", sys.stderr)
    if as_json:
        from odibi_nb.pipeline.results import error_dict

        _print(json.dumps({"status": "failed", "error": error_dict(error)}, ensure_ascii=False), sys.stdout)


def _print_notes(shown: Shown) -> None:
    for note in shown.notes:
        _print(f"note: {note}", sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, errors="replace").decode(encoding) + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
