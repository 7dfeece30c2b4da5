"""Nodes that read files which nodes write: who they are, found without comparing each with each."""

from __future__ import annotations

import fnmatch
import glob
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from odibi_nb.engine.base import Source, Target
from odibi_nb.exceptions import OdibiException
from odibi_nb.formats.bytestreams import without_compression
from odibi_nb.runner.tasks import NodeTask, SqlStep

__all__ = ["Overlap", "Read", "literals_of", "overlaps", "reads_any", "sources_of", "targets_of"]


Read = Source | str
"""What a node reads: from a connection, or by a literal in its SQL."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """A file that one node writes and one reads; place: as its writer names it. read: what the reader names."""

    reader: str
    writer: str
    place: str
    read: Read


def targets_of(tasks: Iterable[NodeTask]) -> frozenset[str]:
    """Return the URIs that these tasks write to."""
    return frozenset(uri for task in tasks if task.target is not None for uri in _uri(task.target))


def reads_any(task: NodeTask, uris: Collection[str]) -> bool:
    """Tell whether a task's files, folders, patterns or file literals take in one of `uris`."""
    return bool(uris) and any(_covers(read, uri) for read in _reads(task) for uri in uris)


def overlaps(reading: Iterable[NodeTask], writing: Iterable[NodeTask]) -> Iterator[Overlap]:
    """Yield who of `reading` reads a file that one of `writing` writes, itself included."""
    targets = [(task, uri) for task in writing if (target := task.target) is not None for uri in _uri(target)]
    reads = _Reads(reading if targets else ())
    for task, uri in targets:
        assert task.target is not None  # noqa: S101 - it has a URI
        place = f"{task.target.connection.name}:{task.target.path}"
        for reader, read in reads.of(uri):
            yield Overlap(reader, task.name, place, read)


class _Reads:
    """What nodes read, by path: a file's readers are found by its own path and by the folders that it is in."""

    def __init__(self, tasks: Iterable[NodeTask]) -> None:
        self._places: defaultdict[str, list[tuple[str, Read]]] = defaultdict(list)
        self._patterns: defaultdict[str, dict[tuple[str, str], list[tuple[str, Read]]]] = defaultdict(dict)
        for task in tasks:
            reads: list[Read] = [*sources_of(task), *literals_of(task)]
            for read in reads:
                for uri in [read] if isinstance(read, str) else _uri(read):
                    self._add(uri.rstrip("/"), task.name, read)

    def of(self, uri: str) -> Iterator[tuple[str, Read]]:
        """Yield the readers of a file with what they read it by."""
        yield from self._places.get(uri, ())
        folder = uri
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            yield from (one for one in self._places.get(folder, ()) if _is_in_folder(one[1], uri[len(folder) + 1 :]))
            for (beginning, pattern), readers in self._patterns.get(folder, {}).items():
                yield from readers if uri.startswith(beginning) and _matches(pattern, uri) else ()

    def _add(self, uri: str, reader: str, read: Read) -> None:
        self._places[uri].append((reader, read))
        if glob.has_magic(uri):
            beginning = re.split(r"[*?[]", uri, maxsplit=1)[0]
            folder = beginning.rpartition("/")[0]
            self._patterns[folder].setdefault((beginning, uri), []).append((reader, read))


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


def _is_in_folder(read: Read, below: str) -> bool:
    """Whether reading a folder takes in a file by its path below it; of a literal it doesn't."""
    if isinstance(read, str) or any(part.startswith((".", "_")) for part in below.split("/")):
        return False
    extensions = read.format.extensions
    return not extensions or without_compression(below).lower().endswith(extensions)


def _matches(pattern: str, uri: str) -> bool:
    """Whether a pattern takes in a file: `**` stands for folders, or none, `*` never for one."""
    if "**" in pattern:
        return any(fnmatch.fnmatchcase(uri, one) for one in (pattern, pattern.replace("**/", "")))
    return pattern.count("/") == uri.count("/") and fnmatch.fnmatchcase(uri, pattern)
