"""Files that a run writes and then reads: what their readers have read is what was there after the write."""

from __future__ import annotations

from collections import defaultdict

from odibi_nb.runner import Event, NodeFinished, NodeStarted, NodeTask
from odibi_nb.runner.overlap import Overlap, Read, overlaps
from odibi_nb.workspaces.crossings import Ancestors
from odibi_nb.workspaces.fingerprinting import Look

__all__ = ["Rereading"]


class Rereading:
    """A listener of a run that looks again at what a node has written, for the nodes below it that read it.

    Others that read it may have come before the write: what they stand for is the file of before the run.
    tasks: in topological order. writing: those that write.
    """

    def __init__(self, tasks: tuple[NodeTask, ...], writing: frozenset[str], look: Look) -> None:
        self._look, self._started = look, set[str]()
        self._readers: defaultdict[str, list[Overlap]] = defaultdict(list)
        found = list(overlaps(tasks, (task for task in tasks if task.name in writing)))
        ancestors = Ancestors(tasks if found else ())
        below = [one.reader != one.writer and ancestors.has(one.reader, one.writer) for one in found]
        # A folder that nodes above and others write to has been read in between.
        mixed = {_key(one) for one, is_below in zip(found, below, strict=True) if not is_below}
        for one in found:
            if _key(one) not in mixed:
                self._readers[one.writer].append(one)

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeStarted):
            self._started.add(event.name)
        elif isinstance(event, NodeFinished) and event.result.rows_written is not None:
            for one in self._readers.pop(event.result.node_name, ()):
                if one.reader not in self._started:
                    self._look.look_again(one.reader, [one.read])


def _key(one: Overlap) -> tuple[str, int | Read]:
    return one.reader, one.read if isinstance(one.read, str) else id(one.read)
