"""A node's target as a text, and the version of the file that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odibi_nb.exceptions import OdibiException

if TYPE_CHECKING:
    from odibi_nb.engine.base import Target

__all__ = ["target_stamp", "target_text"]


def target_text(target: Target) -> str:
    """Return where and how a target is written: another text whenever the file would be another."""
    place = target.connection.get_path(target.path)
    return repr((place, target.format.name, target.mode, target.keys, sorted(target.options.items(), key=str)))


def target_stamp(target: Target) -> object:
    """Return what tells the version of the target's file; None when there is none."""
    try:
        return [(stamp.uri, stamp.size_bytes, stamp.modified_ns) for stamp in target.connection.files(target.path)]
    except OdibiException:  # not there, or not to be reached: the write will tell
        return None
