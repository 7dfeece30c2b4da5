"""Values as short texts, and a few rows as a TableView."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from odibi_nb.views.models import ColumnView, TableView

if TYPE_CHECKING:
    import pyarrow as pa

    from odibi_nb.engine.types import Schema

__all__ = ["cell_text", "duration_text", "long_text", "table_view"]

_COLUMNS, _CHARACTERS, _LONG = 20, 60, 2_000
_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+, ?\d+\)")


def table_view(head: pa.Table, schema: Schema, *, rows: int, total: int | None) -> TableView:
    """Return the first `rows` rows of `head`; total: of the whole result, None when not known."""
    shown = head.slice(0, rows).select(range(min(len(schema), _COLUMNS)))
    columns = tuple(ColumnView(*column) for column in schema[:_COLUMNS])
    records = zip(*(column.to_pylist() for column in shown.columns), strict=True)
    more = None if total is None and head.num_rows >= rows else max((total or head.num_rows) - shown.num_rows, 0)
    return TableView(
        columns=columns,
        rows=tuple(tuple(map(cell_text, record)) for record in records),
        right_aligned=tuple(bool(_NUMBER.fullmatch(column.type)) for column in columns),
        more_columns=len(schema) - len(columns),
        more_rows=more,
    )


def cell_text(value: Any) -> str | None:
    """Return a value as the card shows it, at most 60 characters long; None for NULL."""
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS - 1]}…"


def long_text(text: str) -> str:
    """Return a text in at most 2,000 characters."""
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


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
