"""Columns of files from a short look at them, without an engine: nothing is read in full, nothing is kept."""

from __future__ import annotations

import duckdb

from odibi_nb.engine.base import Source
from odibi_nb.engine.schema import Column, Schema
from odibi_nb.engine.session import Session
from odibi_nb.exceptions import EngineError

__all__ = ["Describer"]

_MOST_BYTES = 250_000_000


class Describer:
    """Describes files, by DuckDB, until it is closed."""

    def __init__(self) -> None:
        self._session: Session | None = None

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def source(self, source: Source) -> Schema:
        """Return the columns of what a node reads; raises OdibiException when a short look doesn't show them."""
        if source.connection.filesystem() is not None:
            raise EngineError("the files are far away")
        files = source.files()
        if not source.format.typed and sum(file.size_bytes for file in files) > _MOST_BYTES:
            raise EngineError("the files are too large for a look")
        scan = source.format.scan_sql([file.uri for file in files], source.options, source.types)
        if scan is None:
            raise EngineError(f"{source.format.name} files are read in full or not at all")
        return self.table(scan)

    def table(self, expression: str) -> Schema:
        """Return the columns of a table expression in SQL; raises EngineError when it can't be bound."""
        self._session = self._session or Session()
        try:
            relation = self._session.call(lambda cursor: cursor.relation(f"FROM {expression}"))
        except duckdb.Error as exc:
            raise EngineError(str(exc).split("\n", 1)[0]) from exc
        return tuple(Column(*pair) for pair in zip(relation.columns, map(str, relation.types), strict=True))
