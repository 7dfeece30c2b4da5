"""Graphs collapsed by tag, layer and pipeline."""

from __future__ import annotations

import pytest

from odibi_nb.views import DagNodeView, DagView
from odibi_nb.views.grouping import collapsed


def node(name: str, *tags: str, status: str = "completed", pipeline: str = "") -> DagNodeView:
    return DagNodeView(name, "sql", status, tags=tags, pipeline=pipeline)


VIEW = DagView(
    "p",
    (
        node("a", "raw", "daily", pipeline="x"),
        node("b", "raw", status="failed", pipeline="x"),
        node("c", "mart", pipeline="y"),
        node("d", "mart", status="failed", pipeline="y"),
        node("e"),
    ),
    (("a", "c"), ("b", "c"), ("c", "d"), ("a", "e")),
)


def test_the_first_tag_makes_the_group_and_edges_between_groups_are_drawn_once() -> None:
    view = collapsed(VIEW, "tag")
    assert {one.name: one.members for one in view.nodes} == {
        "tag raw": ("a", "b"),
        "tag mart": ("c", "d"),
        "e": (),
    }
    assert view.edges == (("tag raw", "tag mart"), ("tag raw", "e"))


def test_layers_are_those_that_can_run_in_parallel() -> None:
    view = collapsed(VIEW, "layer")
    assert {one.name: one.members for one in view.nodes} == {"layer 1": ("a", "b"), "layer 2": ("c", "e"), "d": ()}


def test_pipelines_make_groups() -> None:
    assert [one.name for one in collapsed(VIEW, "pipeline").nodes] == ["pipeline x", "pipeline y", "e"]


def test_an_expanded_group_shows_its_nodes() -> None:
    view = collapsed(VIEW, "tag", expanded=["tag raw"])
    assert [one.name for one in view.nodes] == ["a", "b", "tag mart", "e"]
    assert ("b", "tag mart") in view.edges


@pytest.mark.parametrize(
    ("statuses", "status", "said"),
    [
        (("completed", "completed"), "completed", "completed"),
        (("completed", "failed"), "failed", "1 failed"),
        (("running", "pending"), "running", "1 running"),
        (("stale", "cached"), "stale", "1 stale"),
    ],
)
def test_a_group_has_its_loudest_status(statuses: tuple[str, ...], status: str, said: str) -> None:
    nodes = tuple(node(f"n{at}", "t", status=one) for at, one in enumerate(statuses))
    (group,) = collapsed(DagView("p", nodes, ()), "tag").nodes
    assert (group.status, group.reason) == (status, said)


def test_groups_that_read_each_other_are_drawn_with_either_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = (node("a", "x"), node("b", "y"), node("c", "x"), node("d", "y"))
    view = collapsed(DagView("p", nodes, (("a", "b"), ("b", "c"), ("c", "d"))), "tag")
    assert view.edges == (("tag x", "tag y"), ("tag y", "tag x"))
    from odibi_nb.pictures import drawing

    assert drawing.place(view).nodes.keys() == {"tag x", "tag y"}
    monkeypatch.setattr(drawing, "lay_out", lambda picture: None)
    assert drawing.place(view).nodes.keys() == {"tag x", "tag y"}
