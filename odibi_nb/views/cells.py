"""Values as short texts, and a few rows as a TableView."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from odibi_nb.engine.base import PREVIEW_CHARACTERS, PREVIEW_COLUMNS
from odibi_nb.views.models import ColumnView, TableView

if TYPE_CHECKING:
    from odibi_nb.engine.base import Head
    from odibi_nb.engine.schema import Schema

__all__ = ["cell_text", "duration_text", "is_number", "kept_text", "long_text", "sample_view", "table_view"]

_LONG = 2_000
_FORMS = {"view": "view", "table": "table", "store": "stored"}
_SAYS_ALL = ("fused into", "computed when", "materialize")
_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+, ?\d+\)")


def table_view(head: Head, schema: Schema, *, rows: int, total: int | None) -> TableView:
    """Return the first `rows` rows of `head`; total: of the whole result, None when not known."""
    shown = head[:rows]
    columns = tuple(ColumnView(*column) for column in schema[: len(head[0]) if head else PREVIEW_COLUMNS])
    more = None if total is None and len(head) >= rows else max((total or len(head)) - len(shown), 0)
    return TableView(
        columns=columns,
        rows=tuple(tuple(map(cell_text, row)) for row in shown),
        right_aligned=tuple(is_number(column.type) for column in columns),
        more_columns=len(schema) - len(columns),
        more_rows=more,
    )


def is_number(type_name: str) -> bool:
    """Whether a column of this DuckDB type holds numbers."""
    return bool(_NUMBER.fullmatch(type_name))


def sample_view(rows: Sequence[Mapping[str, Any]], *, total: int) -> TableView:
    """Return a few rows, each by column, of `total`."""
    names = list(rows[0])[:PREVIEW_COLUMNS]
    return TableView(
        columns=tuple(ColumnView(name, "") for name in names),
        rows=tuple(tuple(cell_text(_plain(row[name])) for name in names) for row in rows),
        right_aligned=tuple(all(_is_number(row[name]) for row in rows) for name in names),
        more_columns=len(rows[0]) - len(names),
        more_rows=total - len(rows),
    )


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def cell_text(text: str | None) -> str | None:
    """Return a value's text as the card shows it, at most 60 characters long; None for NULL."""
    if text is None:
        return None
    return text if len(text) <= PREVIEW_CHARACTERS else f"{text[: PREVIEW_CHARACTERS - 1]}…"


def long_text(text: str) -> str:
    """Return a text in at most 2,000 characters."""
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


def kept_text(form: str | None, reason: str) -> str:
    """Return what becomes of a result, "stored: read 3 times"; the reason alone where it says all."""
    if form is None or reason.startswith(_SAYS_ALL):
        return reason
    return f"{_FORMS[form]}: {reason}"


def duration_text(seconds: float) -> str:
    """Return "<1 ms", "12 ms", "3.4 s" or "2 min 5 s"."""
    if seconds < 0.001:
        return "<1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
