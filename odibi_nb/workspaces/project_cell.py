"""The text of a `%%odibi_project` cell, as the project it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import ConfigValidationError, OdibiException, UsageError

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.workspaces.declared import CellOrigin

__all__ = ["KEYS_OF_FILES", "project_of_cell", "written_project"]

KEYS_OF_FILES = ("pipelines", "imports", "environments", "mocks", "tests")
"""What only a file can say: a notebook's nodes are its cells."""


_NODES = "each node is a cell"
_CELLS = {"mocks": "mocks are cells: %%odibi_mock NODE", "tests": "each test is a cell: %%odibi_test NODE TEST"}


def written_project(text: str) -> Mapping[str, Any]:
    """Return what a cell that can be read says, with its references as they are written."""
    from odibi_nb.project_file import parse_yaml

    return parse_yaml(text).data or {}


def project_of_cell(text: str, origin: CellOrigin, *, line: str = "", magic_line: int = 1) -> ProjectConfig:
    """Return what a `%%odibi_project` cell says; raises ConfigValidationError at its line.

    text: below the magic. line: what follows the magic's name, which should be nothing.
    """
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.settings import refuse_wrong_settings
    from odibi_nb.project_file import build, parse_yaml, substitute

    if line.strip():
        raise UsageError(
            f"%%odibi_project takes nothing on its line, not '{line.strip()}'",
            hint="the project's keys stand below, in YAML",
            **origin.place().locate(magic_line),
        )
    try:
        document = parse_yaml(text, cell=origin.label, first_line=magic_line + 1)
        data = document.data if document.data is not None else {}
        if not isinstance(data, Mapping):
            raise ConfigValidationError(
                "a project is a mapping of its keys", hint="connections: {local: {type: local}}", **document.place()
            )
        for key in KEYS_OF_FILES:
            if key in data:
                place = document.place([key])
                raise ConfigValidationError(f"'{key}' is for project files", hint=_CELLS.get(key, _NODES), **place)
        variables = data.get("vars")
        resolved = substitute(data, variables if isinstance(variables, Mapping) else {}, locate=document.place)
        project = build(ProjectConfig, resolved, locate=document.place)
        refuse_wrong_settings(project.settings.duckdb, document.place)
    except OdibiException as exc:
        raise exc.at(**origin.place().locate(exc.where.line)) from exc.__cause__
    return project
