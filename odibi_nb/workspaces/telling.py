"""What a run tells of each of its nodes, also of those whose results were there before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from odibi_nb.runner import NodeResult
from odibi_nb.workspaces.kept import KeptResults
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.plan import Plan, PlannedNode

__all__ = ["told_of"]


def told_of(plan: Plan, ran: Mapping[str, NodeResult], results: KeptResults, nodes: Nodes) -> Iterator[NodeResult]:
    """Yield each node's part in a run's outcome, in the order of the plan; ran: the results of what was run.

    Below a node that has failed nothing counts as good, be it fresh: it might be of rows that its tests now refuse.
    """
    culprits = dict[str, str]()
    for planned in plan:
        result = _told(planned, ran.get(planned.name), results)
        # Who was renamed or dropped meanwhile is told of by what came of it.
        above = nodes.task(planned.name).depends_on if planned.name in nodes else ()
        culprit = next((culprits[one] for one in above if one in culprits), None)
        if culprit is not None and result.status == "cached":
            result = NodeResult(planned.name, "skipped", reason=f"'{culprit}' failed")
        if result.status == "failed":
            culprits[planned.name] = planned.name
        elif culprit is not None:
            culprits[planned.name] = culprit
        yield result


def _told(planned: PlannedNode, ran: NodeResult | None, results: KeptResults) -> NodeResult:
    if planned.action == "skip":
        return NodeResult(planned.name, "skipped", reason=planned.reason)
    kept = results.get(planned.name)
    if kept is None and planned.action == "cached":
        return NodeResult(planned.name, "cached", reason=planned.reason)
    if planned.action == "run" or kept is None or (ran is not None and not ran.success):
        return ran or NodeResult(planned.name)
    return replace(
        kept,
        status="cached",
        error=None,
        write_failed=False,
        written=ran.written if ran is not None else "",
        rows_written=ran.rows_written if ran is not None else None,
    )
