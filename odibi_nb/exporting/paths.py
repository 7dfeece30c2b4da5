"""Relative paths as they are to be written from another folder, so that the same files are meant."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from odibi_nb.exceptions import ConfigValidationError, OdibiException
from odibi_nb.sql import analyze
from odibi_nb.sql.rooting import moved

__all__ = ["Move"]

# What begins with a variable of the environment: set, it says the whole path; else the default does.
_GIVEN = re.compile(r"(?P<head>\$\{(?:env:)?(?P<name>[^:.{}]+):-)(?P<default>[^{}]+)(?=\})")


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

    def written_path(self, text: str, key: str, others: Iterable[Mapping[str, Any]] = ()) -> str:
        """Return a path that may hold references, which stay.

        others: what `vars` may say instead, in other environments. Raises ConfigValidationError where it can't be told
        whether the path is relative, or where it is so only with some of them.
        """
        if "${" not in text:
            return self.path(text)
        if (given := _GIVEN.match(text)) is not None and not _is_relative(os.environ.get(given["name"])):
            return f"{given['head']}{self.path(given['default'])}{text[given.end('default') :]}"
        head = text.partition("${")[0].rpartition("/")[0]
        way = Path(os.path.relpath(self.root / head, self.folder)).as_posix()
        moved = f"{way}/{text.removeprefix(head).lstrip('/')}"
        while moved.endswith("/."):
            moved = moved.removesuffix("/.")
        if way == ".":
            return moved.removeprefix("./")
        kinds = {self._is_absolute(text, key, variables) for variables in (self.variables, *others)}
        if len(kinds) > 1:
            hint = "let each environment say the base_path of its connections itself, without vars"
            message = f"'{key}' is a relative path in one environment and an absolute one in another: {text}"
            raise ConfigValidationError(message, hint=hint)
        return text if kinds == {True} else moved

    def _is_absolute(self, text: str, key: str, variables: Mapping[str, Any]) -> bool:
        from odibi_nb.project_file import substitute

        try:
            resolved = str(substitute({key: text}, variables)[key])
        except OdibiException as exc:
            hint = f"set the variables in it for the export, or write the path out: {text}"
            raise ConfigValidationError(f"where '{key}' lies can't be told: {exc.message}", hint=hint) from exc
        return Path(resolved).expanduser().is_absolute()

    def sql(self, text: str) -> str:
        """Return a statement in which the file literals mean the same files."""
        return moved(text, analyze(text), self.path)

    def project(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """Return a project's data with the folders in it as they are written from `folder`."""
        own: Any = written.get("environments")
        overlays = own if isinstance(own, Mapping) else {}
        variables = {name: _variables(written, overlay) for name, overlay in overlays.items()}
        data = self._with_spill(written, [_variables(written, None), *variables.values()])
        if isinstance(data.get("connections"), Mapping):
            said = data["connections"].items()
            data["connections"] = {
                name: self._connection(
                    name, one, [_variables(written, None), *(variables[env] for env in _taking(overlays, name))]
                )
                for name, one in said
            }
        if overlays:
            data["environments"] = {name: self.overlay(one, variables[name]) for name, one in overlays.items()}
        return data

    def _with_spill(self, written: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        settings: Any = written.get("settings")
        duckdb: Any = settings.get("duckdb") if isinstance(settings, Mapping) else None
        spill = duckdb.get("temp_directory") if isinstance(duckdb, Mapping) else None
        if not isinstance(spill, str) or not spill:
            return dict(written)
        moved = self.written_path(spill, "settings.duckdb.temp_directory", others)
        return {**written, "settings": {**settings, "duckdb": {**duckdb, "temp_directory": moved}}}

    def overlay(self, written: Any, variables: Mapping[str, Any] | None = None) -> Any:
        """Return an environment's data; what it doesn't say of a connection stays unsaid.

        variables: those of the environment.
        """
        if not isinstance(written, Mapping):
            return written
        own = self if variables is None else replace(self, variables=variables)
        written = own._with_spill(written, ())
        if not isinstance(written.get("connections"), Mapping):
            return written
        moved = {
            name: {**one, "base_path": own.written_path(one["base_path"], f"connections.{name}.base_path")}
            if isinstance(one, Mapping) and isinstance(one.get("base_path"), str)
            else one
            for name, one in written["connections"].items()
        }
        return {**written, "connections": moved}

    def _connection(self, name: str, written: Any, others: Iterable[Mapping[str, Any]]) -> Any:
        if not isinstance(written, Mapping) or written.get("type") != "local":
            return written
        from odibi_nb.config import LocalConnectionConfig

        path = str(written.get("base_path", LocalConnectionConfig().base_path))
        return {**written, "base_path": self.written_path(path, f"connections.{name}.base_path", others)}


def _is_relative(path: str | None) -> bool:
    return bool(path) and not Path(path or "").expanduser().is_absolute()


def _variables(written: Mapping[str, Any], overlay: Any) -> dict[str, Any]:
    """Return what `vars` says in an environment, its references not resolved."""
    said = [one.get("vars") for one in (written, overlay) if isinstance(one, Mapping)]
    return {name: value for one in said if isinstance(one, Mapping) for name, value in one.items()}


def _taking(overlays: Mapping[str, Any], connection: str) -> Iterator[str]:
    """Yield the environments that take over where a connection lies."""
    for name, overlay in overlays.items():
        connections: Any = overlay.get("connections") if isinstance(overlay, Mapping) else None
        own: Any = connections.get(connection) if isinstance(connections, Mapping) else None
        if not isinstance(own, Mapping) or "base_path" not in own:
            yield name
