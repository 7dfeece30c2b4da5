"""Relative paths, so written that they mean the same files from another folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.sql import analyze
from odibi_nb.sql.quote import quote_text

__all__ = ["Move", "is_relative"]

_DEFAULT = "./data"


@dataclass(frozen=True, slots=True)
class Move:
    """From the folder that paths start at to the one they are to start at."""

    old: Path
    new: Path

    @property
    def is_none(self) -> bool:
        return self.old == self.new

    def path(self, path: str) -> str:
        """Return a path as it is written from the new folder; the texts of `${…}` stay as they are."""
        if self.is_none or not is_relative(path):
            return path
        if path.startswith("${"):
            raise UsageError(
                f"where '{path}' leads from another folder can't be told",
                hint=f"let the notebook stand beside the project, in {self.old}",
            )
        folder = Path(os.path.relpath(self.old, self.new)).as_posix()
        written = "/".join([folder, *PurePosixPath(path).parts])
        return written if "${" in path else _dotted(os.path.normpath(written))

    def sql(self, text: str) -> str:
        """Return a statement with its relative file literals as they are written from the new folder."""
        if self.is_none:
            return text
        try:
            facts = analyze(text)
        except OdibiException:  # the project's own check says what is wrong with it
            return text
        spans = [(*span, file.path) for file in facts.files if is_relative(file.path) for span in file.spans]
        for start, end, path in sorted(spans, reverse=True):
            text = f"{text[:start]}{quote_text(self.path(path))}{text[end:]}"
        return text

    def connections(self, connections: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of connections with `base_path`s from the new folder."""
        return {name: self._connection(settings) for name, settings in connections.items()}

    def _connection(self, settings: Any) -> Any:
        is_local = isinstance(settings, dict) and settings.get("type") == "local"
        base = settings.get("base_path", _DEFAULT) if is_local else None
        if self.is_none or not isinstance(base, str):
            return settings
        return {**settings, "base_path": self.path(base)}


def is_relative(path: str) -> bool:
    """Whether a path starts at a folder, and not at a root, a home or a URL's host."""
    return "://" not in path and not path.startswith("~") and not Path(path).is_absolute()


def _dotted(path: str) -> str:
    posix = Path(path).as_posix()
    return posix if posix.startswith("..") else f"./{posix}"
