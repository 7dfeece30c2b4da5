"""Which nodes a command means."""

from __future__ import annotations

import pytest

from odibi_nb.exceptions import UsageError
from odibi_nb.graph import DependencyGraph
from odibi_nb.workspaces.selectors import Selectable, select

GRAPH = DependencyGraph({"load": [], "stg_a": ["load"], "stg_b": ["load"], "mart": ["stg_a", "stg_b"], "alone": []})
NODES = {
    "load": Selectable(("daily",), "p", "completed"),
    "stg_a": Selectable(("daily",), "p", "stale"),
    "stg_b": Selectable((), "p", "failed"),
    "mart": Selectable(("report",), "q"),
    "alone": Selectable(),
}


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        ([], ["load", "stg_a", "stg_b", "mart", "alone"]),
        (["mart"], ["mart"]),
        (["+mart"], ["load", "stg_a", "stg_b", "mart"]),
        (["stg_a+"], ["stg_a", "mart"]),
        (["+stg_a+"], ["load", "stg_a", "mart"]),
        (["stg_*"], ["stg_a", "stg_b"]),
        (["tag:daily"], ["load", "stg_a"]),
        (["pipeline:q"], ["mart"]),
        (["state:stale"], ["stg_a"]),
        (["state:failed", "alone"], ["stg_b", "alone"]),
        (["tag:daily,stg_*"], ["stg_a"]),
        (["+tag:report"], ["load", "stg_a", "stg_b", "mart"]),
    ],
)
def test_selectors_in_the_order_of_the_graph(selectors: list[str], expected: list[str]) -> None:
    assert select(GRAPH, NODES, selectors) == expected


def test_exclude_takes_away() -> None:
    assert select(GRAPH, NODES, ["+mart"], ["stg_*"]) == ["load", "mart"]


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ("mrt", "did you mean 'mart'?"),
        ("tag:dayly", "did you mean 'daily'?"),
        ("tagg:daily", "did you mean 'tag'?"),
        ("pipeline:x", "pipelines of nodes: p, q"),
        ("tag:zzz", "tags of nodes: daily, report"),
        ("state:stalled", "did you mean 'stale'?"),
        ("state:modified", "states of nodes: completed, failed, pending, stale"),
        ("zzz", "nodes: load, stg_a, stg_b, mart, alone"),
    ],
)
def test_an_unmatched_selector_suggests(selector: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(GRAPH, NODES, [selector])
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("selectors", "exclude", "said"),
    [
        (["mart"], ["mart"], "no node is selected: --exclude mart leaves out all"),
        ([], ["*"], "no node is selected: --exclude * leaves out all"),
        (["stg_*", "tag:report,stg_*"], ["stg_*"], "no node is selected: --exclude stg_* leaves out all"),
        (["tag:report,stg_*"], [], "no node is selected by 'tag:report,stg_*'"),
    ],
)
def test_selecting_nothing_is_an_error(selectors: list[str], exclude: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(GRAPH, NODES, selectors, exclude)
    assert caught.value.message == said
