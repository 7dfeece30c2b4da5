"""Two SQL nodes are inside DuckDB at the same time: each reads a file that opens only once the other's does."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from pipeline.project import node, read

from odibi_nb.connections import LocalConnection

fsspec = pytest.importorskip("fsspec")
MemoryFileSystem = fsspec.get_filesystem_class("memory")


class MeetingPlace(MemoryFileSystem):
    """A file system whose readers wait for one another, once, inside DuckDB."""

    protocol = "meeting"

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("meeting://"))

    store: dict = {}  # noqa: RUF012 - fsspec's own way to share files
    barrier = threading.Barrier(2)
    met: set = set()  # noqa: RUF012

    def _open(self, path, mode="rb", **options):
        if mode == "rb" and path not in self.met:
            self.met.add(path)
            self.barrier.wait(timeout=120)
        return super()._open(path, mode, **options)


class MeetingConnection(LocalConnection):
    """Lists local files, and lets engines open copies of them in the meeting place."""

    def files(self, path, *, extensions=()):
        return tuple(replace(stamp, uri=f"meeting://{path}") for stamp in super().files(path, extensions=extensions))

    def open(self, uri, mode="rb"):
        return super().open(uri.removeprefix("meeting://"), mode)

    def filesystem(self):
        return MeetingPlace()


def test_two_sql_nodes_meet_within_the_database(lazy_project):
    project = lazy_project
    fsspec.register_implementation("meeting", MeetingPlace, clobber=True)
    MeetingPlace.barrier, MeetingPlace.met = threading.Barrier(2), set()
    place = MeetingPlace()
    for name in ("one.csv", "two.csv"):
        with place.open(f"/{name}", "wb") as file:
            file.write(project.put(name, "a\n1\n2\n").read_bytes())
    project.connections["local"] = MeetingConnection(project.path)
    nodes = [node(name, "SELECT sum(a) AS total FROM df", read=read(f"{name}.csv")) for name in ("one", "two")]
    results = project.run(*nodes, workers=2)
    assert results.completed == ["one", "two"], [results.get_node_result(n).error for n in results.failed]
