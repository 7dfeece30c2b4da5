"""The events of a run → how far it is."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from odibi_nb.runner import Event, NodeFinished, NodeStarted, RunFinished, RunStarted
from odibi_nb.views.build import error_view, told_node
from odibi_nb.views.models import DagNodeView, NodeView
from odibi_nb.views.progress import NodeFailureView, RunningNodeView, RunProgressView

if TYPE_CHECKING:
    from odibi_nb.runner import NodeResult
    from odibi_nb.workspaces import Workspace

__all__ = ["RunFollower", "ended_view", "time_left_s"]

_MOST_ERRORS = 10  # that are shown whole while a run goes on


def ended_view(result: NodeResult) -> NodeView:
    """Return what is to be said of a node that has just ended, for a line in a log; nothing is computed for it."""
    told = told_node(DagNodeView(result.node_name, "", result.status), result)
    return NodeView(
        name=result.node_name,
        kind="",
        status=result.status,
        rows=told.rows,
        time=told.time,
        written=f"written to {result.written}" if result.written else "",
        badges=result.badges,
        notes=(result.reason,) if result.reason else (),
        error=error_view(result.error) if result.error is not None else None,
    )


class RunFollower:
    """Knows how far a run is; made in the thread that runs it, told its events, and asked from any thread.

    started: its first event. expected: tells the seconds that nodes took the last time, of those that ran before.
    """

    def __init__(
        self,
        workspace: Workspace,
        started: RunStarted,
        expected: Callable[[Iterable[str]], Mapping[str, float]],
    ) -> None:
        self._workspace, self._names, self._workers = workspace, started.names, started.workers
        self._ask_expected = expected
        self._interruptible = threading.current_thread() is threading.main_thread()
        self._began_s = time.monotonic()
        self._started: dict[str, float] = {}
        self._ended: dict[str, str] = {}
        self._failed: dict[str, NodeFailureView] = {}
        self._status, self._took_s = "running", 0.0

    def take(self, event: Event) -> None:
        """Take in what the run tells."""
        match event:
            case NodeStarted(name=name):
                self._started[name] = time.monotonic()
            case NodeFinished(result=result):
                self._end(result)
            case RunFinished(outcome=outcome):
                self._status, self._took_s = outcome.status, outcome.duration

    # What isn't needed for a run that has ended before anybody saw it is looked up when somebody does.

    @cached_property
    def _expected(self) -> Mapping[str, float]:
        return self._ask_expected(self._names)

    @cached_property
    def _above(self) -> Mapping[str, Collection[str]]:
        graph = self._workspace.graph
        return {name: graph.direct_dependencies(name) for name in self._names if name in graph.nodes}

    def view(self) -> RunProgressView:
        """Return how far it is now."""
        now_s = time.monotonic()
        rest = [name for name in self._names if name not in self._ended]
        running = self._running() if self._status == "running" else []
        unknown = sum(name not in self._expected for name in rest)
        elapsed = {name: now_s - self._started[name] for name in running}
        return RunProgressView(
            title=self._workspace.title,
            status=self._status,
            nodes=len(self._names),
            finished=tuple(Counter(self._ended.values()).items()),
            running=tuple(RunningNodeView(name, elapsed[name], self._expected.get(name)) for name in running),
            failed=tuple(self._failed.values())[:_MOST_ERRORS],
            elapsed_s=self._took_s or now_s - self._began_s,
            left_s=None if unknown else self._left_s(rest, elapsed),
            then_s=None if unknown else self._left_s([name for name in rest if name not in elapsed], {}),
            unknown=unknown,
            interruptible=self._interruptible,
        )

    def _end(self, result: NodeResult) -> None:
        name = result.node_name
        self._ended[name] = result.status
        if result.error is not None and name not in self._failed:
            self._failed[name] = NodeFailureView(name, error_view(result.error))

    def _running(self) -> list[str]:
        """Return what is being computed.

        Lazy rows are computed with what reads them: their node has not ended when their worker starts the next one.
        """
        unfinished = [name for name in self._started if name not in self._ended]
        last = next(reversed(self._started), None)
        return [last] if self._workers == 1 and last is not None and last not in self._ended else unfinished

    def _left_s(self, rest: Iterable[str], elapsed: Mapping[str, float]) -> float:
        left = {name: max(0.0, self._expected[name] - elapsed.get(name, 0.0)) for name in rest}
        return time_left_s(left, self._above if self._workers > 1 else {}, workers=self._workers)


def time_left_s(left: Mapping[str, float], above: Mapping[str, Collection[str]], *, workers: int) -> float:
    """Return how long nodes will take together: as long as the longest path, and as the work that a worker gets.

    left: seconds by node, in topological order. above: what each reads; not needed for one worker.
    """
    work_s = sum(left.values())
    if workers == 1:
        return work_s
    end_s: dict[str, float] = {}
    for name, seconds in left.items():
        end_s[name] = seconds + max((end_s[one] for one in above.get(name, ()) if one in end_s), default=0.0)
    return max(work_s / workers, max(end_s.values(), default=0.0))
