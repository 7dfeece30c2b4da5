"""The columns of two results, paired by name, and the type in which their values are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from odibi_nb.comparison.models import SchemaChanges
from odibi_nb.engine.schema import Column, Schema

__all__ = ["Pair", "pairs_of", "schema_changes"]

_DIGITS = {"TINYINT": 3, "UTINYINT": 3, "SMALLINT": 5, "USMALLINT": 5, "INTEGER": 10, "UINTEGER": 10}
_DIGITS |= {"BIGINT": 19, "UBIGINT": 20}
_FLOATS = {"FLOAT", "DOUBLE"}
_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_NESTED = re.compile(r"STRUCT\(|MAP\(|.*\]$", re.DOTALL)
_ZONED = "TIMESTAMP WITH TIME ZONE"
_TIMES = {"DATE", "TIMESTAMP", _ZONED}
_MOST_DIGITS = 38


@dataclass(frozen=True, slots=True)
class Pair:
    """A column that both results have; common: the type to compare in, None where it is their own."""

    before: Column
    after: Column
    common: str | None = None

    @property
    def name(self) -> str:
        return self.after.name

    @property
    def is_number(self) -> bool:
        return _is_number(self.before.type) and _is_number(self.after.type)

    @property
    def is_float(self) -> bool:
        return self.is_number and not _FLOATS.isdisjoint({self.before.type, self.after.type})

    def value(self, sql: str) -> str:
        """Return SQL of a value to be compared; sql: of the value itself."""
        return f"CAST({sql} AS {self.common})" if self.common else sql

    def hashable(self, value: str) -> str:
        """Return SQL of a compared value, to be hashed: to DuckDB an empty list and NULL have one hash."""
        return f"CAST({value} AS VARCHAR)" if self.common is None and _NESTED.match(self.after.type) else value


def pairs_of(before: Schema, after: Schema) -> tuple[Pair, ...]:
    """Return the columns that both have, in the order of `after`; case doesn't count, as in SQL."""
    old = _by_fold(before)
    both = ((old[name], column) for name, column in _by_fold(after).items() if name in old)
    return tuple(Pair(one, other, _common_type(one.type, other.type)) for one, other in both)


def schema_changes(before: Schema, after: Schema) -> SchemaChanges:
    """Return how the columns differ."""
    old, new = _by_fold(before), _by_fold(after)
    return SchemaChanges(
        added=tuple(column for name, column in new.items() if name not in old),
        removed=tuple(column for name, column in old.items() if name not in new),
        changed=tuple((column, new[name]) for name, column in old.items() if name in new and new[name] != column),
        reordered=[name for name in old if name in new] != [name for name in new if name in old],
    )


def _by_fold(schema: Schema) -> dict[str, Column]:
    return {column.name.casefold(): column for column in schema}


def _common_type(before: str, after: str) -> str | None:
    """Return a type that holds the values of both without an error; text holds them all."""
    kinds = {before, after}
    if len(kinds) == 1:
        return "VARCHAR" if before == "INTERVAL" else None  # to DuckDB a month is 30 days
    if all(map(_is_number, kinds)):
        return "DOUBLE" if kinds & _FLOATS else _exact_type(before, after)
    if kinds <= _TIMES:
        return _ZONED if _ZONED in kinds else "TIMESTAMP"
    return "VARCHAR"


def _exact_type(before: str, after: str) -> str:
    (whole, scale), (other_whole, other_scale) = _digits(before), _digits(after)
    scale = max(scale, other_scale)
    digits = max(whole, other_whole) + scale
    return f"DECIMAL({digits}, {scale})" if digits <= _MOST_DIGITS else "DOUBLE"


def _digits(kind: str) -> tuple[int, int]:
    """Return how many digits a number of this type has before and after the point."""
    if (decimal := _DECIMAL.fullmatch(kind)) is not None:
        return int(decimal[1]) - int(decimal[2]), int(decimal[2])
    return _DIGITS[kind], 0


def _is_number(kind: str) -> bool:
    return kind in _DIGITS or kind in _FLOATS or _DECIMAL.fullmatch(kind) is not None
