"""pandas reads and writes, with pandas' own options; SQL runs in DuckDB on the frames; every result is eager."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odibi_nb.engine.base import Dataset, Engine, Query, Readers, Run, Source, T, Target
from odibi_nb.engine.batches import Incoming
from odibi_nb.engine.duckdb_engine import DuckDBEngine
from odibi_nb.engine.merge import merged
from odibi_nb.engine.types import schema_of
from odibi_nb.engine.values import ValueDataset, publish_value
from odibi_nb.exceptions import OdibiException

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from odibi_nb.engine.policy import Choice, Shape
    from odibi_nb.engine.row_table import RowTable
    from odibi_nb.engine.schema import Schema

__all__ = ["PandasEngine"]


class PandasEngine(Engine):
    """pandas for files, DuckDB for SQL.

    settings: DuckDB settings for the SQL part. root: the project's folder.
    """

    name = "pandas"

    def __init__(self, settings: Mapping[str, Any] | None = None, *, root: Path | None = None) -> None:
        self._sql = DuckDBEngine(settings, root=root)

    def begin(self) -> None:
        self._sql.begin()

    def serve(self, callers: int) -> None:
        self._sql.serve(callers)

    def read(self, source: Source, name: str, readers: Readers) -> Dataset:
        files = source.files()
        if (kept := self.snapshots.find(source, files)) is not None:
            return self._loaded(kept.path, kept.schema, kept.notes)
        uris = [file.uri for file in files]
        data = publish_value(source.format.read_pandas(source.connection.open, uris, source.options), name)
        self.snapshots.note_parsed(source, files, data)
        return data

    def query(self, query: Query) -> Dataset:
        # Under another name: the node's own becomes that of the frame.
        result = self._sql.query(replace(query, name=f"{query.name} rows", readers=Readers(overrule="table")))
        table = result.arrow()
        return ValueDataset(table=table, schema=schema_of(table), notes=result.notes)

    def publish(self, value: Any, name: str, *, input_rows: int = 0) -> Dataset:
        if isinstance(value, Iterator):
            return Incoming(value, name).collected()
        return publish_value(value, name, input_rows=input_rows)

    def write(self, data: Dataset, target: Target) -> int:
        # DuckDB unites new rows with old ones: it reads the file with the types of the new.
        merge, connection = merged(self._sql, data, target), target.connection
        frame = _for_writing(merge.rows)
        try:
            with connection.replacing(target.path) as uri, connection.open(uri, "wb") as file:
                target.format.write_pandas(frame, file, target.path, target.options)
        except OSError as exc:
            raise exc if isinstance(exc, OdibiException) else connection.write_error(target.path, exc) from exc
        return merge.new_rows

    def stored(self, target: Target, like: Schema) -> Dataset:
        return self._sql.stored(target, like)  # a target has options for writing, of which DuckDB makes its own

    def save(self, data: Dataset, path: Path) -> None:
        self._sql.save(data, path)

    def load(self, path: Path, schema: Schema, rows: int | None, *, held: object = None) -> Dataset:
        return self._loaded(path, schema)

    def put_away(self, data: Dataset) -> Dataset:
        """Rows stay in memory: what this engine makes are frames."""
        return data

    def keep_files(self, place: Callable[[], Path | None]) -> None:
        """Nothing to do: there are no such files."""

    def choose(self, shape: Shape, readers: Readers) -> Choice | None:
        return None

    def beside(self) -> PandasEngine:
        twin = copy.copy(self)
        twin._sql = self._sql.beside()
        return twin

    def verify(self, data: Dataset) -> None:
        """Nothing to do: every result was computed when it was made."""

    def is_about_rows(self, error: OdibiException) -> bool:
        return False

    def inspect_many(self, datasets: Mapping[str, Dataset], work: Callable[[Mapping[str, str], Run], T]) -> T:
        return self._sql.inspect_many(datasets, work)

    def row_table(self, data: Dataset) -> RowTable:
        return self._sql.row_table(data)

    def interrupt(self) -> None:
        self._sql.interrupt()

    def close(self) -> None:
        self._sql.close()

    def _loaded(self, path: Path, schema: Schema, notes: Iterable[str] = ()) -> Dataset:
        table = self._sql.load(path, schema, None).arrow()
        return ValueDataset(table=table, schema=schema_of(table), notes=notes)


def _for_writing(data: Dataset) -> pd.DataFrame:
    """Return the frame with dates that are dates to every writer: datetime64[s] is a time of day to most."""
    import pandas as pd
    import pyarrow as pa

    frame: pd.DataFrame = data.frame()
    dates = [column.name for column in data.schema if column.type == "DATE"]
    return frame.astype(dict.fromkeys(dates, pd.ArrowDtype(pa.date32()))) if dates else frame
