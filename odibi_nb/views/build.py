"""Results and declarations → view models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from odibi_nb.exceptions import NodeExecutionError, OdibiException, around, shortened
from odibi_nb.runner import NodeResult, RunOutcome
from odibi_nb.views.build_diff import changes_of
from odibi_nb.views.cells import duration_text, kept_text, long_text, sample_view, table_view
from odibi_nb.views.checks import checks_of
from odibi_nb.views.models import (
    ColumnView,
    DagNodeView,
    DagView,
    DependencyView,
    ErrorView,
    ExpectationView,
    NodeView,
    QueryView,
    RunView,
    TableView,
)
from odibi_nb.workspaces.computed import has_rows

if TYPE_CHECKING:
    from odibi_nb.expectations import ExpectationResult
    from odibi_nb.workspaces import Workspace

__all__ = [
    "dag_view",
    "error_view",
    "expectation_view",
    "node_view",
    "outcome_view",
    "query_view",
    "run_view",
    "status_view",
    "told_node",
    "with_result",
]

_CHANGED_ROWS = 5
_REASON = 80
# What became of a result is worth a line on its card where it was asked for, or found out by measuring.
_NOTED = ("materialize", "read ")


def node_view(
    workspace: Workspace,
    name: str,
    *,
    preview: int | None = None,
    trial: NodeResult | None = None,
    compare: bool = True,
) -> NodeView:
    """Return a node's card: what it says, and its last result.

    preview: rows shown (default: the node's own number, else the workspace's). trial: a result on mock rows, to be
    shown in place of the real one. compare: whether it says what changed, which may read all rows.
    """
    with workspace.lock:
        status = workspace.status(name) if trial is None else trial.status
        node, task, result = workspace.nodes[name], workspace.nodes.task(name), trial or workspace.result(name)
        rows = workspace.preview_rows(name) if preview is None else preview
        if status == "pending":
            result = None  # of an earlier declaration, which failed
        error = (result.error if result and status != "stale" else None) or workspace.nodes.problem(name)
        names = workspace.waits_for(name) if trial is None else []
        waits = [f"{'pending: ' if status == 'pending' else ''}waits for {', '.join(names)}"] if names else []
        waits += [f"stale: {why}"] if status == "stale" and (why := workspace.why_stale(name)) else []
        card = NodeView(
            name=name,
            kind=task.kind,
            status=status,
            language=node.language if node.language != "none" else "",
            description=node.config.description or "",
            error=error_view(error) if error else None,
            dependencies=tuple(DependencyView(d.name, d.reason, d.name in workspace.nodes) for d in task.dependencies),
            checks=checks_of(workspace, task, result if status != "stale" else None),
            notes=(*waits, *workspace.notes(name), *workspace.unsure(name)),
            code=node.code,
        )
    if result is None:
        return card
    changes = changes_of(workspace, name, sample=min(rows, _CHANGED_ROWS)) if compare and trial is None else None
    try:
        return replace(with_result(card, result, rows), changes=changes)
    except OdibiException as exc:  # of rows beyond those that were looked at before
        raise workspace.blamed(name, exc) from exc.__cause__


def with_result(card: NodeView, result: NodeResult, rows: int) -> NodeView:
    """Return a card with what a result says; rows: of it that are shown."""
    return replace(
        card,
        rows=_rows_text(result),
        time=duration_text(result.duration) if result.duration else "",
        written=_written(result),
        badges=result.badges,
        notes=(*_notes(result), *card.notes),
        expectations=_broken(result, rows),
        preview=_preview(result, rows),
        schema=tuple(ColumnView(*column) for column in result.result_schema or ()),
        kept=_kept(result),
        output=_output(result, with_value=rows > 0),
    )


def dag_view(workspace: Workspace, names: Iterable[str] | None = None) -> DagView:
    """Return the graph of the named nodes (default: all), with names that nobody has declared."""
    with workspace.lock:
        graph = workspace.graph
        wanted = set(workspace.nodes if names is None else names)
        statuses = workspace.statuses(wanted)
        declared = tuple(_dag_node(workspace, n, statuses[n]) for n in graph.topological_sort() if n in wanted)
    unresolved = {missing: [r for r in readers if r in wanted] for missing, readers in graph.unresolved.items()}
    missing = tuple(DagNodeView(name, "source", "unresolved") for name, readers in unresolved.items() if readers)
    edges = [edge for edge in graph.edges if wanted.issuperset(edge)]
    edges += [(name, reader) for name, readers in unresolved.items() for reader in readers]
    return DagView(workspace.title, (*missing, *declared), tuple(edges))


def status_view(workspace: Workspace) -> DagView:
    """Return the graph of all nodes with what keeps each from running, or how it has failed."""
    view = dag_view(workspace)
    return replace(view, nodes=tuple(_with_reason(workspace, one) for one in view.nodes))


def _with_reason(workspace: Workspace, node: DagNodeView) -> DagNodeView:
    if node.status == "unresolved":
        return replace(node, reason="not declared")
    kind = "" if workspace.nodes.problem(node.name) is not None else node.kind
    return replace(
        node, kind=kind, reason=shortened(workspace.obstacle(node.name) or _failure(workspace, node), _REASON)
    )


def _failure(workspace: Workspace, node: DagNodeView) -> str:
    """Return how a node has failed, in a line; "" for one that hasn't."""
    result = workspace.result(node.name) if node.status == "failed" else None
    return error_view(result.error).summary if result is not None and result.error is not None else ""


def run_view(workspace: Workspace, outcome: RunOutcome, *, in_cell: bool = False) -> RunView:
    """Return a run: its nodes with their outcome in this run.

    in_cell: bad rows may be shown, and what nodes have printed is to be; in a shell that has been seen by now.
    """
    nodes = tuple(
        replace(
            outcome_view(workspace, name, result, workspace.preview_rows(name) if in_cell else 0),
            output=_printed(result) if in_cell and result.status in ("completed", "failed") else "",
        )
        for name, result in outcome.results.items()
    )
    return RunView(workspace.title, outcome.status, duration_text(outcome.duration), nodes)


def query_view(result: NodeResult, *, preview: int, into: str = "", explains: bool = False) -> QueryView:
    """Return an ad hoc query's rows; explains: they are what EXPLAIN has told."""
    assert result.dataset is not None  # noqa: S101 - a query without rows is an error
    data, time = result.dataset, duration_text(result.duration)
    if explains:
        return QueryView("", time, into, plan="\n".join(data.arrow().column(1).to_pylist()))
    columns = tuple(ColumnView(*column) for column in data.schema)
    return QueryView(_rows_text(result), time, into, result.notes, _preview(result, preview), columns)


def expectation_view(node: str, outcome: ExpectationResult, *, with_rows: bool) -> ExpectationView:
    """Return how a data test has come out; with_rows: bad rows may be shown."""
    status = "passed" if outcome.passed else "failed" if outcome.severity == "fail" else "warning"
    sample = sample_view(outcome.sample, total=outcome.bad_rows) if with_rows and outcome.sample else None
    return ExpectationView(node, shortened(outcome.name), status, outcome.detail, sample)


def error_view(error: OdibiException) -> ErrorView:
    """Return an error for the eye; its type is that of what user code raised."""
    raised = error.__cause__ if isinstance(error, NodeExecutionError) and error.__cause__ else error
    kind = type(raised).__name__
    where = error.where
    source, column = (None, None) if where.source is None else around(where.source, where.column)
    return ErrorView(
        type=kind,
        message=shortened(error.message.removeprefix(f"{kind}: ") if error.message != kind else "", 2_000),
        where=str(where),
        line=where.line,
        column=column,
        source=source,
        hint=error.hint,
        via=where.via or "",
    )


def outcome_view(workspace: Workspace, name: str, result: NodeResult, rows: int = 0) -> NodeView:
    """Return what a run says of one of its nodes; rows: that are shown of those that break an expectation."""
    return NodeView(
        name=name,
        kind=workspace.nodes.task(name).kind,
        status=result.status,
        rows=_rows_text(result),
        time=_time_text(result),
        written=_written(result),
        badges=result.badges,
        notes=tuple(_notes(result)),
        error=error_view(result.error) if result.error else None,
        expectations=_broken(result, rows),
    )


def told_node(node: DagNodeView, result: NodeResult | None) -> DagNodeView:
    """Return a node of the graph as a run tells of it; None: it has started."""
    if result is None:
        return replace(node, status="running", rows="", time="", warnings=0)
    time, warnings = _time_text(result), _warnings(result)
    return replace(node, status=result.status, rows=_rows_text(result), time=time, warnings=warnings)


def _dag_node(workspace: Workspace, name: str, status: str) -> DagNodeView:
    result, task = None if status == "pending" else workspace.result(name), workspace.nodes.task(name)
    time = duration_text(result.duration) if result is not None and result.success else ""
    node = workspace.nodes[name]
    tags, pipeline = tuple(node.config.tags), node.pipeline or ""
    warnings = _warnings(result) if result is not None else 0
    return DagNodeView(name, task.kind, status, _rows_text(result), time, tags, pipeline=pipeline, warnings=warnings)


def _warnings(result: NodeResult) -> int:
    return sum(not one.passed and one.severity == "warn" for one in result.expectations)


def _time_text(result: NodeResult) -> str:
    return duration_text(result.duration) if result.success or result.error else ""


def _written(result: NodeResult) -> str:
    return f"written to {result.written}" if result.written else ""


def _output(result: NodeResult, *, with_value: bool) -> str:
    """What the node printed; below it, of a node that returns no rows, its value, if it is to be seen."""
    printed = _printed(result)
    if result.dataset is None or result.dataset.schema or not with_value:
        return printed
    value = result.dataset.frame()
    return printed if value is None else f"{printed}{long_text(repr(value))}"


def _printed(result: NodeResult) -> str:
    return result.output.text if result.output is not None else ""


def _rows_text(result: NodeResult | None) -> str:
    """An exact count where it is known, "≥ n" where only a preview was read, else nothing."""
    if result is None or result.dataset is None or not result.dataset.schema:
        return ""
    if not has_rows(result):  # a lazy one may have been counted by a query that left out what failed
        return ""
    if (known := result.dataset.known_rows) is not None:
        return f"{known:,}"
    seen = result.dataset.head_rows
    return f"≥ {seen:,}" if seen else ""


def _preview(result: NodeResult, rows: int) -> TableView | None:
    if result.dataset is None or not result.dataset.schema:
        return None
    data = result.dataset
    if data.lost is not None:  # what was looked at before is all that is left of it
        rows = min(rows, data.head_rows)
    if not rows:
        return None
    return table_view(data.head(rows), data.schema, rows=rows, total=data.known_rows)


def _notes(result: NodeResult) -> list[str]:
    notes = [result.reason] if result.reason else []
    if result.fused_into:
        notes.append(f"fused into {', '.join(result.fused_into)}: evaluated as far as that needed")
    if (data := result.dataset) is not None and (data.form == "store" or data.form_reason.startswith(_NOTED)):
        notes.append(_kept(result))
    return [*notes, *result.notes]


def _kept(result: NodeResult) -> str:
    data = result.dataset
    return kept_text(data.form, data.form_reason) if data is not None and data.form is not None else ""


def _broken(result: NodeResult, rows: int) -> tuple[ExpectationView, ...]:
    """What doesn't hold, and unless data is to stay out of outputs the first bad rows."""
    broken = (outcome for outcome in result.expectations if not outcome.passed)
    return tuple(expectation_view(result.node_name, outcome, with_rows=rows > 0) for outcome in broken)
