"""The seam for object stores: a file connection on an fsspec file system, read and written by DuckDB."""

from contextlib import contextmanager

import duckdb
import pandas as pd
import pytest

from odibi_nb.connections import FileConnection, FileStamp
from odibi_nb.exceptions import FormatError, SourceNotFoundError
from odibi_nb.formats import format_of

fsspec = pytest.importorskip("fsspec")


class MemoryConnection(FileConnection):
    """As small as a connection to a store of objects can be."""

    def __init__(self, bucket):
        self._fs = fsspec.filesystem("memory")
        self._bucket = f"memory://{bucket}"

    def validate(self):
        pass

    def get_path(self, path):
        return f"{self._bucket}/{path}"

    def files(self, path, *, extensions=()):
        found = self._fs.glob(self.get_path(path), detail=True)
        if not found:
            raise SourceNotFoundError(f"'{path}' is not in '{self._bucket}'")
        return tuple(
            FileStamp(self._fs.unstrip_protocol(name), info["size"], 0) for name, info in sorted(found.items())
        )

    def exists(self, path):
        return self._fs.exists(self.get_path(path))

    def open(self, uri, mode="rb"):
        return self._fs.open(uri, mode)

    @contextmanager
    def replacing(self, path):
        temporary = self.get_path(f".{path}.odibi-tmp")
        yield temporary
        self._fs.mv(temporary, self.get_path(path))

    def filesystem(self):
        return self._fs


@pytest.fixture
def store(tmp_path):
    return MemoryConnection(tmp_path.name)


@pytest.fixture
def con(store):
    con = duckdb.connect()
    con.register_filesystem(store.filesystem())
    return con


def write(store, con, path, query):
    with store.replacing(path) as uri:
        con.execute(f"COPY ({query}) TO '{uri}' ({format_of(path).copy_sql(path, {})})")


def scan(store, path):
    form, uris = format_of(path), [stamp.uri for stamp in store.files(path)]
    form.check(store.open, uris, {})
    return form.scan_sql(uris, {})


@pytest.mark.parametrize("path", ["a.parquet", "a.csv", "a.json", "a.jsonl", "a.csv.gz"])
def test_what_is_written_to_a_store_is_read_from_it(store, con, path):
    write(store, con, path, "SELECT 1 AS id, 'x' AS name")
    assert con.sql(f"FROM {scan(store, path)}").fetchall() == [(1, "x")]


def test_patterns_read_several_objects(store, con):
    write(store, con, "1.csv", "SELECT 1 AS id")
    write(store, con, "2.csv", "SELECT 2 AS id")
    assert con.sql(f"SELECT sum(id) FROM {scan(store, '*.csv')}").fetchall() == [(3,)]


def test_a_ragged_object_is_an_error_with_its_line(store, con):
    with store.open(store.get_path("bad.csv"), "wb") as file:
        file.write(b"a,b\n1,2\n3,4,5\n")
    query = f"FROM {scan(store, 'bad.csv')}"
    with pytest.raises(duckdb.Error) as caught:
        con.sql(query).fetchall()
    uris = [stamp.uri for stamp in store.files("bad.csv")]
    error = format_of("bad.csv").explain(caught.value, store.open, uris, {})
    assert isinstance(error, FormatError)
    assert error.where.line == 3


def test_pandas_reads_and_writes_a_store(store):
    form, frame = format_of("a.parquet"), pd.DataFrame({"a": [1]})
    with store.replacing("a.parquet") as uri, store.open(uri, "wb") as file:
        form.write_pandas(frame, file, "a.parquet", {})
    assert form.read_pandas(store.open, [store.get_path("a.parquet")], {})["a"].tolist() == [1]
