"""Which environment a workspace's project is taken for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig

__all__ = ["Environments", "ProjectFor"]

ProjectFor = Callable[[str | None], "ProjectConfig"]
"""Gives the project with the overlay of a name laid over it."""


class Environments:
    """The name of the environment, and the project as it is in any other.

    configure: the workspace's. name: at first what the variable `ODIBI_NB_ENV` says; None: no overlay.
    """

    def __init__(self, configure: Callable[[ProjectConfig], None]) -> None:
        self._configure = configure
        self._chosen: tuple[str | None] | None = None
        self.project_for: ProjectFor | None = None
        self._written: Mapping[str, Any] | None = None

    @property
    def name(self) -> str | None:
        if self._chosen is not None:
            return self._chosen[0]
        from odibi_nb.project_file import chosen_environment

        return chosen_environment()

    @name.setter
    def name(self, name: str | None) -> None:
        self._chosen = (name,)

    @property
    def written(self) -> Mapping[str, Any] | None:
        """The project as its text says it, references and environments included; None where no text does."""
        return self._written if self.project_for is not None else None

    @written.setter
    def written(self, written: Mapping[str, Any] | None) -> None:
        self._written = written

    def take(self, project_for: ProjectFor, written: Mapping[str, Any] | None = None) -> ProjectConfig:
        """Configure the workspace by a project as it is in the present environment, and return it."""
        project = project_for(self.name)
        self._configure(project)
        self.project_for, self._written = project_for, written
        return project

    def choose(self, name: str | None) -> None:
        """Let another environment hold, now and for projects that come later; raises for one that isn't known."""
        read, before = self.project_for, self.name
        self.name = name
        try:
            if read is not None:
                self.take(read, self.written)
        except OdibiException:
            self.name = before
            raise

    def clear(self) -> None:
        """Forget the project."""
        self._chosen = self.project_for = None
