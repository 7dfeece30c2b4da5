"""Pages of a result → view models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odibi_nb.views.cells import cell_text, is_number
from odibi_nb.views.models import ColumnView
from odibi_nb.views.paging import PageView, RowsView

if TYPE_CHECKING:
    from odibi_nb.engine.base import Head
    from odibi_nb.engine.schema import Schema

__all__ = ["page_view", "rows_view"]


def rows_view(result: int, columns: Schema, rows: int) -> RowsView:
    """Return what there is to be paged through; result: the number of the result."""
    shown = tuple(ColumnView(*column) for column in columns)
    return RowsView(result, shown, tuple(is_number(column.type) for column in columns), rows)


def page_view(result: int, rows: Head, *, first: int, column: int, total: int) -> PageView:
    """Return some rows, each text cut as those of a card's preview are."""
    return PageView(result, first, column, total, tuple(tuple(map(cell_text, row)) for row in rows))
