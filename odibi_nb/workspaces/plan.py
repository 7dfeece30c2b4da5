"""What a run would do, node by node, and why; `run` does what it says."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from odibi_nb.exceptions import OdibiException
from odibi_nb.fingerprints import Fingerprint, differences
from odibi_nb.workspaces.absent import Absent
from odibi_nb.workspaces.targets import target_stamp, target_text

if TYPE_CHECKING:
    from odibi_nb.engine.base import Form, Target
    from odibi_nb.workspaces.fingerprinting import Look
    from odibi_nb.workspaces.kept import Kept, KeptResults, Written
    from odibi_nb.workspaces.nodes import Nodes

__all__ = ["Overruled", "Plan", "PlannedNode", "Planner", "clock"]

_REASONS = 3


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """What happens to one node.

    write: None where it has no target, or is not selected. form: what becomes of its result; None where there is no
    choice, or where form_reason says that it can't be told yet. spared: it has no result, and nothing needs it.
    """

    name: str
    action: Literal["run", "cached", "skip"]
    reason: str
    write: Literal["write", "written"] | None = None
    write_reason: str = ""
    form: Form | None = None
    form_reason: str = ""
    spared: bool = False


Plan = tuple[PlannedNode, ...]


@dataclass(frozen=True, slots=True)
class Overruled:
    """What freshness doesn't decide. force: compute even what is fresh. append_again: append even what was appended.

    again: by node, why it is computed all the same. asked: nodes that were asked for by their names. done: those that
    the run which is resumed has completed, as in `LastRun`.
    """

    force: bool = False
    append_again: bool = False
    again: Mapping[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    done: Mapping[str, str] = field(default_factory=dict)


class Planner:
    """Decides what runs.

    look: the nodes' fingerprints of now. selected: the nodes that are wanted, and written.
    """

    def __init__(
        self,
        nodes: Nodes,
        results: KeptResults,
        look: Look,
        selected: Collection[str],
        overruled: Overruled,
    ) -> None:
        self._nodes, self._results, self._look = nodes, results, look
        self._selected, self._overruled = frozenset(selected), overruled
        self._absent = Absent(nodes, results, look)
        self._planned: dict[str, PlannedNode] = {}

    def plan(self, names: Sequence[str]) -> Plan:
        """Return the plan; names: the selected nodes and all above them, in topological order."""
        self._read = {above for name in names for above in self._nodes.task(name).depends_on}
        for name in names:
            self._planned[name] = self._node(name)
        self._leave_out(names)
        return tuple(self._planned.values())

    def _leave_out(self, names: Sequence[str]) -> None:
        """Don't run what has lost its result, if only fresh nodes read it."""
        running = [name for name in names if self._action(name) == "run"]
        reading = [self._nodes.task(name) for name in names if self._action(name) != "skip"]
        read = {above for task in reading for above in task.depends_on}
        wanted = [name for name in running if name not in read or self._acts(name)]
        for name in set(running).difference(self._absent.needed(running, wanted)):
            reason = f"its result is gone, what reads it is fresh (%odibi run {name} computes it)"
            self._planned[name] = PlannedNode(name, "skip", reason, spared=True)

    def _acts(self, name: str) -> bool:
        """Whether a node runs for its own sake, not for what reads it."""
        task, asked = self._nodes.task(name), name in self._overruled.asked
        is_effect = task.returns == "none" or self._planned[name].write == "write"
        return asked or is_effect or bool(task.checks or task.queries)

    def _node(self, name: str) -> PlannedNode:
        if reason := self._skipped(name):
            return PlannedNode(name, "skip", reason)
        reason = self._runs(name)
        action: Literal["run", "cached"] = "run" if reason else "cached"
        kept = self._results.kept(name)
        if not reason:
            reason = f"computed {clock(kept.at)}" if kept is not None else "performed by the run that is resumed"
        write = self._writes(name, action) if name in self._selected else None
        if write is None:
            return PlannedNode(name, action, reason)
        return PlannedNode(name, action, reason, *write)

    def _skipped(self, name: str) -> str:
        task = self._nodes.task(name)
        if not task.enabled:
            return "disabled (enabled: false)"
        if missing := self._nodes.missing_for(name):
            return f"waits for {', '.join(missing)}"
        try:
            self._nodes.ready(name)
        except OdibiException as exc:
            return exc.message
        skipped = [above for above in task.depends_on if above in self._planned and self._action(above) == "skip"]
        return f"upstream {', '.join(skipped)} is skipped" if skipped else ""

    def _action(self, name: str) -> str:
        return self._planned[name].action

    def _runs(self, name: str) -> str:
        """Say why a node has to run; "" when it needn't."""
        task, config, kept = self._nodes.task(name), self._nodes[name].config, self._results.kept(name)
        if config.returns == "none":
            return "" if self._is_performed(name) else "a side effect: every run performs it"
        if kept is None:
            return "never run"
        if self._overruled.force:
            return "forced"
        running = [above for above in task.depends_on if above in self._planned and self._action(above) == "run"]
        moved = self._results.moved(name)
        running = [above for above in running if above in moved or self._absent.would_change(name, above)]
        changed = list(self._changes(name, kept, running, moved))
        if not changed and not kept.result.rows_stand:
            changed = [f"{kept.result.status} {clock(kept.at)}"]
        if not changed and name in self._overruled.again:
            changed = [self._overruled.again[name]]
        if not changed and config.cache is False and name not in self._overruled.done:
            changed = ["cache: false"]
        if not changed and not kept.in_full and config.write is None and name not in self._read:
            changed = ["only its preview was computed"]
        more = len(changed) - _REASONS
        return ", ".join(changed[:_REASONS]) + (f" and {more} more" if more > 0 else "")

    def _is_performed(self, name: str) -> bool:
        """Whether the run that is resumed has performed a side effect, on what is there still."""
        above = self._nodes.task(name).depends_on
        moved = any(one in self._planned and self._action(one) == "run" for one in above)
        return not moved and self._overruled.done.get(name) == self._look.digest(name) != ""

    def _changes(self, name: str, kept: Kept, running: Sequence[str], moved: Sequence[str]) -> Iterator[str]:
        """Yield in words what has changed; moved: the nodes above that were computed again since."""
        if kept.fingerprint.digest == self._look.digest(name):
            yield from (f"upstream {above} was computed again" for above in moved if above not in running)
        elif (now := self._look.fingerprint(name)) is not None:
            yield from self._edits(name, kept.fingerprint, now, running)
        yield from (f"upstream {above} will run" for above in running)

    def _edits(self, name: str, was: Fingerprint, now: Fingerprint, running: Sequence[str]) -> Iterator[str]:
        own = list(differences(was, now))
        for change in own:
            at = f" {clock(self._nodes[name].declared)}" if change == "code changed" else ""
            yield f"{change}{at}"
        moved = [above for above in _moved(was, now) if above not in running]
        yield from (f"upstream {above} has changed" for above in moved)
        if not (own or moved or running):
            yield f"its declaration changed {clock(self._nodes[name].declared)}"

    def _writes(self, name: str, action: str) -> tuple[Literal["write", "written"], str] | None:
        target = self._nodes.ready(name).target
        if target is None:
            return None
        written = self._results.written(name)
        if (reason := self._write_reason(name, action, target, written)) or written is None:
            return "write", reason
        return "written", f"written {clock(written.at)}"

    def _write_reason(self, name: str, action: str, target: Target, written: Written | None) -> str:
        """Say why a node is written; "" when it needn't be."""
        kept = self._results.kept(name)
        if action == "run" and not (target.mode == "append" and self._is_known(name, written)):
            return "its result will be new"
        if kept is not None and kept.result.write_failed:
            return "its last write failed"
        if written is None:
            return "not written yet"
        if action == "cached" and kept is not None and _is_new(kept, written, target):
            return f"the file holds another result, of {clock(written.at)}"
        return self._outdated(target, written)

    def _is_known(self, name: str, written: Written | None) -> bool:
        """Whether a node that runs will give the rows that were written."""
        return written is not None and written.holds(self._look.rows(name)) and not self._look.varies(name)

    def _outdated(self, target: Target, written: Written) -> str:
        """Say why the same rows have to be written again; "" when they needn't."""
        if target.mode == "append" and self._overruled.append_again:
            return "to be appended again"
        if written.target != target_text(target):
            return "its target has changed"
        stamp = target_stamp(target)
        if stamp is None and written.stamp is not None:
            return "the file is missing"
        # Others may append to a file too.
        return "the file was changed by somebody else" if stamp != written.stamp and target.mode != "append" else ""


def clock(seconds: float) -> str:
    """Return a time of today as "10:42", of another day with its date."""
    then, now = time.localtime(seconds), time.localtime()
    return time.strftime("%H:%M" if then[:3] == now[:3] else "%Y-%m-%d %H:%M", then)


def _is_new(kept: Kept, written: Written, target: Target) -> bool:
    return not written.holds(kept.identity) if target.mode == "append" else written.identity != kept.identity


def _moved(old: Fingerprint, new: Fingerprint) -> Iterator[str]:
    return (above for above, digest in new.upstream.items() if old.upstream.get(above, digest) != digest)
