"""The graph as Mermaid."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from odibi_nb.pictures import dag_mermaid
from odibi_nb.pictures.text import visible
from odibi_nb.views import DagNodeView, DagView
from odibi_nb.views.grouping import collapsed

from . import samples
from .payloads import PAYLOADS

_ID = r"n(?:_[A-Za-z_][A-Za-z0-9_]*|\d+)"
# All that Mermaid may read here; within a label nothing but letters, figures, a few signs and entities.
_LABEL = r"(?:[\w ,.·≥≈○▶✓≡✗»■↻?]|#\d+;|<br/>)*"
_BOX = rf'\["{_LABEL}"\]|\[\("{_LABEL}"\)\]|\[\["{_LABEL}"\]\]'
_STATEMENT = re.compile(
    rf"  (?:(?P<node>{_ID})(?P<box>{_BOX}):::(?P<status>[a-z]+)"
    rf"|(?P<tail>{_ID}) (?P<arrow>-->|-\.->) (?P<head>{_ID})"
    rf"|classDef (?P<class>[a-z]+) stroke:#[0-9a-f]{{6}},stroke-width:2px(?:,stroke-dasharray:4 3)?)"
)


def _read(text: str) -> list[re.Match[str]]:
    """Return the statements of a flowchart; fails on a line that is none."""
    first, *lines = text.split("\n")
    assert first == "flowchart LR"
    statements = [_STATEMENT.fullmatch(line) for line in lines]
    assert None not in statements, text
    return [one for one in statements if one is not None]


def _label(statement: re.Match[str]) -> str:
    """Return what a reader sees in a box."""
    label = re.sub(r'^[(\[]+"|"[)\]]+$', "", statement["box"])
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", label).replace("<br/>", "\n"))


def test_a_node_has_its_status_rows_and_time_and_a_source_another_shape() -> None:
    text = dag_mermaid(samples.dag())
    assert text.splitlines()[1:6] == [
        '  n_load_sales[("✓ load_sales<br/>1,234 rows · 12 ms")]:::completed',
        '  n_targets["? targets"]:::unresolved',
        '  n_by_region["✗ by_region<br/>4 ms"]:::failed',
        "  n_load_sales --> n_by_region",
        "  n_targets -.-> n_by_region",
    ]


def test_every_edge_joins_nodes_that_are_there_and_every_status_has_its_class() -> None:
    nodes = tuple(DagNodeView(f"n{number}", "sql", status) for number, status in enumerate(samples.STATUSES))
    read = _read(dag_mermaid(DagView("all", nodes, (("n0", "n1"),))))
    ids = {one["node"] for one in read if one["node"]}
    assert len(ids) == len(nodes)
    assert all({one["tail"], one["head"]} <= ids for one in read if one["arrow"])
    assert {one["class"] for one in read if one["class"]} == set(samples.STATUSES)


@pytest.mark.parametrize("name", ["end", "x", "o1", "class", "graph", "überschuß", "tag raw"])
def test_names_that_mermaid_would_take_for_its_own_are_nodes(name: str) -> None:
    view = DagView("t", (DagNodeView(name, "sql", "completed"), DagNodeView("b", "sql", "stale")), ((name, "b"),))
    read = _read(dag_mermaid(view))
    assert _label(read[0]) == f"✓ {name}"
    assert read[2]["tail"] == read[0]["node"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_in_a_text_is_obeyed(payload: str) -> None:
    read = _read(dag_mermaid(samples.dag(payload)))
    assert _label(read[0]).startswith(f"✓ load_sales{visible(payload)}\n")


def test_a_group_says_how_many_nodes_it_stands_for() -> None:
    view = samples.dag()
    view = replace(view, nodes=tuple(replace(node, tags=("raw",)) for node in view.nodes))
    assert 'n0[["✗ tag raw<br/>3 nodes"]]:::failed' in dag_mermaid(collapsed(view, "tag"))


def test_a_graph_without_nodes_is_one_line() -> None:
    assert dag_mermaid(DagView("none", (), ())) == "flowchart LR"
