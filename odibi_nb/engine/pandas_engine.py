"""pandas reads and writes, with pandas' own options; SQL runs in DuckDB on the frames; every result is eager."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from odibi_nb.engine.base import Dataset, Engine, Query, Readers, Run, Source, T, Target
from odibi_nb.engine.duckdb_engine import DuckDBEngine
from odibi_nb.engine.merge import merged
from odibi_nb.engine.values import publish_value
from odibi_nb.exceptions import OdibiException

__all__ = ["PandasEngine"]


class PandasEngine(Engine):
    """pandas for files, DuckDB for SQL.

    settings: DuckDB settings for the SQL part.
    """

    name = "pandas"

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self._sql = DuckDBEngine(settings)

    def begin(self) -> None:
        self._sql.begin()

    def read(self, source: Source, name: str, readers: Readers = Readers()) -> Dataset:  # noqa: ARG002
        frame = source.format.read_pandas(source.connection.open, source.uris(), source.options)
        return publish_value(frame, name)

    def query(self, query: Query) -> Dataset:
        result = self._sql.query(replace(query, readers=Readers(overrule="table")))
        return publish_value(result.arrow(), query.name)

    def publish(self, value: Any, name: str) -> Dataset:
        return publish_value(value, name)

    def write(self, data: Dataset, target: Target) -> int:
        frame, connection = merged(self, data, target).frame(), target.connection
        try:
            with connection.replacing(target.path) as uri, connection.open(uri, "wb") as file:
                target.format.write_pandas(frame, file, target.path, target.options)
        except OSError as exc:
            raise exc if isinstance(exc, OdibiException) else connection.write_error(target.path, exc) from exc
        return data.count()

    def verify(self, data: Dataset) -> None:
        """Nothing to do: every result was computed when it was made."""

    def inspect(self, data: Dataset, work: Callable[[str, Run], T]) -> T:
        return self._sql.inspect(data, work)

    def interrupt(self) -> None:
        self._sql.interrupt()

    def close(self) -> None:
        self._sql.close()
