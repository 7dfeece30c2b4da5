"""Real files in a folder, read and written as an engine does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from odibi_nb.connections import LocalConnection
from odibi_nb.formats import format_of


@dataclass
class Folder:
    """A connection to a temporary folder, and a DuckDB."""

    path: Path
    con: duckdb.DuckDBPyConnection

    def __post_init__(self) -> None:
        self.files = LocalConnection(self.path)

    def put(self, name: str, content: str | bytes) -> str:
        self.path.joinpath(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def uris(self, path: str) -> list[str]:
        return [stamp.uri for stamp in self.files.files(path)]

    def duckdb(self, path: str, types: dict[str, str] | None = None, **options: Any) -> pa.Table:
        form, uris = format_of(path), self.uris(path)
        options = dict(form.check(self.files.open, uris, options))
        scan = form.scan_sql(uris, options, types)
        if scan is None:
            return form.read_arrow(self.files.open, uris, options)
        try:
            return self.con.sql(f"SELECT * FROM {scan}").to_arrow_table()
        except duckdb.Error as exc:
            raise form.explain(exc, self.files.open, uris, options) or exc from exc

    def pandas(self, path: str, **options: Any) -> pd.DataFrame:
        return format_of(path).read_pandas(self.files.open, self.uris(path), options)

    def write(self, path: str, query: str, **options: Any) -> None:
        form = format_of(path)
        relation = self.con.sql(query)
        columns = [form.column_sql(n, str(t)) for n, t in zip(relation.columns, relation.types, strict=True)]
        copy = form.copy_sql(path, options)
        with self.files.replacing(path) as uri:
            if copy is not None:
                self.con.execute(f"COPY (SELECT {', '.join(columns)} FROM ({query})) TO '{uri}' ({copy})")
                return
            reader = pa.RecordBatchReader.from_batches((t := relation.to_arrow_table()).schema, t.to_batches())
            with self.files.open(uri, "wb") as file:
                form.write_arrow(reader, file, options)

    def write_pandas(self, path: str, frame: pd.DataFrame, **options: Any) -> None:
        with self.files.replacing(path) as uri, self.files.open(uri, "wb") as file:
            format_of(path).write_pandas(frame, file, path, options)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, duckdb.connect(config={"autoinstall_known_extensions": "false"}))


@pytest.fixture(params=["duckdb", "pandas"])
def read(request: pytest.FixtureRequest, folder: Folder):
    """Read a file by either way; what is said of a file must not depend on who reads it."""
    return getattr(folder, request.param)
