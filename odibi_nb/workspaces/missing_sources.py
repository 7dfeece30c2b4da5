"""Source files that a run would look for in vain: told before it, without reading any."""

from __future__ import annotations

from collections.abc import Iterator

from odibi_nb.engine.watch import literal_stamps
from odibi_nb.exceptions import OdibiException, SourceNotFoundError
from odibi_nb.runner.overlap import Read, literals_of, overlaps, sources_of
from odibi_nb.workspaces.crossings import ready_tasks
from odibi_nb.workspaces.nodes import Nodes

__all__ = ["missing_sources"]


def missing_sources(nodes: Nodes) -> Iterator[str]:
    """Yield in words which nodes read files that aren't there, but for those that other nodes write."""
    tasks = ready_tasks(nodes, nodes.graph.topological_sort())
    written = {(one.reader, id(one.read)) for one in overlaps(tasks, tasks)}
    for task in tasks:
        reads: list[Read] = [*sources_of(task), *literals_of(task)]
        for read in reads:
            missing = None if (task.name, id(read)) in written else _missing(read)
            if missing is not None:
                yield f"{task.name}: {missing}; its run would fail"


def _missing(read: Read) -> str | None:
    """Say what isn't there; that which can't be looked at is for the run to tell."""
    if isinstance(read, str):
        is_there = "://" in read or literal_stamps(read) != []
        return None if is_there else f"there is no file '{read}'"
    try:
        read.files()
    except SourceNotFoundError as exc:
        return f"{exc.message} ({exc.hint})" if exc.hint else exc.message
    except OdibiException:
        return None
    return None
