"""What is asked of a run, and a run with everything looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.runner import NodeTask, RunOptions
from odibi_nb.workspaces.fingerprinting import Look
from odibi_nb.workspaces.plan import Plan

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset

__all__ = ["Job", "RunRequest"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run, and how.

    selectors: none means every node. params: values for this run alone. force: compute also what is fresh.
    append_again: append also what was appended. workers: nodes at once. preview: rows of each result to fetch at once.
    mock: run on mock rows; "auto" makes up those that nobody has given. processes: see `RunOptions`. door: who asks.
    wait_s: how long to wait at most for another run of the same notebook or project; None: as long as it takes.
    resume: go on with the last run; done: the nodes that it has completed, as in `LastRun`; again: by node, why it is
    computed though it is fresh.
    """

    selectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False
    append_again: bool = False
    workers: int = 1
    fail_fast: bool = False
    preview: int = 0
    mock: Literal["given", "auto"] | None = None
    processes: bool = False
    door: Literal["cell", "shell", "python"] = "python"
    wait_s: float | None = None
    resume: bool = False
    done: Mapping[str, str] = field(default_factory=dict)
    again: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A run with everything looked up.

    given: results of nodes that needn't run; done: their tasks. look: what each result will stand for; None: for
    nothing that is kept. identities: of rows that may be others each time, as far as they are settled early.
    plan: of every node that has a part in it. notes: what is to be said of the whole of it.
    request: what was asked for; None: a cell, which computes what it shows.
    """

    tasks: tuple[NodeTask, ...]
    options: RunOptions
    given: Mapping[str, Dataset] = field(default_factory=dict)
    done: tuple[NodeTask, ...] = ()
    look: Look | None = None
    plan: Plan = ()
    notes: tuple[str, ...] = ()
    request: RunRequest | None = None
    identities: dict[str, str] = field(default_factory=dict)
