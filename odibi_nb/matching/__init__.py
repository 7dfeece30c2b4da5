"""The rows of a result against the rows that a test expects: which belong together, and where they differ."""

from __future__ import annotations

from odibi_nb.matching.rows import Difference, RowPair, compare_rows
from odibi_nb.matching.values import Sameness, is_null

__all__ = ["Difference", "RowPair", "Sameness", "compare_rows", "is_null"]
