"""Where the stories of runs go, and what each is called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from odibi_nb.connections.base import FileConnection
from odibi_nb.connections.local import LocalConnection
from odibi_nb.exceptions import ConnectionError, did_you_mean  # noqa: A004

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig, StoryConfig
    from odibi_nb.connections import BaseConnection
    from odibi_nb.history import RunRecord

__all__ = ["StoryPlace", "place_of", "stamp", "story_place"]

_FOLDER = "stories"


class StoryPlace(NamedTuple):
    """A folder of stories, and how they are made; preview: whether rows may be in them."""

    connection: FileConnection
    folder: str
    config: StoryConfig
    preview: bool = True

    def name(self, run: RunRecord) -> str:
        """Return the name of a run's page; they sort by time."""
        return f"{stamp(datetime.fromtimestamp(run.started, UTC))}-{run.short_id}.html"

    def inner(self, name: str) -> str:
        """Return a file's path within the connection."""
        return f"{self.folder}/{name}" if self.folder else name

    def path(self, name: str) -> str:
        """Return where a file is, as a path or URI."""
        return self.connection.get_path(self.inner(name))


def stamp(when: datetime) -> str:
    """Return a time, to the millisecond, as a part of a name."""
    return f"{when:%Y%m%dT%H%M%S}{when.microsecond // 1000:03}Z"


def story_place(
    project: ProjectConfig | None, connections: Mapping[str, BaseConnection], folder: Path
) -> StoryPlace | None:
    """Return where a project's stories go, as `place_of` does; None where it wants none."""
    is_wanted = project is None or project.story is None or project.story.auto_generate
    return place_of(project, connections, folder) if is_wanted else None


def place_of(project: ProjectConfig | None, connections: Mapping[str, BaseConnection], folder: Path) -> StoryPlace:
    """Return the place of a project's stories: `.odibi`, the folder, unless it says another.

    Raises ConnectionError for a connection that isn't there, or holds no files, and for a path that leaves it.
    """
    from odibi_nb.config import StoryConfig  # looking at a project needs none of it

    config = (project.story if project is not None else None) or StoryConfig()
    connection = LocalConnection(folder, folder) if config.connection is None else connections.get(config.connection)
    if not isinstance(connection, FileConnection):
        hint = (
            did_you_mean(str(config.connection), connections)
            or "name one of `connections`, or none: they go into .odibi"
        )
        what = "is not configured" if connection is None else "holds no files"
        raise ConnectionError(f"story: connection '{config.connection}' {what}", hint=hint)
    shows = project is None or project.settings.preview != 0
    place = StoryPlace(connection, (config.path or _FOLDER).strip("/"), config, shows)
    place.path("index.html")
    return place
