"""Write modes that keep rows of the target: what the file shall hold afterwards, as one more query."""

from __future__ import annotations

from odibi_nb.engine.base import Dataset, Engine, Query, Readers, Source, Target
from odibi_nb.formats.modes import (
    UNIQUE_KEY_MODES,
    check_columns,
    combine_sql,
    duplicate_keys_error,
    duplicate_keys_sql,
)
from odibi_nb.sql import analyze

__all__ = ["merged"]

# What is read several times below is computed once.
_TABLE = Readers(overrule="table")


def merged(engine: Engine, data: Dataset, target: Target) -> Dataset:
    """Return the rows that the target holds once `data` is written in the target's mode.

    Raises ValidationError when a key is no column or stands twice in `data`, or when the columns differ.
    """
    if target.mode == "overwrite":
        return data
    incoming = _query(engine, "incoming", "FROM new_rows", {"new_rows": data})
    exists = target.connection.exists(target.path)
    existing = engine.read(_existing(target, data), "existing", _TABLE) if exists else None
    columns = check_columns(target.mode, target.keys, _names(existing) if existing else None, _names(incoming))
    if target.mode in UNIQUE_KEY_MODES:
        _refuse_duplicates(engine, incoming, target)
    if existing is None:
        return incoming
    sql = combine_sql(target.mode, target.keys, "existing", "incoming", columns)
    return _query(engine, "merged", sql, {"existing": existing, "incoming": incoming})


def _names(data: Dataset) -> list[str]:
    return [column.name for column in data.schema]


def _existing(target: Target, data: Dataset) -> Source:
    """The target as a source; a file that doesn't know its types is read with those of the new rows."""
    types = None if target.format.typed else {column.name: column.type for column in data.schema}
    return Source(target.connection, target.format, target.path, target.format.read_options(target.options), types)


def _query(engine: Engine, name: str, sql: str, inputs: dict[str, Dataset]) -> Dataset:
    return engine.query(Query(name, analyze(sql), inputs, readers=_TABLE, private=True))


def _refuse_duplicates(engine: Engine, incoming: Dataset, target: Target) -> None:
    sql = duplicate_keys_sql(target.keys, "incoming")
    doubled = _query(engine, "doubled", f"{sql} LIMIT 6", {"incoming": incoming}).arrow()
    if doubled.num_rows:
        raise duplicate_keys_error(target.keys, [tuple(row.values()) for row in doubled.to_pylist()])
