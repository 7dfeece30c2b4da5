"""Names and texts as SQL."""

from __future__ import annotations

__all__ = ["quote_name", "quote_text"]


def quote_name(name: str) -> str:
    """Return `name` as an identifier, always in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(value: str) -> str:
    """Return `value` as a text literal."""
    return "'" + value.replace("'", "''") + "'"
