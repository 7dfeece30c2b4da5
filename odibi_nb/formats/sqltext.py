"""Values, names and calls as DuckDB SQL text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from odibi_nb.sql.quote import quote_name, quote_text

__all__ = ["copy_options", "literal", "table_function"]


def literal(value: Any) -> str:
    """Return `value` (None, bool, number, text, or a list or mapping of them) as a literal."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case Mapping():
            return "{" + ", ".join(f"{literal(str(key))}: {literal(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(literal, value)) + "]"
        case _:
            return quote_text(str(value))


def table_function(function: str, uris: Sequence[str], options: Mapping[str, Any]) -> str:
    """Return `function(['uri', …], option = value, …)`."""
    # DuckDB expands every file name as a pattern, so a literal * ? [ has to be put in brackets.
    files = [re.sub(r"[*?\[]", r"[\g<0>]", uri) for uri in uris]
    return f"{function}({', '.join([literal(files), *(f'{key} = {literal(v)}' for key, v in options.items())])})"


def copy_options(format_name: str, options: Mapping[str, Any]) -> str:
    """Return `FORMAT name, OPTION value, …`; a list is a parenthesised list of columns."""
    # Connections replace files themselves; DuckDB's own temporary file beside theirs would outlive a kill.
    fixed = [f"FORMAT {format_name}", "USE_TMP_FILE false"]
    return ", ".join([*fixed, *(f"{key.upper()} {_setting(v)}" for key, v in options.items())])


def _setting(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(quote_name(str(name)) for name in value) + ")"
    return literal(value)
