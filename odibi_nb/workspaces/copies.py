"""Notebooks that have cells in common: a copy keeps the ids of its cells."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["copies_of", "notebooks_in"]

_ID = re.compile(rb'"id":\s*"([^"]+)"')


def copies_of(file: Path) -> list[Path]:
    """Return the notebooks beside a notebook that have cells of the same ids; read as bytes, outputs may be large."""
    ids = _ids(file)
    return [other for other in notebooks_in(file.parent) if other.name != file.name and ids & _ids(other)]


def notebooks_in(folder: Path) -> list[Path]:
    """Return the notebooks of a folder, by name."""
    return sorted(path for path in folder.glob("*.ipynb") if path.is_file())


def _ids(file: Path) -> set[bytes]:
    try:
        return set(_ID.findall(file.read_bytes()))
    except OSError:  # nobody's cells, as long as it can't be read
        return set()
