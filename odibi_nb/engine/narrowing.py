"""The types that results have: those of the type table, whatever SQL makes."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from odibi_nb.engine.schema import Column, Schema
from odibi_nb.sql.quote import quote_name

__all__ = ["casts", "enclosed", "narrowed"]

# What SQL makes and the type table doesn't have (sums of integers are HUGEINT, which Parquet would make a float).
_NOT_IN_TABLE = re.compile(r'"NULL"|\b(?:U?HUGEINT|TIMESTAMP_M?S)\b')
_INSTEAD = {'"NULL"': "VARCHAR", "HUGEINT": "BIGINT", "UHUGEINT": "BIGINT"}
_AS_TEXT = ("UNION(", "BIGNUM", "VARIANT", "GEOMETRY", "TIME WITH TIME ZONE", "TIMETZ")


@cache
def _narrow_type(kind: str) -> str:
    if kind.startswith(_AS_TEXT):
        return "VARCHAR"
    return _NOT_IN_TABLE.sub(lambda found: _INSTEAD.get(found[0], "TIMESTAMP"), kind)


@lru_cache(maxsize=1_000)
def narrowed(columns: Schema) -> Schema:
    """Return columns with types of the type table."""
    return tuple(Column(column.name, _narrow_type(column.type)) for column in columns)


@lru_cache(maxsize=1_000)
def casts(columns: Schema) -> str:
    """Return what stands in REPLACE to narrow columns; "" where none needs it."""
    return ", ".join(
        f"CAST({quote_name(old.name)} AS {new.type}) AS {quote_name(old.name)}"
        for old, new in zip(columns, narrowed(columns), strict=True)
        if old != new
    )


def enclosed(text: str, columns: Schema) -> str:
    """Return a query over the query, whose columns have types of the table; the inner one begins on line 2."""
    selected = f"SELECT * REPLACE ({casts(columns)}) " if casts(columns) else ""
    return f"{selected}FROM (\n{text}\n)"
