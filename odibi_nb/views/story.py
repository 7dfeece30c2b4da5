"""What the story of a run shows, as view models; its JSON twin is these as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from odibi_nb.views.models import DagView, NodeView

__all__ = ["RunFactsView", "StoryNodeView", "StoryView"]


@dataclass(frozen=True, slots=True)
class RunFactsView:
    """A run as a list of runs tells it.

    started: ISO 8601, UTC; when: for the eye. counts: (status, how many nodes). failed: names. story: where its report
    is, from the folder of the reports, or "". removed: its report is gone.
    """

    id: str
    title: str
    status: str
    started: str
    when: str
    duration_s: float
    time: str
    door: str
    target: str = ""
    selectors: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    failed: tuple[str, ...] = ()
    commit: str | None = None
    dirty: bool | None = None
    story: str = ""
    removed: bool = False


@dataclass(frozen=True, slots=True)
class StoryNodeView:
    """A node's part in a run.

    card: as anywhere else. action: run, cached or skip; reason: why. rows, rows_in: exact, or None. share: of the time
    of all nodes, from 0 to 1. earlier_s: seconds in earlier runs, the last one last; median_s: of those. parameters:
    what its code was given, secrets masked.
    """

    card: NodeView
    action: str
    reason: str
    rows: int | None = None
    rows_in: int | None = None
    duration_s: float = 0.0
    share: float = 0.0
    earlier_s: tuple[float, ...] = ()
    median_s: float | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StoryView:
    """A run from beginning to end.

    graph: None where it is too large for a picture. nodes: those that had a part in it, in the order of the graph;
    cached: the names of those that had none but that their results were there.
    """

    run: RunFactsView
    exclude: tuple[str, ...]
    workers: int
    parameters: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    graph: DagView | None
    nodes: tuple[StoryNodeView, ...]
    cached: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
