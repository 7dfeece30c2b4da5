"""View models: what a picture, card or report shows, as frozen JSON-safe values.

Every front (static pictures, widgets, stories, terminals) is made from these and from nothing else.
Texts are unescaped; whoever makes HTML of them escapes. `dataclasses.asdict` gives plain JSON types.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ColumnView",
    "DagNodeView",
    "DagView",
    "DependencyView",
    "DiffView",
    "ErrorView",
    "NodeView",
    "RunView",
    "TableView",
]


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column: its name and its DuckDB type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class TableView:
    """A few rows for the eye.

    columns: those shown. rows: one tuple of cell texts a row, None where the value is NULL.
    right_aligned: one flag a column (numbers). more_columns, more_rows: how many are not shown
    (more_rows None: not known, there are more).
    """

    columns: tuple[ColumnView, ...]
    rows: tuple[tuple[str | None, ...], ...]
    right_aligned: tuple[bool, ...] = ()
    more_columns: int = 0
    more_rows: int | None = 0


@dataclass(frozen=True, slots=True)
class ErrorView:
    """An error: its kind, what happened, where, the source line with the caret's 1-based column, a hint."""

    type: str
    message: str
    where: str = ""
    line: int | None = None
    column: int | None = None
    source: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class DependencyView:
    """An upstream node and why it is one ("FROM, line 2"); resolved: it is declared."""

    name: str
    reason: str
    resolved: bool = True


@dataclass(frozen=True, slots=True)
class DiffView:
    """What differs between a node's result and another one.

    against: what the other one is, in words. reordered: columns of both stand in another order.
    rows_before, rows_after: None where not known. compared: whether rows were; reason: why not.
    key: the columns that pair rows; (): none does, and rows are compared as wholes. changed_columns: in how many rows
    each differs. changed_cells: a line for each, with its row's key, its column, and both values.
    """

    name: str
    against: str
    columns_added: tuple[ColumnView, ...] = ()
    columns_removed: tuple[ColumnView, ...] = ()
    columns_changed: tuple[tuple[ColumnView, ColumnView], ...] = ()
    reordered: bool = False
    rows_before: int | None = None
    rows_after: int | None = None
    compared: bool = False
    reason: str = ""
    key: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    changed_columns: tuple[tuple[str, int], ...] = ()
    changed_cells: TableView | None = None
    added_rows: TableView | None = None
    removed_rows: TableView | None = None
    notes: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything does, as far as it was compared."""
        columns = self.columns_added or self.columns_removed or self.columns_changed or self.reordered
        return bool(columns or self.added or self.removed or self.changed) or self.rows_before != self.rows_after


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node's card.

    kind: source, sql, python, sink or pass. rows: "1,234", "≥ 10" or "" when not known.
    time: "12 ms" or "". written: what was written where, or "". badges: MOCK, SAMPLE, STALE INPUT.
    changes: against the last result of another declaration or of other files.
    """

    name: str
    kind: str
    status: str
    rows: str = ""
    time: str = ""
    written: str = ""
    language: str = ""
    description: str = ""
    badges: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: ErrorView | None = None
    changes: DiffView | None = None
    preview: TableView | None = None
    schema: tuple[ColumnView, ...] = ()
    dependencies: tuple[DependencyView, ...] = ()
    output: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class DagNodeView:
    """One node of the picture; status "unresolved" marks a name that is read but not declared."""

    name: str
    kind: str
    status: str
    rows: str = ""
    time: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DagView:
    """The graph: nodes in topological order, edges as (upstream, downstream) names."""

    title: str
    nodes: tuple[DagNodeView, ...]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RunView:
    """A run: its pipeline, status, time, and its nodes in the order of the graph."""

    title: str
    status: str
    time: str
    nodes: tuple[NodeView, ...]
