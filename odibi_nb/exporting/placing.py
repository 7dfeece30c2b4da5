"""Files put into a folder: whole or not at all, and nothing overwritten unasked."""

from __future__ import annotations

import difflib
import glob
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from odibi_nb.exceptions import UsageError

__all__ = ["TEMPORARY", "FileChange", "changes", "diff_of", "put", "remove", "written_beside"]

TEMPORARY = ".odibi-export-"
_ABANDONED_S = 86_400.0


@dataclass(frozen=True, slots=True)
class FileChange:
    """What becomes of a file; before: its text until now, "" for one that is new."""

    path: str
    status: Literal["new", "changed", "unchanged"]
    before: str
    text: str


def changes(files: Mapping[str, str], folder: Path) -> list[FileChange]:
    """Return what writing the files would change; raises UsageError for a folder that is a file."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"'{folder}' is a file", hint="give a folder, which may be a new one")
    with _told():
        return [_change(path, text, folder / path) for path, text in files.items()]


def diff_of(changed: list[FileChange]) -> str:
    """Return a unified diff of the files that change."""
    return "\n".join(line for one in changed if one.status == "changed" for line in _diff(one))


@contextmanager
def written_beside(files: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """Yield a folder with the files beside the one that they are for; it is gone at the end."""
    made = _first_missing(folder.parent)
    temporary = folder.parent / f"{TEMPORARY}{folder.name}-{secrets.token_hex(4)}"
    try:
        with _told("it is written beside its folder first: choose one in a folder where you may write", folder.parent):
            _remove_leftovers(folder)
            for path, text in files.items():
                file = temporary / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", newline="\n")
            _link_the_rest(folder, temporary)
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if made is not None and not folder.exists():
            shutil.rmtree(made, ignore_errors=True)


def _link_the_rest(folder: Path, temporary: Path) -> None:
    """Let what is in a folder already be found beside what is to be put into it."""
    for there in folder.iterdir() if folder.is_dir() else ():
        here = temporary / there.name
        if there.is_dir() and here.is_dir():
            _link_the_rest(there, here)
        elif not here.exists() and not there.name.startswith((".", "__pycache__")):
            here.symlink_to(there)


def _remove_leftovers(folder: Path) -> None:
    """Remove what exports have left that were killed, and that surely don't go on any more."""
    for left in folder.parent.glob(f"{TEMPORARY}{glob.escape(folder.name)}-*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)


def put(changed: list[FileChange], source: Path, folder: Path) -> None:
    """Move the files that change from `source` into `folder`; what fails midway is taken back.

    Where there is no such folder yet, `source` becomes it at once.
    """
    with _told():
        if not folder.exists() and _files_in(source) == {one.path for one in changed}:
            source.replace(folder)
        else:
            _put_each(changed, source, folder)


def remove(paths: Iterable[str], folder: Path) -> None:
    """Remove files of a folder."""
    with _told():
        for path in paths:
            (folder / path).unlink()


@contextmanager
def _told(
    hint: str = "choose a folder where you may write, or make room there", place: Path | None = None
) -> Iterator[None]:
    """Let errors of the file system say where they are from, and what to do; place: if not their own."""
    try:
        yield
    except OSError as exc:
        where = place or exc.filename2 or exc.filename or "the export"
        raise UsageError(f"'{where}' can't be written: {exc.strerror or exc}", hint=hint) from exc


def _put_each(changed: list[FileChange], source: Path, folder: Path) -> None:
    done: list[FileChange] = []
    made = _first_missing(folder)
    try:
        for one in changed:
            if one.status == "unchanged":
                continue
            target = folder / one.path
            target.parent.mkdir(parents=True, exist_ok=True)
            (source / one.path).replace(target)
            done.append(one)
    except BaseException:
        for one in done:
            _take_back(one, folder / one.path)
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        raise


def _files_in(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def _take_back(change: FileChange, file: Path) -> None:
    if change.status == "new":
        file.unlink(missing_ok=True)
    else:
        file.write_text(change.before, encoding="utf-8", newline="\n")


def _change(path: str, text: str, file: Path) -> FileChange:
    if not file.exists():
        return FileChange(path, "new", "", text)
    try:
        before = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"'{file}' is in the way: {exc}", hint="move it, or export into another folder") from exc
    return FileChange(path, "unchanged" if before == text else "changed", before, text)


def _diff(change: FileChange) -> Iterator[str]:
    before, after = change.before.splitlines(), change.text.splitlines()
    yield from difflib.unified_diff(before, after, f"{change.path} (there)", f"{change.path} (exported)", lineterm="")


def _first_missing(folder: Path) -> Path | None:
    """Return the topmost folder that making `folder` would make."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    return missing[-1] if missing else None
