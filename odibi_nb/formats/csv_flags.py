"""Columns of a CSV that DuckDB takes for BOOLEAN though they may be anything: NO is a country, f a sex."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from odibi_nb.formats.base import Opener
from odibi_nb.formats.csv_text import Dialect, open_text

__all__ = ["doubtful_flags"]

# As many as DuckDB looks at to tell types.
_ROWS = 20_480
_SURE = frozenset({"true", "false"})
_FLAGS = _SURE | {"yes", "no", "t", "f"}


def doubtful_flags(
    opener: Opener, uris: Sequence[str], dialect: Dialect, *, nulls: Collection[str], names: Sequence[str] = ()
) -> list[str]:
    """Return the columns whose values all read as BOOLEAN, but not all of them as true or false.

    nulls: the texts that mean NULL. names: the columns' names from the left, where the header doesn't say them.
    """
    words: dict[str, set[str]] = {}
    for uri in uris:
        for name, seen in _words(opener, uri, dialect, nulls, names):
            words.setdefault(name, set()).update(seen)
    return [name for name, seen in words.items() if seen <= _FLAGS and not seen <= _SURE]


def _words(
    opener: Opener, uri: str, dialect: Dialect, nulls: Collection[str], names: Sequence[str]
) -> Iterator[tuple[str, set[str]]]:
    """Yield each column with the flags in it; with a word that is none, where it has one."""
    with open_text(opener, uri, dialect) as text:
        for _ in range(dialect.skip):
            text.readline()
        records = _readable(dialect.records(text))
        first = next(records, [])
        seen: list[set[str]] = [set() for _ in first]
        open_columns = set(range(len(first)))
        for record in islice(records if dialect.header else _again(first, records), _ROWS):
            if len(record) == len(first):
                open_columns -= {at for at in open_columns if not _is_flag(record[at], seen[at], nulls)}
            if not open_columns:
                break
    yield from zip(_names(first, dialect, names), seen, strict=True)


def _is_flag(value: str, seen: set[str], nulls: Collection[str]) -> bool:
    if value not in nulls:
        seen.add(value.lower())
    return seen <= _FLAGS


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
