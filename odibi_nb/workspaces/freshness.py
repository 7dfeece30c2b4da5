"""Whether a result still stands for what its node says now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.tasks import FunctionStep, NodeTask, SqlStep

__all__ = ["bases"]


def bases(tasks: Iterable[NodeTask], versions: Mapping[str, int]) -> dict[str, str]:
    """Return, for each task, a text that changes whenever its result may.

    tasks: in topological order. versions: how often each node was declared differently. It covers the
    declarations and parameters of the node and of all above it, and time and size of the files they read.
    """
    found: dict[str, str] = {}
    for task in tasks:
        above = [found.get(name, "") for name in task.depends_on]
        parts = (task.name, versions.get(task.name, 0), above, _parameters(task), _files(task))
        found[task.name] = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    return found


def _parameters(task: NodeTask) -> list[object]:
    steps = task.steps
    return [step.params for step in steps if isinstance(step, SqlStep)] + [
        step.binding.params for step in steps if isinstance(step, FunctionStep)
    ]


def _files(task: NodeTask) -> object:
    if task.source is None:
        return None
    try:
        return task.source.connection.files(task.source.path, extensions=task.source.format.extensions)
    except OdibiException as exc:  # the run will say it; here the file is just another one than before
        return exc.message
