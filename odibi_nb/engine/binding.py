"""A query bound: its columns, before anything of it runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from contextlib import suppress

import duckdb

from odibi_nb.engine.duckdb_dataset import Origin
from odibi_nb.engine.schema import Column, Schema, check_names
from odibi_nb.engine.session import Cursor
from odibi_nb.sql.parsing import parsed

__all__ = ["bind"]

_SHOWN_NAMES = 10
"""Columns that a note lists."""


def bind(cursor: Cursor, origin: Origin, *, numbers: bool) -> tuple[Schema, tuple[str, ...]]:
    """Return a query's columns, and notes on them; numbers: see `Query`. Raises ValidationError for bad names."""
    with origin.explaining(origin.text):
        relation = _bound(cursor, origin)
    # Now: once the catalog has changed, DuckDB 2 would bind anew for them.
    found, types = relation.columns, relation.types
    names = _numbered(cursor, origin, found) if numbers else found
    check_names(names)
    columns = tuple(Column(*pair) for pair in zip(names, map(str, types), strict=True))
    return columns, _renamed(found, names)


def _bound(cursor: Cursor, origin: Origin) -> duckdb.DuckDBPyRelation:
    """Bind a query; the place of many errors is told only where a statement is executed."""
    try:
        return cursor.relation(parsed(origin.text) if cursor.plain else origin.text, origin.params, alias="bound")
    except duckdb.BinderException as exc:
        if "\nLINE " in str(exc):
            raise
        error = exc
    statement, unexplained = f"EXPLAIN\n{origin.text}", duckdb.ParserException  # of what can't be explained
    with suppress(unexplained), origin.explaining(statement, first_line=0, leave=unexplained):
        cursor.run(statement, origin.params)
    raise error


def _numbered(cursor: Cursor, origin: Origin, names: list[str]) -> list[str]:
    """Return the names of a query's columns as DuckDB tells them apart, where some are the same."""
    if len({name.casefold() for name in names}) == len(names):
        return names
    return cursor.relation(f"FROM (\n{origin.text}\n)", origin.params).columns


def _renamed(names: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    pairs = (f"{old} → {new}" for old, new in zip(names, others, strict=True) if old != new)
    listed = ", ".join(itertools.islice(pairs, _SHOWN_NAMES))
    return (f"columns of one name are numbered: {listed}",) if listed else ()
