"""Rows that come in batch by batch, never all of them in Python where they are many."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pyarrow as pa

from odibi_nb.engine.base import Dataset
from odibi_nb.engine.batches import Incoming
from odibi_nb.engine.duckdb_dataset import DuckDataset, Names, Origin
from odibi_nb.engine.session import Cursor, Place, Session
from odibi_nb.sql.quote import quote_name

__all__ = ["take_in"]

_numbers = itertools.count(1)


def take_in(session: Session, scope: Names, batches: Iterator[Any], name: str) -> Dataset:
    """Keep what comes batch by batch: in memory where that is little, else in a table, which may spill."""
    incoming = Incoming(batches, name)
    chunks = incoming.chunks()
    first, second = next(chunks), next(chunks, None)
    if second is None:
        return incoming.of([first])
    place, origin = _place(scope.schema, name), Origin(scope, "")
    data = DuckDataset(session, place, incoming.schema, origin, None)
    drop = session.discard_with(data, place.schema, place)
    whole = itertools.chain([first, second], chunks)
    del first, second
    try:
        with origin.explaining():
            data.learn_rows(_store_chunks(session, place, scope.enter, whole))
    except BaseException:  # Ctrl-C too: nothing half-made stays
        drop()
        raise
    data.notes = tuple(incoming.notes)
    return data


def _place(schema: str, name: str) -> Place:
    """Return a place for the rows of node `name` that no other result has, nor had."""
    return Place(schema, f"{name} batches {next(_numbers)}", "TABLE")


def _store_chunks(session: Session, place: Place, enter: Callable[[Cursor], None], chunks: Iterable[pa.Table]) -> int:
    """Make a table of Arrow tables, one at a time, and return its rows; it may spill."""
    rows = 0
    for chunk in chunks:
        statement = f"INSERT INTO {place}" if rows else f"CREATE OR REPLACE TABLE {place} AS"
        session.call(partial(_insert, enter=enter, statement=statement, chunk=chunk))
        rows += chunk.num_rows
        del chunk  # before the next one is made
    return rows


def _insert(cursor: Cursor, enter: Callable[[Cursor], None], statement: str, chunk: pa.Table) -> None:
    enter(cursor)
    cursor.raw.register(_CHUNK, chunk)
    try:
        cursor.run(f"{statement} FROM {quote_name(_CHUNK)}")
    finally:
        cursor.raw.unregister(_CHUNK)


_CHUNK = "odibi chunk"
