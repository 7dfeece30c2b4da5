"""The data tests that are declared apart from their nodes, and what becomes of a node's rows when they change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from odibi_nb.exceptions import DependencyError, OdibiException, UsageError, did_you_mean
from odibi_nb.expectations import ExpectationResult, broken
from odibi_nb.pipeline.statements import check_syntax
from odibi_nb.runner import Dependency, NodeResult, NodeTask, Status
from odibi_nb.workspaces.blame import about
from odibi_nb.workspaces.declared import DeclaredNode
from odibi_nb.workspaces.expectations import Expectation, doubts, with_expectations
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.runs import Runs

__all__ = ["Expectations"]


class Expectations:
    """Data tests by node and name; their nodes may be declared or not.

    compute: runs a node as its cell does. Rows that a node has are not computed again for another test.
    """

    def __init__(self, nodes: Nodes, runs: Runs, compute: Callable[[str], NodeResult], lock: threading.RLock) -> None:
        self._nodes, self._runs, self._compute, self._lock = nodes, runs, compute, lock
        self._declared: tuple[Expectation, ...] = ()
        self._untested: dict[str, str] = {}  # by node, the only test that its rows may not have passed

    def __iter__(self) -> Iterator[Expectation]:
        return iter(self._declared)

    def of(self, node: str) -> tuple[Expectation, ...]:
        """Return those of a node, in the order of their declaration."""
        return tuple(one for one in self._declared if one.node == node)

    def put(self, new: Expectation) -> Expectation:
        """Add one, or replace the one of its name or of its cell.

        What is wrong with it is a problem of its node; see `put_sound`.
        """
        with self._lock:
            new = replace(new, notes=tuple(doubts(new, self._declared)))
            others_are_known = self._is_settled(new.node)
            self._set(self._with(new))
            self._untested[new.node] = new.name if others_are_known else ""
        return new

    def put_sound(self, new: Expectation) -> Expectation:
        """Add one as `put` does; raises what is wrong with it, at its line, and then nothing has changed."""
        with self._lock:
            check_syntax(new.sql, new.place)
            if new.node in self._nodes and self._nodes.problem(new.node) is None:
                tests = [one for one in self._with(new) if one.node == new.node]
                self._nodes.check(with_expectations(self._nodes[new.node], tests))
            return self.put(new)

    def drop(self, node: str, name: str) -> None:
        """Forget one; raises UsageError where there is none."""
        with self._lock:
            own = self.of(node)
            gone = [one for one in own if one.name == name]
            if not gone:
                names = [one.name for one in own]
                hint = did_you_mean(name, names) or f"declared apart from it: {', '.join(names) or 'none'}"
                raise UsageError(f"'{node}' has no expectation '{name}' to drop", hint=hint, node=node)
            self._let_go(gone)

    def drop_cells(self, cell_ids: Collection[str]) -> list[Expectation]:
        """Forget those of deleted cells, and return them."""
        with self._lock:
            gone = [one for one in self._declared if one.origin.id in cell_ids]
            self._let_go(gone)
        return gone

    def forget(self, node: str) -> None:
        """Forget those of a node that is gone."""
        self._declared = tuple(one for one in self._declared if one.node != node)

    def bring_back(self, node: DeclaredNode) -> None:
        """Take in again what a node had that was dropped, unless it was declared anew meanwhile."""
        names = [one.name for one in self.of(node.name)]
        self._declared += tuple(one for one in node.expectations if one.name not in names)

    def clear(self) -> None:
        self._declared = ()

    def orphans(self, excused: Callable[[str], bool] = lambda node: False) -> Iterator[DependencyError]:
        """Yield an error for each whose node nobody has declared: left out, it would let bad rows pass.

        excused: whether a node is known to be missing.
        """
        for one in self._declared:
            if one.node not in self._nodes and not excused(one.node):
                yield DependencyError(
                    f"expectation '{one.name}' is about '{one.node}', which is not declared",
                    hint=did_you_mean(one.node, self._nodes) or f"declare it: %%odibi_node {one.node}",
                    **one.where,
                )

    def check(self, node: str, name: str) -> ExpectationResult:
        """Return how a test comes out on its node's rows, which are computed first unless they are there.

        Raises what keeps it from being evaluated.
        """
        with self._lock:
            stands = self._runs.rows_stand(node)
        result = self._check(node, name) if stands else self._compute(node)
        outcome = next((one for one in reversed(result.expectations) if one.name == name), None)
        if outcome is None or result.node_name != node:
            raise result.error or UsageError(f"'{node}' has no rows: {result.reason}", node=node)
        return outcome

    def _check(self, node: str, name: str) -> NodeResult:
        """Evaluate tests on the rows that a node has; return what is known of it then, or of what failed above it."""
        with self._lock:
            task, kept = self._nodes.ready(node), self._runs.results.get(node)
            assert kept is not None  # noqa: S101 - its rows stand
            others = [one for one in kept.expectations if one.name != name]
            if self._untested.get(node) == name and len(others) == _tests(task) - 1:
                task = replace(task, checks=(), queries=tuple(test for test in task.queries if test.name == name))
            else:
                others = []
        beside = _checking(task)
        result = self._runs.run_beside(beside, 0, standing=[node])
        if result.node_name != beside.name or result.status == "cancelled":
            return result
        error = about(result.error, beside, node) if result.error is not None and not result.expectations else None
        return self._settle(kept, (*others, *result.expectations), error)

    def _with(self, new: Expectation) -> list[Expectation]:
        """Return all, the new one in the place of the first that it replaces: said again, nothing has changed."""
        first = next((one for one in self._declared if new.replaces(one)), None)
        if first is None:
            return [*self._declared, new]
        return [new if one is first else one for one in self._declared if one is first or not new.replaces(one)]

    def _set(self, declared: Iterable[Expectation]) -> None:
        """Declare the nodes anew whose tests are others now; their rows stand all the same."""
        before, self._declared = self._declared, tuple(declared)
        for name in {one.node for one in {*before} ^ {*self._declared}} & self._nodes.keys():
            stands = self._runs.rows_stand(name)
            self._nodes.put(with_expectations(self._nodes[name], self.of(name)))
            if stands:
                self._runs.let_rows_stand(name)

    def _let_go(self, gone: Collection[Expectation]) -> None:
        """Forget tests; what is known of the others may then be all that there is to know."""
        nodes = {one.node for one in gone if one.node in self._nodes}
        settled = {node for node in nodes if self._is_settled(node)}
        self._set(one for one in self._declared if one not in gone)
        for node in nodes:
            kept, names = self._runs.results.get(node), {one.name for one in gone if one.node == node}
            if kept is None or not self._runs.rows_stand(node):
                continue
            others = [one for one in kept.expectations if one.name not in names]
            asked = _tests(self._nodes.task(node))
            if asked == 0 or (node in settled and len(others) == asked):
                self._settle(kept, others[:asked])

    def _is_settled(self, node: str) -> bool:
        """Whether a node has rows that are those of now, and it is known how each of its tests comes out."""
        if node not in self._nodes or not self._runs.rows_stand(node):
            return False
        return self._runs.freshness.statuses([node])[node] in ("completed", "cached", "failed")

    def _settle(
        self, kept: NodeResult, outcomes: Sequence[ExpectationResult], error: OdibiException | None = None
    ) -> NodeResult:
        """Keep a node's rows with other outcomes of its tests; error: of a test that can't be evaluated."""
        name = kept.node_name
        if error is None and (error := broken(outcomes)) is not None:
            error.at(node=name, **self._nodes.task(name).place.locate(None))
        status: Status = "completed" if error is None else "failed"
        settled = replace(kept, status=status, error=error, expectations=tuple(outcomes))
        with self._lock:
            self._runs.keep_checked(settled)
        return settled


def _tests(task: NodeTask) -> int:
    return len(task.checks) + len(task.queries)


def _checking(task: NodeTask) -> NodeTask:
    """Return a task that starts from a node's rows, and does nothing but test them."""
    read = [name for test in task.queries for name in test.query.inputs.values()]
    nodes = [task.inputs.get(name, name) for name in read]
    above = dict.fromkeys([task.name, *(name for name in nodes if isinstance(name, str))])
    return NodeTask(
        f"expectations of {task.name}",
        "pass",
        tuple(Dependency(name, "expectation") for name in above),
        inputs={task.name: task.name, **{alias: task.inputs[alias] for alias in read if alias in task.inputs}},
        checks=task.checks,
        queries=task.queries,
        place=task.place,
    )
