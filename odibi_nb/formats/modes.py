"""The write modes as SQL: what a target holds after rows have come to it.

Any engine with SQL can use these texts; `existing` and `incoming` are table expressions of that engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from odibi_nb.exceptions import ConfigValidationError, ValidationError, did_you_mean
from odibi_nb.sql.quote import quote_name

__all__ = [
    "UNIQUE_KEY_MODES",
    "check_columns",
    "combine_sql",
    "duplicate_keys_error",
    "duplicate_keys_sql",
    "needs_keys",
]

UNIQUE_KEY_MODES = frozenset({"upsert"})
"""Modes in which two incoming rows of one key would contradict each other."""


def combine_sql(mode: str, keys: Sequence[str], existing: str | None, incoming: str, columns: Sequence[str]) -> str:
    """Return the query for the target's new rows: existing ones first, columns in the target's order.

    existing: None when there is no target yet; then every mode is overwrite.
    columns: what `check_columns` returned.
    """
    try:
        combined = _MODES[mode]
    except KeyError:
        hint = did_you_mean(mode, _MODES) or f"modes: {', '.join(_MODES)}"
        raise ConfigValidationError(f"write mode '{mode}' is not known", hint=hint) from None
    if existing is None:
        return _overwrite(keys, "", incoming, columns)
    return combined(keys, existing, incoming, columns)


def needs_keys(mode: str) -> bool:
    return mode in ("upsert", "append_once")


def check_columns(
    mode: str, keys: Sequence[str], existing: Sequence[str] | None, incoming: Sequence[str]
) -> tuple[str, ...]:
    """Return the columns to write, in the target's order.

    Raises ConfigValidationError when a mode lacks its keys, ValidationError when a key is no column or the
    target has other columns than the rows.
    """
    if needs_keys(mode) and not keys:
        raise ConfigValidationError(f"write mode '{mode}' needs keys", hint="set options: {keys: [id]}")
    if needs_keys(mode):
        _check_keys(keys, incoming)
    if existing is None or mode == "overwrite":
        return tuple(incoming)
    theirs, ours = ({name.casefold() for name in names} for names in (existing, incoming))
    missing = [name for name in existing if name.casefold() not in ours]
    extra = [name for name in incoming if name.casefold() not in theirs]
    if missing or extra:
        found = [f"{what} {', '.join(names)}" for what, names in (("lack", missing), ("add", extra)) if names]
        raise ValidationError(
            f"the rows don't fit the target's columns: they {' and '.join(found)}",
            hint=f"select {', '.join(existing)}; or mode: overwrite to replace the target",
        )
    return tuple(existing)


def duplicate_keys_sql(keys: Sequence[str], incoming: str) -> str:
    """Return a query for the keys that occur more than once; its last column counts them."""
    listed = ", ".join(map(quote_name, keys))
    return f"SELECT {listed}, count(*) FROM {incoming} GROUP BY {listed} HAVING count(*) > 1 ORDER BY {listed}"


def duplicate_keys_error(keys: Sequence[str], rows: Sequence[Sequence[Any]]) -> ValidationError:
    """Make an error of the first rows of `duplicate_keys_sql`."""
    shown = ", ".join(
        "(" + ", ".join(f"{key}={value!r}" for key, value in zip(keys, row, strict=False)) + f") × {row[-1]}"
        for row in rows[:5]
    )
    more = ", …" if len(rows) > 5 else ""
    return ValidationError(
        f"several incoming rows have one key, so upsert can't tell which to keep: {shown}{more}",
        hint=f"keep one row per ({', '.join(keys)}) before writing",
    )


def _check_keys(keys: Sequence[str], columns: Sequence[str]) -> None:
    folded = {name.casefold() for name in columns}
    for key in keys:
        if key.casefold() not in folded:
            hint = did_you_mean(key, columns) or f"columns: {', '.join(columns)}"
            raise ValidationError(f"key '{key}' is not a column of the rows", hint=hint)


def _select(columns: Sequence[str], alias: str) -> str:
    return "SELECT " + ", ".join(f"{alias}.{quote_name(name)}" for name in columns)


def _overwrite(keys: Sequence[str], existing: str, incoming: str, columns: Sequence[str]) -> str:
    return f"{_select(columns, 'i')} FROM {incoming} AS i"


def _append(keys: Sequence[str], existing: str, incoming: str, columns: Sequence[str]) -> str:
    # Both sides list the target's columns, so the union is by name.
    return f"{_select(columns, 'e')} FROM {existing} AS e UNION ALL {_overwrite(keys, '', incoming, columns)}"


def _upsert(keys: Sequence[str], existing: str, incoming: str, columns: Sequence[str]) -> str:
    kept = f"{_select(columns, 'e')} FROM {existing} AS e WHERE {_no_match(keys, f'{incoming} AS i')}"
    return f"{kept} UNION ALL {_overwrite(keys, '', incoming, columns)}"


def _append_once(keys: Sequence[str], existing: str, incoming: str, columns: Sequence[str]) -> str:
    new = f"{_overwrite(keys, '', incoming, columns)} WHERE {_no_match(keys, f'{existing} AS e')}"
    return f"{_select(columns, 'e')} FROM {existing} AS e UNION ALL {new}"


def _no_match(keys: Sequence[str], other: str) -> str:
    # A NULL key is a key: NULL = NULL would let an upsert add the same row again and again.
    same = " AND ".join(f"e.{quote_name(key)} IS NOT DISTINCT FROM i.{quote_name(key)}" for key in keys)
    return f"NOT EXISTS (SELECT 1 FROM {other} WHERE {same})"


_MODES: Mapping[str, Callable[[Sequence[str], str, str, Sequence[str]], str]] = {
    "overwrite": _overwrite,
    "append": _append,
    "upsert": _upsert,
    "append_once": _append_once,
}
