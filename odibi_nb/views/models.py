"""View models: what a picture, card or report shows, as frozen JSON-safe values.

Every front (static pictures, widgets, stories, terminals) is made from these and from nothing else.
Texts are unescaped; whoever makes HTML of them escapes. `dataclasses.asdict` gives plain JSON types.
"""

from __future__ import annotations

from dataclasses import dataclass

from odibi_nb.views.differences import DifferencesView

__all__ = [
    "CheckView",
    "ColumnView",
    "DagNodeView",
    "DagView",
    "DependencyView",
    "DiffView",
    "ErrorView",
    "ExpectationView",
    "LineageColumnView",
    "LineageEdgeView",
    "LineageView",
    "NodeView",
    "PlanNodeView",
    "PlanView",
    "QueryView",
    "RunView",
    "TableView",
    "TestView",
    "TestsView",
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
    """An error: its kind, what happened, where, the source line with the caret's 1-based column, a hint.

    via: where that line led to, and what it says there.
    """

    type: str
    message: str
    where: str = ""
    line: int | None = None
    column: int | None = None
    source: str | None = None
    hint: str | None = None
    via: str = ""

    @property
    def summary(self) -> str:
        """Its kind and what happened, in a line."""
        return f"{self.type}: {self.message.partition(chr(10))[0]}".removesuffix(": ")


@dataclass(frozen=True, slots=True)
class DependencyView:
    """An upstream node and why it is one ("FROM, line 2"); resolved: it is declared."""

    name: str
    reason: str
    resolved: bool = True


@dataclass(frozen=True, slots=True)
class ExpectationView:
    """How a data test of a node has come out.

    status: passed, failed, or warning where bad rows are only reported. detail: "3 of 10 rows". sample: bad rows.
    """

    node: str
    name: str
    status: str
    detail: str = ""
    sample: TableView | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckView:
    """What tests a node. kind: expectation or unit test. status: passed, failed, warning, error or pending."""

    name: str
    kind: str
    status: str
    detail: str = ""


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
    kept: what has become of the result, and why. expectations: those that don't hold. checks: all that tests it.
    changes: against the last result of another
    declaration or of other files.
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
    expectations: tuple[ExpectationView, ...] = ()
    changes: DiffView | None = None
    preview: TableView | None = None
    schema: tuple[ColumnView, ...] = ()
    kept: str = ""
    dependencies: tuple[DependencyView, ...] = ()
    checks: tuple[CheckView, ...] = ()
    output: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class QueryView:
    """The rows of an ad hoc query; rows, time: as on a node's card. into: the variable bound to them, or "".

    plan: what EXPLAIN has told, instead of rows.
    """

    rows: str
    time: str
    into: str = ""
    notes: tuple[str, ...] = ()
    preview: TableView | None = None
    schema: tuple[ColumnView, ...] = ()
    plan: str = ""


@dataclass(frozen=True, slots=True)
class DagNodeView:
    """One node of the picture; status "unresolved" marks a name that is read but not declared, "" one that isn't known.

    reason: what keeps it from running, as far as a listing says it; of a group, how its nodes stand. kind: "" where
    that can't be told. members: the nodes that a group stands for. warnings: how many data tests only warn.
    """

    name: str
    kind: str
    status: str
    rows: str = ""
    time: str = ""
    tags: tuple[str, ...] = ()
    reason: str = ""
    pipeline: str = ""
    members: tuple[str, ...] = ()
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class DagView:
    """The graph: nodes in topological order, edges as (upstream, downstream) names."""

    title: str
    nodes: tuple[DagNodeView, ...]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RunView:
    """A run: its pipeline, status, time, and its nodes in the order of the graph.

    notes: on the whole of it. story: its id, and the address of its story; None: it has none.
    """

    title: str
    status: str
    time: str
    nodes: tuple[NodeView, ...]
    notes: tuple[str, ...] = ()
    story: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class PlanNodeView:
    """What a run would do to one node.

    action: run, cached or skip. write: "write", "written" or None. form, form_reason: what becomes of its result;
    kept: the same in words. expected_s: the seconds that it took the last time; None where that isn't known.
    """

    name: str
    action: str
    reason: str
    write: str | None = None
    write_reason: str = ""
    form: str | None = None
    form_reason: str = ""
    kept: str = ""
    expected_s: float | None = None


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan: its nodes in the order of the graph; notes: what can't be told of them."""

    title: str
    nodes: tuple[PlanNodeView, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestView:
    """A unit test and how it came out.

    status: passed, failed, error or pending. duration_s: seconds; time: the same for the eye. place: "cell 8,
    line 4". cells: those that differ, one a row. rows: missing and extra ones. differences: both, for programs.
    error: what the node raised, or what keeps the test from being run. guessed: the inputs whose types only their
    rows told.
    """

    __test__ = False  # pytest takes classes of such a name for tests

    node: str
    name: str
    status: str
    duration_s: float = 0.0
    time: str = ""
    message: str = ""
    hint: str | None = None
    place: str = ""
    cells: TableView | None = None
    rows: TableView | None = None
    differences: DifferencesView | None = None
    error: ErrorView | None = None
    output: str = ""
    notes: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.node}::{self.name}"


@dataclass(frozen=True, slots=True)
class TestsView:
    """Unit tests that ran together, in that order."""

    __test__ = False

    title: str
    duration_s: float
    time: str
    tests: tuple[TestView, ...]


@dataclass(frozen=True, slots=True)
class LineageColumnView:
    """A column of a lineage.

    owner: a node's name, or a place such as "local:sales.csv". kind: that of the node (sql, python, …), or
    read, file, write for a place. unknown: why it may come from elsewhere too. unseen: why it may go elsewhere
    too. constant: it comes from no column at all.
    """

    owner: str
    column: str
    kind: str
    unknown: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    constant: bool = False


@dataclass(frozen=True, slots=True)
class LineageEdgeView:
    """Positions of two columns in `LineageView.columns`; likely: perhaps, told by their names alone."""

    upstream: int
    downstream: int
    likely: bool = False


@dataclass(frozen=True, slots=True)
class LineageView:
    """Where columns of a node come from and go to.

    column: the one asked for, all the way up and down; "" for all of the node's, a step up and down.
    asked: positions in `columns`. note: why not all of the node's columns are known, or "".
    """

    node: str
    column: str
    kind: str
    columns: tuple[LineageColumnView, ...]
    edges: tuple[LineageEdgeView, ...]
    asked: tuple[int, ...]
    note: str = ""
