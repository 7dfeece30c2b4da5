"""CSV: no guess about its dialect, because a wrong guess loses rows in silence; only types are sniffed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from odibi_nb.exceptions import ConfigValidationError, FormatError
from odibi_nb.formats.base import Format, Opener, Options, accepted, known_options
from odibi_nb.formats.bytestreams import compression_of, open_plain
from odibi_nb.formats.csv_doubts import doubtful_columns
from odibi_nb.formats.csv_text import Dialect, check_headers, first_fault, refuse_nul
from odibi_nb.formats.sqltext import copy_options, table_function
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CsvFormat", "TsvFormat"]

_READ = (
    "all_varchar", "allow_quoted_nulls", "auto_type_candidates", "columns", "comment", "compression", "dateformat",
    "decimal_separator", "delim", "encoding", "escape", "filename", "force_not_null", "header", "hive_partitioning",
    "hive_types", "ignore_errors", "max_line_size", "names", "new_line", "normalize_names", "null_padding", "nullstr",
    "parallel", "quote", "sample_size", "skip", "strict_mode", "thousands", "timestampformat", "types",
    "union_by_name",
)  # fmt: skip
_WRITE = (
    "compression", "dateformat", "delimiter", "escape", "force_quote", "header", "nullstr", "quote",
    "timestampformat",
)  # fmt: skip
_READ_ALIASES = {
    "sep": "delim", "delimiter": "delim", "separator": "delim", "quotechar": "quote", "escapechar": "escape",
    "na_values": "nullstr", "null": "nullstr", "dtype": "types", "dtypes": "types", "column_types": "types",
    "skiprows": "skip", "column_names": "names", "decimal": "decimal_separator", "date_format": "dateformat",
    "timestamp_format": "timestampformat",
}  # fmt: skip
_WRITE_ALIASES = {
    "sep": "delimiter", "delim": "delimiter", "quotechar": "quote", "escapechar": "escape", "na_rep": "nullstr",
    "null": "nullstr", "date_format": "dateformat", "timestamp_format": "timestampformat",
}  # fmt: skip

# What a file written with these options has to be read with; pandas' line ends and the like matter to no reader.
_SHARED = {
    **{name: name for name in ("compression", "dateformat", "encoding", "escape", "header", "nullstr", "quote")},
    "delimiter": "delim", "timestampformat": "timestampformat", "decimal": "decimal_separator",
    "escapechar": "escape",
}  # fmt: skip

# Dates are ISO or they are text: 03/04/2020 is March to one reader and April to the other.
_ISO_DATE = "%Y-%m-%d"
# A quoted empty field is '', a bare one NULL, so that both survive a round trip.
_READ_DEFAULTS: dict[str, Any] = {
    "header": True,
    "skip": 0,
    "comment": "",
    "strict_mode": True,
    "dateformat": _ISO_DATE,
    "allow_quoted_nulls": False,
    "hive_partitioning": False,
}
# Who says what the types are, or how they are told, is not corrected; normalized names are DuckDB's alone.
_OWN_TYPES = ("all_varchar", "auto_type_candidates", "columns", "normalize_names", "types")
_LONGEST_SEPARATOR = 4
"""In bytes; DuckDB takes no longer one."""
# Options of pandas that cut the text in a way that can't be followed here; pandas alone judges such files.
_PANDAS_OWN_CUT = frozenset(
    {
        "comment",
        "dialect",
        "doublequote",
        "engine",
        "lineterminator",
        "nrows",
        "quoting",
        "skipfooter",
        "skipinitialspace",
    }
)


class CsvFormat(Format):
    """Comma-separated text: delimiter `,`, quote `"`, a header, UTF-8, unless options say otherwise.

    Options are DuckDB's `read_csv` and `COPY` options, with pandas' names for the common ones (sep, na_values,
    dtype, skiprows). Types are sniffed: "007" stays text, while pandas makes it 7 unless `dtype` says str, and
    of flags only true and false are BOOLEAN.
    Nested values are written as JSON text.
    """

    name = "csv"
    extensions: tuple[str, ...] = (".csv",)
    delimiter = ","

    def check(self, opener: Opener, uris: Sequence[str], options: Options) -> Options:
        given = self._reading(options)
        dialect = self._dialect(given)
        check_headers(opener, uris, dialect, same=not given.get("union_by_name"))
        if any(given.get(option) for option in _OWN_TYPES):
            return options
        texts = doubtful_columns(opener, uris, dialect, nulls=_null_texts(given), names=given.get("names", ()))
        return {**options, "types": dict.fromkeys(texts, "VARCHAR")} if texts else options

    def read_options(self, options: Options) -> dict[str, Any]:
        own_names = {_WRITE_ALIASES.get(name, name): value for name, value in options.items()}
        return {_SHARED[name]: value for name, value in own_names.items() if name in _SHARED}

    def scan_sql(self, uris: Sequence[str], options: Options, types: Mapping[str, str] | None = None) -> str:
        given = self._reading(options)
        if types is not None:
            given["types"] = dict(types)
        quote = given.get("quote", '"')
        dialect = {"delim": self.delimiter, "quote": quote, "escape": quote}
        return table_function("read_csv", uris, dialect | _READ_DEFAULTS | given)

    def copy_sql(self, path: str, options: Options) -> str:
        given = known_options(options, _WRITE, aliases=_WRITE_ALIASES, owner="csv writes")
        defaults = {"header": True, "delimiter": self.delimiter, "compression": compression_of(path) or "none"}
        return copy_options("csv", defaults | given)

    def column_sql(self, name: str, duckdb_type: str) -> str:
        column = quote_name(name)
        nested = duckdb_type.endswith("]") or duckdb_type.startswith(("STRUCT", "MAP", "UNION"))
        return f"CAST(to_json({column}) AS VARCHAR) AS {column}" if nested else column

    def read_pandas(self, opener: Opener, uris: Sequence[str], options: Options) -> pd.DataFrame:
        import pandas as pd

        given = self._for_pandas(accepted(pd.read_csv, options, "pandas.read_csv"))
        dialect = _followed(given)
        if dialect is not None:
            check_headers(opener, uris, dialect, same=True)
        frames = [_read_frame(opener, uri, given, dialect) for uri in uris]
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index="index_col" not in given)

    def write_pandas(self, frame: pd.DataFrame, file: BinaryIO, path: str, options: Options) -> None:
        given: dict[str, Any] = {"index": False, "sep": self.delimiter, "compression": compression_of(path)}
        given |= accepted(frame.to_csv, options, "DataFrame.to_csv")
        frame.to_csv(file, **given)

    def explain(self, error: Exception, opener: Opener, uris: Sequence[str], options: Options) -> FormatError | None:
        text, given = str(error), self._reading(options)
        if "not latin-1 encoded" in text and given.get("encoding") == "latin-1":
            return _not_latin(uris)
        uri = next((uri for uri in uris if uri in text), None)
        if uri is None:
            return None
        return (
            _bad_value(text, uri, given)
            or _long_line(text, uri)
            or self._fault(opener, uri, given)
            or super().explain(error, opener, uris, options)
        )

    def _fault(self, opener: Opener, uri: str, given: Mapping[str, Any]) -> FormatError | None:
        lenient = any(given.get(option) for option in ("comment", "ignore_errors", "null_padding"))
        if lenient or not given.get("strict_mode", True):
            return None
        return first_fault(opener, uri, self._dialect(given))

    def _reading(self, options: Options) -> dict[str, Any]:
        given = known_options(options, _READ, aliases=_READ_ALIASES, owner="csv reads")
        if "header" in given:
            given["header"] = _header_flag(given["header"])
        if "encoding" in given:
            given["encoding"] = _duckdb_encoding(given["encoding"])
        if "delim" in given:
            given["delim"] = _separator(given["delim"])
        for option in ("quote", "escape"):
            _refuse_long(option, given.get(option, ""))
        if "na_values" in options:  # pandas' own adds to what is NULL anyway
            given["nullstr"] = sorted(_null_texts(given))
        return given

    def _dialect(self, given: Mapping[str, Any]) -> Dialect:
        quote = given.get("quote", '"')
        return Dialect(
            delimiter=given.get("delim", self.delimiter),
            quote=quote or None,
            escape=given.get("escape") or None,
            guessed="delim" not in given,
            header=given.get("header", True),
            skip=given.get("skip", 0),
            names="names" in given or "columns" in given,
            encoding=given.get("encoding", "utf-8"),
            ragged_hint="{ignore_errors: true} to skip such rows, {null_padding: true} to fill up short ones",
        )

    def _for_pandas(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("chunksize") or given.get("iterator"):
            raise ConfigValidationError("csv reads give one frame: 'chunksize' and 'iterator' can't be used")
        if encoding := given.get("encoding"):
            _codec_name(encoding)
        separator = {} if {"sep", "delimiter"} & given.keys() or self.delimiter == "," else {"sep": self.delimiter}
        separator |= {option: "\t" for option in ("sep", "delimiter") if given.get(option) == r"\t"}
        return {"dtype_backend": "numpy_nullable"} | given | separator


class TsvFormat(CsvFormat):
    """Tab-separated text; all else as in CSV."""

    name = "tsv"
    extensions = (".tsv", ".tab")
    delimiter = "\t"


def _separator(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.encode()) <= _LONGEST_SEPARATOR:
        raise ConfigValidationError(
            f"a separator is one character, or a few, not {value!r}", hint="such as ';' or '||'"
        )
    return "\t" if value == r"\t" else value  # as a shell's line gives it, and as DuckDB takes it


def _refuse_long(option: str, value: Any) -> None:
    if value and (not isinstance(value, str) or len(value) > 1):
        raise ConfigValidationError(f"option '{option}' is one character, or '' for none, not {value!r}")


def _header_flag(value: Any) -> bool:
    # pandas: 0 is "the first line", None is "no header".
    if value in (0, True) and value is not False:
        return True
    if value is None or value is False:
        return False
    raise ConfigValidationError(f"option 'header' is true or false, not {value!r}", hint="use skip for lines above it")


def _null_texts(given: Mapping[str, Any]) -> frozenset[str]:
    texts = given.get("nullstr", "")
    return frozenset([texts] if isinstance(texts, str) else texts) | {""}


def _codec_name(encoding: str) -> str:
    try:
        "".encode(encoding)
        return codecs.lookup(encoding).name
    except LookupError as exc:
        hint = "utf-8, utf-16 or latin-1"
        raise ConfigValidationError(f"'{encoding}' is not an encoding of text", hint=hint) from exc


def _duckdb_encoding(encoding: str) -> str:
    name = _codec_name(encoding)
    if name in ("utf-8", "utf-8-sig", "ascii"):
        return "utf-8"
    if name.startswith("utf-16") or name == "iso8859-1":
        return "utf-16" if name.startswith("utf-16") else "latin-1"
    raise ConfigValidationError(
        f"DuckDB reads CSV in utf-8, utf-16 and latin-1, not in {encoding}",
        hint=f"set engine: pandas with options: {{encoding: {encoding}}}, or save the file as UTF-8",
    )


def _bad_value(text: str, uri: str, given: Mapping[str, Any]) -> FormatError | None:
    found = re.search(
        r'Error when converting column "(.*?)"\. Could not convert string "(.*?)" to \'(.*?)\'', text, re.DOTALL
    )
    line = re.search(r"CSV Error on Line: (\d+)\nOriginal Line: (.*)", text)
    if found is None or line is None:
        return None
    column, value, kind = found.groups()
    where: dict[str, Any] = {"file": uri, "line": int(line[1]), "source": line[2]}
    types = given.get("types")
    if given.get("all_varchar") or (isinstance(types, Mapping) and column in types):
        # DuckDB reads a cast of the query's as the type to scan.
        hint = f"mend it, or give it to TRY_CAST({column} AS {kind}), which makes it NULL"
        return FormatError(f"column '{column}': {value!r} is not {kind}", hint=hint, **where)
    hint = f"mend it, or set options: {{types: {{{column}: VARCHAR}}}} (or {{nullstr: {value!r}}} if it means NULL)"
    return FormatError(f"column '{column}': {value!r} is not {kind}, the type of the other rows", hint=hint, **where)


def _long_line(text: str, uri: str) -> FormatError | None:
    found = re.search(r"Maximum line size of (\d+) bytes exceeded. Actual Size:(\d+)", text)
    if found is None:
        return None
    limit, size = map(int, found.groups())
    return FormatError(
        f"a line of {size:,} bytes is longer than the {limit:,} that DuckDB reads",
        hint=f"set options: {{max_line_size: {2 * size}}}",
        file=uri,
    )


def _not_latin(uris: Sequence[str]) -> FormatError:
    # DuckDB doesn't say of which file it speaks.
    file = uris[0] if len(uris) == 1 else None
    hint = "it may be Windows' cp1252: set engine: pandas with options: {encoding: cp1252}, or save the file as UTF-8"
    return FormatError("the file is not latin-1 text", hint=hint, file=file)


def _followed(given: Mapping[str, Any]) -> Dialect | None:
    """Return the dialect that pandas' options mean, or None when only pandas can tell."""
    separator = given.get("delimiter") or given.get("sep", ",")
    skip, header = given.get("skiprows") or 0, given.get("header", "infer")
    plain = (
        isinstance(separator, str) and len(separator) == 1 and isinstance(skip, int) and header in (0, "infer", None)
    )
    if not plain or _PANDAS_OWN_CUT & given.keys() or given.get("on_bad_lines", "error") != "error":
        return None
    return Dialect(
        delimiter=separator,
        quote=given.get("quotechar", '"'),
        escape=given.get("escapechar"),
        guessed=not {"delimiter", "sep"} & given.keys(),
        header=header is not None and ("names" not in given or header == 0),
        skip=skip,
        names="names" in given,
        encoding=given.get("encoding") or "utf-8",
        strict=False,
        ragged_hint="{on_bad_lines: skip} to skip rows that are too long and fill up short ones with NULL",
    )


def _read_frame(opener: Opener, uri: str, given: Mapping[str, Any], dialect: Dialect | None) -> pd.DataFrame:
    import pandas as pd

    plain = given.get("compression", "infer") == "infer"
    options = {**given, "compression": None} if plain else given
    if plain and int(pd.__version__.split(".")[0]) < 3:
        refuse_nul(opener, uri, str(given.get("encoding") or "utf-8"))
    try:
        with open_plain(opener, uri) if plain else opener(uri) as file:
            frame: pd.DataFrame = pd.read_csv(file, **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError) as exc:
        fault = first_fault(opener, uri, dialect) if dialect is not None else None
        raise fault or _pandas_fault(exc, uri) from exc
    if dialect is not None and _may_be_ragged(frame, given) and (fault := first_fault(opener, uri, dialect)):
        raise fault
    return frame


def _pandas_fault(exc: Exception, uri: str) -> FormatError:
    reason = str(exc).strip().split("C error: ")[-1]
    if unclosed := re.search(r"EOF inside string starting at row (\d+)", reason):
        message = f"a quoted field is never closed; it begins in row {int(unclosed[1]) + 1}"
        return FormatError(message, hint="close the quote, or double it", file=uri)
    hint = "is it really csv? if so, say how it is cut: options: {sep: …}, {quotechar: …} or {encoding: …}"
    return FormatError(f"the file can't be read as csv: {reason}", hint=hint, file=uri)


def _may_be_ragged(frame: pd.DataFrame, given: Mapping[str, Any]) -> bool:
    """Tell whether pandas may have filled up short rows, or made an index of the fields too many."""
    import pandas as pd

    padded = bool(frame.shape[1]) and bool(frame.iloc[:, -1].isna().any())
    return padded or not {"usecols", "index_col"}.isdisjoint(given) or not isinstance(frame.index, pd.RangeIndex)
