"""Results to look into: computed first where that has to be, and a fault in their rows found at its own node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from odibi_nb.exceptions import OdibiException, UsageError, ValidationError
from odibi_nb.runner import Listener, NodeResult
from odibi_nb.runner.blame import first_fault
from odibi_nb.runner.errors import about_rows
from odibi_nb.runner.tasks import NodeTask

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["evaluated", "has_rows", "result_of", "rows_of"]

T = TypeVar("T")


def result_of(ws: Workspace, name: str, listeners: Iterable[Listener] = ()) -> NodeResult:
    """Return a node's result; one that no longer stands for what the node says is computed first, as its cell does it.

    Raises what can't run as declared; a node that fails is in the result.
    """
    last = ws.result(name)
    if last is not None and has_rows(last) and ws.status(name) in ("completed", "cached", "failed"):
        return last
    for problem in ws.problems(ws.nodes.with_upstream([name])):
        raise problem
    if waits := ws.waits_for(name):
        raise UsageError(f"'{name}' waits for {', '.join(waits)}", hint="run it: %odibi run", node=name)
    return ws.run_cell(name, listeners=listeners)


def has_rows(result: NodeResult) -> bool:
    """Whether a result can be looked into; of those that failed it is what broke a data test, or wasn't written."""
    return result.dataset is not None and (result.rows_stand or bool(result.expectations))


def rows_of(result: NodeResult) -> Dataset:
    """Return the rows of a result that has any; raises its error, or UsageError where it is no rows."""
    if result.dataset is None or not has_rows(result):
        raise result.error or UsageError(f"node '{result.node_name}' was {result.status}", hint=result.reason)
    if not result.dataset.schema:
        raise UsageError(f"the result of '{result.node_name}' is an object, not rows", node=result.node_name)
    return result.dataset


def evaluated(ws: Workspace, name: str, work: Callable[[], T], *, before: Dataset | None = None) -> T:
    """Return `work()`, which evaluates the rows of a node; an error of theirs is raised at the node it comes from.

    before: other rows that it evaluates too.
    """
    try:
        return work()
    except OdibiException as exc:
        fault = first_fault(ws.engine, _lazy(ws, name, before), exc)
        if fault is None:
            raise
        task, error = fault
        if task is None:
            raise ValidationError(f"the rows before can't be computed: {error.message}", node=name) from exc
        raise about_rows(error, task) from exc


def _lazy(ws: Workspace, name: str, before: Dataset | None) -> list[tuple[NodeTask | None, Dataset]]:
    """Return the results that may be at fault, topmost first; None stands for `before`."""
    found: list[tuple[NodeTask | None, Dataset]] = [(None, before)] if before is not None and before.lazy else []
    for one in ws.nodes.with_upstream([name]):
        result = ws.result(one)
        if result is not None and result.dataset is not None and result.dataset.lazy:
            found.append((ws.nodes.task(one), result.dataset))
    return found
