"""Where the nodes and edges of a picture go: Graphviz decides, as WebAssembly or as the system's `dot`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from odibi_nb.pictures import wasm

if TYPE_CHECKING:
    import graphviz

__all__ = ["Layout", "Point", "lay_out", "lay_out_in_layers", "warm"]

Point = tuple[float, float]

_POINTS_PER_INCH = 72
# Graphviz needs time in proportion to crossings: 3,000 nodes in a chain 0.15 s, 300 nodes with 1,500 edges 9 s.
_MOST_EDGES = 4_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in points, the origin at the upper left.

    nodes: each id's centre. edges: (tail, head, points of a Bézier spline: 1 + 3 a segment).
    """

    width: float
    height: float
    nodes: dict[str, Point]
    edges: tuple[tuple[str, str, tuple[Point, ...]], ...]


def lay_out(picture: graphviz.Digraph) -> Layout | None:
    """Return the layout of a graph; None where there is no Graphviz, or it takes too long.

    The first call of a user takes about a second (see `warm`), later ones 0.1 ms a node.
    """
    if picture.source.count(" -> ") > _MOST_EDGES:
        return None
    try:
        return _parsed(wasm.lay_out(picture.source))
    except wasm.LayoutFailed:
        return _by_system(picture)


def warm() -> None:
    """Get Graphviz ready; meant for a background thread, so that the first picture doesn't wait."""
    try:
        wasm.load()
    except wasm.LayoutFailed:
        return  # the picture itself falls back


def _by_system(picture: graphviz.Digraph) -> Layout | None:
    import graphviz

    try:
        return _parsed(picture.pipe(format="plain", encoding="utf-8"))
    except (graphviz.ExecutableNotFound, subprocess.CalledProcessError):
        return None


def _parsed(plain: str) -> Layout:
    """Read the "plain" format: a line a node and an edge, in inches, the origin at the lower left."""
    records = [line.split() for line in plain.splitlines()]
    width, height = (float(number) * _POINTS_PER_INCH for number in records[0][2:4])

    def point(x: str, y: str) -> Point:
        return float(x) * _POINTS_PER_INCH, height - float(y) * _POINTS_PER_INCH

    nodes, edges = {}, []
    for kind, *fields in records[1:]:
        if kind == "node":
            nodes[_id(fields[0])] = point(*fields[1:3])
        elif kind == "edge":
            numbers = fields[3 : 3 + 2 * int(fields[2])]
            spline = tuple(map(point, numbers[::2], numbers[1::2]))
            edges.append((_id(fields[0]), _id(fields[1]), spline))
    return Layout(width, height, nodes, tuple(edges))


def _id(text: str) -> str:
    return text.strip('"')  # DOT's own keywords come quoted


def lay_out_in_layers(nodes: Sequence[str], edges: Iterable[tuple[str, str]], *, card: Point, gap: Point) -> Layout:
    """Return a plain layout without Graphviz: a column a layer, each node near the mean height of its upstreams.

    nodes: ids in topological order. edges: (upstream, downstream). card: width and height of a node.
    gap: space between columns and between rows.
    """
    edges = list(edges)
    upstream: dict[str, list[str]] = {node: [] for node in nodes}
    for tail, head in edges:
        upstream[head].append(tail)
    places: dict[str, Point] = {}
    for depth, layer in enumerate(_layers(upstream)):
        x = depth * (card[0] + gap[0]) + card[0] / 2
        wanted = {node: _mean_height(upstream[node], places) for node in layer}
        for row, node in enumerate(sorted(layer, key=wanted.__getitem__)):
            places[node] = (x, row * (card[1] + gap[1]) + card[1] / 2)
    splines = tuple((tail, head, _curve(places[tail], places[head], card[0] / 2)) for tail, head in edges)
    width = max((x for x, _ in places.values()), default=0) + card[0] / 2
    height = max((y for _, y in places.values()), default=0) + card[1] / 2
    return Layout(width, height, places, splines)


def _layers(upstream: dict[str, list[str]]) -> list[list[str]]:
    depth: dict[str, int] = {}
    layers: list[list[str]] = []
    for node, tails in upstream.items():
        depth[node] = 1 + max((depth.get(tail, -1) for tail in tails), default=-1)  # groups may read each other
        if depth[node] == len(layers):
            layers.append([])
        layers[depth[node]].append(node)
    return layers


def _mean_height(nodes: Sequence[str], places: dict[str, Point]) -> float:
    heights = [places[node][1] for node in nodes if node in places]
    return sum(heights) / len(heights) if heights else 0.0


def _curve(tail: Point, head: Point, half_width: float) -> tuple[Point, ...]:
    start, end = (tail[0] + half_width, tail[1]), (head[0] - half_width, head[1])
    middle = (start[0] + end[0]) / 2
    return start, (middle, start[1]), (middle, end[1]), end
