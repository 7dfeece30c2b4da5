"""Write modes that keep rows of the target: what the file shall hold afterwards, as one more query."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from odibi_nb.engine.base import Dataset, Engine, Query, Readers, Source, Target
from odibi_nb.formats.modes import (
    UNIQUE_KEY_MODES,
    check_columns,
    combine_sql,
    duplicate_keys_error,
    duplicate_keys_sql,
)
from odibi_nb.sql import analyze

__all__ = ["Merge", "merged"]

_NUMBERS = itertools.count(1)
# What is read several times below is computed once.
_TABLE = Readers(overrule="table")
_ONCE = Readers(count=1)


class Merge(NamedTuple):
    """What the target shall hold, and how many of the incoming rows are in it."""

    rows: Dataset
    incoming: Dataset
    kept_rows: int | None = None

    @property
    def new_rows(self) -> int:
        return self.incoming.count() if self.kept_rows is None else self.rows.count() - self.kept_rows


def merged(engine: Engine, data: Dataset, target: Target) -> Merge:
    """Unite `data` with the rows of the target's file, as the target's mode says.

    Raises ValidationError when a key is no column or stands twice in `data`, or when the columns differ.
    """
    if target.mode == "overwrite":
        return Merge(data, data)
    incoming = _query(engine, "incoming", "FROM new_rows", {"new_rows": data})
    existing = _existing(engine, target, incoming)
    columns = check_columns(target.mode, target.keys, _names(existing) if existing else None, _names(incoming))
    if target.mode in UNIQUE_KEY_MODES:
        _refuse_duplicates(engine, incoming, target)
    if existing is None:
        return Merge(incoming, incoming)
    sql = combine_sql(target.mode, target.keys, "existing", "incoming", columns)
    rows = _query(engine, "merged", sql, {"existing": existing, "incoming": incoming})
    return Merge(rows, incoming, existing.count() if target.mode == "append_once" else None)


def _names(data: Dataset) -> list[str]:
    return [column.name for column in data.schema]


def _existing(engine: Engine, target: Target, incoming: Dataset) -> Dataset | None:
    """Read the target; a file that doesn't know its types is read with those of the incoming rows."""
    if not target.connection.exists(target.path):
        return None
    form, options = target.format, target.format.read_options(target.options)
    source = Source(target.connection, form, target.path, options)
    if form.is_blank(target.connection.open, source.uris()):
        return None
    # Read in the scope of the run, where other writes go on at the same time.
    name = f"existing {next(_NUMBERS)}"
    if form.typed:
        return engine.read(source, name, _TABLE)
    found = _names(engine.read(source, f"{name} names", _ONCE))
    columns = check_columns(target.mode, target.keys, found, _names(incoming))
    types = {column.name.casefold(): column.type for column in incoming.schema}
    known = {name: types[name.casefold()] for name in columns}
    return engine.read(Source(target.connection, form, target.path, options, known), name, _TABLE)


def _query(engine: Engine, name: str, sql: str, inputs: dict[str, Dataset]) -> Dataset:
    return engine.query(Query(name, analyze(sql), inputs, readers=_TABLE, private=True))


def _refuse_duplicates(engine: Engine, incoming: Dataset, target: Target) -> None:
    sql = duplicate_keys_sql(target.keys, "incoming")
    doubled = _query(engine, "doubled", f"{sql} LIMIT 6", {"incoming": incoming}).arrow()
    if doubled.num_rows:
        raise duplicate_keys_error(target.keys, [tuple(row.values()) for row in doubled.to_pylist()])
