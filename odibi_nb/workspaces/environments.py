"""Which environment a workspace's project is taken for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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

    @property
    def name(self) -> str | None:
        if self._chosen is not None:
            return self._chosen[0]
        from odibi_nb.project_file import chosen_environment

        return chosen_environment()

    @name.setter
    def name(self, name: str | None) -> None:
        self._chosen = (name,)

    def take(self, project_for: ProjectFor) -> ProjectConfig:
        """Configure the workspace by a project as it is in the present environment, and return it."""
        project = project_for(self.name)
        self._configure(project)
        self.project_for = project_for
        return project

    def choose(self, name: str | None) -> None:
        """Let another environment hold, now and for projects that come later; raises for one that isn't known."""
        read, before = self.project_for, self.name
        self.name = name
        try:
            if read is not None:
                self.take(read)
        except OdibiException:
            self.name = before
            raise

    def clear(self) -> None:
        """Forget the project."""
        self._chosen = self.project_for = None
