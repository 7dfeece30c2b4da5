"""Appends that a run begins: remembered before they are done, for a process that is killed in the middle of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from odibi_nb.runner import Event, NodeStarted, NodeTask
from odibi_nb.workspaces.recollection import Recollection

__all__ = ["Beginnings"]


class Beginnings:
    """A listener of a run that notes each append before it is done: never shall it be done again.

    identity: gives that of the rows which a node is about to append.
    """

    def __init__(
        self,
        tasks: Iterable[NodeTask],
        writing: Collection[str],
        recollection: Recollection,
        identity: Callable[[str], str],
    ) -> None:
        self._recollection, self._identity = recollection, identity
        self._targets = {
            task.name: task.target
            for task in tasks
            if task.name in writing and task.target is not None and task.target.mode == "append"
        }

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeStarted) and (target := self._targets.get(event.name)) is not None:
            self._recollection.note_begun(event.name, target, self._identity(event.name))
