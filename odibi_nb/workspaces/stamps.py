"""What tells one version of a source file from another: size and time, or on request its bytes."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING
from uuid import uuid4

from odibi_nb.engine.watch import literal_stamps
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.overlap import Read, literals_of, sources_of
from odibi_nb.runner.tasks import NodeTask

if TYPE_CHECKING:
    from odibi_nb.connections.base import FileStamp
    from odibi_nb.engine.base import Source

__all__ = ["StampLook", "Stamps"]

_CHUNK_BYTES = 1 << 20


class Stamps:
    """Versions of source files.

    by_content: files are told apart by their bytes; one whose size and time are as before isn't read again.
    """

    def __init__(self) -> None:
        self.by_content = False
        self._contents: dict[FileStamp, str] = {}

    def look(self) -> StampLook:
        """Return one look at files, in which each is asked for once."""
        return StampLook(self)

    def of_files(self, files: Iterable[FileStamp], source: Source) -> list[tuple[object, ...]]:
        """Return what tells the version of each file of a source."""
        if self.by_content:
            return [(stamp.uri, self.content(stamp, source)) for stamp in files]
        return [(stamp.uri, stamp.size_bytes, stamp.modified_ns) for stamp in files]

    def content(self, stamp: FileStamp, source: Source) -> str:
        """Return the digest of a file's bytes."""
        if stamp not in self._contents:
            digest = blake2b(digest_size=16)
            with source.connection.open(stamp.uri) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
            self._contents[stamp] = digest.hexdigest()
        return self._contents[stamp]


class StampLook:
    """The files at one moment."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps
        self._seen: dict[tuple[int, str], object] = {}
        self._later: dict[str, dict[str, object]] = {}

    def of(self, task: NodeTask) -> dict[str, object]:
        """Return, for each path that a task reads, what tells its version."""
        reads: list[Read] = [*sources_of(task), *literals_of(task)]
        return {_named(read): self._once(read) for read in reads} | self._later.get(task.name, {})

    def look_again(self, name: str, reads: Iterable[Read]) -> None:
        """Take for one node files as they are now: a run has just written them, and the node will read them so."""
        now = StampLook(self._stamps)
        self._later.setdefault(name, {}).update({_named(read): now._once(read) for read in reads})

    def note_changed(self, tasks: Iterable[NodeTask]) -> None:
        """Tell files that are others by now from all their versions: which one these tasks have read isn't known."""
        now = StampLook(self._stamps)
        for task in tasks:
            seen = self.of(task)
            changed = [path for path, version in now.of(task).items() if seen[path] != version]
            for path in changed:
                self._later.setdefault(task.name, {})[path] = f"changed while it was read {uuid4().hex}"

    def _once(self, read: Read) -> object:
        key = (0, read) if isinstance(read, str) else (id(read.connection), f"{read.format.name} {read.path}")
        if key not in self._seen:
            self._seen[key] = literal_stamps(read) if isinstance(read, str) else self._stamped(read)
        return self._seen[key]

    def _stamped(self, source: Source) -> object:
        try:
            return self._stamps.of_files(source.files(), source)
        except OdibiException as exc:  # the run will say it; here the file is just another one than before
            return exc.message


def _named(read: Read) -> str:
    return read if isinstance(read, str) else f"{read.connection.name}:{read.path}"
