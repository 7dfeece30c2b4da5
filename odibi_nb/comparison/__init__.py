"""What differs between two results of one engine: columns, counts, and rows by a key or as wholes."""

from __future__ import annotations

from odibi_nb.comparison.compare import compare, compare_columns
from odibi_nb.comparison.models import (
    ChangedCell,
    ChangedRow,
    Comparison,
    Request,
    RowChanges,
    SchemaChanges,
    Texts,
)

__all__ = [
    "ChangedCell",
    "ChangedRow",
    "Comparison",
    "Request",
    "RowChanges",
    "SchemaChanges",
    "Texts",
    "compare",
    "compare_columns",
]
