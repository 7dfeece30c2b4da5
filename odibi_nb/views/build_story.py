"""A finished run → the views of its story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from odibi_nb.comparison.columns import schema_changes
from odibi_nb.engine.schema import Column
from odibi_nb.exceptions import shortened
from odibi_nb.history import NodeRecord, RunRecord
from odibi_nb.pipeline.finished import FinishedRun, source_of
from odibi_nb.pipeline.secrets import shown_parameter
from odibi_nb.runner.tasks import FunctionStep, OperationStep, SqlStep
from odibi_nb.views.build import error_view, told_node, with_result
from odibi_nb.views.cells import duration_text, long_text
from odibi_nb.views.checks import data_tests_of
from odibi_nb.views.models import ColumnView, DagNodeView, DagView, DependencyView, DiffView, NodeView
from odibi_nb.views.sampled import Samples
from odibi_nb.views.story import RunFactsView, StoryNodeView, StoryView

if TYPE_CHECKING:
    from odibi_nb.runner import NodeResult, NodeTask

__all__ = ["columns_diff", "run_facts", "story_view"]

_MOST_DRAWN, _MOST_TOLD = 150, 200
"""Nodes of one picture, and cached ones that a story tells of one by one."""
_LONGEST_CODE, _LONGEST_TITLE = 4_000, 200
_Columns = Iterable[tuple[str, str]]


def story_view(run: FinishedRun) -> StoryView:
    """Return the story of a run; of rows only what costs next to nothing is fetched."""
    record = run.record
    told = {node.name: node for node in record.nodes}
    if len(run.results) <= _MOST_TOLD:
        told = {name: told.get(name) or NodeRecord(name, "cached", "cached") for name in run.results}
    return StoryView(
        run=run_facts(record),
        exclude=record.exclude,
        workers=record.workers,
        parameters=tuple(record.parameters.items()),
        versions=tuple(record.versions.items()),
        graph=_graph(run),
        nodes=tuple(_nodes(run, told)),
        cached=tuple(name for name in record.cached if name not in told),
        notes=run.notes,
    )


def run_facts(record: RunRecord) -> RunFactsView:
    """Return what a list says of a run."""
    started = datetime.fromtimestamp(record.started, UTC)
    return RunFactsView(
        id=record.id,
        title=shortened(record.title, _LONGEST_TITLE),
        status=record.status,
        started=started.isoformat(timespec="seconds"),
        when=started.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z"),
        duration_s=record.duration_s,
        time=duration_text(record.duration_s),
        door=record.door,
        target=record.target,
        selectors=record.selectors,
        counts=tuple(record.statuses.items()),
        failed=record.failed,
        commit=record.commit,
        dirty=record.dirty,
        story=record.story,
        removed=record.story_removed,
    )


def columns_diff(
    name: str, before: Iterable[tuple[str, str]], now: Iterable[tuple[str, str]], against: str
) -> DiffView:
    """Return how the columns of a node differ; nothing is said of its rows."""
    changes = schema_changes(*(tuple(Column(*one) for one in columns) for columns in (before, now)))
    return DiffView(
        name,
        against,
        columns_added=tuple(ColumnView(*column) for column in changes.added),
        columns_removed=tuple(ColumnView(*column) for column in changes.removed),
        columns_changed=tuple((ColumnView(*old), ColumnView(*new)) for old, new in changes.changed),
        reordered=changes.reordered,
    )


def _nodes(run: FinishedRun, told: Mapping[str, NodeRecord]) -> Iterator[StoryNodeView]:
    history, record = run.history, run.record
    timings = history.timings(record.owner, before=record.id) if history is not None else {}
    columns = history.columns_before(record.owner, record.id) if history is not None else {}
    total_s = sum(node.duration_s for node in told.values())
    samples = Samples(run)
    for name, node in told.items():
        earlier = tuple(reversed(timings.get(name, ()))) if node.action == "run" else ()
        card = _card(run, node, samples)
        before = columns.get(name)
        if before is not None and node.columns is not None and before != node.columns:
            card = replace(card, changes=columns_diff(name, before, node.columns, "the last run"))
        yield StoryNodeView(
            card=card,
            action=node.action,
            reason=node.reason,
            rows=node.rows,
            rows_in=node.rows_in,
            duration_s=node.duration_s,
            share=node.duration_s / total_s if total_s else 0.0,
            earlier_s=earlier,
            median_s=median(earlier) if earlier else None,
            parameters=tuple(_parameters(run.task(name))),
        )


def _card(run: FinishedRun, node: NodeRecord, samples: Samples) -> NodeView:
    name, task, said, result = node.name, run.task(node.name), run.said(node.name), run.results[node.name]
    card = NodeView(
        name=name,
        kind=task.kind,
        status=result.status,
        language=said.language if said.language != "none" else "",
        description=long_text(said.config.description or ""),
        error=error_view(result.error) if result.error is not None else None,
        dependencies=tuple(DependencyView(one.name, one.reason, one.resolved) for one in task.dependencies),
        checks=tuple(data_tests_of(task, result)),
        code=_code(said.code or source_of(task)),
    )
    card = with_result(card, result, 0)
    notes = tuple(note for note in card.notes if note != node.reason)
    shown, expectations = samples.preview(name), samples.expectations(name)
    return replace(card, notes=notes, preview=shown, expectations=expectations, output=long_text(card.output))


def _code(text: str) -> str:
    return text if len(text) <= _LONGEST_CODE else f"{text[:_LONGEST_CODE]}\n… {len(text) - _LONGEST_CODE:,} characters"


def _parameters(task: NodeTask) -> Iterator[tuple[str, str]]:
    """Yield what a node's steps were given, by name."""
    given: dict[str, object] = {}
    for step in task.steps:
        match step:
            case SqlStep():
                given |= {name: step.params[name] for name in step.facts.parameters if name in step.params}
            case OperationStep():
                given |= step.values
            case FunctionStep():
                given |= step.binding.params
    yield from ((name, shown_parameter(name, value)) for name, value in given.items())


def _graph(run: FinishedRun) -> DagView | None:
    """Return the graph of all nodes, or of those that had a part in the run where that is too large."""
    names = list(run.results)
    if len(names) > _MOST_DRAWN:
        cached = set(run.record.cached)
        names = [name for name in names if name not in cached]
    if not 0 < len(names) <= _MOST_DRAWN:
        return None
    nodes = tuple(_drawn(run.task(name), run.results[name]) for name in names)
    known = set(names)
    edges = ((above, name) for name in names for above in run.task(name).depends_on if above in known)
    return DagView(run.record.title, nodes, tuple(edges))


def _drawn(task: NodeTask, result: NodeResult) -> DagNodeView:
    return told_node(DagNodeView(task.name, task.kind, result.status), result)
