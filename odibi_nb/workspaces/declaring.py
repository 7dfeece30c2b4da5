"""Declaring nodes in a workspace: again, under another name, no more, and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from odibi_nb.exceptions import OdibiException, UsageError, did_you_mean, plural
from odibi_nb.workspaces.asking import Asking
from odibi_nb.workspaces.broken import BrokenCells
from odibi_nb.workspaces.declared import CellOrigin, DeclaredNode, declared_from_cell, declared_from_python, renamed
from odibi_nb.workspaces.expectations import with_expectations
from odibi_nb.workspaces.identity import doubts, former_of
from odibi_nb.workspaces.node_functions import declared_from_function
from odibi_nb.workspaces.trials import Trials

if TYPE_CHECKING:
    from odibi_nb.cells.decorated import NodeFunction

__all__ = ["Declaring"]


class Declaring(Asking):
    """The part of a workspace that takes in what cells and calls declare.

    Example: `ws.node("big", "SELECT * FROM sales WHERE amount > 100"); ws.rename("big", "large")`.
    """

    trials: Trials
    broken: BrokenCells
    pipelines: dict[str, Mapping[str, str]]
    _dropped: dict[str, DeclaredNode]

    def __repr__(self) -> str:
        return f"<workspace {self.name}: {plural(len(self.nodes), 'node')}>"

    @property
    def params(self) -> dict[str, Any]:
        """Values by name, `ws.params["min_amount"]`: the project's `vars`, over them papermill's, then those set."""
        return dict(self._around.params)

    def set_pipeline(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Let nodes that follow belong to a pipeline; labels: its description, layer and owner, as far as they change.

        Example: `ws.set_pipeline("nightly", {"owner": "ada"})`.
        """
        with self.lock:
            self.current_pipeline = name
            if labels:
                self.pipelines[name] = {**self.pipelines.get(name, {}), **labels}

    def declare_cell(self, line: str, cell: str, origin: CellOrigin, *, magic_line: int = 1) -> DeclaredNode:
        """Declare the node of a `%%odibi_node` cell; raises at the cell's line, and then nothing has changed."""
        with self.lock:
            node = declared_from_cell(line, cell, origin, variables=self.params, magic_line=magic_line)
            return self.declare(replace(node, pipeline=node.pipeline or self.current_pipeline))

    def declare_function(self, function: NodeFunction, origin: CellOrigin) -> DeclaredNode:
        """Declare the node of a function decorated with `@node`; raises at its line, and then nothing has changed."""
        with self.lock:
            return self.declare(declared_from_function(function, origin, self.params, self.current_pipeline))

    def node(self, name: str, body: str | Callable[..., Any] | None = None, **fields: Any) -> DeclaredNode:
        """Declare a node: `body` is SQL, Python or a function; `fields` are the dialect's (read, write, tags, …).

        Example: `ws.node("sales", read={"connection": "local", "path": "sales.csv"})`.
        """
        with self.lock:
            return self.declare(declared_from_python(name, body, fields, self.current_pipeline, f"<node {name}>"))

    def declare(self, node: DeclaredNode) -> DeclaredNode:
        """Add a node or replace the one of its name (or, by the cell's id, the one of its cell)."""
        with self.lock:
            node = with_expectations(node, self.expectations.of(node.name))
            before = self.nodes.get(node.name) if node.name in self.nodes else None
            notes = list(doubts(node, before, self.nodes, self._around.is_variable))
            former = former_of(node, self.nodes)
            if former is not None:
                readers = self._readers(former.name)
                self._remove(former.name)
                still = f"; still reading '{former.name}': {', '.join(readers)}" if readers else ""
                notes.insert(0, f"renamed from '{former.name}'{still}")
            try:
                declared = self.nodes.put(replace(node, notes=tuple(notes)))
            except OdibiException:
                if former is not None:
                    self.restore(former.name)
                raise
            if self._dropped.pop(node.name, None) is not None:
                self._runs.results.let_go(node.name)
            self._twins.note(before, node)
            if former is not None:
                self._runs.rename(former.name, node.name)
                self.trials.forget(former.name)
                self.trials.mocks.rename(former.name, node.name)
                self._give_back(former.name)
            return declared

    def drop(self, name: str) -> None:
        """Forget a node with its expectations and its result: `ws.drop("by_region")`; `restore` brings it back."""
        with self.lock:
            self._drop(name)
            self.expectations.forget(name)
            self.trials.forget(name)

    def restore(self, name: str) -> DeclaredNode:
        """Declare a dropped node again: `ws.restore("by_region")`; the one dropped last has its result again."""
        with self.lock:
            if name not in self._dropped:
                raise UsageError(f"no node '{name}' was dropped", hint=did_you_mean(name, self._dropped))
            self.expectations.bring_back(self._dropped[name])
            restored = self.nodes.put(with_expectations(self._dropped[name], self.expectations.of(name)))
            del self._dropped[name]
            if (result := self._runs.results.bring_back(name)) is not None:
                self._runs.schemas.learn(result)
            return restored

    def rename(self, old: str, new: str) -> list[str]:
        """Give a node another name, `ws.rename("clean", "cleaned")`; return the nodes that still read the old one.

        A node that has the new name already and says the same takes the old one's place.
        """
        with self.lock:
            node = renamed(self.nodes[old], new)
            if new in self.nodes and not self.nodes[new].says_same(node):
                raise UsageError(f"there is a node '{new}' already", hint="drop it first", node=new)
            readers = self._readers(old)
            node = with_expectations(node, self.expectations.of(new))
            only_respelt = new.casefold() == old.casefold()
            if new not in self.nodes and not only_respelt:
                self.nodes.put(node)
            self._remove(old)
            if only_respelt:  # DuckDB takes them for one name: they can't be there both
                self.nodes.put(node)
            self._runs.rename(old, new)
            self.trials.forget(old)
            self.trials.mocks.rename(old, new)
            return readers

    def drop_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """Drop the nodes of deleted cells and return their names; expectations go with cells of their own."""
        gone = set(cell_ids)
        with self.lock:
            self._twins.forget_cells(gone)
            self.broken.forget_cells(gone)
            return self._drop_all([name for name, node in self.nodes.items() if node.origin.id in gone])

    def drop_undeclared(self, cell_id: str, label: str) -> list[str]:
        """Drop the nodes that a cell has declared before, and hasn't in its run of now; return their names."""
        with self.lock:
            self._twins.forget_undeclared(cell_id, label)
            own = [node for node in self.nodes.values() if node.origin.id == cell_id]
            return self._drop_all([node.name for node in own if not node.origin.is_run(label)])

    def _drop(self, name: str) -> None:
        self._remove(name)
        self._runs.drop(name)

    def _remove(self, name: str) -> None:
        self._dropped[name] = self.nodes.remove(name)

    def _drop_all(self, names: list[str]) -> list[str]:
        """Drop nodes that their cells no longer declare; return those that no other cell declares either."""
        for name in names:
            self._drop(name)
        return [name for name in names if not self._give_back(name)]

    def _give_back(self, name: str) -> bool:
        """Let the cell that had declared a name before have it again; False where there is none."""
        older = self._twins.take(name)
        if older is not None:
            self.nodes.put(older)
        return older is not None

    def _readers(self, name: str) -> list[str]:
        readers = sorted(other for other in self.nodes if name in self.nodes.task(other).depends_on)
        return [*readers, *(f"expectation {one.name}" for one in self.expectations.of(name))]
