"""Files of rows, each under the digest of its bytes: what a name promises can be checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple, Self
from uuid import uuid4

from odibi_nb.store.locks import share, take
from odibi_nb.store.records import TEMPORARY, unfinished

__all__ = ["Held", "Object", "Objects"]

_SUFFIX = ".parquet"


class Object(NamedTuple):
    """A file of rows by its digest."""

    digest: str
    size_bytes: int


class Held:
    """A file that stays as long as this lives: nobody who makes room takes it away, in this process or another."""

    def __init__(self, path: Path, file: BufferedReader) -> None:
        self.path, self._file = path, file

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """Return a hold on a file; None where it is gone."""
        try:
            file = path.open("rb")
            share(file)
            return cls(path, file) if os.path.samestat(path.stat(), os.fstat(file.fileno())) else None
        except OSError:
            return None

    def matches(self, digest: str) -> bool:
        """Whether every byte of the file is as it was written."""
        self._file.seek(0)
        return _digest_of(self._file) == digest


class Objects:
    """The files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, write: Callable[[Path], None]) -> Object:
        """Keep the file that `write` makes; equal files are kept once. Raises what `write` raises, and OSError.

        Nobody waits for the disk: should the machine go down before the bytes are there, the digest tells.
        """
        with unfinished(self._folder / "new") as made:
            write(made)
            with made.open("rb") as file:
                kept = Object(_digest_of(file), os.fstat(file.fileno()).st_size)
            if not self.has(kept):  # the one that is there may be held
                path = self.path(kept.digest)
                path.parent.mkdir(exist_ok=True)
                made.replace(path)
        return kept

    def new(self) -> Path:
        """Return the path of a file that is still to be written; `sweep` removes it once this process is gone."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"rows.{os.getpid()}.{uuid4().hex}{TEMPORARY}"

    def path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}{_SUFFIX}"

    def has(self, kept: Object) -> bool:
        """Whether a file is there in its full length; its bytes are for `hold` to check."""
        try:
            return self.path(kept.digest).stat().st_size == kept.size_bytes
        except OSError:
            return False

    def hold(self, kept: Object) -> Held | None:
        """Return a hold on a file whose bytes are those that were kept; None, and it is gone, where they aren't."""
        held = Held.of(self.path(kept.digest))
        if held is not None and not held.matches(kept.digest):
            held.path.unlink(missing_ok=True)
            return None
        return held

    def remove(self, digest: str) -> None:
        """Remove a file, unless somebody holds it."""
        path = self.path(digest)
        with suppress(OSError), path.open("rb") as file:  # else it is gone already
            if take(file):
                path.unlink()

    def __iter__(self) -> Iterator[Object]:
        for path in self._folder.glob(f"*/*{_SUFFIX}"):
            with suppress(OSError):
                yield Object(path.stem, path.stat().st_size)


def _digest_of(file: BufferedReader) -> str:
    return file_digest(file, "blake2b").hexdigest()[:32]
