"""The order of a run: which node may start next, and what is above and below a node."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence

from odibi_nb.runner.tasks import NodeTask

__all__ = ["Schedule"]


class Schedule:
    """Tells nodes to start in topological order, each once all that it depends on was released.

    tasks: in topological order. done: those that gave results which are there already.
    """

    def __init__(self, tasks: Sequence[NodeTask], done: Sequence[NodeTask] = ()) -> None:
        self._names = [task.name for task in tasks]
        self._order = {name: number for number, name in enumerate(self._names)}
        self._tasks = {task.name: task for task in tasks}
        self._depends_on = {task.name: task.depends_on for task in (*done, *tasks)}
        self._readers: dict[str, list[str]] = {name: [] for name in self._depends_on}
        self._waiting: dict[str, int] = {}
        self._ready: list[int] = []
        for name, above in self._depends_on.items():
            for dependency in dict.fromkeys(above):
                if dependency in self._readers and dependency != name:
                    self._readers[dependency].append(name)
        for name in self._names:
            # A given result that is only to be written is waited for too: its file may be read below.
            inside = {one for one in self._depends_on[name] if one in self._order and one != name}
            self._waiting[name] = len(inside)
            if not inside:
                self._ready.append(self._order[name])

    def next(self) -> str | None:
        """Return the first node, in order, that may start; None while there is none."""
        return self._names[heapq.heappop(self._ready)] if self._ready else None

    def release(self, name: str) -> None:
        """Let the readers of `name` start, as far as it was the last they waited for."""
        for reader in self._readers[name]:
            if reader not in self._waiting:
                continue
            self._waiting[reader] -= 1
            if not self._waiting[reader]:
                heapq.heappush(self._ready, self._order[reader])

    def readers(self, name: str) -> Sequence[str]:
        """Return the nodes of the run that depend on `name` directly."""
        return [reader for reader in self._readers[name] if reader in self._order]

    def readings(self, name: str) -> int:
        """Return how often the nodes of the run read the result of `name`."""
        return sum(self._tasks[reader].readings(name) for reader in self.readers(name))

    def above(self, name: str) -> Iterator[str]:
        """Yield all that a node depends on, the nearest first."""
        names, seen = [name], {name}
        for below in names:
            for dependency in self._depends_on.get(below, ()):
                if dependency not in seen:
                    yield dependency
                    seen.add(dependency)
                    names.append(dependency)

    def below(self, name: str) -> list[str]:
        """Return all nodes that depend on `name`, in order."""
        names = [name]
        seen = {name}
        for above in names:
            fresh = [reader for reader in self._readers[above] if reader not in seen]
            seen.update(fresh)
            names.extend(fresh)
        return self.in_order(one for one in names[1:] if one in self._order)

    def since(self, name: str, names: Iterable[str]) -> list[str]:
        """Return those of `names` that come no earlier than `name`."""
        return [one for one in names if self._order[one] >= self._order[name]]

    def in_order(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=self._order.__getitem__)
