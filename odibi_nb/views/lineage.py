"""A lineage → its view model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odibi_nb.views.models import LineageColumnView, LineageEdgeView, LineageView

if TYPE_CHECKING:
    from odibi_nb.sql.relations import Origin
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.lineage import Lineage

__all__ = ["lineage_view"]

_PLACES = {"source": "read", "target": "write", "file": "file"}


def lineage_view(workspace: Workspace, node: str, column: str | None = None) -> LineageView:
    """Return where a node's column comes from and goes to; without a column, of each one a step up and down.

    Raises UnknownNameError with the nearest name.
    """
    from odibi_nb.workspaces.lineage import column_lineage  # sqlglot's import is left to who asks

    lineage = column_lineage(workspace, node, column)
    ends = (origin for edge in lineage.edges for origin in (edge.upstream, edge.downstream))
    positions = {origin: at for at, origin in enumerate(dict.fromkeys((*lineage.columns, *ends)))}
    return LineageView(
        node=node,
        column=lineage.columns[0].column if column is not None else "",
        kind=workspace.nodes.task(node).kind,
        columns=tuple(_column(workspace, lineage, origin) for origin in positions),
        edges=tuple(
            LineageEdgeView(positions[edge.upstream], positions[edge.downstream], edge.likely) for edge in lineage.edges
        ),
        asked=tuple(positions[origin] for origin in lineage.columns),
        note=lineage.note,
    )


def _column(workspace: Workspace, lineage: Lineage, origin: Origin) -> LineageColumnView:
    name, kind = origin.owner.name, _PLACES.get(origin.owner.kind)
    if kind is None:
        kind = workspace.nodes.task(name).kind if name in workspace.nodes else "unresolved"
    unknown, unseen = lineage.unknown.get(origin, ()), lineage.unseen.get(origin, ())
    return LineageColumnView(name, origin.column, kind, unknown, unseen, origin in lineage.constant)
