"""Columns: names and DuckDB types."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from odibi_nb.exceptions import ValidationError

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
        raise ValidationError(
            f"two columns are named {' and '.join(repr(n) for n in both[:2])} (case does not count)",
            hint="rename or drop one of them",
        )
