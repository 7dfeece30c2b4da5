"""Relative paths of a project, as they are written from the folder of its notebook."""

from __future__ import annotations

from odibi_nb.exceptions import OdibiException
from odibi_nb.exporting.paths import Move

__all__ = ["Move", "is_elsewhere", "moved_sql"]


def is_elsewhere(move: Move) -> bool:
    """Whether the notebook stands in another folder than the project."""
    return move.root != move.folder


def moved_sql(move: Move, text: str) -> str:
    """Return a statement whose file literals mean the same files; as it is, where it can't be read.

    The project's own check says what is wrong with it; references make one readable only once they are resolved.
    """
    if not is_elsewhere(move):
        return text
    try:
        return move.sql(text)
    except OdibiException:
        return text
