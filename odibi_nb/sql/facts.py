"""What is known of a query from its text alone."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FileRef", "SqlFacts", "TableRef"]


@dataclass(frozen=True, slots=True)
class TableRef:
    """A bare table name that a query reads.

    line: 1-based, in the text analysed. clause: the word that introduced it ("FROM", "JOIN", "PIVOT", …).
    mentions: how often the text reads it; a CTE that is read often is a single mention of what it reads.
    """

    name: str
    line: int
    clause: str
    mentions: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file, or a glob of files, that a query names in a literal; format: as its name or reader tells.

    spans: where it stands in the text analysed, from and to which offset.
    """

    path: str
    line: int
    format: str | None
    spans: tuple[tuple[int, int], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class SqlFacts:
    """A node's SQL, understood.

    statement: the query; what stands before it is blanked out, so that lines and columns are the text's own.
    macros: the CREATE MACRO statements before it.
    tables: names read that are no CTEs, once each (by folded case), in order of first mention.
    parameters: names of the `$name`s, once each, in order.
    volatile: calls, in lower case, whose result may differ from run to run; a random sample is "sample".
    blocking: the query, or what its FROM stands on, aggregates, sorts, limits, de-duplicates, windows or
    compares sets: its first row costs the whole query. Subqueries within expressions don't count.
    row_preserving_of: the one input that the query surely keeps all rows of, and no more. pivots: it holds a PIVOT
    statement, whose columns may be known only once its rows are.
    """

    statement: str
    macros: tuple[str, ...]
    tables: tuple[TableRef, ...]
    files: tuple[FileRef, ...]
    parameters: tuple[str, ...]
    volatile: tuple[str, ...]
    blocking: bool
    row_preserving_of: str | None
    pivots: bool = False

    def mentions(self, name: str) -> int:
        """Return how often the query reads a table."""
        return sum(table.mentions for table in self.tables if table.name.casefold() == name.casefold())
