"""Parquet: typed, so reading needs no guess."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from odibi_nb.exceptions import FormatError
from odibi_nb.formats.base import Format, Opener, Options, accepted, first_line, known_options
from odibi_nb.formats.sqltext import copy_options, table_function

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["ParquetFormat"]

_READ = ("binary_as_string", "file_row_number", "filename", "hive_partitioning", "hive_types", "union_by_name")
_WRITE = ("compression", "compression_level", "parquet_version", "row_group_size", "row_group_size_bytes")
_MAGIC = (b"PAR1", b"PARE")
# DuckDB's errors about what a file holds; some of them don't name it. Functions raise the last kind too.
_OF_BYTES = frozenset({"Error", "SerializationException"})
_OF_BYTES_OR_VALUES, _BYTES = "InvalidInputException", re.compile("parquet|decompress", re.IGNORECASE)


class ParquetFormat(Format):
    """Parquet files, written with zstd; hive partitions become columns only when asked for.

    Several files must have the same columns and types unless `union_by_name` is set: DuckDB alone would
    drop a column that the first file lacks, and round what its type can't hold.
    """

    name = "parquet"
    extensions = (".parquet", ".pq")
    typed = True
    snapshot_bytes = None

    def check(self, opener: Opener, uris: Sequence[str], options: Options) -> Options:
        for uri in uris:
            _check_magic(opener, uri)
        if len(uris) > 1 and not options.get("union_by_name"):
            first = _schema(opener, uris[0])
            for uri in uris[1:]:
                _check_same(first, _schema(opener, uri), uris[0], uri)
        return options

    def scan_sql(self, uris: Sequence[str], options: Options, types: Mapping[str, str] | None = None) -> str:
        given = known_options(options, _READ, aliases={}, owner="parquet reads")
        return table_function("read_parquet", uris, {"hive_partitioning": False} | given)

    def copy_sql(self, path: str, options: Options) -> str:
        given = known_options(options, _WRITE, aliases={}, owner="parquet writes")
        return copy_options("parquet", {"compression": "zstd"} | given)

    def explain(self, error: Exception, opener: Opener, uris: Sequence[str], options: Options) -> FormatError | None:
        named = next((uri for uri in uris if uri in str(error)), None)
        return _damaged(error, named or uris[0]) if named is not None or _is_about_bytes(error) else None

    def read_pandas(self, opener: Opener, uris: Sequence[str], options: Options) -> pd.DataFrame:
        import pandas as pd

        given = {"dtype_backend": "pyarrow"} | accepted(pd.read_parquet, options, "pandas.read_parquet")
        self.check(opener, uris, {})
        frames = [_read_frame(opener, uri, given) for uri in uris]
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)

    def write_pandas(self, frame: pd.DataFrame, file: BinaryIO, path: str, options: Options) -> None:
        given: dict[str, Any] = {"index": False, "compression": "zstd"}
        given |= accepted(frame.to_parquet, options, "DataFrame.to_parquet")
        frame.to_parquet(file, **given)


def _is_about_bytes(error: Exception) -> bool:
    kind = type(error).__name__
    return kind in _OF_BYTES or (kind == _OF_BYTES_OR_VALUES and _BYTES.search(str(error)) is not None)


def _check_magic(opener: Opener, uri: str) -> None:
    with opener(uri) as file:
        head = file.read(len(_MAGIC[0]))
    if not head:
        raise FormatError("the Parquet file is empty (0 bytes)", hint="was its writer interrupted?", file=uri)
    if head not in _MAGIC:
        raise FormatError(
            f"the file is not Parquet: it begins with {head!r}, not b'PAR1'",
            hint="give its real format (format: csv, json, …)",
            file=uri,
        )


def _schema(opener: Opener, uri: str) -> pa.Schema:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opener(uri) as file:
        try:
            return pq.read_schema(file)
        except (pa.ArrowInvalid, OSError) as exc:
            raise _damaged(exc, uri) from exc


def _check_same(first: pa.Schema, other: pa.Schema, first_uri: str, uri: str) -> None:
    ours, theirs = ({field.name: str(field.type) for field in schema} for schema in (first, other))
    differing = [
        f"{name} ({ours.get(name, 'missing')} there, {theirs.get(name, 'missing')} here)"
        for name in dict.fromkeys([*ours, *theirs])
        if ours.get(name) != theirs.get(name)
    ]
    if differing:
        raise FormatError(
            f"the file's columns differ from those of '{first_uri}': {', '.join(differing)}",
            hint="read them in two nodes, or set options: {union_by_name: true} (DuckDB; missing columns are NULL)",
            file=uri,
        )


def _read_frame(opener: Opener, uri: str, options: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    with opener(uri) as file:
        try:
            return pd.read_parquet(file, **options)
        except (pa.ArrowInvalid, OSError) as exc:
            raise _damaged(exc, uri) from exc
        except (TypeError, ValueError, NotImplementedError):
            # pandas 2 doesn't understand the nested types that it has noted in the file; numpy names the error.
            file.seek(0)
            if not _notes_arrow_types(file):
                raise
            file.seek(0)
            return _read_by_arrow(file, options)


def _notes_arrow_types(file: BinaryIO) -> bool:
    """Whether pandas has noted Arrow types of its own in the file, beside those that Parquet has."""
    import pyarrow.parquet as pq

    noted = (pq.read_schema(file).pandas_metadata or {}).get("columns", ())
    return any(str(column["numpy_type"]).endswith("[pyarrow]") for column in noted)


def _read_by_arrow(file: BinaryIO, options: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd
    import pyarrow.parquet as pq

    table = pq.read_table(file, columns=options.get("columns")).replace_schema_metadata(None)
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _damaged(exc: Exception, uri: str) -> FormatError:
    reason = re.sub(r"Could not open Parquet input source .<Buffer>.: ", "", first_line(str(exc)))
    reason = reason.replace(f" '{uri}'", "").replace(f' in file "{uri}"', "").split(". Either")[0]
    return FormatError(f"the Parquet file can't be read: {reason}", hint="write it again at its source", file=uri)
