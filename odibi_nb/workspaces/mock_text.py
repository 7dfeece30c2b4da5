"""Rows as the text of a `%%odibi_mock` cell, which reads back as the same rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import NoneType
from typing import Any

import pyarrow as pa

__all__ = ["mock_cell_text", "yaml_value"]

# What YAML takes for nothing but a text or a date, also between { and }.
_PLAIN = re.compile(r"[^\W\d_][\w-]*( [\w-]+)*|\d{4}-\d\d-\d\d")
_WORDS = re.compile(r"null|true|false", re.IGNORECASE)
_EXACT_DIGITS = 15
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def mock_cell_text(node: str, inputs: Mapping[str, Iterable[Mapping[str, Any]]], notes: Iterable[str] = ()) -> str:
    """Return the cell; inputs: rows by input. notes: comments above them."""
    lines = [f"%%odibi_mock {node}", *(f"# {note}" for note in notes)]
    for name, rows in inputs.items():
        written = [f"- {yaml_value(row)}" for row in rows]
        lines += [f"{name}:", *written] if written else [f"{name}: []"]
    return "\n".join(lines)


def yaml_value(value: Any) -> str:
    """Return a value in one line of YAML."""
    return next((write(value) for kinds, write in _WRITERS if isinstance(value, kinds)), None) or _text(str(value))


def _float(value: float) -> str:
    if value != value:  # noqa: PLR0124 - NaN, which is NULL
        return "null"
    return {"inf": ".inf", "-inf": "-.inf"}.get(repr(value), repr(value))


def _decimal(value: Decimal) -> str:
    return f"{value:f}" if len(value.as_tuple().digits) <= _EXACT_DIGITS else _text(f"{value:f}")


def _list(value: Sequence[Any]) -> str:
    if value and all(isinstance(item, tuple) for item in value):  # what a MAP comes as
        return _mapping(value)
    return f"[{', '.join(map(yaml_value, value))}]"


def _mapping(items: Iterable[tuple[Any, Any]]) -> str:
    pairs = (f"{_text(key if isinstance(key, str) else str(key))}: {yaml_value(item)}" for key, item in items)
    return f"{{{', '.join(pairs)}}}"


def _interval(value: Any) -> str:
    return _text(f"{value.months} months {value.days} days {value.nanoseconds // 1000} microseconds")


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and not _WORDS.fullmatch(text):
        return text
    return f'"{"".join(map(_escaped, text))}"'


_WRITERS: Sequence[tuple[Any, Callable[[Any], str]]] = (
    (NoneType, lambda value: "null"),
    (bool, lambda value: str(value).lower()),
    (int, str),
    (float, _float),
    (Decimal, _decimal),
    (dt.datetime, lambda value: _text(value.isoformat(" "))),
    ((dt.date, dt.time), lambda value: _text(value.isoformat())),
    (Mapping, lambda value: _mapping(value.items())),
    (list, _list),
    (bytes, lambda value: _text("".join(f"\\x{byte:02X}" for byte in value))),
    (pa.MonthDayNano, _interval),
)


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() else f"\\U{ord(char):08X}"
