"""What a check of `doctor` comes to."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

__all__ = ["Finding", "State", "look_at_folder", "version_of"]

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. warn: works, with something missing. fix: a command or a sentence."""

    name: str
    state: State
    detail: str
    fix: str = ""


def look_at_folder(name: str, folder: Path, otherwise: State) -> Finding:
    """Say whether files can be made in a folder; for one that isn't there yet, in what would hold it."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return Finding(name, "ok", str(folder))
    except OSError as exc:
        return Finding(name, otherwise, f"{there}: {exc.strerror}", f"make {there} a folder where you may write")


def version_of(package: str) -> str | None:
    """Return the version of an installed package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
