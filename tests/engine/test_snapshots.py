"""Engines on files that were parsed before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from odibi_nb.connections import LocalConnection
from odibi_nb.connections.base import FileStamp
from odibi_nb.engine import create_engine
from odibi_nb.engine.base import Dataset, Engine, Query, Readers, Source
from odibi_nb.engine.snapshots import Snapshot
from odibi_nb.exceptions import SourceNotFoundError
from odibi_nb.formats import get_format
from odibi_nb.sql import analyze

SALES = """id,region,amount,sold_on,at,share,ok,code
1,N,9007199254740993,2024-02-29,2024-02-29 10:00:00.123456,0.5,true,007
2,,,,,,,
3,"a ""quoted""
line",-5,2023-01-01,2023-01-01 00:00:00,1e3,false,x
"""
VIEW = Readers(overrule="view")


class Kept:
    """Keeps what it is told to keep, for whatever files of that path."""

    def __init__(self) -> None:
        self.snapshots: dict[str, Snapshot] = {}
        self.parsed: list[Dataset] = []

    def find(self, source: Source, files: Sequence[FileStamp]) -> Snapshot | None:
        return self.snapshots.get(source.path)

    def note_parsed(self, source: Source, files: Sequence[FileStamp], data: Dataset) -> None:
        self.parsed.append(data)

    def keep(self, engine: Engine, data: Dataset, path: Path) -> Snapshot:
        engine.save(data, path)
        return Snapshot("local:sales.csv", path, data.schema, data.count(), data.notes)


@pytest.fixture(params=["duckdb", "pandas"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = create_engine(request.param)
    engine.snapshots = Kept()
    yield engine
    engine.close()


@pytest.fixture
def lazy() -> Iterator[Engine]:
    engine = create_engine("duckdb")
    engine.snapshots = Kept()
    yield engine
    engine.close()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "sales.csv").write_text(SALES)
    return Source(LocalConnection(tmp_path), get_format("csv"), "sales.csv")


def kept_by(engine: Engine) -> Kept:
    assert isinstance(engine.snapshots, Kept)
    return engine.snapshots


def test_files_that_were_parsed_before_are_not_parsed_again(engine: Engine, source: Source, tmp_path: Path) -> None:
    kept = kept_by(engine)
    parsed = engine.read(source, "first", Readers(count=1))
    assert kept.parsed == [parsed]
    before = parsed.arrow()
    kept.snapshots["sales.csv"] = kept.keep(engine, parsed, tmp_path / "kept.parquet")
    (tmp_path / "sales.csv").write_text("not what it was")
    again = engine.read(source, "second", Readers(count=1))
    assert again.arrow().equals(before)
    assert again.schema == parsed.schema
    assert again.known_rows == 3
    assert kept.parsed == [parsed]


def test_a_snapshot_can_be_asked_by_name_in_sql(engine: Engine, source: Source, tmp_path: Path) -> None:
    kept = kept_by(engine)
    kept.snapshots["sales.csv"] = kept.keep(engine, engine.read(source, "first", VIEW), tmp_path / "kept.parquet")
    sales = engine.read(source, "sales", Readers(count=1))
    result = engine.query(Query("n", analyze("SELECT max(id) AS most FROM sales"), {"sales": sales}))
    assert result.first(1).to_pylist() == [{"most": 3}]


def test_notes_on_what_was_parsed_are_kept(engine: Engine, source: Source, tmp_path: Path) -> None:
    kept = kept_by(engine)
    data = engine.read(source, "first", VIEW)
    data.notes = ("something to know",)
    kept.snapshots["sales.csv"] = kept.keep(engine, data, tmp_path / "kept.parquet")
    assert engine.read(source, "second", VIEW).notes == ("something to know",)


def test_a_view_of_files_moves_to_their_snapshot_and_its_readers_with_it(
    lazy: Engine, source: Source, tmp_path: Path
) -> None:
    sales = lazy.read(source, "sales", VIEW)
    reader = lazy.query(Query("n", analyze("SELECT sum(id) AS n FROM sales"), {"sales": sales}, readers=VIEW))
    lazy.adopt(sales, kept_by(lazy).keep(lazy, sales, tmp_path / "kept.parquet"))
    (tmp_path / "sales.csv").unlink()
    assert reader.first(1).to_pylist() == [{"n": 6}]
    assert (sales.lazy, sales.known_rows, sales.lost) == (True, 3, None)


def test_rows_that_are_there_stay_where_they_are(lazy: Engine, source: Source, tmp_path: Path) -> None:
    sales = lazy.read(source, "sales", Readers(overrule="table"))
    kept = kept_by(lazy).keep(lazy, sales, tmp_path / "kept.parquet")
    lazy.adopt(sales, kept)
    kept.path.unlink()
    assert sales.count() == 3


def test_a_snapshot_that_is_removed_while_it_is_read_says_what_to_do(
    lazy: Engine, source: Source, tmp_path: Path
) -> None:
    kept = kept_by(lazy).keep(lazy, lazy.read(source, "first", VIEW), tmp_path / "kept.parquet")
    kept_by(lazy).snapshots["sales.csv"] = kept
    sales = lazy.read(source, "sales", VIEW)
    kept.path.unlink()
    with pytest.raises(SourceNotFoundError, match=r"the stored rows of 'local:sales.csv' were removed") as caught:
        sales.arrow()
    assert caught.value.hint == "run again: the file itself is read then"
    assert sales.lost is not None
