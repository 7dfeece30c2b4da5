"""Notebooks that have cells in common: a copy keeps the ids of its cells."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["copies_of", "notebooks_in"]


def copies_of(file: Path) -> list[Path]:
    """Return the notebooks beside a notebook that have most of the ids of its cells, or whose own are mostly there."""
    ids = _ids(file)
    return [other for other in notebooks_in(file.parent) if other.name != file.name and _are_alike(ids, _ids(other))]


def notebooks_in(folder: Path) -> list[Path]:
    """Return the notebooks of a folder, by name."""
    return sorted(path for path in folder.glob("*.ipynb") if path.is_file())


def _are_alike(ids: set[str], others: set[str]) -> bool:
    return 2 * len(ids & others) > min(len(ids), len(others))


def _ids(file: Path) -> set[str]:
    try:
        return {cell["id"] for cell in json.loads(file.read_bytes())["cells"] if "id" in cell}
    except (OSError, ValueError, KeyError, TypeError):  # nobody's cells, as long as it can't be read
        return set()
