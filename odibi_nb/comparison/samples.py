"""A few rows of a result as texts, made by DuckDB: whatever their type, they come out as a card would show them."""

from __future__ import annotations

from collections.abc import Sequence

from odibi_nb.comparison.models import Texts
from odibi_nb.comparison.sides import Side, Sides
from odibi_nb.engine.base import PREVIEW_COLUMNS, text_sql
from odibi_nb.sql.quote import quote_name

__all__ = ["LONG", "one_of", "rows_by_hash"]

LONG = 2_000
"""Characters of a value: enough to find where two differ."""


def one_of(hashed: str, hashes: Sequence[int]) -> str:
    """Return SQL that is true of rows with one of these hashes."""
    return f"{hashed} IN ({', '.join(map(str, hashes))})"


def rows_by_hash(sides: Sides, side: Side, hashed: str, hashes: Sequence[int]) -> dict[int, Texts]:
    """Return a row of one result for each hash, in its first columns; hashed: SQL of a row's hash."""
    if not hashes:
        return {}
    shown = sides.schemas[side][:PREVIEW_COLUMNS]
    texts = ", ".join(text_sql(quote_name(column.name)) for column in shown)
    wanted = f"{sides.tables[side]} WHERE {one_of(hashed, hashes)}"
    return {h: tuple(row) for h, row in sides.run(f"SELECT {hashed}, first([{texts}]) FROM {wanted} GROUP BY ALL")}
