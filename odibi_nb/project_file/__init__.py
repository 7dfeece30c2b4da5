"""Project files: YAML text → located data → models of the dialect, with errors at the line."""

from __future__ import annotations

from odibi_nb.project_file.building import build
from odibi_nb.project_file.environments import chosen_environment, resolved, unknown_environment, with_environment
from odibi_nb.project_file.loading import FILE_NAMES, LoadedProject, load_project
from odibi_nb.project_file.reading import parse_yaml
from odibi_nb.project_file.references import substitute
from odibi_nb.project_file.tree import TextPlace, YamlDocument, key_text
from odibi_nb.project_file.writing import yaml_text

__all__ = [
    "FILE_NAMES",
    "LoadedProject",
    "TextPlace",
    "YamlDocument",
    "build",
    "chosen_environment",
    "key_text",
    "load_project",
    "parse_yaml",
    "resolved",
    "substitute",
    "unknown_environment",
    "with_environment",
    "yaml_text",
]
