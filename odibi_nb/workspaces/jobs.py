"""What is asked of a run, and a run with everything looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.exceptions import UsageError, did_you_mean
from odibi_nb.runner import NodeTask, RunOptions
from odibi_nb.runner.workers import worker_count
from odibi_nb.workspaces.fingerprinting import Look
from odibi_nb.workspaces.plan import Plan

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset

__all__ = ["Job", "RunRequest", "called_with"]


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


def called_with(
    selectors: tuple[str, ...], exclude: Iterable[str], params: Mapping[str, Any] | None, how: Mapping[str, Any]
) -> RunRequest:
    """Return what a call of `ws.run` or `ws.plan` asks for; UsageError says what makes no sense."""
    excluded = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    for one in (*selectors, *excluded):
        if not isinstance(one, str):
            raise UsageError(
                f"a selector is a text, not {one!r}", hint='for instance ws.run("+by_region", "tag:daily")'
            )
    known = [one.name for one in fields(RunRequest) if one.name not in _NOT_SAID]
    for name in how:
        if name not in known:
            hint = did_you_mean(name, known) or ", ".join(known)
            raise UsageError(f"there is no '{name}' to say how to run", hint=hint)
    mock = how.get("mock")
    if isinstance(mock, bool):  # as `--mock` alone
        mock = "given" if mock else None
    if mock not in (None, "given", "auto"):
        raise UsageError(f"mock is 'given' or 'auto', not {mock!r}")
    taken = {**how, "mock": mock, "workers": worker_count(how.get("workers", 1))}
    return RunRequest(selectors, excluded, params or {}, **taken)


_NOT_SAID = frozenset({"selectors", "door", "done", "again"})
"""What of a request no caller names: the selectors have no keyword, the rest is found out."""
