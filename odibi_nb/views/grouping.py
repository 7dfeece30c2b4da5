"""Graphs of many nodes made small: one node in the picture for all of a tag, a layer or a pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace

from odibi_nb.views.models import DagNodeView, DagView

__all__ = ["GROUPINGS", "collapsed"]

GROUPINGS = ("tag", "layer", "pipeline")

# What a group's status is: the first of these that one of its nodes has.
_LOUDEST = ("failed", "running", "cancelled", "skipped", "unresolved", "stale", "pending", "completed", "cached")


def collapsed(view: DagView, by: str, *, expanded: Collection[str] = ()) -> DagView:
    """Return the graph with one node for all that have the same tag (the first counts), layer or pipeline.

    by: one of GROUPINGS. expanded: groups whose nodes are shown each for itself, by name ("tag raw"); so is a node that
    is alone in its group or in none. A group is named with a blank, as no node is.
    """
    group_of = _KEYS[by](view)
    sizes = Counter(group_of.values())
    shown = {
        name: group if group and sizes[group] > 1 and group not in expanded else name
        for name, group in group_of.items()
    }
    members: dict[str, list[DagNodeView]] = {}
    for node in view.nodes:
        members.setdefault(shown[node.name], []).append(node)
    nodes = (nodes[0] if name == nodes[0].name else _group(name, nodes) for name, nodes in members.items())
    edges = dict.fromkeys((shown[tail], shown[head]) for tail, head in view.edges)
    return replace(view, nodes=tuple(nodes), edges=tuple((tail, head) for tail, head in edges if tail != head))


def _group(name: str, nodes: list[DagNodeView]) -> DagNodeView:
    statuses = Counter(node.status for node in nodes)
    status = next((one for one in _LOUDEST if statuses[one]), nodes[0].status)
    said = status if statuses[status] == len(nodes) else f"{statuses[status]} {status}"
    return DagNodeView(name, "group", status, reason=said, members=tuple(node.name for node in nodes))


def _by_tag(view: DagView) -> dict[str, str]:
    return {node.name: f"tag {node.tags[0]}" if node.tags else "" for node in view.nodes}


def _by_pipeline(view: DagView) -> dict[str, str]:
    return {node.name: f"pipeline {node.pipeline}" if node.pipeline else "" for node in view.nodes}


def _by_layer(view: DagView) -> dict[str, str]:
    """Return the layer of each node: how many nodes the longest way to it passes, itself counted."""
    upstream: dict[str, list[str]] = {node.name: [] for node in view.nodes}
    for tail, head in view.edges:
        upstream[head].append(tail)
    depth: dict[str, int] = {}
    for name, tails in upstream.items():
        depth[name] = 1 + max((depth[tail] for tail in tails), default=0)
    return {name: f"layer {number}" for name, number in depth.items()}


_KEYS: dict[str, Callable[[DagView], dict[str, str]]] = {
    "tag": _by_tag,
    "layer": _by_layer,
    "pipeline": _by_pipeline,
}
