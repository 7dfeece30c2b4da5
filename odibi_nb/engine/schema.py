"""Columns: names and DuckDB types."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from odibi_nb.exceptions import ValidationError
from odibi_nb.sql.quote import quote_name

__all__ = ["Column", "Schema", "check_names"]


class Column(NamedTuple):
    """A column's name and its DuckDB type."""

    name: str
    type: str


Schema = tuple[Column, ...]


def check_names(names: list[Any]) -> None:
    """Raise ValidationError for a name that is no text, or that another column has too, and where there are none."""
    if not names:
        raise ValidationError("the result has no columns", hint="return at least one column")
    for name in names:
        if not isinstance(name, str):
            raise ValidationError(
                f"column {name!r} has a name that is no text", hint="rename it: df.columns = df.columns.map(str)"
            )
        if not name or "\0" in name:
            raise ValidationError(f"column {name!r} has a name that SQL can't write", hint="give it another name")
    folded = [name.casefold() for name in names]
    if len(set(folded)) < len(folded):
        doubled = [name for name, n in Counter(folded).items() if n > 1]
        both = [name for name in names if name.casefold() == doubled[0]]
        cases = f" and {both[1]!r} (case does not count)" if both[0] != both[1] else ""
        raise ValidationError(
            f"two columns are named {both[0]!r}{cases}",
            hint=f"rename or drop one of them; in SQL by AS, or by b.* EXCLUDE ({quote_name(both[1])})",
        )
