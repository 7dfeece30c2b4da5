"""Views to draw, and a strict reader of what was drawn."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from odibi_nb.views import (
    ColumnView,
    DagNodeView,
    DagView,
    DependencyView,
    ErrorView,
    ExpectationView,
    NodeView,
    QueryView,
    RunView,
    TableView,
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
    return RunView(f"sales{text}", f"failed{text}", f"1.2 s{text}", (card(text), failed(text), skipped))


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
