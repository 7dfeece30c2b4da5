"""What differs between two runs, from what the history knows of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from odibi_nb.history import NodeRecord
from odibi_nb.views.build_story import columns_diff, run_facts
from odibi_nb.views.cells import duration_text
from odibi_nb.views.models import DiffView
from odibi_nb.views.story import RunFactsView

if TYPE_CHECKING:
    from odibi_nb.history import RunRecord

__all__ = ["NodeChangeView", "RunDiffView", "run_diff"]

_WORTH_TELLING_S, _SLOWER, _FASTER = 0.05, 1.25, 0.8
_Pair = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class NodeChangeView:
    """What differs in a node. facts: (what, before, now). columns: None where they are the same, or not known."""

    name: str
    change: Literal["added", "removed", "changed"]
    facts: tuple[_Pair, ...] = ()
    columns: DiffView | None = None


@dataclass(frozen=True, slots=True)
class RunDiffView:
    """Two runs. facts: (what, before, now) of the runs as wholes."""

    before: RunFactsView
    after: RunFactsView
    facts: tuple[_Pair, ...]
    nodes: tuple[NodeChangeView, ...]


def run_diff(before: RunRecord, after: RunRecord) -> RunDiffView:
    """Return what differs from one run to another."""
    old, new = _by_name(before), _by_name(after)
    nodes = [NodeChangeView(name, "removed") for name in old if name not in new]
    for name, node in new.items():
        if name not in old:
            nodes.append(NodeChangeView(name, "added"))
        elif (changed := _changed(old[name], node)) is not None:
            nodes.append(changed)
    return RunDiffView(run_facts(before), run_facts(after), tuple(_facts(before, after)), tuple(nodes))


def _by_name(run: RunRecord) -> dict[str, NodeRecord]:
    return {node.name: node for node in (*run.nodes, *(NodeRecord(name, "cached", "cached") for name in run.cached))}


def _changed(old: NodeRecord, new: NodeRecord) -> NodeChangeView | None:
    differ = old.columns is not None and new.columns is not None and old.columns != new.columns
    columns = columns_diff(new.name, old.columns or (), new.columns or (), "the other run") if differ else None
    facts = tuple(_told(old, new))
    return NodeChangeView(new.name, "changed", facts, columns) if facts or columns is not None else None


def _told(old: NodeRecord, new: NodeRecord) -> Iterator[_Pair]:
    if old.status != new.status:
        yield "status", old.status, new.status
    if old.rows is not None and new.rows is not None and old.rows != new.rows:
        yield "rows", f"{old.rows:,}", f"{new.rows:,}"
    if old.error != new.error:
        yield "error", old.error or "none", new.error or "none"
    if old.code and new.code and old.code != new.code:
        yield "code", old.code, new.code
    if old.written != new.written:
        yield "written", old.written or "nothing", new.written or "nothing"
    if _is_another_time(old, new):
        yield "time", duration_text(old.duration_s), duration_text(new.duration_s)


def _is_another_time(old: NodeRecord, new: NodeRecord) -> bool:
    if not (old.status == new.status == "completed" and old.action == new.action == "run" and old.duration_s):
        return False
    is_long = max(old.duration_s, new.duration_s) >= _WORTH_TELLING_S
    return is_long and not _FASTER < new.duration_s / old.duration_s < _SLOWER


def _facts(before: RunRecord, after: RunRecord) -> Iterator[_Pair]:
    yield from _pair("status", before.status, after.status)
    yield "time", duration_text(before.duration_s), duration_text(after.duration_s)
    yield from _pair("asked for", " ".join(before.selectors) or "everything", " ".join(after.selectors) or "everything")
    yield from _pair("workers", str(before.workers), str(after.workers))
    yield from _pair("Git commit", before.commit or "", after.commit or "")
    for name in dict.fromkeys([*before.parameters, *after.parameters]):
        yield from _pair(f"parameter {name}", before.parameters.get(name, ""), after.parameters.get(name, ""))
    for name in dict.fromkeys([*before.versions, *after.versions]):
        yield from _pair(f"version of {name}", before.versions.get(name, ""), after.versions.get(name, ""))


def _pair(what: str, before: str, after: str) -> Iterator[_Pair]:
    if before != after:
        yield what, before or "–", after or "–"
