"""What is typed into the box of a column, as a condition; what it compares with is bound as a value, never SQL text.

north           contains it, in any case (texts and what has no other order); equals it (all others)
= 5  != 5  > 10  <= 2024-01-01
10..20          from the one to the other, both included
in (a, "b, c")  one of them
null   !null
"null"          quotes make a text of anything
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.engine.base import ROW
from odibi_nb.exceptions import UsageError
from odibi_nb.sql.quote import quote_name

if TYPE_CHECKING:
    from odibi_nb.engine.schema import Column

__all__ = ["Condition", "condition_of"]

_Kind = Literal["number", "float", "moment", "plain", "text"]

_KINDS: tuple[tuple[str, _Kind], ...] = (
    (r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(.*\)", "number"),
    (r"FLOAT|DOUBLE", "float"),
    (r"DATE|TIMESTAMP.*", "moment"),
    (r"TIME|INTERVAL|BOOLEAN", "plain"),
)
_COMPARISON = re.compile(r"(<=|>=|<>|!=|==|=|<|>)\s*(.*)", re.DOTALL)
_LIST = re.compile(r"in\s*\((.*)\)", re.DOTALL | re.IGNORECASE)
_RANGE = re.compile(r"(.*[^.\s])\s*\.\.\s*([^.\s].*)", re.DOTALL)
_NULL = re.compile(r"(!|not\s+)?null", re.IGNORECASE)
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""", re.DOTALL)
_ITEM = re.compile(r"""\s*('(?:[^']|'')*'|"(?:[^"]|"")*"|[^,]*?)\s*(?:,|$)""", re.DOTALL)
_OPERATORS = {"==": "=", "!=": "<>"}
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_LARGEST = 2**127 - 1
_DIGITS = 38  # of a DECIMAL


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of one column; checks: SQL of values by their names, which fails where one can't be read."""

    sql: str
    values: dict[str, Any] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)


def condition_of(text: str, column: Column, prefix: str) -> Condition | None:
    """Return what a box asks of its column, None where it is empty; prefix: of the names of its values.

    Raises UsageError for what can't be understood.
    """
    return _Box(column, prefix).read(text.strip())


class _Box:
    def __init__(self, column: Column, prefix: str) -> None:
        self._type, self._prefix = column.type, prefix
        found = (kind for pattern, kind in _KINDS if re.fullmatch(pattern, column.type, re.DOTALL))
        self._kind: _Kind = "text" if column.type.endswith("]") else next(found, "text")
        name = f"{ROW}.{quote_name(column.name)}"
        self._name = name
        self._value = f"CAST({name} AS VARCHAR)" if self._kind == "text" and column.type != "VARCHAR" else name
        self._values: dict[str, Any] = {}
        self._checks: dict[str, str] = {}

    def read(self, text: str) -> Condition | None:
        sql = self._sql(text) if text else ""
        return Condition(sql, self._values, self._checks) if sql else None

    def _sql(self, text: str) -> str:
        if null := _NULL.fullmatch(text):
            return f"{self._name} IS {'NOT ' if null[1] else ''}NULL"
        if compared := _COMPARISON.fullmatch(text):
            operator = _OPERATORS.get(compared[1], compared[1])
            return f"{self._value} {operator} {self._bound(compared[2], compared[1])}"
        if listed := _LIST.fullmatch(text):
            return f"{self._value} IN ({', '.join(self._bound(one, 'in') for one in _items(listed[1]))})"
        if not _QUOTED.fullmatch(text) and (both := _RANGE.fullmatch(text)):
            return f"{self._value} BETWEEN {self._bound(both[1], '..')} AND {self._bound(both[2], '..')}"
        if self._kind == "text":
            return f"contains(lower({self._value}), lower({self._put(_unquoted(text))}))"
        return f"{self._value} = {self._bound(text, '=')}"

    def _bound(self, written: str, operator: str) -> str:
        """Return SQL of a value that stands beside an operator."""
        if not written.strip():
            raise UsageError(f"'{operator}' needs a value", hint=f"{operator} {_EXAMPLES[self._kind]}")
        text = _unquoted(written.strip())
        if self._kind == "text":
            return self._put(text)
        if self._kind in ("number", "float"):
            return self._number(text)
        is_day = self._type == "DATE" and _DAY.fullmatch(text)
        kind = "TIMESTAMP" if self._type == "DATE" and not is_day else self._type
        return self._cast(text, kind)

    def _number(self, text: str) -> str:
        try:
            number, inexact = Decimal(text), float(Decimal(text))
        except (InvalidOperation, ValueError):  # the latter of a NaN that signals
            raise UsageError(f"'{text}' is not a number", hint=f"such as > {_EXAMPLES['number']}") from None
        if self._kind == "float":
            return self._cast(inexact, self._type)
        if not number.is_finite() or abs(number) > _LARGEST or len(number.as_tuple().digits) > _DIGITS:
            raise UsageError(f"{self._type} has no such number as {text}")
        whole = number == number.to_integral_value()
        return self._put(math.trunc(number) if whole else number)

    def _cast(self, value: Any, kind: str) -> str:
        placed = self._put(value)
        self._checks[placed.removeprefix("$")] = made = f"CAST({placed} AS {kind})"
        return made

    def _put(self, value: Any) -> str:
        name = f"{self._prefix}_{len(self._values)}"
        self._values[name] = value
        return f"${name}"


_EXAMPLES: dict[_Kind, str] = {
    "number": "10",
    "float": "0.5",
    "moment": "2024-01-31",
    "plain": "a value of the column's type",
    "text": "north",
}


def _items(listed: str) -> Iterator[str]:
    """Yield what stands between commas; a comma in quotes is part of a value."""
    at = 0
    while at < len(listed) or not listed:
        found = _ITEM.match(listed, at)
        if found is None:
            raise UsageError("the list can't be read", hint="in (a, 'b, c')")
        yield found[1]
        at = found.end()
        if not listed:
            return


def _unquoted(text: str) -> str:
    if not _QUOTED.fullmatch(text):
        return text
    return text[1:-1].replace(text[0] * 2, text[0])
