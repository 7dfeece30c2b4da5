"""Files that a run writes and then reads: what their readers have read is what was there after the write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from odibi_nb.runner import Event, NodeFinished, NodeStarted, NodeTask
from odibi_nb.runner.overlap import Overlap, Read, overlaps
from odibi_nb.workspaces.crossings import Ancestors
from odibi_nb.workspaces.fingerprinting import Look

__all__ = ["Rereading", "overlaps_below"]


class Rereading:
    """A listener of a run that looks again at what a node has written, for the nodes below it that read it.

    Others that read it may have come before the write: what they stand for is the file of before the run.
    tasks: in topological order. writing: those that write.
    """

    def __init__(self, tasks: tuple[NodeTask, ...], writing: frozenset[str], look: Look) -> None:
        self._look, self._started = look, set[str]()
        self._readers: defaultdict[str, list[Overlap]] = defaultdict(list)
        for one in overlaps_below(tasks, writing):
            self._readers[one.writer].append(one)

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeStarted):
            self._started.add(event.name)
        elif isinstance(event, NodeFinished) and event.result.rows_written is not None:
            for one in self._readers.pop(event.result.node_name, ()):
                if one.reader not in self._started:
                    self._look.look_again(one.reader, [one.read])


def overlaps_below(tasks: Sequence[NodeTask], writing: Collection[str]) -> list[Overlap]:
    """Return who reads what nodes above it write, and nobody else; arguments as for `Rereading`."""
    found = list(overlaps(tasks, (task for task in tasks if task.name in writing)))
    ancestors = Ancestors(tasks if found else ())
    # A folder that nodes above and others write to may be read in between.
    mixed = {_key(one) for one in found if not _is_below(one, ancestors)}
    return [one for one in found if _key(one) not in mixed]


def _is_below(one: Overlap, ancestors: Ancestors) -> bool:
    return one.reader != one.writer and ancestors.has(one.reader, one.writer)


def _key(one: Overlap) -> tuple[str, int | Read]:
    return one.reader, one.read if isinstance(one.read, str) else id(one.read)
