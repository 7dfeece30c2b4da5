"""What the policy wants to know of what a query reads, as far as it can be told before it runs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from odibi_nb.engine.policy import Input, Shape
from odibi_nb.engine.watch import Watched, literal_paths, literal_size, literal_stamps

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Source
    from odibi_nb.engine.snapshots import Snapshot
    from odibi_nb.sql import SqlFacts

__all__ = ["as_input", "bytes_of", "literal_inputs", "shape_of_kept", "shape_of_read", "watched_literals"]

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def as_input(data: Dataset) -> Input:
    """Return what is known of a result."""
    from odibi_nb.engine.duckdb_dataset import DuckDataset

    data = data.opened
    return data.as_input if isinstance(data, DuckDataset) else Input(rows=data.known_rows, columns=len(data.schema))


def watched_literals(facts: SqlFacts) -> tuple[Watched, ...]:
    """Return the files that SQL names in literals, as they are now."""
    return tuple(_watched(file.path, parsed=file.format != "parquet") for file in facts.files)


def _watched(path: str, *, parsed: bool) -> Watched:
    look = partial(literal_stamps, path)
    return Watched(path, look, look(), literal_size(path), literal_paths(path), parsed)


def literal_inputs(files: Iterable[Watched]) -> list[Input]:
    """Return what is known of such files."""
    return [Input(lazy=True, file_bytes=file.size_bytes or 0, parses=file.parsed) for file in files]


def shape_of_read(source: Source, size: int) -> Shape:
    """Return the shape of a plain read; size: of all its files, in bytes."""
    typed = source.format.typed
    read = Input(True, file_bytes=size, parses=not typed)
    return Shape(
        computes=False,
        reparses=read.parses,
        source_bytes=None if typed else size,
        bytes_below=read.memory_bytes,
    )


def shape_of_kept(kept: Snapshot) -> Shape:
    """Return the shape of reading files that were parsed before: that of Parquet files."""
    return Shape(computes=False, bytes_below=Input(True, file_bytes=kept.watched.size_bytes or 0).memory_bytes)


def bytes_of(size: str) -> int:
    """Return the bytes of a size as DuckDB tells it: "18.6 GiB"; no limit at all is "16383.9 PiB"."""
    number, unit = size.split()
    return int(float(number) * 1024 ** _UNITS.index(unit))
