"""The files of stories, where a project wants them: a folder, or a place in a bucket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from odibi_nb.exceptions import OdibiException
from odibi_nb.pipeline.story_place import stamp

if TYPE_CHECKING:
    from odibi_nb.pipeline.story_place import StoryPlace

__all__ = ["INDEX", "StoryFiles", "twin"]

INDEX = "index.html"
_NAME = re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{8}\.html")


class StoryFiles:
    """The stories in a place; each has two files of one name."""

    def __init__(self, place: StoryPlace) -> None:
        self._place, self._connection, self._config = place, place.connection, place.config

    def write(self, name: str, text: str) -> None:
        """Write a file, whole or not at all; raises ConnectionError."""
        with (
            self._connection.replacing(self._place.inner(name)) as uri,
            self._connection.open(uri, "wb") as file,
        ):
            file.write(text.encode("utf-8", "replace"))

    def read(self, path: str) -> str:
        """Return the text of a file, by its path or URI; raises OSError where there is none."""
        with self._connection.open(path) as file:
            return file.read().decode("utf-8")

    def clear_up(self) -> list[str]:
        """Remove stories that are too old, or too many; return the paths of their pages. The newest one stays."""
        return [self._place.path(name) for name in self._unwanted() if self._remove(name) and self._remove(twin(name))]

    def _unwanted(self) -> Iterator[str]:
        days, most = self._config.retention_days, self._config.retention_count
        oldest = stamp(datetime.now(UTC) - timedelta(days=days)) if days is not None else ""
        entries = self._connection.entries(self._place.folder)
        names = sorted((name for name in entries if _NAME.fullmatch(name)), reverse=True)
        for number, name in enumerate(names):
            if number and (name < oldest or (most is not None and number >= most)):
                yield name

    def _remove(self, name: str) -> bool:
        """Remove a file; False where it can't be: the next run tries again."""
        path, remote = self._place.path(name), self._connection.filesystem()
        try:
            remote.rm(path) if remote is not None else Path(path).unlink()
        except FileNotFoundError:  # by somebody else
            return True
        except (OSError, OdibiException):
            return False
        return True


def twin(name: str) -> str:
    """Return the name of a page's JSON."""
    return f"{name.removesuffix('.html')}.json"
