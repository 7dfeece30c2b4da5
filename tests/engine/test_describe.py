"""Columns of files, by a short look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from odibi_nb.connections import LocalConnection
from odibi_nb.engine import describe
from odibi_nb.engine.base import Source
from odibi_nb.engine.describe import Describer
from odibi_nb.exceptions import EngineError, SourceNotFoundError
from odibi_nb.formats import format_of


@pytest.fixture
def describer() -> Iterator[Describer]:
    with closing(Describer()) as made:
        yield made


def _source(folder: Path, path: str, **options: object) -> Source:
    return Source(LocalConnection(folder), format_of(path, None), path, options)


def test_csv_and_parquet_tell_their_columns(tmp_path: Path, describer: Describer) -> None:
    (tmp_path / "a.csv").write_text("n;x\n1;p\n")
    pq.write_table(pa.table({"d": [1.5]}), tmp_path / "b.parquet")
    assert describer.source(_source(tmp_path, "a.csv", sep=";")) == (("n", "BIGINT"), ("x", "VARCHAR"))
    assert describer.source(_source(tmp_path, "b.parquet")) == (("d", "DOUBLE"),)


def test_a_table_expression_tells_its_columns(tmp_path: Path, describer: Describer) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n")
    assert describer.table(f"read_csv('{tmp_path}/a.csv')") == (("n", "BIGINT"),)
    with pytest.raises(EngineError, match="No files found"):
        describer.table(f"'{tmp_path}/b.csv'")


def test_what_a_look_does_not_show_is_an_error(
    tmp_path: Path, describer: Describer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceNotFoundError):
        describer.source(_source(tmp_path, "gone.csv"))
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(EngineError, match="read in full"):
        describer.source(_source(tmp_path, "a.xlsx"))
    (tmp_path / "a.csv").write_text("n\n1\n")
    monkeypatch.setattr(describe, "_MOST_BYTES", 3)
    with pytest.raises(EngineError, match="too large"):
        describer.source(_source(tmp_path, "a.csv"))
