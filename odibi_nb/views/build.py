"""Results and declarations → view models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from odibi_nb.exceptions import NodeExecutionError, OdibiException
from odibi_nb.runner import NodeResult, RunOutcome
from odibi_nb.views.cells import duration_text, table_view
from odibi_nb.views.models import ColumnView, DagNodeView, DagView, DependencyView, ErrorView, NodeView, RunView, TableView

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace

__all__ = ["dag_view", "error_view", "node_view", "run_view"]


def node_view(workspace: Workspace, name: str, *, preview: int | None = None, status: str | None = None) -> NodeView:
    """Return a node's card: what it says, and its last result.

    preview: rows shown (default: the node's own, else the workspace's). status: known to the caller already.
    """
    node, task, result = workspace.nodes[name], workspace.nodes.task(name), workspace.result(name)
    status = status or workspace.status(name)
    waits = workspace.nodes.waits_for(name)
    rows = node.config.preview if preview is None else preview
    rows = workspace.options["preview"] if rows is None else rows
    problem = workspace.nodes.problem(name)
    error = result.error if result is not None and status != "stale" else None
    return NodeView(
        name=name,
        kind=task.kind,
        status=status,
        rows=_rows_text(result),
        time=duration_text(result.duration) if result is not None and result.duration else "",
        written=f"written to {result.written}" if result is not None and result.written else "",
        language=node.language if node.language != "none" else "",
        description=node.config.description or "",
        badges=result.badges if result is not None else (),
        notes=(*_notes(result, waits), *node.notes),
        error=error_view(error or problem) if error or problem else None,
        preview=_preview(result, rows),
        schema=tuple(ColumnView(*column) for column in (result.result_schema or ())) if result else (),
        dependencies=tuple(DependencyView(d.name, d.reason, d.name in workspace.nodes) for d in task.dependencies),
        output=result.output.text if result is not None and result.output is not None else "",
        code=node.code,
    )


def dag_view(workspace: Workspace, names: Iterable[str] | None = None, *, title: str = "") -> DagView:
    """Return the graph of the named nodes (default: all), with names that nobody has declared."""
    graph = workspace.graph
    wanted = set(workspace.nodes if names is None else names)
    statuses = workspace.statuses(wanted)
    order = [name for name in graph.topological_sort() if name in wanted]
    declared = tuple(_dag_node(workspace, name, statuses) for name in order)
    unresolved = {missing: [r for r in readers if r in wanted] for missing, readers in graph.unresolved.items()}
    missing = tuple(DagNodeView(name, "source", "unresolved") for name, readers in unresolved.items() if readers)
    edges = [edge for edge in graph.edges if wanted.issuperset(edge)]
    edges += [(name, reader) for name, readers in unresolved.items() for reader in readers]
    return DagView(title or _title(workspace), (*missing, *declared), tuple(edges))


def run_view(workspace: Workspace, outcome: RunOutcome, *, preview: int = 0) -> RunView:
    """Return a run: its nodes with their outcome in this run."""
    nodes = tuple(_run_node(workspace, name, result, preview) for name, result in outcome.results.items())
    return RunView(_title(workspace), outcome.status, duration_text(outcome.duration), nodes)


def error_view(error: OdibiException) -> ErrorView:
    """Return an error for the eye; its type is that of what user code raised."""
    raised = error.__cause__ if isinstance(error, NodeExecutionError) and error.__cause__ else error
    return ErrorView(
        type=type(raised).__name__,
        message=error.message,
        where=str(error.where),
        line=error.where.line,
        column=error.where.column,
        source=error.where.source,
        hint=error.hint,
    )


def _run_node(workspace: Workspace, name: str, result: NodeResult, preview: int) -> NodeView:
    task = workspace.nodes.task(name)
    notes = [result.reason] if result.reason else _notes(result, ())
    return NodeView(
        name=name,
        kind=task.kind,
        status=result.status,
        rows=_rows_text(result),
        time=duration_text(result.duration) if result.success or result.error else "",
        written=f"written to {result.written}" if result.written else "",
        notes=tuple(notes),
        error=error_view(result.error) if result.error else None,
        preview=_preview(result, preview),
    )


def _dag_node(workspace: Workspace, name: str, statuses: Mapping[str, str]) -> DagNodeView:
    result = workspace.result(name)
    time = duration_text(result.duration) if result is not None and result.success else ""
    kind = workspace.nodes.task(name).kind
    tags = tuple(workspace.nodes[name].config.tags)
    return DagNodeView(name, kind, statuses[name], _rows_text(result), time, tags)


def _rows_text(result: NodeResult | None) -> str:
    """An exact count where it is known, "≥ n" where only a preview was read, else nothing."""
    if result is None or result.dataset is None or not result.dataset.schema:
        return ""
    if (known := result.dataset.known_rows) is not None:
        return f"{known:,}"
    seen = result.dataset.head_rows
    return f"≥ {seen:,}" if seen else ""


def _preview(result: NodeResult | None, rows: int) -> TableView | None:
    if result is None or result.dataset is None or not result.dataset.schema or not rows:
        return None
    data = result.dataset
    return table_view(data.head(rows), data.schema, rows=rows, total=data.known_rows)


def _notes(result: NodeResult | None, waits: Iterable[str]) -> list[str]:
    notes = [f"waits for {', '.join(waits)}"] if waits else []
    if result is None:
        return notes
    if result.reason:
        notes.append(result.reason)
    if result.fused_into:
        notes.append(f"fused into {', '.join(result.fused_into)}: evaluated as far as that needed")
    notes += [f"{check.name}: {check.detail}" for check in result.expectations if not check.passed]
    return notes + list(result.notes)


def _title(workspace: Workspace) -> str:
    project = workspace.project
    return workspace.current_pipeline or (project.project if project else None) or workspace.root.name
