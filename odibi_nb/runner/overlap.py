"""Nodes that read what the same run writes: their rows must be taken before the file is replaced."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Iterator

from odibi_nb.engine.base import Source, Target
from odibi_nb.exceptions import OdibiException
from odibi_nb.runner.tasks import NodeTask, SqlStep

__all__ = ["literals_of", "reads_any", "sources_of", "targets_of"]


def targets_of(tasks: Iterable[NodeTask]) -> frozenset[str]:
    """Return the URIs that these tasks write to."""
    return frozenset(uri for task in tasks if task.target is not None for uri in _uri(task.target))


def reads_any(task: NodeTask, uris: Collection[str]) -> bool:
    """Tell whether a task's files, folders, patterns or file literals take in one of `uris`."""
    return bool(uris) and any(_covers(read, uri) for read in _reads(task) for uri in uris)


def sources_of(task: NodeTask) -> list[Source]:
    """Return what a task reads from connections."""
    return [given for given in (task.source, *task.inputs.values()) if isinstance(given, Source)]


def literals_of(task: NodeTask) -> list[str]:
    """Return the paths, patterns and URLs that a task's SQL names in literals."""
    statements = [*task.steps, *(test.query for test in task.queries)]
    return [file.path for step in statements if isinstance(step, SqlStep) for file in step.facts.files]


def _reads(task: NodeTask) -> Iterator[str]:
    for source in sources_of(task):
        yield from _uri(source)
    yield from literals_of(task)


def _uri(place: Source | Target) -> list[str]:
    try:
        return [place.connection.get_path(place.path)]
    except OdibiException:  # the node itself will tell
        return []


def _covers(read: str, uri: str) -> bool:
    return read == uri or uri.startswith(f"{read.rstrip('/')}/") or fnmatch.fnmatchcase(uri, read)
