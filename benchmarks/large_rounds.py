"""Rows about contestants that each did the same large work once a round."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.rows import Row

__all__ = ["Rounds", "memory_rows", "ratio_row", "samples", "time_rows"]

Rounds = Sequence[Mapping[str, Mapping[str, Any]]]
"""By round, contestant and what was measured."""


def time_rows(title: str, rounds: Rounds, contestants: Iterable[str]) -> Iterator[Row]:
    """Yield the seconds of each contestant's work; its imports and its CPU time are notes."""
    for who in contestants:
        imports, cpu = (statistics.median(samples(rounds, who, key)) for key in ("import_s", "cpu_s"))
        note = f"imports {imports:.2f} s more; CPU time {cpu:.3g} s"
        yield Row(f"{title}, time", "s", samples(rounds, who, "work_s"), who, note=note)


def memory_rows(title: str, rounds: Rounds, contestants: Iterable[str]) -> Iterator[Row]:
    """Yield each contestant's peak memory; what it held before it began to work is a note."""
    for who in contestants:
        idle = statistics.median(samples(rounds, who, "idle_mb"))
        yield Row(f"{title}, peak memory", "MB", samples(rounds, who, "peak_mb"), who, note=f"imports {idle:.0f}")


def samples(rounds: Rounds, who: str, key: str) -> tuple[float, ...]:
    """Return what was measured of one contestant, by round."""
    return tuple(results[who][key] for results in rounds)


def ratio_row(name: str, rounds: Rounds, who: str, other: str, key: str = "work_s", target: float | None = None) -> Row:
    """Compare within each round: what slows the machine down then slows both down. Seconds are told in CPU time too."""
    note = f"CPU time {statistics.median(_ratios(rounds, who, other, 'cpu_s')):.3g} x" if key == "work_s" else ""
    return Row(name, "x", _ratios(rounds, who, other, key), who, target, note)


def _ratios(rounds: Rounds, who: str, other: str, key: str) -> tuple[float, ...]:
    return tuple(results[who][key] / results[other][key] for results in rounds)
