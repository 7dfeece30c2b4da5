"""JSON: an array of records, or one record a line; reading tells them apart by itself."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from odibi_nb.exceptions import ConfigValidationError, FormatError
from odibi_nb.formats.base import Format, Opener, Options, accepted, first_line, known_options
from odibi_nb.formats.bytestreams import compression_of, open_plain
from odibi_nb.formats.sqltext import copy_options, table_function
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JsonFormat", "JsonLinesFormat"]

_READ = (
    "columns", "compression", "convert_strings_to_integers", "dateformat", "field_appearance_threshold", "filename",
    "format", "hive_partitioning", "hive_types", "ignore_errors", "lines", "map_inference_threshold", "maximum_depth",
    "maximum_object_size", "orient", "records", "sample_size", "timestampformat", "union_by_name",
)  # fmt: skip
_WRITE = ("compression", "dateformat", "format", "lines", "orient", "timestampformat")
_ALIASES = {"date_format": "dateformat", "timestamp_format": "timestampformat", "types": "columns", "dtype": "columns"}
_LAYOUTS = {"records": False, "array": False, "lines": True, "newline_delimited": True, "ndjson": True}
_BLANK = re.compile(rb"\s*(\[\s*\])?\s*")
_EXACT_DIGITS = 15
_HEAD_BYTES = 4096
_OWN_LOOK_BYTES = 64 * 2**20


class JsonFormat(Format):
    """An array of records; one record a line with `lines: true` (or `format: lines`).

    Types are sniffed over the whole file: from a sample DuckDB would round 1.5 to 2 behind 20,000 integers.
    A record that lacks a key has NULL there. Decimals of more than 15 digits are written as text.
    """

    name = "json"
    extensions: tuple[str, ...] = (".json",)
    lines = False

    def check(self, opener: Opener, uris: Sequence[str], options: Options) -> Options:
        known_columns = not {"columns", "types", "dtype"}.isdisjoint(options)
        for uri in uris:
            _check_head(opener, uri, known_columns=known_columns)
            if options.get("format") != "array":
                _check_mark(opener, uri)
        return options

    def is_blank(self, opener: Opener, uris: Sequence[str]) -> bool:
        return all(_BLANK.fullmatch(_head(opener, uri)) for uri in uris)

    def scan_sql(self, uris: Sequence[str], options: Options, types: Mapping[str, str] | None = None) -> str:
        given = known_options(options, _READ, aliases=_ALIASES, owner="json reads")
        lines = _lines_wanted(given)
        defaults: dict[str, Any] = {"hive_partitioning": False, "sample_size": -1}
        if lines is not None:
            defaults["format"] = "newline_delimited" if lines else "array"
        if types is not None:
            given["columns"] = dict(types)
        return table_function("read_json", uris, defaults | given)

    def copy_sql(self, path: str, options: Options) -> str:
        given = known_options(options, _WRITE, aliases=_ALIASES, owner="json writes")
        wanted = _lines_wanted(given)
        lines = self.lines if wanted is None else wanted
        return copy_options("json", {"array": not lines, "compression": compression_of(path) or "none"} | given)

    def column_sql(self, name: str, duckdb_type: str) -> str:
        column = quote_name(name)
        decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duckdb_type)
        if decimal is None or int(decimal[1]) <= _EXACT_DIGITS:
            return column
        # Readers of JSON, DuckDB too, take a number for a double: what has more digits is only safe as text.
        exact = f"abs({column}) < 1e{_EXACT_DIGITS - int(decimal[2])}"
        return f"CASE WHEN {exact} THEN to_json({column}) ELSE to_json(CAST({column} AS VARCHAR)) END AS {column}"

    def read_pandas(self, opener: Opener, uris: Sequence[str], options: Options) -> pd.DataFrame:
        import pandas as pd

        given = accepted(pd.read_json, options, "pandas.read_json")
        # pandas' own reader turns integers beside a NULL into floats on its way, so it is only used when
        # its options are asked for.
        plain = given.keys() <= {"orient", "lines", "encoding"} and given.get("orient", "records") == "records"
        frames = [_plain_frame(opener, uri, given) if plain else _pandas_frame(opener, uri, given) for uri in uris]
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)

    def write_pandas(self, frame: pd.DataFrame, file: BinaryIO, path: str, options: Options) -> None:
        given = accepted(frame.to_json, options, "DataFrame.to_json")
        lines = bool(given.get("lines", self.lines))
        defaults: dict[str, Any] = {"orient": "records", "lines": lines, "date_format": "iso"}
        defaults |= {"force_ascii": False, "compression": compression_of(path)}
        frame.to_json(file, **defaults | given)

    def explain(self, error: Exception, opener: Opener, uris: Sequence[str], options: Options) -> FormatError | None:
        text = str(error)
        uri = next((uri for uri in uris if f'"{uri}"' in text), None)
        if uri is None:
            return super().explain(error, opener, uris, options)
        if (fault := _own_fault(opener, uri)) is not None:
            return fault
        line = re.search(r"in line (\d+)", text)
        reason = first_line(text).replace(f' in file "{uri}"', "").rstrip(". ")
        hint = "mend the record, or set options: {ignore_errors: true}"
        return FormatError(f"the records differ: {reason}", hint=hint, file=uri, line=int(line[1]) if line else None)


class JsonLinesFormat(JsonFormat):
    """One record a line; all else as in JSON."""

    name = "jsonl"
    extensions = (".jsonl", ".ndjson")
    lines = True


def _lines_wanted(given: dict[str, Any]) -> bool | None:
    """Take `lines`, `format` and `orient` out of the options; None when none of them says."""
    layout = given.pop("format", None)
    orient = given.pop("orient", "records")
    lines = given.pop("lines", None)
    if orient != "records":
        raise ConfigValidationError(
            f"option 'orient' is {orient!r}: DuckDB's json is records", hint="set engine: pandas for other shapes"
        )
    if layout in (None, "auto"):
        return lines if lines is None else bool(lines)
    if layout not in _LAYOUTS:
        raise ConfigValidationError(f"json format {layout!r} is not known", hint=f"one of {', '.join(_LAYOUTS)}")
    return _LAYOUTS[layout]


def _head(opener: Opener, uri: str) -> bytes:
    with open_plain(opener, uri) as file:
        return file.read(_HEAD_BYTES)


def _check_head(opener: Opener, uri: str, *, known_columns: bool) -> None:
    raw = _head(opener, uri)
    head = raw.removeprefix(codecs.BOM_UTF8).lstrip()
    if not head:
        raise FormatError("the JSON file is empty", hint="no records are written as []", file=uri)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FormatError("the file is UTF-16 text, JSON is UTF-8", hint="save it as UTF-8", file=uri)
    if _BLANK.fullmatch(head):
        if not known_columns:
            raise _no_records(uri)
    elif not re.match(rb"\{|\[\s*(\{|$)", head):
        shown = head[:20].decode("utf-8", "backslashreplace")
        raise FormatError(
            f"the file holds no JSON records: it begins with {shown!r}",
            hint="records are objects: [{...}, {...}], or one {...} a line",
            file=uri,
        )


def _check_mark(opener: Opener, uri: str) -> None:
    """Refuse an array behind a byte order mark, which DuckDB would take for one value of its own."""
    head = _head(opener, uri)
    if head.startswith(codecs.BOM_UTF8) and head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"["):
        raise FormatError("the file begins with a byte order mark", hint="set options: {format: array}", file=uri)


def _own_fault(opener: Opener, uri: str) -> FormatError | None:
    """Return where a file that isn't too large stops being JSON: DuckDB's own line may be the next one, or none."""
    with open_plain(opener, uri) as file:
        raw = file.read(_OWN_LOOK_BYTES)
    if len(raw) == _OWN_LOOK_BYTES:
        return None
    try:
        _records(_decoded(raw, "utf-8-sig", uri), uri)
    except FormatError as fault:
        return fault
    return None


def _no_records(uri: str) -> FormatError:
    hint = "set options: {columns: {id: BIGINT, ...}} (DuckDB) to read it as no rows of these columns"
    return FormatError("the file holds no records, so its columns aren't known", hint=hint, file=uri)


def _pandas_frame(opener: Opener, uri: str, given: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    own = "compression" in given
    with opener(uri) if own else open_plain(opener, uri) as file:
        try:
            frame = pd.read_json(file, **{"dtype_backend": "numpy_nullable", "compression": None} | given)
        except (ValueError, UnicodeError) as exc:
            raise FormatError(f"the file can't be read as json: {exc}", file=uri) from exc
    if not isinstance(frame, pd.DataFrame):
        raise ConfigValidationError("json reads give one frame: 'typ' and 'chunksize' can't be used")
    return frame


def _plain_frame(opener: Opener, uri: str, given: Mapping[str, Any]) -> pd.DataFrame:
    _check_head(opener, uri, known_columns=False)
    with open_plain(opener, uri) as file:
        raw = file.read()
    return _frame(_records(_decoded(raw, given.get("encoding") or "utf-8-sig", uri), uri), uri)


def _decoded(raw: bytes, encoding: str, uri: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        hint = "save it as UTF-8"
        raise FormatError(f"the file is not {exc.encoding} text", hint=hint, file=uri, line=line) from exc


def _records(text: str, uri: str) -> list[Any]:
    """Parse an array of values, or values one after the other."""
    decoder, values, position = json.JSONDecoder(), [], 0
    while (start := _next_value(text, position)) < len(text):
        try:
            value, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError as exc:
            source = text.splitlines()[exc.lineno - 1][:200] if exc.pos < len(text) else None
            where: dict[str, Any] = {"file": uri, "line": exc.lineno, "source": source}
            raise FormatError(f"the file is not JSON: {exc.msg}", hint="mend the record", **where) from exc
        values.append(value)
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def _next_value(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _frame(records: list[Any], uri: str) -> pd.DataFrame:
    import pandas as pd

    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise FormatError(f"record {number} is not an object: {record!r}", hint="records are {...}", file=uri)
    names = dict.fromkeys(name for record in records for name in record)
    columns = {name: _column([record.get(name) for record in records]) for name in names}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(records)))


def _column(values: list[Any]) -> pd.Series[Any]:
    """Make a column of pandas' nullable kinds, in which integers beside a NULL stay exact."""
    import pandas as pd
    import pyarrow as pa

    nullable: dict[pa.DataType, Any] = {
        pa.int64(): pd.Int64Dtype(),
        pa.float64(): pd.Float64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.string(): pd.StringDtype(),
    }
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pd.Series(values, dtype=object)
    column: pd.Series[Any] = pd.Series(values, dtype=nullable.get(array.type, object))
    return column
