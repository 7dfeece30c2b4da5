"""Relative paths as they are to be written from another folder, so that the same files are meant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odibi_nb.exceptions import ConfigValidationError, OdibiException
from odibi_nb.sql import analyze
from odibi_nb.sql.rooting import moved

__all__ = ["Move"]


@dataclass(frozen=True, slots=True)
class Move:
    """From one folder to another. variables: the project's, for `${vars.x}` in paths."""

    root: Path
    folder: Path
    variables: Mapping[str, Any]

    def path(self, path: str) -> str:
        """Return a path from `root` as one from `folder`; absolute ones stay."""
        if Path(path).expanduser().is_absolute():
            return path
        return Path(os.path.relpath(self.root / path, self.folder)).as_posix()

    def written_path(self, text: str, key: str) -> str:
        """Return a path that may hold references, which stay.

        Raises ConfigValidationError where it can't be told whether it is relative: a variable that isn't set.
        """
        if "${" not in text:
            return self.path(text)
        from odibi_nb.project_file import substitute

        try:
            resolved = str(substitute({key: text}, self.variables)[key])
        except OdibiException as exc:
            hint = f"set the variables in it for the export, or write the path out: {text}"
            raise ConfigValidationError(f"where '{key}' lies can't be told: {exc.message}", hint=hint) from exc
        if Path(resolved).expanduser().is_absolute():
            return text
        way = Path(os.path.relpath(self.root, self.folder)).as_posix()
        return f"{way}/{text.removeprefix('./')}"

    def sql(self, text: str) -> str:
        """Return a statement in which the file literals mean the same files."""
        return moved(text, analyze(text), self.path)

    def project(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """Return a project's data with the folders in it as they are written from `folder`."""
        data = self._with_spill(written)
        if isinstance(data.get("connections"), Mapping):
            data["connections"] = {name: self._connection(name, one) for name, one in data["connections"].items()}
        if isinstance(data.get("environments"), Mapping):
            overlays = data["environments"].items()
            data["environments"] = {name: self.overlay(one) for name, one in overlays}
        return data

    def _with_spill(self, written: Mapping[str, Any]) -> dict[str, Any]:
        settings: Any = written.get("settings")
        duckdb: Any = settings.get("duckdb") if isinstance(settings, Mapping) else None
        spill = duckdb.get("temp_directory") if isinstance(duckdb, Mapping) else None
        if not isinstance(spill, str) or not spill:
            return dict(written)
        moved = self.written_path(spill, "settings.duckdb.temp_directory")
        return {**written, "settings": {**settings, "duckdb": {**duckdb, "temp_directory": moved}}}

    def overlay(self, written: Any) -> Any:
        """Return an environment's data; what it doesn't say of a connection stays unsaid."""
        if not isinstance(written, Mapping):
            return written
        written = self._with_spill(written)
        if not isinstance(written.get("connections"), Mapping):
            return written
        moved = {
            name: {**one, "base_path": self.written_path(one["base_path"], f"connections.{name}.base_path")}
            if isinstance(one, Mapping) and isinstance(one.get("base_path"), str)
            else one
            for name, one in written["connections"].items()
        }
        return {**written, "connections": moved}

    def _connection(self, name: str, written: Any) -> Any:
        if not isinstance(written, Mapping) or written.get("type") != "local":
            return written
        from odibi_nb.config import LocalConnectionConfig

        path = str(written.get("base_path", LocalConnectionConfig().base_path))
        return {**written, "base_path": self.written_path(path, f"connections.{name}.base_path")}
