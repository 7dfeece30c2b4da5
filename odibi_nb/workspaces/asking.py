"""What one may ask of a workspace: names, statuses, results, problems; nothing is computed for it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException
from odibi_nb.graph import DependencyGraph
from odibi_nb.pipeline.targets import shared_targets
from odibi_nb.runner import NodeResult, Status
from odibi_nb.workspaces.blame import blamed
from odibi_nb.workspaces.broken import BrokenCells
from odibi_nb.workspaces.checks import Expectations
from odibi_nb.workspaces.crossings import crossings
from odibi_nb.workspaces.identity import Twins
from odibi_nb.workspaces.node_tests import NodeTests
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.parameter_uses import UsedParameter, used_parameters
from odibi_nb.workspaces.parameters import hidden_variables
from odibi_nb.workspaces.result import Result
from odibi_nb.workspaces.runs import Runs
from odibi_nb.workspaces.selectors import Selectable, select
from odibi_nb.workspaces.surroundings import Surroundings

if TYPE_CHECKING:
    from odibi_nb.config import ProjectConfig
    from odibi_nb.engine.base import Engine
    from odibi_nb.workspaces.last_run import LastRun
    from odibi_nb.workspaces.shortcuts import Upstream

__all__ = ["Asking"]


class Asking:
    """The part of a workspace that only looks.

    lock: makes several calls one. options: of the workspace: auto, preview, upstream, sample.
    """

    lock: threading.RLock
    nodes: Nodes
    expectations: Expectations
    options: dict[str, Any]
    project: ProjectConfig | None
    current_pipeline: str | None
    name: str
    tests: NodeTests
    _runs: Runs
    _twins: Twins
    _around: Surroundings

    @property
    def connections(self) -> Mapping[str, Any]:
        """The connections by name: `ws.connections["local"]`."""
        return self._around.connections

    @property
    def functions(self) -> list[str]:
        """The names of the functions that steps may call: `ws.functions`."""
        return self._around.functions.list_functions()

    @property
    def graph(self) -> DependencyGraph:
        """The graph of all nodes, `ws.graph.topological_sort()`; `unresolved` holds names that nobody has declared."""
        with self.lock:
            self.nodes.refresh()
            return self.nodes.graph

    def used_params(self, names: Iterable[str] | None = None) -> list[UsedParameter]:
        """Return the parameters that the named nodes (default: all) use, `ws.used_params()`, with who uses them."""
        with self.lock:
            self.nodes.refresh()
            variables = self.project.vars if self.project is not None else {}
            wanted = list(self.nodes if names is None else names)
            return used_parameters(self.nodes, self._around.params, variables, wanted)

    def __getitem__(self, name: str) -> Result:
        """Return a node's last result; raises UnknownNameError (a KeyError)."""
        with self.lock:
            return Result(self.result(name), name, self.status(name), blame=partial(self.blamed, name))

    def _ipython_key_completions_(self) -> list[str]:
        """What IPython offers behind `ws["`."""
        return list(self.nodes)

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def status(self, name: str) -> Status:
        """Return `ws.status("by_region")`; `stale` when its last result no longer stands for what it says."""
        return self.statuses([name])[name]

    def statuses(self, names: Iterable[str] | None = None) -> dict[str, Status]:
        """Return the status of each node (of all, unless named): `ws.statuses()`."""
        with self.lock:
            self.nodes.refresh()
            return self._runs.freshness.statuses(
                list(self.nodes) if names is None else [self.nodes[name].name for name in names]
            )

    def result(self, name: str) -> NodeResult | None:
        """Return the record of a node's last real run, `ws.result("by_region")`; None when it never ran."""
        with self.lock:
            return self._runs.result(self.nodes[name].name)

    def computed_at(self, name: str) -> float | None:
        """Return when a node's last result was computed, in seconds since 1970, `ws.computed_at("x")`; None: never."""
        with self.lock:
            result = self.result(name)
            kept = self._runs.results.kept(name)
            return kept.at if kept is not None and result is not None and result.rows_stand else None

    def previous(self, name: str) -> NodeResult | None:
        """Return a node's last good result of another declaration, or of other files, than its result of now.

        Example: `ws.previous("by_region")`.
        """
        return self._runs.results.previous(self.nodes[name].name)

    def has_new_result(self, name: str) -> bool:
        """Whether a node's result is of another declaration, or of other files, than the one whose place it took.

        Example: `ws.has_new_result("by_region")`.
        """
        return not self._runs.results.repeats(self.nodes[name].name)

    @property
    def engine(self) -> Engine:
        """The engine that all results live on: `ws.engine`."""
        return self._runs.engine

    def why_stale(self, name: str) -> str:
        """Return what has changed since a stale node's last result, `ws.why_stale("x")`; "" for another node."""
        with self.lock:
            return self._runs.reason(self.nodes[name].name) if self.status(name) == "stale" else ""

    def unsure(self, name: str) -> list[str]:
        """Return which values that a node's code uses can't be told from changed ones: `ws.unsure("x")`."""
        found = self._runs.results.unsure(self.nodes[name].name)
        return [
            f"a change within '{value}' goes unnoticed: {what} is known by identity" for value, what in found.items()
        ]

    def notes(self, name: str) -> list[str]:
        """Return what the one who declared a node might not have meant: `ws.notes("by_region")`."""
        with self.lock:
            hidden = hidden_variables(self.nodes[name], self._around.params, self._around.is_variable)
            found = [f"'{one}' is a variable of the notebook too; in nodes the parameter wins" for one in hidden]
            return [*self._twins.of(self.nodes[name]), *self.nodes[name].notes, *found]

    def doubled(self) -> list[str]:
        """Return of which nodes and tests two cells have one name, and whose counts: `ws.doubled()`."""
        with self.lock:
            nodes = [note for node in self.nodes.values() for note in self._twins.of(node)]
            return [*nodes, *(note for test in self.tests.values() for note in test.notes)]

    def blamed(self, name: str, error: OdibiException) -> OdibiException:
        """Return an error that reading a node's rows gave, at the node and line that it comes from."""
        with self.lock:
            above = self.nodes.with_upstream([name])
            if self.status(name) == "stale":  # its lines are no longer those that were run
                return error.at(node=name)
            tasks, rows = [self.nodes.task(one) for one in above], self._runs.results.datasets(above)
        return blamed(error, self._runs.engine, tasks, rows)

    def select(self, selectors: Iterable[str] = (), exclude: Iterable[str] = ()) -> list[str]:
        """Return the names that selectors mean, in order: `ws.select(["+by_region", "tag:x"])`; raises UsageError."""
        with self.lock:
            selectors, exclude = list(selectors), list(exclude)
            asked = " ".join((*selectors, *exclude))
            # Of a thousand nodes both take as long as a plan does.
            statuses = self.statuses() if "state:" in asked else {}
            modified = self._runs.freshness.modified() if "state:modified" in asked else ()
            nodes = {
                name: Selectable(node.config.tags, node.pipeline, statuses.get(name, ""), name in modified)
                for name, node in self.nodes.items()
            }
            return select(self.graph, nodes, selectors, exclude)

    def problems(
        self,
        names: Iterable[str] | None = None,
        *,
        writing: Collection[str] = (),
        but_for: BrokenCells | None = None,
    ) -> list[OdibiException]:
        """Return everything that would stop a run before its first node, `ws.problems()`: nothing is executed.

        names: the nodes that are to run; without them also what keeps the whole from being as it was meant.
        writing: those of them that are to be written, where no other declared node may write.
        but_for: cells whose own faults are told elsewhere, and with them what follows from those.
        """
        found, known = list[OdibiException](), but_for or BrokenCells()
        with self.lock:
            self.nodes.refresh()
            wanted = list(self.nodes if names is None else names)
            for name in wanted:
                try:
                    self.nodes.ready(name, excused=known.excuses)
                except OdibiException as exc:
                    found.append(exc)
            configs = (node.config for node in self.nodes.values())
            written = None if names is None else frozenset(writing)
            if written is None or written:
                shared = shared_targets(configs, self._around.connections, writing=written)
                found.extend(error.at(**self.nodes[str(error.where.node)].head) for error in shared)
            found.extend(self.expectations.orphans(known.declares) if names is None else ())
        return [error for error in found if not known.explains(error)]

    def crossings(self) -> list[str]:
        """Return which nodes read what others write, without being below them, in words: `ws.crossings()`."""
        with self.lock:
            self.nodes.refresh()
            return crossings(self.nodes, self.nodes, self.nodes)

    def waits_for(self, name: str, upstream: Upstream = "fresh") -> list[str]:
        """Return what keeps a node's cell from running: names nobody has declared, side effects not performed.

        upstream: what it takes for the nodes above it; see `Workspace.try_shortcut`.

        Example: `ws.waits_for("by_region")`.
        """
        with self.lock:
            self.nodes.refresh()
            missing = self.nodes.missing_for(name) if upstream == "stored" else self.nodes.waits_for(name)
            if missing or upstream != "fresh":
                return missing
            late = [one for one in self._runs.freshness.outdated(name) if self.nodes[one].config.returns == "none"]
            return [f"{one} (only `%odibi run` performs it)" for one in late]

    def obstacle(self, name: str) -> str:
        """Return in a line what keeps a node from running as it is declared, `ws.obstacle("x")`; "" for nothing."""
        with self.lock:
            self.nodes.refresh()
            missing = self.nodes.missing_for(name)
            if missing and self.nodes.problem(name) is None:
                return f"waits for {', '.join(missing)}"
            try:
                self.nodes.ready(name)
            except OdibiException as exc:
                return exc.message.partition("\n")[0]
        return ""

    def work_above(self, name: str) -> dict[str, float]:
        """Return the nodes that have to run before this one can, with the seconds each took the last time."""
        with self.lock:
            outdated = self._runs.freshness.outdated(name)
            known = self.durations(outdated)
            last = self._runs.results.durations(outdated)
        return {one: seconds or known.get(one, 0.0) for one, seconds in last.items()}

    def durations(self, names: Iterable[str]) -> dict[str, float]:
        """Return the seconds that nodes took the last time that they gave rows, in whatever session, of those that did.

        Example: `ws.durations(["by_region"])`.
        """
        asked = list(names)
        with self.lock:
            found = {name: self._runs.results.get(name) for name in asked}
        seen = {name: result.duration for name, result in found.items() if result is not None and result.rows_stand}
        return {**self._runs.recorder.durations([name for name in asked if name not in seen]), **seen}

    @property
    def last_run(self) -> LastRun | None:
        """The last run of this notebook or project, of whatever session: `ws.last_run.status`."""
        return self._runs.last()

    @property
    def title(self) -> str:
        """What to call all of it: the pipeline, if there is one, else the project, else the file or folder."""
        pipelines = {node.pipeline for node in self.nodes.values()} or {self.current_pipeline}
        only = pipelines.pop() if len(pipelines) == 1 else None
        return only or (self.project.project if self.project else None) or self.name

    def preview_rows(self, name: str) -> int:
        """Return how many rows a node's card shows."""
        rows = self.nodes[name].config.preview
        return int(self.options["preview"] if rows is None else rows)
