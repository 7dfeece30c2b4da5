"""A notebook as a project folder: YAML, SQL files and a module, which run without it."""

from __future__ import annotations

from odibi_nb.exporting.folder import Exported, export
from odibi_nb.exporting.placing import FileChange

__all__ = ["Exported", "FileChange", "export"]
