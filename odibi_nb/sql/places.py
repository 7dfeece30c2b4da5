"""Errors at a place of an SQL text."""

from __future__ import annotations

import re

from odibi_nb.exceptions import TransformError
from odibi_nb.sql.tokens import position

__all__ = ["blanked", "error_at", "source_line"]

_VISIBLE = re.compile(r"[^\r\n\t]")


def blanked(text: str) -> str:
    """Return as many blanks as `text` has characters, with its lines."""
    return _VISIBLE.sub(" ", text)


def error_at(text: str, offset: int, message: str, *, hint: str | None = None) -> TransformError:
    """Return an error that points at an offset of `text`."""
    line, column = position(text, offset)
    return TransformError(message, hint=hint, line=line, column=column, source=source_line(text, line))


def source_line(text: str, line: int) -> str | None:
    """Return a 1-based line of `text`, or None beyond its end."""
    lines = text.split("\n")
    return lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else None
