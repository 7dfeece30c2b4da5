"""Ad hoc queries: they read nodes and sources, and are no nodes themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from odibi_nb.exceptions import TransformError, UsageError
from odibi_nb.pipeline.ad_hoc import QUERY, QueryCompiler
from odibi_nb.runner import Listener, NodeResult, NodeTask, Place
from odibi_nb.runner.tasks import NOWHERE
from odibi_nb.sql.statements import without_explain
from odibi_nb.workspaces.blame import about
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.runs import Runs
from odibi_nb.workspaces.surroundings import Surroundings

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Run

__all__ = ["Queries", "Query"]


class Query(NamedTuple):
    """A query ready to run; explain: the EXPLAIN that opened it, or ""."""

    task: NodeTask
    explain: str = ""


class Queries:
    """Runs queries of a workspace; of none of them anything stays behind."""

    def __init__(self, nodes: Nodes, around: Surroundings, runs: Runs, lock: threading.RLock) -> None:
        self._nodes, self._around, self._runs, self._lock = nodes, around, runs, lock

    def compile(self, text: str, *, place: Place = NOWHERE, params: Mapping[str, Any] | None = None) -> Query:
        """Return a query with its names looked up; raises what is wrong with it at its line.

        params: values over those of the workspace.
        """
        with self._lock:
            self._nodes.refresh()
            explain, query = without_explain(text)
            around, values = self._around, {**self._around.params, **(params or {})}
            compiler = QueryCompiler(self._nodes, around.connections, values, around.root, around.is_frame)
            task = compiler.compile(query, place)
        return Query(replace(task, materialize="view") if explain else task, explain)

    def work_above(self, query: Query) -> dict[str, float]:
        """Return the nodes that have to run before a query can, with the seconds each took the last time."""
        with self._lock:
            return self._runs.results.durations(self._runs.freshness.outdated_among(query.task.depends_on))

    def run(self, query: Query, rows: int, *, in_full: bool = False, listeners: Iterable[Listener] = ()) -> NodeResult:
        """Return a query's rows, of which `rows` are looked at; raises what went wrong, in a node at its own place.

        in_full: compute all of them, since all will be wanted.
        """
        self._refuse_side_effects(query)
        task = replace(query.task, materialize="table") if in_full and not query.explain else query.task
        result = self._runs.run_beside(task, 0 if query.explain else max(1, rows), listeners=listeners)
        if result.error is not None:
            raise about(result.error, task, None)
        if result.dataset is None:
            raise TransformError(f"the query has no rows: {result.reason}", **task.place.locate(None))
        return replace(result, dataset=self._plan(result.dataset, query)) if query.explain else result

    def _refuse_side_effects(self, query: Query) -> None:
        for name in self.work_above(query):
            if self._nodes[name].config.returns == "none":
                hint = f"run it first: %odibi run {name}"
                raise UsageError(f"only a run performs '{name}', which the query needs", hint=hint, node=name)

    def _plan(self, rows: Dataset, query: Query) -> Dataset:
        """Return what EXPLAIN tells of a query whose rows are still to be computed."""
        import pyarrow as pa

        if not rows.lazy:
            hint = "it is for queries that engine: duckdb can make a view of"
            raise UsageError("there is no plan to EXPLAIN: the rows are computed at once", hint=hint)

        def explained(table: str, run: Run) -> list[tuple[Any, ...]]:
            return list(run(f"{query.explain} FROM {table}"))

        keys, plans = zip(*self._runs.engine.inspect(rows, explained), strict=True)
        return self._runs.engine.publish(pa.table({"explain_key": keys, "explain_value": plans}), QUERY)
