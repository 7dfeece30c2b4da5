"""What a node costs that does nothing: the same shapes with Python and with SQL nodes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import call_in_process
from benchmarks.rows import Row
from benchmarks.scale import Scale

__all__ = ["SHAPES", "python_nodes", "sql_nodes"]

SHAPES = ("chain", "fan-out")
MOST_GROWTH = 1.2


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of node. target_ms: for a node of the largest shape; growth_matters: whether growth has a target too."""

    name: str
    title: str
    target_ms: float
    growth_matters: bool


def python_nodes(scale: Scale) -> Iterator[Row]:
    """Measure Python functions that return the frame they are given."""
    return _rows(_Kind("python", "no-op Python node", 0.1, growth_matters=False), scale)


def sql_nodes(scale: Scale) -> Iterator[Row]:
    """Measure SELECTs on ten rows."""
    return _rows(_Kind("sql", "tiny SQL node", 1.0, growth_matters=True), scale)


def _rows(kind: _Kind, scale: Scale) -> Iterator[Row]:
    function = "benchmarks.node_pipelines:time_shapes"
    measured = call_in_process(function, kind=kind.name, counts=scale.node_counts, repetitions=scale.repetitions)
    for shape in SHAPES:
        yield from _rows_of_shape(kind, shape, measured, scale)
    yield Row(f"{kind.title}s, peak memory", "MB", (measured["peak_mb"],))


def _rows_of_shape(kind: _Kind, shape: str, measured: Mapping[str, Any], scale: Scale) -> Iterator[Row]:
    smallest, largest = scale.node_counts[0], scale.node_counts[-1]
    for count in scale.node_counts:
        rounds = [_ms_a_node(phases, count) for phases in measured[f"{shape} {count}"]]
        yield Row(
            f"{kind.title}, {shape} of {count:,}",
            "ms",
            tuple(sum(phases.values()) for phases in rounds),
            target=scale.target(kind.target_ms) if count == largest else None,
            note=", ".join(f"{phase} {statistics.median(r[phase] for r in rounds):.2f}" for phase in rounds[0]),
        )
    totals = [[sum(phases.values()) / n for phases in measured[f"{shape} {n}"]] for n in (smallest, largest)]
    yield Row(
        f"{kind.title}, {shape}: {largest:,} against {smallest:,}",
        "x",
        tuple(large / small for small, large in zip(*totals, strict=True)),
        target=scale.target(MOST_GROWTH) if kind.growth_matters else None,
    )


def _ms_a_node(phases: Mapping[str, float], count: int) -> dict[str, float]:
    return {phase: seconds * 1_000 / count for phase, seconds in phases.items()}
