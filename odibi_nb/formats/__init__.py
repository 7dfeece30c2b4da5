"""File formats by name and by extension: one file a format, one row in the table."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec

from odibi_nb.exceptions import FormatError, did_you_mean
from odibi_nb.formats.base import Format
from odibi_nb.formats.bytestreams import without_compression

__all__ = ["Format", "format_names", "format_of", "get_format"]

_PLUGINS = "odibi_nb.formats"


@dataclass(frozen=True, slots=True)
class _Row:
    """factory: `module:callable`. requires: {module it imports: package to install}."""

    factory: str
    extensions: tuple[str, ...]
    requires: tuple[tuple[str, str], ...] = ()
    refines: str | None = None


_FORMATS = {
    "csv": _Row("odibi_nb.formats.csv:CsvFormat", (".csv",)),
    "tsv": _Row("odibi_nb.formats.csv:TsvFormat", (".tsv", ".tab"), refines="csv"),
    "parquet": _Row("odibi_nb.formats.parquet:ParquetFormat", (".parquet", ".pq")),
    "json": _Row("odibi_nb.formats.json:JsonFormat", (".json",)),
    "jsonl": _Row("odibi_nb.formats.json:JsonLinesFormat", (".jsonl", ".ndjson"), refines="json"),
    "excel": _Row(
        "odibi_nb.formats.excel:ExcelFormat",
        (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
        requires=(("python_calamine", "python-calamine"), ("openpyxl", "openpyxl")),
    ),
}


def format_names() -> tuple[str, ...]:
    """Return every name that `get_format` knows, plug-ins included."""
    return (*_FORMATS, *sorted(_plugins()))


@functools.cache
def get_format(name: str) -> Format:
    """Return the format called `name`.

    Raises FormatError for an unknown name, or when a package that it needs isn't installed.
    """
    if (row := _FORMATS.get(name)) is not None:
        return _load(name, row)
    if (plugin := _plugins().get(name)) is not None:
        return plugin
    raise _unknown(name)


def _unknown(name: str) -> FormatError:
    from odibi_nb.config.unbuilt import UNBUILT_VALUES, not_built

    known = f"formats: {', '.join(format_names())}"
    if name in UNBUILT_VALUES["Format"]:
        return FormatError(not_built(f"format: {name}"), hint=known)
    return FormatError(f"format '{name}' is not known", hint=did_you_mean(name, format_names()) or known)


def format_of(path: str, format: str | None = None) -> Format:  # noqa: A002 - the dialect's own word
    """Return the format named, else the one of the path's extension (`.csv.gz` is csv).

    A name that the extension makes more exact gives way to it: `json` on `x.jsonl` means JSON lines.
    """
    by_extension = _name_of_extension(path)
    if format is None:
        if by_extension is None:
            raise FormatError(f"the format of '{path}' is not known", hint=f"set format: {', '.join(format_names())}")
        return get_format(by_extension)
    row = _FORMATS.get(by_extension or "")
    return get_format(by_extension if by_extension and row and row.refines == format else format)


def _name_of_extension(path: str) -> str | None:
    plain = without_compression(path).lower()
    for name, row in _FORMATS.items():
        if plain.endswith(row.extensions):
            return name
    return next((name for name, plugin in _plugins().items() if plain.endswith(plugin.extensions)), None)


def _load(name: str, row: _Row) -> Format:
    missing = [package for module, package in row.requires if find_spec(module) is None]
    if missing:
        raise FormatError(f"format '{name}' needs {' and '.join(missing)}", hint=f"pip install {' '.join(missing)}")
    module, _, factory = row.factory.partition(":")
    made: Format = getattr(import_module(module), factory)()
    return made


@functools.cache
def _plugins() -> dict[str, Format]:
    return {point.name: point.load()() for point in entry_points(group=_PLUGINS)}
