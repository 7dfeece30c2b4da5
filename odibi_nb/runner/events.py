"""What a run tells while it goes on; listeners are called in the runner's own thread, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from odibi_nb.runner.results import NodeResult, RunOutcome

__all__ = ["Event", "Listener", "NodeFinished", "NodeStarted", "RunFinished", "RunStarted"]


def _no_run() -> None:
    """Cancel what isn't there."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins.

    names: all nodes of the run, in order. workers: nodes at once. cancel: ends this run, from any thread, as Ctrl-C
    does; it does nothing once the run has ended.
    """

    names: tuple[str, ...]
    workers: int = 1
    cancel: Callable[[], None] = field(default=_no_run, compare=False)


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
