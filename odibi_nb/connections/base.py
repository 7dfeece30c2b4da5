"""What a connection is, and what a place with files can do, be it a folder or a bucket."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

from odibi_nb.exceptions import ConnectionError  # noqa: A004

__all__ = ["BaseConnection", "FileConnection", "FileStamp"]

_REMEDIES = {
    errno.ENOSPC: "free some space on that disk and run again; the old file is as it was",
    errno.EDQUOT: "the quota is used up; the old file is as it was",
    errno.EROFS: "the file system is read-only; choose another connection to write to",
    errno.EACCES: "allow this user to write there, or write to another path",
    errno.EPERM: "allow this user to write there, or write to another path",
    errno.EFBIG: "the file is larger than this user or file system may write; the old file is as it was",
    errno.ENAMETOOLONG: "give it a shorter name",
}
_READ_REMEDIES = {
    errno.EACCES: "allow this user to read it",
    errno.EPERM: "allow this user to read it",
    errno.ENAMETOOLONG: "give a shorter path",
    errno.ELOOP: "a link leads back to itself: mend it",
}
_SHOWN_PATH = 200


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A file and what tells whether it changed."""

    uri: str
    size_bytes: int
    modified_ns: int


class BaseConnection(ABC):
    """A place that nodes read from and write to.

    name: the one it was configured under; None for a connection made by hand.
    """

    name: str | None = None

    @classmethod
    def from_config(cls, settings: dict[str, Any], root: Path) -> Self:
        """Make a connection from its keys in the dialect; root: the folder that relative paths start at."""
        return cls(**settings)

    @abstractmethod
    def validate(self) -> None:
        """Raise ConnectionError when the connection can't work as configured."""


class FileConnection(BaseConnection):
    """A tree of files, addressed by paths relative to its base; what it returns are URIs that engines may open."""

    @abstractmethod
    def get_path(self, path: str) -> str:
        """Return the URI of `path`; ConnectionError when it leaves the connection's base."""

    @abstractmethod
    def files(self, path: str, *, extensions: Iterable[str] = ()) -> tuple[FileStamp, ...]:
        """Return the files of `path`, sorted: one file, a pattern (`**`, `*`, `?`, `[…]`), or a folder's.

        extensions: those that count in a folder, compressed or not; all when empty. In folders names that begin
        with a dot or an underscore don't count; files still being written never do.
        Raises SourceNotFoundError when there are none.
        """

    def entries(self, folder: str = "") -> tuple[str, ...]:
        """Return what is directly in a folder, sorted, folders with a slash; () where asking would take long.

        Hidden ones are left out, and what goes beyond some thousands. Raises ConnectionError as `files` does.
        """
        return ()

    @abstractmethod
    def exists(self, path: str) -> bool: ...

    @abstractmethod
    def open(self, uri: str, mode: Literal["rb", "wb"] = "rb") -> BinaryIO:
        """Open a URI that came from this connection."""

    @abstractmethod
    def replacing(self, path: str) -> AbstractContextManager[str]:
        """Yield the URI of a new file; at the end it takes the place of `path` at once, or on any error vanishes.

        Raises ConnectionError when the target can't be written.
        """

    def filesystem(self) -> Any | None:
        """Return an fsspec file system through which engines open the URIs, or None when they can by themselves."""
        return None

    def read_error(self, path: str, error: OSError) -> ConnectionError:
        """Return what kept `path` from being read, with what to do."""
        remedy = _READ_REMEDIES.get(error.errno or 0)
        return ConnectionError(f"'{_short(path)}' can't be read: {error.strerror or error}", hint=remedy)

    def write_error(self, path: str, error: Exception) -> ConnectionError:
        """Return what kept an engine from writing `path`, with what to do."""
        reason, remedy = _reason(error)
        where = f"connection '{self.name}'" if self.name else "the connection"
        return ConnectionError(f"'{_short(path)}' can't be written through {where}: {reason}", hint=remedy)


def _reason(error: Exception) -> tuple[str, str | None]:
    # Engines put the system's words into messages of their own, among much that helps nobody.
    own = [error.errno] if isinstance(error, OSError) else []
    told = [code for code in _REMEDIES if os.strerror(code) in str(error)]
    code = next((code for code in [*own, *told] if code in _REMEDIES), None)
    if code is not None:
        return os.strerror(code), _REMEDIES[code]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror, None
    return str(error).splitlines()[0] if str(error) else type(error).__name__, None


def _short(path: str) -> str:
    return path if len(path) <= _SHOWN_PATH else f"{path[: _SHOWN_PATH - 1]}…"
