"""Nodes that read what the same run writes: their rows must be taken before the file is replaced."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Iterator

from odibi_nb.engine.base import Source, Target
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.tasks import NodeTask, SqlStep

__all__ = ["reads_any", "targets_of"]


def targets_of(tasks: Iterable[NodeTask]) -> frozenset[str]:
    """Return the URIs that these tasks write to."""
    return frozenset(uri for task in tasks if task.target is not None for uri in _uri(task.target))


def reads_any(task: NodeTask, uris: Collection[str]) -> bool:
    """Tell whether a task's files, folders, patterns or file literals take in one of `uris`."""
    return bool(uris) and any(_covers(read, uri) for read in _reads(task) for uri in uris)


def _reads(task: NodeTask) -> Iterator[str]:
    sources = [task.source, *(given for given in task.inputs.values() if isinstance(given, Source))]
    for source in sources:
        if source is not None:
            yield from _uri(source)
    for step in task.steps:
        if isinstance(step, SqlStep):
            yield from (file.path for file in step.facts.files)


def _uri(place: Source | Target) -> list[str]:
    try:
        return [place.connection.get_path(place.path)]
    except OdibiException:  # the node itself will tell
        return []


def _covers(read: str, uri: str) -> bool:
    return read == uri or uri.startswith(f"{read.rstrip('/')}/") or fnmatch.fnmatchcase(uri, read)
