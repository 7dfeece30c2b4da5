"""What the extension of JupyterLab asks of the kernel: a cell with its SQL laid out anew."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from odibi_nb.cells.body import split_header
from odibi_nb.cells.language import detect_language
from odibi_nb.cells.magics import CellMagic, find_magic
from odibi_nb.cells.options import parse_node_line
from odibi_nb.exceptions import OdibiException, UsageError

__all__ = ["FormattedCell", "format_cell"]

_NAMES = {"python": "Python", "yaml": "YAML"}
_WITH_SQL = ("odibi_expect", "odibi_node", "odibi_sql")


class FormattedCell(NamedTuple):
    """The cell's new text, or an error's text."""

    text: str | None = None
    error: str | None = None

    def _repr_json_(self) -> dict[str, str | None]:
        return self._asdict()


def format_cell(text: str) -> FormattedCell:
    """Lay out the SQL of a cell; its magic's line, YAML header and blank lines stay. Nothing is run or declared."""
    try:
        return FormattedCell(text=_formatted(text))
    except OdibiException as exc:
        return FormattedCell(error=str(exc))


def _formatted(text: str) -> str:
    from odibi_nb.sql.formatting import format_sql

    body, first = _sql(find_magic(text))
    above = text.split("\n")[: first - 1]
    end = len("".join(f"{line}\n" for line in above)) + len(body)
    try:
        return "\n".join([*above, format_sql(body)]) + text[end:].lstrip(" \t")
    except OdibiException as exc:
        if exc.where.line is not None:
            exc.where = replace(exc.where, line=exc.where.line + first - 1)
        raise


def _sql(magic: CellMagic | None) -> tuple[str, int]:
    """Return the SQL of a cell, and the line on which it begins; raise UsageError where it has none."""
    if magic is None or magic.name not in _WITH_SQL:
        names = ", ".join(f"%%{name}" for name in _WITH_SQL)
        raise UsageError("there is no SQL of a node in this cell", hint=f"cells with SQL begin with {names}")
    if magic.name != "odibi_node":
        return magic.body.rstrip(), magic.magic_line + 1
    split = split_header(magic.body, first_line=magic.magic_line + 1)
    language = detect_language(split.body, parse_node_line(magic.line).lang)
    if language != "sql":
        written = "has no body" if language == "none" else f"is written in {_NAMES[language]}"
        raise UsageError(f"this cell {written}: there is no SQL to format", hint="--lang sql says that a body is SQL")
    return split.body, split.body_line
