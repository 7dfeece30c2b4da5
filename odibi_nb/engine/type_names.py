"""DuckDB's names of types, read: the Arrow type that the type table gives to each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import pyarrow as pa

from odibi_nb.engine.types import PLAIN_TYPES
from odibi_nb.exceptions import ValidationError

__all__ = ["arrow_type", "canonical_name"]


def canonical_name(text: str) -> str:
    """Return a type as DuckDB calls it ("decimal(9, 2)" → "DECIMAL(9,2)"); raises ValidationError for none of its."""
    import duckdb

    try:
        name = str(duckdb.sqltype(text))
        arrow_type(name)
    except duckdb.Error as exc:
        hint = 'such as INTEGER, DATE or "DECIMAL(9,2)"; in {…} one with a comma is quoted'
        raise ValidationError(f"'{text}' is no type of DuckDB", hint=hint) from exc
    return name


_BY_NAME = {
    **{name: arrow for arrow, name in PLAIN_TYPES.items()},
    "HUGEINT": pa.int64(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    "TIMESTAMP_S": pa.timestamp("us"),
    "TIMESTAMP_MS": pa.timestamp("us"),
    "UUID": pa.string(),
    "BIT": pa.binary(),
}
_CALL = re.compile(r"(DECIMAL|ENUM|MAP|STRUCT)\((.*)\)", re.DOTALL)
_LIST = re.compile(r"(.+)\[(\d*)\]", re.DOTALL)
# A quoted text, parentheses' edges and commas; everything else is of no interest to who splits.
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[(),]|[^'\"(),]+")
_FIELD = re.compile(r"(\"(?:[^\"]|\"\")*\"|\S+)\s+(.+)", re.DOTALL)


@lru_cache(maxsize=1024)
def arrow_type(name: str) -> pa.DataType:
    """Return the canonical Arrow type of a DuckDB type; raises ValidationError where there is none."""
    if (plain := _BY_NAME.get(name)) is not None:
        return plain
    if listed := _LIST.fullmatch(name):
        item, size = arrow_type(listed[1]), listed[2]
        return pa.list_(item, int(size)) if size else pa.list_(item)
    if (call := _CALL.fullmatch(name)) is None:
        raise ValidationError(f"no rows can be written by hand for a column of type {name}")
    return _of_call(call[1], list(_split(call[2])))


def _of_call(kind: str, arguments: list[str]) -> pa.DataType:
    if kind == "DECIMAL":
        return pa.decimal128(int(arguments[0]), int(arguments[1]))
    if kind == "ENUM":
        return pa.string()
    if kind == "MAP":
        return pa.map_(arrow_type(arguments[0]), arrow_type(arguments[1]))
    return pa.struct([_field(argument) for argument in arguments])


def _field(argument: str) -> pa.Field:
    found = _FIELD.fullmatch(argument)
    assert found is not None  # noqa: S101 - DuckDB writes a name and a type
    name = found[1]
    return pa.field(name[1:-1].replace('""', '"') if name.startswith('"') else name, arrow_type(found[2]))


def _split(arguments: str) -> Iterator[str]:
    """Yield what stands between the outermost commas."""
    depth, argument = 0, ""
    for piece in _PIECE.findall(arguments):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth == 0:
            yield argument.strip()
            argument = ""
        else:
            argument += piece
    yield argument.strip()
