"""Files below one folder of this machine."""

from __future__ import annotations

import difflib
import glob
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

from odibi_nb.connections.base import FileConnection, FileStamp
from odibi_nb.exceptions import ConnectionError, SourceNotFoundError  # noqa: A004
from odibi_nb.formats.bytestreams import without_compression

__all__ = ["LocalConnection"]

_TEMPORARY = ".odibi-tmp"
_LISTED = 5_000
_ABANDONED_S = 86_400.0
"""A file that is being written was changed less long ago, and one that waits for its first rows was made so."""


class LocalConnection(FileConnection):
    """Files below `base_path`; no path may leave it, be it by `..`, from the root, or through a link.

    root: where a relative `base_path` starts; the working directory of now when not given.
    """

    def __init__(self, base_path: str | Path = "./data", root: str | Path | None = None) -> None:
        start = Path.cwd() if root is None else Path(root)
        # Both forms are kept: messages show the path as configured, checks compare what links lead to.
        self.base_path = start / Path(base_path).expanduser()
        self._base = self.base_path.resolve()

    @classmethod
    def from_config(cls, settings: dict[str, Any], root: Path) -> Self:
        return cls(**settings, root=root)

    def __repr__(self) -> str:
        return f"LocalConnection({str(self.base_path)!r})"

    def validate(self) -> None:
        if self._base.exists() and not self._base.is_dir():
            raise ConnectionError(f"base_path '{self.base_path}' is not a folder", hint="point it to a folder")

    def get_path(self, path: str) -> str:
        return str(self._inside(path))

    def files(self, path: str, *, extensions: Iterable[str] = ()) -> tuple[FileStamp, ...]:
        target = self._inside(path)
        with self._reading(path):
            if target.is_dir():
                found = _in_folder(target, tuple(extensions))
            elif target.exists():
                found = [target]
            else:
                found = self._matching(target)
            if not found:
                raise self._not_found(path, target)
            return tuple(_stamp(self._inside(str(file))) for file in sorted(found))

    def entries(self, folder: str = "") -> tuple[str, ...]:
        target = self._inside(folder or ".")
        if not target.is_dir():
            return ()
        with self._reading(folder or "."), os.scandir(target) as found:
            shown = (entry for entry in islice(found, _LISTED) if not entry.name.startswith("."))
            return tuple(sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in shown))

    def exists(self, path: str) -> bool:
        with self._reading(path):
            return self._inside(path).exists()

    def open(self, uri: str, mode: Literal["rb", "wb"] = "rb") -> BinaryIO:
        target = self._inside(uri)
        if mode == "wb":
            return target.open(mode)  # `replacing` is around it and tells what kept it from being written
        with self._reading(os.path.relpath(target, self._base)):
            return target.open(mode)

    @contextmanager
    def replacing(self, path: str) -> Iterator[str]:
        target = self._inside(path)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}{_TEMPORARY}")
        try:
            _create_beside(target, temporary)
            try:
                yield str(temporary)
                _sync(temporary)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
            _sync(target.parent)
            _remove_leftovers(target.parent)
        except ConnectionError:
            raise
        except OSError as exc:
            raise self.write_error(path, exc) from exc

    def _inside(self, path: str) -> Path:
        if not path or "\0" in path:
            raise ConnectionError(f"{path!r} is not a path", hint="give a path relative to base_path")
        full = (self._base / path).resolve()
        if not full.is_relative_to(self._base):
            raise ConnectionError(
                f"'{path}' lies outside of '{self.base_path}'",
                hint="a connection's paths stay below its base_path; configure another connection for that folder",
            )
        return full

    @contextmanager
    def _reading(self, path: str) -> Iterator[None]:
        try:
            yield
        except ConnectionError:
            raise
        except FileNotFoundError as exc:
            raise self._not_found(path, self._inside(path)) from exc
        except OSError as exc:
            raise self.read_error(path, exc) from exc

    def _matching(self, pattern: Path) -> list[Path]:
        # Only the part below the base is a pattern: the base itself may hold brackets.
        relative = str(pattern.relative_to(self._base))
        names = glob.glob(relative, root_dir=self._base, recursive=True) if glob.has_magic(relative) else []  # noqa: PTH207 - Path.glob matches hidden files
        matches = (self._base / name for name in names)
        return [file for file in matches if file.is_file() and not file.name.endswith(_TEMPORARY)]

    def _not_found(self, path: str, target: Path) -> SourceNotFoundError:
        return SourceNotFoundError(
            f"no file matches '{path}' in '{self.base_path}'" if glob.has_magic(path) else self._missing(path, target),
            hint=_nearest(target),
            file=str(target),
        )

    def _missing(self, path: str, target: Path) -> str:
        if target.is_dir():
            return f"the folder '{path}' in '{self.base_path}' has no files to read"
        return f"'{path}' is not in '{self.base_path}'"


def _in_folder(folder: Path, extensions: tuple[str, ...]) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [Path(parent, name) for name in names if _counts(name, extensions)]
    return found


def _counts(name: str, extensions: tuple[str, ...]) -> bool:
    if name.startswith((".", "_")) or name.endswith(_TEMPORARY):
        return False
    return not extensions or without_compression(name).lower().endswith(extensions)


def _stamp(file: Path) -> FileStamp:
    status = file.stat()
    return FileStamp(str(file), status.st_size, status.st_mtime_ns)


def _nearest(target: Path) -> str:
    folder = target if target.is_dir() else target.parent
    if not folder.is_dir():
        return f"there is no folder '{folder}'"
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    near = difflib.get_close_matches(target.name, names, n=3)
    if near:
        return "did you mean " + " or ".join(f"'{name}'" for name in near) + "?"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"'{folder}' has {shown or 'no files'}"


def _create_beside(target: Path, temporary: Path) -> None:
    """Make an empty file to write to, with the mode of the one it will replace."""
    if target.is_dir():
        raise ConnectionError(f"'{target}' is a folder", hint="give the name of a file in it")
    _make_folder(target.parent)
    # A rename would pass over a file's own protection.
    if target.exists() and not os.access(target, os.W_OK):
        raise ConnectionError(f"'{target}' is write-protected", hint="allow writing to it, or write to another path")
    temporary.touch(exist_ok=False)
    if target.exists():
        temporary.chmod(target.stat().st_mode & 0o7777)


@lru_cache(maxsize=64)
def _remove_leftovers(folder: Path) -> None:
    """Remove what killed processes have left of files they wrote; once for each folder."""
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            with suppress(OSError):  # another user's
                if entry.name.endswith(_TEMPORARY) and time.time() - entry.stat().st_mtime > _ABANDONED_S:
                    Path(entry).unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as exc:
        file = next(part for part in (folder, *folder.parents) if part.exists())
        raise ConnectionError(
            f"'{file}' is a file, and the target's folder has that name", hint="rename one of them"
        ) from exc


def _sync(path: Path) -> None:
    """Bring a file, or a folder's names, to the disk: a rename may outlive a crash that its bytes don't."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
