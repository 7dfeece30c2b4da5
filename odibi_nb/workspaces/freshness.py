"""Whether a result still stands for what its node says now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from odibi_nb.engine.watch import literal_stamps
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.overlap import literals_of, sources_of
from odibi_nb.runner.tasks import NodeTask, OperationStep, SqlStep, Step

if TYPE_CHECKING:
    from odibi_nb.engine.base import Source

__all__ = ["bases"]


def bases(tasks: Iterable[NodeTask], versions: Mapping[str, int]) -> dict[str, str]:
    """Return, for each task, a text that changes whenever its result may.

    tasks: in topological order. versions: how often each node was declared differently. It covers the
    declarations and parameters of the node and of all above it, and time and size of the files they read;
    a file behind a URL in SQL is taken to stay as it is.
    """
    found: dict[str, str] = {}
    for task in tasks:
        above = [found.get(name, "") for name in task.depends_on]
        parts = (task.name, versions.get(task.name, 0), above, _steps(task), _files(task))
        found[task.name] = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    return found


def _steps(task: NodeTask) -> list[object]:
    """A statement counts with its text: that of an `sql_file` may change without a declaration."""
    return [*map(_step, task.steps), *(_step(test.query) for test in task.queries)]


def _step(step: Step) -> object:
    if isinstance(step, SqlStep):
        return step.written, step.params
    return (step.params, step.values) if isinstance(step, OperationStep) else step.binding.params


def _files(task: NodeTask) -> list[object]:
    return [*map(_stamped, sources_of(task)), *map(literal_stamps, literals_of(task))]


def _stamped(source: Source) -> object:
    try:
        return source.files()
    except OdibiException as exc:  # the run will say it; here the file is just another one than before
        return exc.message
