"""The text of a `%%odibi_project` cell, as the project it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import ConfigValidationError, OdibiException, UsageError

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.project_file import YamlDocument
    from odibi_nb.workspaces.declared import CellOrigin

__all__ = ["KEYS_OF_FILES", "project_of_cell", "written_project"]

KEYS_OF_FILES = ("pipelines", "imports", "mocks", "tests")
"""What only a file can say: a notebook's nodes are its cells."""

_NODES = "each node is a cell"
_CELLS = {"mocks": "mocks are cells: %%odibi_mock NODE", "tests": "each test is a cell: %%odibi_test NODE TEST"}


def written_project(text: str) -> Mapping[str, Any] | None:
    """Return what a cell says, with its references as they are written; None where it can't be read."""
    from odibi_nb.project_file import parse_yaml

    try:
        data = parse_yaml(text).data
    except ConfigValidationError:  # which reading it as a project tells
        return None
    return data if isinstance(data, Mapping) else {}


def project_of_cell(
    text: str, origin: CellOrigin, env: str | None = None, *, line: str = "", magic_line: int = 1
) -> ProjectConfig:
    """Return what a `%%odibi_project` cell says; raises ConfigValidationError at its line.

    text: below the magic. env: which of its `environments` to lay over the rest. line: what follows the magic's name,
    which should be nothing.
    """
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.settings import refuse_wrong_settings
    from odibi_nb.project_file import YamlDocument, build, parse_yaml, resolved, with_environment

    if line.strip():
        raise UsageError(
            f"%%odibi_project takes nothing on its line, not '{line.strip()}'",
            hint="the project's keys stand below, in YAML",
            **origin.place().locate(magic_line),
        )
    try:
        written = parse_yaml(text, cell=origin.label, first_line=magic_line + 1)
        _refuse_keys_of_files(written)
        document = YamlDocument(with_environment(written.tree, env))
        project = build(ProjectConfig, resolved(document), locate=document.place)
        refuse_wrong_settings(project.settings.duckdb, document.place)
    except OdibiException as exc:
        raise exc.at(**origin.place().locate(exc.where.line)) from exc.__cause__
    return project


def _refuse_keys_of_files(document: YamlDocument) -> None:
    data = document.data
    if not isinstance(data, Mapping):
        hint = "connections: {local: {type: local}}"
        raise ConfigValidationError("a project is a mapping of its keys", hint=hint, **document.place())
    environments = data.get("environments")
    overlays = environments if isinstance(environments, Mapping) else {}
    for path, said in [((), data), *((("environments", name), overlay) for name, overlay in overlays.items())]:
        for key in KEYS_OF_FILES:
            if isinstance(said, Mapping) and key in said:
                place = document.place([*path, key])
                raise ConfigValidationError(f"'{key}' is for project files", hint=_CELLS.get(key, _NODES), **place)
