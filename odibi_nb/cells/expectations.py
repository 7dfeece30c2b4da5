"""The texts of `--expect`, as tests of the dialect's `validation`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from odibi_nb.cells.option_parser import scalar
from odibi_nb.exceptions import UsageError, did_you_mean

__all__ = ["EXPECTATIONS", "near_check", "parse_expectation"]

_CALL = re.compile(r"(\w+)\s*\((.*)\)", re.DOTALL)
_ROW_COUNT = re.compile(r"row_count\s*(<=|>=|<>|!=|==|=|<|>)\s*([0-9]+)", re.IGNORECASE)
_BETWEEN = re.compile(r"row_count\s+between\s+([0-9]+)\s+and\s+([0-9]+)", re.IGNORECASE)
_ARGUMENT = re.compile(r"""\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^\s,'"()]+))\s*(?:,|$)""")
EXPECTATIONS = {
    "accepted_values": "accepted_values(status, 'new', 'paid')",
    "not_null": "not_null(id)",
    "unique": "unique(id, day)",
}


def parse_expectation(text: str) -> dict[str, Any]:
    """Read one expectation into a test of the dialect's `validation.tests`.

    `not_null(a)`, `unique(a, b)`, `accepted_values(a, 'x', 2)`, `row_count > 0`; anything else is an SQL
    condition that must hold on every row. The prefix `warn:` only reports a failure.

    >>> parse_expectation("warn: not_null(id)")
    {'type': 'not_null', 'columns': ['id'], 'on_fail': 'warn'}
    """
    prefix, colon, rest = text.partition(":")
    only_warns = bool(colon) and prefix.strip().lower() == "warn"
    promise = (rest if only_warns else text).strip()
    if not promise:
        raise UsageError("an expectation is empty", hint="say what must hold: --expect 'amount > 0'")
    test = _row_count(promise) or _call(promise) or {"type": "custom_sql", "condition": promise}
    return {**test, "on_fail": "warn"} if only_warns else test


def near_check(name: str) -> str | None:
    """Return "did you mean 'unique'?" for a function or column that nobody has, if a check is called nearly so."""
    if name.casefold() == "row_count":
        return "the number of rows alone is compared with a number: row_count >= 1;"
    return did_you_mean(name, [*EXPECTATIONS, "row_count"], likeness=0.75)


def _row_count(promise: str) -> dict[str, Any] | None:
    if (between := _BETWEEN.fullmatch(promise)) is not None:
        low, high = map(int, between.groups())
        if low > high:
            raise UsageError(
                f"'{promise}' can never hold", hint=f"the smaller count comes first: between {high} and {low}"
            )
        return {"type": "row_count", "min": low, "max": high}
    found = _ROW_COUNT.fullmatch(promise)
    if found is None:
        return None
    operator, count = found[1], int(found[2])
    bounds = {
        ">": {"min": count + 1},
        ">=": {"min": count},
        "<": {"max": count - 1},
        "<=": {"max": count},
        "=": {"min": count, "max": count},
        "==": {"min": count, "max": count},
    }
    if operator in {"<>", "!="}:
        if count:  # two ranges; only "not empty" is one
            raise UsageError(f"'{promise}' isn't one range of counts", hint="use <, <=, =, >= or >")
        return {"type": "row_count", "min": 1}
    if operator == "<" and count == 0:
        raise UsageError(f"'{promise}' can never hold", hint="a count is at least 0")
    return {"type": "row_count", **bounds[operator]}


def _call(promise: str) -> dict[str, Any] | None:
    found = _CALL.fullmatch(promise)
    if found is None:
        return None
    kind = found[1].lower()
    if kind not in EXPECTATIONS:
        _refuse_misspelt(promise, found)
        return None
    arguments = list(_arguments(found[2]))
    columns = arguments[:1] if kind == "accepted_values" else arguments
    literals = arguments[len(columns) :]
    well_formed = columns and all(name for name, _ in columns) and all(name is None for name, _ in literals)
    if not well_formed or (kind == "accepted_values" and not literals):
        raise UsageError(f"can't read '{promise}'", hint=f"for instance {EXPECTATIONS[kind]}")
    if kind != "accepted_values":
        return {"type": kind, "columns": [name for name, _ in columns]}
    return {"type": kind, "column": columns[0][0], "values": [value for _, value in literals]}


def _refuse_misspelt(promise: str, found: re.Match[str]) -> None:
    # A call of bare names alone is rarely a condition: `notnull(a)` is nearly surely one of ours.
    is_bare = all(name for name, _ in _arguments(found[2]))
    if hint := did_you_mean(found[1], EXPECTATIONS, likeness=0.6 if is_bare else 0.9):
        raise UsageError(f"unknown expectation '{promise}'", hint=hint)


def _arguments(text: str) -> Iterator[tuple[str | None, Any]]:
    """Yield (name, None) for a column and (None, value) for a literal; ("", None) for anything else."""
    position = 0
    while position < len(text):
        found = _ARGUMENT.match(text, position)
        if found is None:
            yield "", None
            return
        quoted_name, string, bare = found.groups()
        if string is not None:
            yield None, string.replace("''", "'")
        elif quoted_name is not None:
            yield quoted_name.replace('""', '"'), None
        elif isinstance(value := scalar(bare), str):
            yield bare if bare.isidentifier() else "", None
        else:
            yield None, value
        position = found.end()
