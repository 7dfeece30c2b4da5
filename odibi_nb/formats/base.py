"""What a file format is to an engine: SQL text for DuckDB, Arrow for every other engine, frames for pandas."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from odibi_nb.exceptions import ConfigValidationError, FormatError, did_you_mean
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Format", "Opener", "Options", "accepted", "known_options"]

Opener = Callable[[str], BinaryIO]
Options = Mapping[str, Any]


class Format(ABC):
    """Reads and writes one kind of file; holds no state, so one instance serves every thread.

    typed: the file itself says its columns' types. snapshot_bytes: from this size on it pays to keep what was parsed;
    None: it never does, readers take from a file only what they need. An opener opens a URI for reading bytes.
    packages: what parses it beside the engine's own.
    URIs come from a connection's `files`; `path` is the target as the user wrote it.
    """

    name: str
    extensions: tuple[str, ...]
    typed: bool = False
    snapshot_bytes: int | None = 1_000_000
    packages: tuple[str, ...] = ()

    @property
    def is_scanned(self) -> bool:
        """Whether DuckDB reads it by itself; see `scan_sql`."""
        return type(self).scan_sql is not Format.scan_sql

    def check(self, opener: Opener, uris: Sequence[str], options: Options) -> Options:
        """Refuse what DuckDB would read wrongly or in part, from a look into the files.

        An engine calls it once before it uses `scan_sql`, with the options that this returns.
        """
        return options

    def is_blank(self, opener: Opener, uris: Sequence[str]) -> bool:
        """Tell whether the files hold no rows and no columns either; a write to such a target is an overwrite."""
        return False

    def read_options(self, options: Options) -> dict[str, Any]:
        """Return the options that read with DuckDB what was written with `options`, be they DuckDB's or pandas'."""
        return {}

    def scan_sql(self, uris: Sequence[str], options: Options, types: Mapping[str, str] | None = None) -> str | None:
        """Return a DuckDB table expression, or None when DuckDB can't read these (then `read_arrow`).

        types: the DuckDB type of every column, for untyped files whose types are known from elsewhere.
        Raises ConfigValidationError for an option that isn't one.
        """
        return None

    def read_arrow(self, opener: Opener, uris: Sequence[str], options: Options) -> pa.Table:
        raise FormatError(f"format '{self.name}' can't be read here", hint="convert it, or set engine: pandas")

    def copy_sql(self, path: str, options: Options) -> str | None:
        """Return the inside of `COPY … TO 'uri' (…)`, or None when DuckDB can't write it (then `write_arrow`)."""
        return None

    def column_sql(self, name: str, duckdb_type: str) -> str:
        """Return the select item that makes a column fit for `copy_sql`."""
        return quote_name(name)

    def write_arrow(self, reader: pa.RecordBatchReader, file: BinaryIO, options: Options) -> None:
        raise FormatError(f"format '{self.name}' can't be written here", hint="use csv, parquet, json or excel")

    @abstractmethod
    def read_pandas(self, opener: Opener, uris: Sequence[str], options: Options) -> pd.DataFrame:
        """Read with pandas' own options; pandas' errors come as FormatError with file and line."""

    @abstractmethod
    def write_pandas(self, frame: pd.DataFrame, file: BinaryIO, path: str, options: Options) -> None:
        """Write with pandas' own options; the index is left out unless asked for."""

    def explain(self, error: Exception, opener: Opener, uris: Sequence[str], options: Options) -> FormatError | None:
        """Return DuckDB's `error` as one naming file and line, or None when it isn't about these files."""
        text = str(error)
        uri = next((uri for uri in uris if uri in text), None)
        if uri is None:
            return None
        return FormatError(f"the file can't be read as {self.name}: {first_line(text)}", file=uri)


def first_line(text: str) -> str:
    """Return the first line of DuckDB's words without the name of its error class."""
    return text.splitlines()[0].split("Error: ", 1)[-1].strip() if text else "no reason given"


def known_options(
    options: Options, known: Collection[str], *, aliases: Mapping[str, str], owner: str
) -> dict[str, Any]:
    """Return `options` under their own names; owner: who reads them, for the message.

    Raises ConfigValidationError for an unknown name, or for one option given under two names.
    """
    renamed: dict[str, Any] = {}
    for given, value in options.items():
        option = aliases.get(given, given)
        if option not in known:
            raise _unknown_option(given, [*known, *aliases], owner)
        if option in renamed:
            raise ConfigValidationError(f"option '{given}' is given twice for {owner}", hint=f"keep one '{option}'")
        renamed[option] = value
    return renamed


def accepted(function: Callable[..., Any], options: Options, owner: str) -> dict[str, Any]:
    """Return `options`, all of them parameters of pandas' `function`."""
    return known_options(options, list(inspect.signature(function).parameters), aliases={}, owner=owner)


def _unknown_option(name: str, known: Collection[str], owner: str) -> ConfigValidationError:
    hint = did_you_mean(name, known) or f"options: {', '.join(sorted(known))}"
    return ConfigValidationError(f"'{name}' is not an option of {owner}", hint=hint)
