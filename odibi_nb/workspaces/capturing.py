"""A node's real inputs as a small mock cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from odibi_nb.engine.base import Readers, Source
from odibi_nb.exceptions import UnknownNameError, UsageError, did_you_mean
from odibi_nb.pipeline.mocks import inputs_of
from odibi_nb.runner.tasks import SqlStep
from odibi_nb.sql.equated import equated_columns
from odibi_nb.workspaces.mock_text import mock_cell_text
from odibi_nb.workspaces.sampling import Sampler

if TYPE_CHECKING:
    import pyarrow as pa

    from odibi_nb.engine.base import Dataset
    from odibi_nb.workspaces.masking import Mask
    from odibi_nb.workspaces.nodes import Nodes
    from odibi_nb.workspaces.runs import Runs

__all__ = ["CaptureRequest", "captured_cell"]


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """What to capture.

    rows: of each input, at most. where: a condition, see `Sampler.choose`. mask: columns, beside those that the node,
    or one above it, marks as `sensitive`.
    """

    node: str
    rows: int = 5
    where: str | None = None
    mask: Sequence[str] = ()


def captured_cell(request: CaptureRequest, nodes: Nodes, runs: Runs, mask: Mask) -> str:
    """Return the text of the `%%odibi_mock` cell.

    Raises UnknownNameError for an input that has no rows yet, UsageError for what is wrong with the request.
    """
    name = request.node
    task = nodes.task(nodes[name].name)
    inputs = {one: _input(name, one, nodes, runs) for one in inputs_of(task, nodes[name].config)}
    if not inputs:
        raise UsageError(f"node '{name}' has no inputs to capture", node=name)
    statements = [step.facts.statement for step in task.steps if isinstance(step, SqlStep)]
    equated = [pair for statement in statements for pair in equated_columns(statement)]
    sampler = Sampler(runs.engine, inputs, equated, rows=request.rows)
    chosen = {one: data.arrow() for one, data in sampler.choose(request.where).items()}
    hidden = _with_equals(_hidden(request, nodes, chosen.values()), equated)
    notes = [*_about_stale(inputs, nodes, runs), *sampler.notes]
    shown = [column for table in chosen.values() for column in table.column_names if column.casefold() in hidden]
    notes += [f"masked: {', '.join(dict.fromkeys(shown))}"] if shown else []
    rows = {one: _rows(table, hidden, mask) for one, table in chosen.items()}
    return mock_cell_text(name, rows, [f"captured from real rows, {request.rows} at most of each input", *notes])


def _input(name: str, one: str, nodes: Nodes, runs: Runs) -> Dataset:
    if one == name or not isinstance(nodes[name].config.inputs.get(one, ""), str):
        task = nodes.ready(name)
        source = task.source if one == name else task.inputs[one]
        assert isinstance(source, Source)  # noqa: S101 - what is no result is read
        return runs.engine.read(source, f"{name} capture {one}", Readers(count=2))
    if one not in nodes:
        hint = did_you_mean(one, nodes) or f"declare it: %%odibi_node {one}"
        raise UnknownNameError(f"'{one}' is not declared yet", hint=hint, node=name)
    result = runs.results.get(one)
    if result is None or result.dataset is None or not result.dataset.schema:
        raise UnknownNameError(f"'{one}' has no rows to capture", hint=f"run it: %odibi run +{one}", node=one)
    if (lost := result.dataset.lost) is not None:
        message = f"the last rows of '{one}' are gone: they were {lost}"
        raise UnknownNameError(message, hint=f"run it again: %odibi run +{one}", node=one)
    return result.dataset


def _hidden(request: CaptureRequest, nodes: Nodes, tables: Iterable[pa.Table]) -> set[str]:
    """Return the columns to mask, folded: those asked for, and those that any node above marks as sensitive."""
    there = {column.casefold(): column for table in tables for column in table.column_names}
    for column in request.mask:
        if column.casefold() not in there:
            hint = did_you_mean(column, there.values()) or f"columns: {', '.join(there.values())}"
            raise UsageError(f"--mask: no input has a column '{column}'", hint=hint, node=request.node)
    marked = [column for one in nodes.with_upstream([request.node]) for column in nodes[one].config.sensitive]
    return {column.casefold() for column in (*request.mask, *marked)} & there.keys()


def _with_equals(hidden: Collection[str], equated: Iterable[tuple[str, str]]) -> set[str]:
    """Return the columns with those that joins set equal to them: they hold the same values."""
    found = set(hidden)
    pairs = [{left.casefold(), right.casefold()} for left, right in equated]
    while joined := [pair for pair in pairs if pair & found and not pair <= found]:
        found.update(*joined)
    return found


def _rows(table: pa.Table, hidden: Collection[str], mask: Mask) -> list[Mapping[str, Any]]:
    from odibi_nb.engine.values import python_values

    columns = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        values = python_values(column)
        columns[field.name] = mask.column(values, field.type) if field.name.casefold() in hidden else values
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _about_stale(inputs: Iterable[str], nodes: Nodes, runs: Runs) -> list[str]:
    statuses = runs.freshness.statuses([one for one in inputs if one in nodes])
    return [f"{name} is stale: these are its last rows" for name, status in statuses.items() if status == "stale"]
