"""A graph of ten thousand nodes: made, checked and ordered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from benchmarks.processes import call_in_process, interleaved
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["large_graph", "time_graphs", "time_pipeline"]

Upstream = dict[str, list[str]]


def large_graph(scale: Scale) -> Iterator[Row]:
    """Measure the graph alone, and a whole pipeline of as many SQL nodes, whose dependencies are inferred."""
    count = scale.graph_nodes
    graphs = call_in_process("benchmarks.large_graph:time_graphs", count=count, repetitions=scale.repetitions)
    for title in ("a chain", "three inputs a node"):
        yield Row(f"graph of {count:,}, {title}", "s", tuple(graphs[title]), target=scale.target(1.0))
    pipelines = call_in_process(
        "benchmarks.large_graph:time_pipeline", count=count, repetitions=min(scale.repetitions, 3)
    )
    yield Row(f"Pipeline() of {count:,} SQL nodes", "s", tuple(pipelines["seconds"]), note="declare, infer, check")


def time_graphs(count: int, repetitions: int) -> dict[str, list[float]]:
    """Return the seconds for a chain, the deepest graph there is, and for a mesh."""
    graphs = {
        "a chain": partial(_time_graph, {_name(n): [_name(n - 1)] if n else [] for n in range(count)}),
        "three inputs a node": partial(_time_graph, _mesh(count)),
    }
    rounds = list(interleaved(graphs, repetitions))
    return {title: [results[title] for results in rounds] for title in graphs}


def time_pipeline(count: int, repetitions: int) -> dict[str, list[float]]:
    """Return the seconds that a user of the Python API waits before the first node runs."""
    rounds = interleaved({"pipeline": partial(_time_pipeline, count)}, repetitions)
    return {"seconds": [results["pipeline"] for results in rounds]}


def _time_graph(upstream: Upstream) -> float:
    from odibi_nb.graph import DependencyGraph

    start = time.perf_counter()
    graph = DependencyGraph(upstream)
    ordered = graph.topological_sort()
    layers = graph.get_execution_layers()
    seconds = time.perf_counter() - start
    if len(ordered) != len(upstream) or sum(map(len, layers)) != len(upstream):
        raise RuntimeError("the graph lost nodes")
    return seconds


def _time_pipeline(count: int) -> float:
    from benchmarks.node_pipelines import make_config
    from odibi_nb import Pipeline

    start = time.perf_counter()
    Pipeline(make_config("sql", "chain", count)).graph.topological_sort()
    return time.perf_counter() - start


def _mesh(count: int) -> Upstream:
    """Return nodes that read the one before them, one half-way back, and one far back."""
    return {_name(n): [_name(m) for m in sorted({n - 1, n // 2, n // 7} - {n, -1})] for n in range(count)}


def _name(number: int) -> str:
    return f"node_{number}"
