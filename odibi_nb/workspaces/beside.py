"""Runs a task that is no node beside the nodes that it reads."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace

from odibi_nb.exceptions import OdibiException
from odibi_nb.runner import NodeResult, NodeTask
from odibi_nb.workspaces.runs import Runs

__all__ = ["Beside", "about"]


class Beside:
    """Computes what a task reads, where it isn't fresh, and the task; writes nothing, and keeps only nodes' results."""

    def __init__(self, runs: Runs, lock: threading.RLock) -> None:
        self._runs, self._lock = runs, lock

    def run(self, task: NodeTask, rows: int, *, standing: Collection[str] = ()) -> NodeResult:
        """Return the task's result, or that of the node that failed above it.

        rows: to look at, at once. standing: nodes whose rows are taken as they are.
        """
        with self._runs.exclusively():
            with self._lock:
                job = self._runs.prepare_beside(task, rows, standing)
            outcome = self._runs.execute(job)
            with self._lock:
                self._runs.keep(job, outcome)
        return outcome.of(task.name)


def about(error: OdibiException, task: NodeTask, node: str | None) -> OdibiException:
    """Return an error of a task that is no node as one of the node that it is about; None: of none."""
    if error.where.node == task.name:
        error.where = replace(error.where, node=node)
    return error
