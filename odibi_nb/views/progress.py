"""A run that goes on, as a view model."""

from __future__ import annotations

from dataclasses import dataclass

from odibi_nb.views.models import ErrorView

__all__ = ["NodeFailureView", "RunProgressView", "RunningNodeView"]


@dataclass(frozen=True, slots=True)
class RunningNodeView:
    """A node that runs now, in seconds; expected_s: what it took the last time, None where it never ran."""

    name: str
    elapsed_s: float
    expected_s: float | None = None


@dataclass(frozen=True, slots=True)
class NodeFailureView:
    """A node that has failed in this run."""

    node: str
    error: ErrorView


@dataclass(frozen=True, slots=True)
class RunProgressView:
    """How far a run is.

    status: running, completed, failed or cancelled. nodes: how many run. finished: how many of them have ended, by
    status. left_s: the seconds that the rest is expected to take, as the last time; then_s: the same once what runs
    now has ended; both None where that can't be told, because `unknown` nodes never ran. failed: the first ones of
    those that did. interruptible: an interrupt of the kernel ends this run, and nothing else.
    """

    title: str
    status: str
    nodes: int
    finished: tuple[tuple[str, int], ...] = ()
    running: tuple[RunningNodeView, ...] = ()
    failed: tuple[NodeFailureView, ...] = ()
    elapsed_s: float = 0.0
    left_s: float | None = None
    then_s: float | None = None
    unknown: int = 0
    interruptible: bool = True

    @property
    def done(self) -> int:
        """How many nodes have ended, however they did."""
        return sum(count for _, count in self.finished)
