"""What differs between two results, and how to look for it."""

from __future__ import annotations

from dataclasses import dataclass

from odibi_nb.engine.schema import Column, Schema

__all__ = ["ChangedCell", "ChangedRow", "Comparison", "Request", "RowChanges", "SchemaChanges", "Texts"]

Texts = tuple[str | None, ...]
"""A row's values as texts, cut as far as a diff can show them; None is NULL."""


@dataclass(frozen=True, slots=True)
class Request:
    """How to compare.

    key: the columns that name a row; (): found where there are any. likely: keys to try first then.
    tolerance: up to which difference two numbers are one; None: floats by what rounding does, other numbers exactly.
    sample: rows to fetch of each kind.
    """

    key: tuple[str, ...] = ()
    likely: tuple[tuple[str, ...], ...] = ()
    tolerance: float | None = None
    sample: int = 5


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """How columns differ; changed: of one name (case doesn't count), before and now. reordered: the rest is."""

    added: Schema = ()
    removed: Schema = ()
    changed: tuple[tuple[Column, Column], ...] = ()
    reordered: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.reordered)


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """A value as it was and as it is."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """The cells that differ in two rows of one key."""

    key: Texts
    cells: tuple[ChangedCell, ...]


@dataclass(frozen=True, slots=True)
class RowChanges:
    """How rows differ in the columns that both results have.

    key: the columns that pair the rows; (): none does, a row is what it holds, and none counts as changed.
    changed_columns: those with a difference, and in how many rows. added_rows, removed_rows: samples, with the first
    columns of their own result. note: which columns named one row before and no longer do.
    """

    key: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    changed_columns: tuple[tuple[str, int], ...] = ()
    added_rows: tuple[Texts, ...] = ()
    removed_rows: tuple[Texts, ...] = ()
    changed_rows: tuple[ChangedRow, ...] = ()
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two results differ.

    rows_before, rows_after: exact counts, None where not known. rows: None where rows were not compared;
    reason: why not.
    """

    before: Schema
    after: Schema
    schema: SchemaChanges
    rows_before: int | None = None
    rows_after: int | None = None
    rows: RowChanges | None = None
    reason: str = ""

    @property
    def same(self) -> bool:
        """Whether nothing differs, as far as it was compared."""
        return not self.schema and not self.rows and self.rows_before == self.rows_after
