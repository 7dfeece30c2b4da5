"""The executor: tasks in, results and events out."""

from __future__ import annotations

from odibi_nb.runner.events import Event, Listener, NodeFinished, NodeStarted, RunFinished, RunStarted
from odibi_nb.runner.results import NodeResult, RunOutcome, Status
from odibi_nb.runner.scheduler import Runner, RunOptions
from odibi_nb.runner.tasks import Dependency, FunctionStep, NodeTask, OperationStep, Place, SqlStep

__all__ = [
    "Dependency",
    "Event",
    "FunctionStep",
    "Listener",
    "NodeFinished",
    "NodeResult",
    "NodeStarted",
    "NodeTask",
    "OperationStep",
    "Place",
    "RunFinished",
    "RunOptions",
    "RunOutcome",
    "RunStarted",
    "Runner",
    "SqlStep",
    "Status",
]
