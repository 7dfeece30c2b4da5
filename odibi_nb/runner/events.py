"""What a run tells while it goes on; listeners are called in the runner's own thread, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from odibi_nb.runner.results import NodeResult, RunOutcome

__all__ = ["Event", "Listener", "NodeFinished", "NodeStarted", "RunFinished", "RunStarted"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """names: all nodes of the run, in order."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeStarted:
    name: str


@dataclass(frozen=True, slots=True)
class NodeFinished:
    """A fused node finishes when the query that evaluates it does."""

    result: NodeResult


@dataclass(frozen=True, slots=True)
class RunFinished:
    outcome: RunOutcome


Event = RunStarted | NodeStarted | NodeFinished | RunFinished
Listener = Callable[[Event], None]
