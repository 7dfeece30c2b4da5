"""Views to draw, and a strict reader of what was drawn."""

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from odibi_nb.views import (
    BarView,
    ColumnProfileView,
    ColumnView,
    DagNodeView,
    DagView,
    DependencyView,
    DiffView,
    ErrorView,
    ExpectationView,
    LineageColumnView,
    LineageEdgeView,
    LineageView,
    NodeFailureView,
    NodeView,
    PlanNodeView,
    PlanView,
    ProfileView,
    QueryView,
    RunningNodeView,
    RunProgressView,
    RunView,
    TableView,
    TestsView,
    TestView,
)

STATUSES = ("pending", "running", "completed", "cached", "failed", "skipped", "cancelled", "stale", "unresolved")
VOID = {"img", "path", "rect"}


def dag(text: str = "") -> DagView:
    """Three nodes, one of them unresolved; `text` is added wherever a text goes."""
    nodes = (
        DagNodeView(f"load_sales{text}", f"source{text}", "completed", f"1,234{text}", f"12 ms{text}"),
        DagNodeView("targets", "pass", "unresolved"),
        DagNodeView("by_region", "sql", f"failed{text}", "", "4 ms"),
    )
    return DagView(f"sales{text}", nodes, ((f"load_sales{text}", "by_region"), ("targets", "by_region")))


def table(text: str = "") -> TableView:
    columns = (ColumnView(f"id{text}", f"BIGINT{text}"), ColumnView("region", "VARCHAR"))
    rows = (("1", f"North{text}"), ("20", None), (None, ""), ("3", "NULL"))
    return TableView(columns, rows, (True, False), 34, 1224)


def bad_rows(text: str = "", status: str = "failed") -> ExpectationView:
    note = f"cells 1 and 2{text}"
    return ExpectationView(f"clean{text}", f"positive{text}", status, f"2 bad rows{text}", table(text), (note,))


def query(text: str = "") -> QueryView:
    schema = (ColumnView(f"region{text}", f"VARCHAR{text}"),)
    return QueryView(f"1,234{text}", f"12 ms{text}", f"big{text}", (f"note{text}",), table(text), schema, f"plan{text}")


def failed(text: str = "") -> NodeView:
    source = f"    return df[df.amont]{text}"
    error = ErrorView(f"KeyError{text}", f"'amont'{text}", f"cell 5{text}", 3, 15, source, f"did you mean?{text}")
    return NodeView(f"clean{text}", "python", "failed", time="8 ms", language="python", error=error)


def card(text: str = "") -> NodeView:
    return NodeView(
        name=f"by_region{text}",
        kind=f"sql{text}",
        status="completed",
        rows=f"1,234{text}",
        time=f"12 ms{text}",
        written=f"written to local:by_region.parquet{text}",
        language=f"SQL{text}",
        description=f"Totals{text}",
        badges=(f"MOCK{text}",),
        expectations=(bad_rows(text, "warning"),),
        notes=(f"warn: 3 rows{text}",),
        preview=table(text),
        schema=(ColumnView(f"region{text}", f"VARCHAR{text}"),),
        dependencies=(DependencyView(f"clean{text}", f"FROM, line 2{text}"), DependencyView("regons", "JOIN", False)),
        output=f"loading{text}",
        code=f"SELECT 1{text}",
    )


def run(text: str = "") -> RunView:
    skipped = NodeView(f"save{text}", "sink", "skipped", notes=(f"clean failed{text}",))
    return RunView(
        f"sales{text}", f"failed{text}", f"1.2 s{text}", (card(text), failed(text), skipped), (f"a note{text}",)
    )


def plan(text: str = "") -> PlanView:
    """A node to run and write, and one that is cached."""
    nodes = (
        PlanNodeView(f"clean{text}", "cached", f"computed 10:42{text}"),
        PlanNodeView(
            "total",
            "run",
            f"RATE 2 → 3{text}",
            "write",
            f"its result will be new{text}",
            kept=f"table: read twice{text}",
        ),
    )
    return PlanView(f"sales{text}", nodes, (f"a note{text}",))


def progress(text: str = "") -> RunProgressView:
    running = (RunningNodeView(f"by_region{text}", 1.5, 2.0), RunningNodeView("save", 0.5))
    error = failed(text).error
    assert error is not None
    return RunProgressView(
        title=f"sales{text}",
        status="running",
        nodes=5,
        finished=(("failed", 1), ("completed", 1)),
        running=running,
        failed=(NodeFailureView(f"clean{text}", error),),
        elapsed_s=4.0,
        left_s=6.0,
        then_s=5.0,
    )


def unit_test(text: str = "") -> TestView:
    """A failed test: a cell differs, a row is missing; `text` is added wherever a text goes."""
    columns = tuple(ColumnView(name, "VARCHAR") for name in ("row", "column", "expected", f"got{text}"))
    return TestView(
        node=f"by_region{text}",
        name=f"sums{text}",
        status="failed",
        duration_s=0.003,
        time=f"3 ms{text}",
        message=f"1 row differs, 1 row is missing{text}",
        hint=f"did you mean?{text}",
        place=f"cell 8, line 4{text}",
        cells=TableView(columns, ((f"1 · region N{text}", "total", "13", None),)),
        rows=TableView((ColumnView("row", "VARCHAR"), ColumnView("region", "VARCHAR")), ((f"missing, 2{text}", "NO"),)),
        output=f"adding{text}",
        notes=(f"cells 7 and 8{text}",),
    )


def unit_tests(text: str = "") -> TestsView:
    error = failed(text).error
    tests = (
        TestView("by_region", f"empty{text}", "passed", 0.002, "2 ms"),
        unit_test(text),
        TestView("clean", "amounts", "error", 0.001, "1 ms", f"KeyError: 'amont'{text}", error=error),
        TestView("clean", "later", "pending", message=f"waits for node 'clean'{text}"),
    )
    return TestsView(f"sales{text}", 0.006, f"6 ms{text}", tests)


def lineage(text: str = "") -> LineageView:
    """A column of a node, one above it for certain, one that is but likely, and a target."""
    columns = (
        LineageColumnView(f"by_region{text}", f"total{text}", f"sql{text}", (f"a macro{text}",), (f"in x: y{text}",)),
        LineageColumnView(f"clean{text}", f"amount{text}", "python", (f"not traced{text}",)),
        LineageColumnView(f"load{text}", f"amount{text}", "source", constant=True),
        LineageColumnView(f"local:by_region.parquet{text}", f"total{text}", "write"),
    )
    edges = (LineageEdgeView(1, 0), LineageEdgeView(2, 1, likely=True), LineageEdgeView(0, 3))
    return LineageView(f"by_region{text}", f"total{text}", f"sql{text}", columns, edges, (0,), f"unnest{text}")


def diff(text: str = "") -> DiffView:
    """Columns and rows that differ; `text` is added wherever a text goes."""
    retyped = (ColumnView(f"total{text}", f"BIGINT{text}"), ColumnView(f"total{text}", f"DOUBLE{text}"))
    names = (f"region{text}", "column", "before", "now")
    cells = ((f"N{text}", f"total{text}", f"5{text}", f"7{text}"), ("", "note", None, "NULL"))
    return DiffView(
        name=f"by_region{text}",
        against=f"the last result{text}",
        columns_added=(ColumnView(f"discount{text}", f"DOUBLE{text}"),),
        columns_removed=(ColumnView(f"note{text}", f"VARCHAR{text}"),),
        columns_changed=(retyped,),
        reordered=True,
        rows_before=1234,
        rows_after=1235,
        compared=True,
        key=(f"region{text}",),
        added=2,
        removed=1,
        changed=3,
        changed_columns=((f"total{text}", 3), ("note", 1)),
        changed_cells=TableView(tuple(ColumnView(name, "") for name in names), cells, (False,) * 4, 0, 2),
        added_rows=table(text),
        removed_rows=table(text),
        notes=(f"id no longer names one row{text}",),
    )


def changed_card(text: str = "") -> NodeView:
    return replace(card(text), changes=diff(text))


def profile(text: str = "") -> ProfileView:
    """A column with bins and one with frequent values; `text` is added wherever a text goes."""
    bins = tuple(BarView(f"{n} – {n + 1}{text}", count) for n, count in enumerate((8, 0, 1, 4)))
    columns = (
        ColumnProfileView(
            f"amount{text}", f"DOUBLE{text}", f"3 (10%){text}", f"≈ 1,200{text}", f"0{text}", f"4{text}", f"2{text}",
            bins=bins, notes=(f"2 not finite{text}",),
        ),
        ColumnProfileView("region", "VARCHAR", "", "2", "N", "S", top=(BarView(f"N{text}", 15), BarView("S", 5))),
    )  # fmt: skip
    return ProfileView(f"sales{text}", 1234, columns, (f"sales has failed{text}",))


@dataclass
class Read:
    """What a browser would make of a page: its elements with their attributes, and its text."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(name, tuple(attributes)) for name, attributes in self.elements]

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for element, attributes in self.elements if element == name]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read = Read()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.read.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if "style" not in self.open:
            self.read.texts.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def read(page: str) -> Read:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader.read
