"""CSV as text: what its header says, and where a file breaks its own rules.

DuckDB and pandas say little about a bad file and pass over some of its faults; this module looks itself.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from odibi_nb.exceptions import FormatError, plural
from odibi_nb.formats.base import Opener
from odibi_nb.formats.bytestreams import BOM_ENCODINGS, open_plain

__all__ = ["Dialect", "check_headers", "first_fault", "open_text", "refuse_nul"]

_BLOCK_BYTES = 2**20
_DELIMITERS = (";", "\t", "|", ",")
_ENCODING_HINT = (
    "set options: {encoding: latin-1}; for Windows' cp1252, engine: pandas with {encoding: cp1252}; or save it as UTF-8"
)
_UNIT_SEPARATOR = "\x1f"
"""What stands for a delimiter of several characters, which the csv module can't cut at."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is cut into fields.

    guessed: nobody gave the delimiter. skip: lines before the header. names: the names are given elsewhere.
    strict: stray quotes and mixed line ends are faults.
    ragged_hint: the options that accept rows of another length.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    guessed: bool = True
    header: bool = True
    skip: int = 0
    names: bool = False
    encoding: str = "utf-8"
    strict: bool = True
    ragged_hint: str = ""

    def records(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Cut lines into fields."""
        own_escape = self.escape if self.escape != self.quote else None
        mark = self.delimiter if len(self.delimiter) == 1 else _UNIT_SEPARATOR
        return csv.reader(
            lines if mark == self.delimiter else (line.replace(self.delimiter, mark) for line in lines),
            delimiter=mark,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=own_escape,
            doublequote=own_escape is None,
            strict=self.strict,
        )


def check_headers(opener: Opener, uris: Sequence[str], dialect: Dialect, *, same: bool) -> None:
    """Refuse empty files, doubled names, a delimiter that isn't the file's and, when `same`, differing headers."""
    first: list[str] = []
    for uri in uris:
        header = _first_record(opener, uri, dialect)
        if not dialect.header or dialect.names:
            continue
        _check_delimiter(header, dialect, uri)
        _check_names(header, dialect, uri)
        first = first or header
        if same:
            _check_same(first, header, uris[0], uri)


def first_fault(opener: Opener, uri: str, dialect: Dialect) -> FormatError | None:
    """Return the first line that is not text, not CSV, or not as long as the header, as an error."""
    try:
        with open_text(opener, uri, dialect) as text:
            fault = _first_bad_record(text, uri, dialect)
            return fault or (_mixed_line_ends(text.newlines, uri) if dialect.strict else None)
    except UnicodeError:
        return _undecodable(opener, uri, dialect)


def refuse_nul(opener: Opener, uri: str, encoding: str) -> None:
    """Raise FormatError for a NUL byte: pandas 2 drops the rest of its field in silence."""
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        return
    line = 1
    with open_plain(opener, uri) as file:
        while block := file.read(_BLOCK_BYTES):
            if (at := block.find(b"\0")) >= 0:
                line += block.count(b"\n", 0, at)
                hint = "take it out, or read the file with engine: duckdb or pandas 3"
                raise FormatError(
                    "the file holds a NUL byte, where pandas 2 cuts a text", hint=hint, file=uri, line=line
                )
            line += block.count(b"\n")


def open_text(opener: Opener, uri: str, dialect: Dialect) -> io.TextIOWrapper:
    """Open a file as text, for a reader that sees its line ends."""
    encoding = "utf-8-sig" if codecs.lookup(dialect.encoding).name == "utf-8" else dialect.encoding
    return io.TextIOWrapper(open_plain(opener, uri), encoding=encoding, newline="")


def _first_record(opener: Opener, uri: str, dialect: Dialect) -> list[str]:
    _check_byte_order_mark(opener, uri, dialect)
    try:
        with open_text(opener, uri, dialect) as text:
            for _ in range(dialect.skip):
                text.readline()
            record = next(dialect.records(text), None)
    except UnicodeError:
        fault = _undecodable(opener, uri, dialect)
        raise fault from None
    except csv.Error as exc:
        raise FormatError(f"the first line is not CSV: {exc}", hint=_ENCODING_HINT, file=uri, line=1) from exc
    if record is None:
        raise FormatError("the CSV file is empty", hint="it needs at least a line of column names", file=uri)
    if not any(record) and dialect.header and not dialect.names:
        raise _at_header(
            "the line of column names is blank", "set options: {skip: 1}, or {header: false}", dialect, uri
        )
    return record


def _check_byte_order_mark(opener: Opener, uri: str, dialect: Dialect) -> None:
    with open_plain(opener, uri) as file:
        head = file.read(3)
    marked = next((encoding for bom, encoding in BOM_ENCODINGS.items() if head.startswith(bom)), None)
    if marked == "utf-16" and not codecs.lookup(dialect.encoding).name.startswith("utf-16"):
        raise FormatError("the file is UTF-16 text", hint="set options: {encoding: utf-16}", file=uri)


def _check_delimiter(header: list[str], dialect: Dialect, uri: str) -> None:
    if not dialect.guessed or len(header) != 1:
        return
    found = next((mark for mark in _DELIMITERS if mark != dialect.delimiter and mark in header[0]), None)
    if found is not None:
        raise _at_header(
            f"'{header[0]}' is one column: its fields seem to be separated by {found!r}, not {dialect.delimiter!r}",
            f"set options: {{sep: {found!r}}} (or {{sep: {dialect.delimiter!r}}} if it is one column)",
            dialect,
            uri,
        )


def _check_names(header: list[str], dialect: Dialect, uri: str) -> None:
    seen: dict[str, str] = {}
    for name in filter(None, header):
        if "\0" in name:
            raise _at_header("the column names hold NUL bytes", _ENCODING_HINT, dialect, uri)
        if (other := seen.setdefault(name.casefold(), name)) != name or header.count(name) > 1:
            doubled = f"'{name}'" if other == name else f"'{other}' and '{name}'"
            hint = "rename one, or give all of them: options: {names: [...]}"
            raise _at_header(f"two columns have one name: {doubled}", hint, dialect, uri)


def _check_same(first: list[str], header: list[str], first_uri: str, uri: str) -> None:
    ours, theirs = ({name.casefold() for name in names} for names in (first, header))
    missing = [name for name in first if name.casefold() not in theirs]
    extra = [name for name in header if name.casefold() not in ours]
    if missing or extra:
        parts = [f"{word} {', '.join(names)}" for word, names in (("lacks", missing), ("adds", extra)) if names]
        raise FormatError(
            f"the file's columns differ from those of '{first_uri}': it {' and '.join(parts)}",
            hint="read them in two nodes, or set options: {union_by_name: true} (DuckDB; missing columns are NULL)",
            file=uri,
        )


def _at_header(message: str, hint: str, dialect: Dialect, uri: str) -> FormatError:
    return FormatError(message, hint=hint, file=uri, line=dialect.skip + 1)


def _first_bad_record(text: io.TextIOWrapper, uri: str, dialect: Dialect) -> FormatError | None:
    lines = _Lines(text)
    for _ in range(dialect.skip):
        next(lines, None)
    records = dialect.records(lines)
    start, width = lines.number + 1, 0
    try:
        for record in records:
            width = width or len(record)
            # A blank line is no row (or, in a file of one column, a NULL).
            if record and len(record) != width:
                return _ragged(lines, start, (len(record), width), uri, dialect)
            start = lines.number + 1
    except csv.Error as exc:
        # A field longer than the csv module's limit is no fault; one that goes on over many lines is.
        if "field limit" in str(exc) and lines.number == start:
            return None
        # A reader that takes stray quotes minds nothing else.
        return _not_csv(exc, lines, start, uri) if dialect.strict else None
    return None


class _Lines:
    """Lines of a text, remembering the last one and its number."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.number = 0
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.number += 1
        self.last = line
        return line


def _ragged(lines: _Lines, start: int, widths: tuple[int, int], uri: str, dialect: Dialect) -> FormatError:
    found, expected = (plural(n, "field") for n in widths)
    above = "the header" if dialect.header else "the first row"
    hint = f"mend the line, or set options: {dialect.ragged_hint}"
    source = lines.last.rstrip("\r\n") if lines.number == start else None
    return FormatError(f"the row has {found}, {above} has {expected}", hint=hint, file=uri, line=start, source=source)


def _not_csv(exc: csv.Error, lines: _Lines, start: int, uri: str) -> FormatError:
    # The reader only ends in the middle of a record when a quote was never closed; long before the end it
    # meets its limit for one field.
    if "unexpected end" in str(exc) or "field limit" in str(exc):
        return FormatError("a quoted field is never closed", hint="close the quote, or double it", file=uri, line=start)
    source = lines.last.rstrip("\r\n")
    hint = 'a quote inside a field is written "" and the field is quoted; or set options: {strict_mode: false}'
    return FormatError(f"the row is not CSV: {exc}", hint=hint, file=uri, line=lines.number, source=source)


def _mixed_line_ends(newlines: str | tuple[str, ...] | None, uri: str) -> FormatError | None:
    if not isinstance(newlines, tuple):
        return None
    kinds = " and ".join(repr(kind) for kind in newlines)
    return FormatError(
        f"the file mixes line ends {kinds}",
        hint="save it with one kind, or set options: {strict_mode: false}",
        file=uri,
    )


def _undecodable(opener: Opener, uri: str, dialect: Dialect) -> FormatError:
    codec = codecs.lookup(dialect.encoding)
    # Only where a line end is one byte can the bytes be cut into lines before they are decoded.
    if not codec.name.startswith(("utf-16", "utf-32")):
        with open_plain(opener, uri) as file:
            for number, line in enumerate(file, start=1):
                shown, bad = line.rstrip(b"\r\n").decode(codec.name, "backslashreplace"), b""
                try:
                    line.decode(codec.name)
                except UnicodeDecodeError as exc:
                    bad = line[exc.start : exc.start + 1]
                if bad:
                    message = f"the file is not {codec.name} text: byte 0x{bad.hex()}"
                    return FormatError(message, hint=_ENCODING_HINT, file=uri, line=number, source=shown)
    return FormatError(f"the file is not {codec.name} text", hint=_ENCODING_HINT, file=uri)
