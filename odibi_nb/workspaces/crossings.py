"""Nodes that read files which nodes write, without being below them: a run keeps no order between the two.

No edge is made of it: a cell never writes, so that an edge would promise what a cell's run can't keep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from odibi_nb.exceptions import OdibiException, plural
from odibi_nb.runner.overlap import Overlap, overlaps
from odibi_nb.runner.tasks import NodeTask
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.plan import Plan

__all__ = ["Ancestors", "crossings", "crossings_in", "ready_tasks"]

_NAMED = 5


class Ancestors:
    """Who is above whom, as one bit set a node; tasks: in topological order."""

    def __init__(self, tasks: Iterable[NodeTask]) -> None:
        self._bits: dict[str, int] = {}
        self._above: dict[str, int] = {}
        for task in tasks:
            own = self._bits[task.name] = 1 << len(self._bits)
            above = own
            for dependency in task.depends_on:
                above |= self._above.get(dependency, 0)
            self._above[task.name] = above

    def has(self, name: str, above: str) -> bool:
        """Whether a node depends on another one, directly or through others; on itself it does."""
        return bool(self._above.get(name, 0) & self._bits.get(above, 0))


def crossings(nodes: Nodes, reading: Iterable[str], writing: Iterable[str]) -> list[str]:
    """Return in words which of the nodes `reading` read what others of `writing` write, in no order or before them."""
    found = list(overlaps(ready_tasks(nodes, reading), ready_tasks(nodes, writing)))
    if not found:
        return []
    ancestors = Ancestors(map(nodes.task, nodes.graph.topological_sort()))
    apart: defaultdict[str, list[Overlap]] = defaultdict(list)
    around: defaultdict[str, list[Overlap]] = defaultdict(list)
    for one in found:
        if ancestors.has(one.writer, one.reader):
            around[one.writer].append(one)
        elif not ancestors.has(one.reader, one.writer):
            apart[one.reader].append(one)
    return [*map(_apart, apart.values()), *map(_around, around.values())]


def crossings_in(plan: Plan, nodes: Nodes) -> tuple[str, ...]:
    """Return the same of what a run is to compute and write."""
    names = [one.name for one in plan if one.action != "skip"]
    return tuple(crossings(nodes, names, [one.name for one in plan if one.write is not None]))


def ready_tasks(nodes: Nodes, names: Iterable[str]) -> list[NodeTask]:
    """Return those of the nodes that can run; what keeps the others from it is told elsewhere."""
    found = []
    for name in names:
        try:
            task = nodes.ready(name)
        except OdibiException:
            continue
        found += [task] if task.enabled else []
    return found


def _apart(own: Sequence[Overlap]) -> str:
    """Say of a reader that it isn't below those that write what it reads."""
    first, writers = own[0], {one.writer: None for one in own}
    more = len({one.place: None for one in own}) - 1
    also = f" and {plural(more, 'more file')} that nodes write" if more else ""
    reads = f"'{first.reader}' reads {first.place}, which '{first.writer}' writes{also}"
    written = "it writes" if len(writers) == 1 else "they write"
    return f"{reads}: to read what {written}, let it depend on {_listed(writers)} (depends_on)"


def _around(own: Sequence[Overlap]) -> str:
    """Say of a writer that what it writes is read by itself or above it."""
    first = own[0]
    above = {f"'{one.reader}'": None for one in own if one.reader != first.writer}
    itself = ["it reads itself"] if len(above) < len({one.reader for one in own}) else []
    others = [f"{_listed(above)} above it read{'s' if len(above) == 1 else ''}"] if above else []
    reads = " and ".join([*itself, *others])
    return f"'{first.writer}' writes {first.place}, which {reads}: each run works on its own result"


def _listed(names: Mapping[str, None]) -> str:
    more = len(names) - _NAMED
    return ", ".join([*list(names)[:_NAMED], *([f"{more:,} more"] if more > 0 else [])])
