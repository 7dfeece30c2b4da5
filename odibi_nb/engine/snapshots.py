"""Source files that were parsed before: what an engine asks, and is told by whoever keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from odibi_nb.engine.watch import Watched
from odibi_nb.exceptions import OdibiException, SourceNotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from odibi_nb.connections.base import FileStamp
    from odibi_nb.engine.base import Dataset, Source
    from odibi_nb.engine.schema import Schema

__all__ = ["NoSnapshots", "Snapshot", "Snapshots"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of a source's files.

    name: of the source, as people know it. path: a file as `Engine.save` writes it. notes: of the dataset that was
    parsed. held: lives as long as the rows are read.
    """

    name: str
    path: Path
    schema: Schema
    rows: int
    notes: tuple[str, ...] = ()
    held: object = None

    @property
    def watched(self) -> Watched:
        """The file, which nobody should change."""
        return Watched.stored(self.path, f"the stored rows of {self.name}")

    def explain(self, error: Exception) -> OdibiException | None:
        """Return what an error of reading the file means; None when it isn't about it."""
        if self.path.exists() or str(self.path) not in str(error):
            return None
        return SourceNotFoundError(
            f"the stored rows of '{self.name}' were removed while they were in use",
            hint="run again: the file itself is read then",
            file=str(self.path),
        )


class Snapshots(Protocol):
    """Keeps what was parsed.

    files: what there is of the source now.
    """

    def find(self, source: Source, files: Sequence[FileStamp]) -> Snapshot | None:
        """Return the rows of exactly these files, read in this way; None where they aren't kept."""

    def note_parsed(self, source: Source, files: Sequence[FileStamp], data: Dataset) -> None:
        """Take note of a dataset that was, or if it is lazy will be, parsed from files."""


class NoSnapshots:
    """Keeps nothing."""

    def find(self, source: Source, files: Sequence[FileStamp]) -> Snapshot | None:
        return None

    def note_parsed(self, source: Source, files: Sequence[FileStamp], data: Dataset) -> None:
        return
