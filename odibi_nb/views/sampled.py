"""The few rows of each node that a story shows: those that cost next to nothing, sensitive columns masked."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from odibi_nb.exceptions import OdibiException
from odibi_nb.pipeline.finished import FinishedRun
from odibi_nb.runner.tasks import SqlStep
from odibi_nb.views.build import expectation_view
from odibi_nb.views.cells import table_view
from odibi_nb.views.models import ExpectationView, NodeView, RunView, TableView

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.workspaces.masking import Mask

__all__ = ["Samples", "with_bad_rows"]

_PATIENCE_S = 0.1
_MOST_ROWS = 100
_BAD_ROWS = 3


class Samples:
    """Previews of a run's results; after a tenth of a second only those that are there already."""

    def __init__(self, run: FinishedRun) -> None:
        place = run.place
        self._run = run
        self._rows = min(place.config.max_sample_rows, _MOST_ROWS) if place is not None and place.preview else 0
        self._until_s = time.monotonic() + _PATIENCE_S
        self._computed = {node.name for node in run.record.nodes if node.action == "run"}

    def preview(self, name: str) -> TableView | None:
        """Return the first rows of a node's result; None where they would have to be computed."""
        result, rows = self._run.results[name], self._rows_of(name)
        if not rows or result.dataset is None or not result.dataset.schema:
            return None
        try:
            return self._masked(name, _table(result.dataset, rows)) if self._is_cheap(name, result.dataset) else None
        except OdibiException:  # of rows that no run has looked at: the run has not failed for it, nor does its story
            return None

    def expectations(self, name: str) -> tuple[ExpectationView, ...]:
        """Return the data tests that don't hold, with bad rows."""
        broken = [one for one in self._run.results[name].expectations if not one.passed]
        views = [expectation_view(name, one, with_rows=self._rows_of(name) > 0) for one in broken]
        return tuple(replace(one, sample=self._masked(name, one.sample)) if one.sample else one for one in views)

    def _rows_of(self, name: str) -> int:
        asked = self._run.said(name).config.preview
        return self._rows if asked is None else min(asked, self._rows)

    def _is_cheap(self, name: str, data: Dataset) -> bool:
        if data.lost is not None:
            return False
        if data.head_rows and (data.head_rows >= self._rows_of(name) or data.head_rows == data.known_rows):
            return True
        return name in self._computed and data.is_light and time.monotonic() < self._until_s

    def _masked(self, name: str, table: TableView) -> TableView:
        hidden = self._sensitive.get(name, ())
        at = [place for place, column in enumerate(table.columns) if column.name.casefold() in hidden]
        if not at:
            return table
        import pyarrow as pa

        columns = [list(column) for column in zip(*table.rows, strict=True)]
        for place in at if columns else ():
            columns[place] = self._mask.column(columns[place], pa.string())
        return replace(table, rows=tuple(zip(*columns, strict=True)))

    @cached_property
    def _mask(self) -> Mask:
        from odibi_nb.workspaces.masking import Mask

        return Mask()

    @cached_property
    def _sensitive(self) -> Mapping[str, Collection[str]]:
        """The columns to mask of each node, folded; see `_with_equals`."""
        run, found = self._run, dict[str, set[str]]()
        marked = {name: {one.casefold() for one in run.said(name).config.sensitive} for name in run.results}
        for name in run.results if any(marked.values()) else ():  # in the order of the graph
            task = run.task(name)
            hidden = marked[name].union(*(found.get(above, ()) for above in task.depends_on))
            steps = [step for step in task.steps if isinstance(step, SqlStep)] if hidden else []
            found[name] = _with_equals(hidden, steps)
        return found


def with_bad_rows(view: RunView, run: FinishedRun) -> RunView:
    """Return a run with the first bad rows of each data test that doesn't hold, as far as its story shows them."""
    samples = Samples(run)
    return replace(
        view, nodes=tuple(_with_bad_rows(node, samples) if node.expectations else node for node in view.nodes)
    )


def _with_bad_rows(node: NodeView, samples: Samples) -> NodeView:
    views = samples.expectations(node.name)
    return replace(node, expectations=tuple(replace(one, sample=_first(one.sample)) for one in views))


def _first(table: TableView | None) -> TableView | None:
    if table is None:
        return None
    left = max(0, len(table.rows) - _BAD_ROWS)
    more = None if table.more_rows is None else table.more_rows + left
    return replace(table, rows=table.rows[:_BAD_ROWS], more_rows=more)


def _with_equals(hidden: set[str], steps: Sequence[SqlStep]) -> set[str]:
    """Return the columns that a node or one above it marks, with those that joins set equal to them."""
    from odibi_nb.sql.equated import equated_columns

    pairs = [{one.casefold() for one in pair} for step in steps for pair in equated_columns(step.facts.statement)]
    while joined := [pair for pair in pairs if pair & hidden and not pair <= hidden]:
        hidden.update(*joined)
    return hidden


def _table(data: Dataset, rows: int) -> TableView:
    return table_view(data.head(rows), data.schema, rows=rows, total=data.known_rows)
