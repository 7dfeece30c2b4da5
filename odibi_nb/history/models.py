"""What is remembered of a run, and of each of its nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

__all__ = ["NodeRecord", "RunRecord"]


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """How a node went in a run.

    action: run, cached or skip. rows, rows_in: exact, or None. columns: (name, DuckDB type) each; None where the run
    didn't tell. error: in a line, with no value of the data. fingerprint: the digest of what its result stands for.
    code: that of its code.
    """

    name: str
    status: str
    action: str = "run"
    reason: str = ""
    rows: int | None = None
    rows_in: int | None = None
    duration_s: float = 0.0
    columns: tuple[tuple[str, str], ...] | None = None
    written: str = ""
    error: str = ""
    fingerprint: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run. A cell's is one of kind "cell": it went only as far as the card shows.

    owner: the name of the notebook or project that results are known by. door: cell, shell or python. target: its file.
    parameters: as texts, secrets masked. commit, dirty: of the folder's Git repository; None where that isn't known.
    story: where its report is; story_removed: it has been there. cached: nodes whose results were there, which `nodes`
    leaves out. statuses: how many nodes have each status. failed: their names.
    """

    id: str
    owner: str
    title: str
    kind: Literal["run", "cell"]
    door: str
    started: float
    status: str = "running"
    duration_s: float = 0.0
    target: str = ""
    selectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    dirty: bool | None = None
    story: str = ""
    story_removed: bool = False
    process: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    nodes: tuple[NodeRecord, ...] = ()
    cached: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def short_id(self) -> str:
        return self.id[:8]

    def ended(self, nodes: tuple[NodeRecord, ...], cached: tuple[str, ...] = ()) -> RunRecord:
        """Return the record with its nodes, and what a list of runs says of them."""
        statuses = Counter([*(node.status for node in nodes), *(["cached"] * len(cached))])
        failed = tuple(node.name for node in nodes if node.status == "failed")
        return replace(self, nodes=nodes, cached=cached, statuses=dict(statuses), failed=failed)
