"""Columns of a CSV whose type DuckDB guesses wrongly: NO is a country, not false; an id is no DOUBLE."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from importlib.metadata import version
from itertools import islice

from odibi_nb.formats.base import Opener
from odibi_nb.formats.csv_text import Dialect, open_text

__all__ = ["doubtful_columns"]

# As many as DuckDB looks at to tell types.
_ROWS = 20_480
_SURE = frozenset({"true", "false"})
_FLAGS = _SURE | {"yes", "no", "t", "f"}
_WHOLE = re.compile(r"[+-]?\d+")
_MOST = 2**63 - 1
# More of them tell nothing new, and Python reads no more than some thousands.
_DIGITS = 40


class _Column:
    """What the values of a column have been so far: flags, whole numbers, or (done) something else."""

    # DuckDB 2 takes a whole number beyond BIGINT for what it is, DuckDB 1 for a DOUBLE.
    _watch_numbers = version("duckdb").startswith("1.")

    def __init__(self) -> None:
        self._flags: set[str] | None = set()
        self._most: int | None = 0 if self._watch_numbers else None

    @property
    def done(self) -> bool:
        return self._flags is None and self._most is None

    def note(self, value: str) -> None:
        if self._flags is not None:
            self._flags.add(value.lower())
            if not self._flags <= _FLAGS:
                self._flags = None
        if self._most is not None:
            self._most = max(self._most, abs(int(value[:_DIGITS]))) if _WHOLE.fullmatch(value) else None

    def add(self, other: _Column) -> None:
        """Take in the same column of another file."""
        self._flags = None if self._flags is None or other._flags is None else self._flags | other._flags
        self._most = None if self._most is None or other._most is None else max(self._most, other._most)

    @property
    def doubtful(self) -> bool:
        """Whether it reads as BOOLEAN, but not all of it as true or false, or is too large for an integer's type."""
        return not (self._flags is None or self._flags <= _SURE) or (self._most is not None and self._most > _MOST)


def doubtful_columns(
    opener: Opener, uris: Sequence[str], dialect: Dialect, *, nulls: Collection[str], names: Sequence[str] = ()
) -> list[str]:
    """Return the columns that are safe as text only.

    nulls: the texts that mean NULL. names: the columns' names from the left, where the header doesn't say them.
    """
    columns: dict[str, _Column] = {}
    for uri in uris:
        for name, column in _columns(opener, uri, dialect, nulls, names):
            columns.setdefault(name, column).add(column)
    return [name for name, column in columns.items() if column.doubtful]


def _columns(
    opener: Opener, uri: str, dialect: Dialect, nulls: Collection[str], names: Sequence[str]
) -> Iterator[tuple[str, _Column]]:
    """Yield each column of a file by the name that it gets."""
    with open_text(opener, uri, dialect) as text:
        for _ in range(dialect.skip):
            text.readline()
        records = _readable(dialect.records(text))
        first = next(records, [])
        columns = [_Column() for _ in first]
        still = list(enumerate(columns))
        for record in islice(records if dialect.header else _again(first, records), _ROWS):
            if len(record) == len(first):
                for at, column in still:
                    if record[at] not in nulls:
                        column.note(record[at])
                still = [(at, column) for at, column in still if not column.done]
            if not still:
                break
    yield from zip(_names(first, dialect, names), columns, strict=True)


def _again(first: list[str], records: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from records


def _readable(records: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield records up to the first bad one, of which DuckDB has more to say."""
    try:
        yield from records
    except (csv.Error, UnicodeError):
        return


def _names(first: Sequence[str], dialect: Dialect, names: Sequence[str]) -> Iterator[str]:
    """Yield the names that DuckDB gives the columns."""
    digits = len(str(len(first) - 1))
    for at, cell in enumerate(first):
        given = names[at] if at < len(names) else cell.strip() if dialect.header else ""
        yield given or f"column{at:0{digits}}"
