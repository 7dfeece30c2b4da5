"""New projects from the templates beside this file: what is written, and what is left as it is."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from odibi_nb.exceptions import UsageError

__all__ = ["Made", "make_project", "refresh_project", "template"]

_RECORD = ".odibi/made.json"
# Packages are built without hidden files.
_RENAMED = {"gitignore": ".gitignore"}


@dataclass(frozen=True, slots=True)
class Made:
    """Relative paths: written now, there already and unchanged, and kept because someone edited them."""

    written: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()


def template(name: str) -> dict[str, bytes]:
    """Return the files of a template by their relative paths."""
    return dict(_files(resources.files("odibi_nb.commands").joinpath("templates", name)))


def make_project(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a new project; UsageError, with nothing written, when one of its files is there."""
    with _writing_in(folder):
        there = [path for path in files if (folder / path).exists()]
        if there:
            raise UsageError(
                f"'{folder}' has {', '.join(there)} already; nothing was written",
                hint="choose another folder: odibi-nb init DIR",
            )
        for path, content in files.items():
            _write(folder / path, content)


def refresh_project(folder: Path, files: Mapping[str, bytes]) -> Made:
    """Write a project, or bring it up to date: a file that is not as it was written before is kept.

    Raises UsageError for a folder that holds a project of another origin.
    """
    with _writing_in(folder):
        before = _record(folder)
        states = {path: _state(folder / path, content, before.get(path)) for path, content in files.items()}
        if not before and states.get("odibi.yaml") == "edited":
            raise UsageError(f"'{folder}' holds a project of its own", hint="choose another folder: odibi-nb demo DIR")
        for path in _in_state(states, "written"):
            _write(folder / path, files[path])
        ours = {path: _digest(files[path]) for path, state in states.items() if state != "edited"}
        _write(folder / ".odibi/.gitignore", b"*\n")
        _write(folder / _RECORD, json.dumps({**before, **ours}, indent=1).encode())
    return Made(_in_state(states, "written"), _in_state(states, "unchanged"), _in_state(states, "edited"))


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name == "__pycache__":
            continue
        path = prefix + _RENAMED.get(entry.name, entry.name)
        if entry.is_dir():
            yield from _files(entry, f"{path}/")
        else:
            yield path, entry.read_bytes()


def _state(path: Path, content: bytes, recorded: str | None) -> str:
    if not path.exists():
        return "written"
    found = _digest(path.read_bytes())
    if found == _digest(content):
        return "unchanged"
    return "written" if found == recorded else "edited"


def _in_state(states: Mapping[str, str], wanted: str) -> tuple[str, ...]:
    return tuple(path for path, state in states.items() if state == wanted)


def _record(folder: Path) -> dict[str, str]:
    """Return the digests of the files as they were written; {} where none are known."""
    try:
        found = json.loads((folder / _RECORD).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: bytes) -> None:
    """Write a whole file or none: half a file would count as edited ever after."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _writing_in(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        message = f"can't write a project in '{folder}': {exc.strerror}"
        raise UsageError(message, hint="choose a folder where you may write") from exc


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
