"""Whose fault it is when a result's rows can't be computed after the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.blame import first_fault
from odibi_nb.runner.errors import about_rows
from odibi_nb.runner.tasks import NodeTask

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Engine

__all__ = ["about", "blamed"]


def blamed(error: OdibiException, engine: Engine, tasks: list[NodeTask], rows: Mapping[str, Dataset]) -> OdibiException:
    """Return an error at the node and the line that it comes from.

    tasks: the node whose rows were read, and before it those above it, in order. rows: their results.
    """
    suspects = [(task, rows[task.name]) for task in tasks if task.name in rows and rows[task.name].lazy]
    task, found = first_fault(engine, suspects, error) or (tasks[-1], error)
    return about_rows(found, task)


def about(error: OdibiException, task: NodeTask, node: str | None) -> OdibiException:
    """Return an error of a task that is no node as one of the node that it is about; None: of none."""
    if error.where.node == task.name:
        error.where = replace(error.where, node=node)
    return error
