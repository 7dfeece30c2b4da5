"""Who will read a node's result in a run: what the engine decides by, and a plan foresees by."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from odibi_nb.engine.base import Readers
from odibi_nb.runner.overlap import reads_any

if TYPE_CHECKING:
    from odibi_nb.runner.schedule import Schedule
    from odibi_nb.runner.scheduler import RunOptions
    from odibi_nb.runner.tasks import NodeTask

__all__ = ["readers_of", "writes_in"]


def readers_of(task: NodeTask, schedule: Schedule, options: RunOptions, targets: Collection[str]) -> Readers:
    """Return who reads the result of a task; targets: the URIs that the run writes to."""
    return Readers(
        count=schedule.readings(task.name) + bool(task.checks) + len(task.queries),
        sink=writes_in(task, options),
        keep=not schedule.readers(task.name) and options.in_full,
        snapshot=reads_any(task, targets),
        overrule=task.materialize,
        before=options.before.get(task.name),
    )


def writes_in(task: NodeTask, options: RunOptions) -> bool:
    """Whether a task writes to its target in this run."""
    return task.target is not None and (options.write is None or task.name in options.write)
