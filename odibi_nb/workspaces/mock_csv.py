"""A few lines of CSV, as people write them into a cell: comma, double quotes, a header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from odibi_nb.exceptions import ValidationError

__all__ = ["CsvRow", "read_csv"]

# Blanks around a field are there for the eye; within quotes they count.
_FIELD = re.compile(r'[ \t]*(?:"((?:[^"]|"")*)"|([^,"\n]*?))[ \t]*(,|\n|\Z)')


class CsvRow(NamedTuple):
    """A row: its line in the text, counted from 0, and its values; None where nothing stands."""

    line: int
    values: Sequence[str | None]


def read_csv(text: str) -> list[CsvRow]:
    """Return the header and the rows; blank lines are left out, "" is an empty text.

    Raises ValidationError, with the 1-based line, for a quote that isn't closed or stands in the middle.
    """
    return [row for row in _rows(text.replace("\r\n", "\n")) if row.values != [None]]


def _rows(text: str) -> Iterator[CsvRow]:
    at, first, values = 0, 0, list[str | None]()
    while True:
        found = _FIELD.match(text, at)
        if found is None:
            line = text.count("\n", 0, at) + 1
            raise ValidationError("a quote opens or closes within a field", hint='write "say ""x"""', line=line)
        quoted, plain, end = found.groups()
        values.append((plain or None) if quoted is None else quoted.replace('""', '"'))
        at = found.end()
        if end == ",":
            continue
        yield CsvRow(text.count("\n", 0, first), values)
        if not end:
            return
        first, values = at, []
