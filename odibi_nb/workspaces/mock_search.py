"""Where the rows of each input come from when nodes run on mocks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from odibi_nb.exceptions import OdibiException, ValidationError, did_you_mean
from odibi_nb.pipeline.mocks import inputs_of
from odibi_nb.runner.overlap import literals_of
from odibi_nb.workspaces.mocks import Mock, Mocks

if TYPE_CHECKING:
    from odibi_nb.engine.schema import Schema
    from odibi_nb.runner import NodeTask
    from odibi_nb.workspaces.inferred_schemas import InferredSchemas
    from odibi_nb.workspaces.known_schemas import KnownSchemas
    from odibi_nb.workspaces.nodes import Nodes

__all__ = ["Given", "MockSearch", "MockedInputs", "SourceSchema"]

SourceSchema = Callable[[str, str], "Schema"]
"""Gives the columns of what a node reads under the name of an input; raises what keeps them from being known."""


class Given(NamedTuple):
    """Rows for an input. place: the name under which tasks ask for them. schema: as far as it is known."""

    place: str
    mock: Mock
    schema: Schema | None


@dataclass(frozen=True, slots=True)
class MockedInputs:
    """What the mocks of a node are looked up in.

    source_schema: where it is given, rows are made up for what has no mock. alone: a node is tried by itself, so
    that they are made up for its inputs too, as far as their columns are known; else only where nothing above can run.
    """

    nodes: Nodes
    mocks: Mocks
    schemas: KnownSchemas | InferredSchemas
    source_schema: SourceSchema | None = None
    alone: bool = False

    def names(self, node: str) -> list[str]:
        """Return the names of a node's inputs."""
        return inputs_of(self.nodes.task(node), self.nodes[node].config)

    def order(self, names: Iterable[str]) -> list[str]:
        """Return the named nodes and those above them that may have to run for them, in the order of the graph."""
        reached = set(names)
        stack = list(reached)
        while stack:
            node = stack.pop()
            wanted = (one for one in self.names(node) if one in self.nodes and one not in reached)
            above = [one for one in wanted if self.is_result(node, one) and self.written(node, one) is None]
            reached.update(above)
            stack.extend(above)
        return [name for name in self.nodes.graph.topological_sort() if name in reached]

    def is_result(self, node: str, name: str) -> bool:
        """Whether an input is another node's result, not something read."""
        given = self.nodes[node].config.inputs.get(name)
        return name != node and (given is None or isinstance(given, str))

    def schema(self, node: str, name: str) -> Schema | None:
        return self.schemas.of_result(name) if self.is_result(node, name) else self.schemas.of_source(node, name)

    def check(self, mock: Mock) -> None:
        """Raise ValidationError for rows of what is no input of their node, as far as that can be told."""
        node = mock.node
        if node is None or node not in self.nodes or self.nodes.problem(node) is not None:
            return
        if mock.input in (names := self.names(node)):
            return
        hint = did_you_mean(mock.input, names) or f"inputs: {', '.join(names) or 'none'}"
        raise ValidationError(f"'{mock.input}' is no input of node '{mock.node}'", hint=hint, **mock.locate(()))

    def written(self, node: str, name: str) -> Given | None:
        """Return the rows that somebody has given for an input: for this node, else for all readers."""
        if (mock := self.mocks.of(node).get(name)) is not None:
            return Given(_place(node, name), mock, self.schema(node, name))
        passes_on = name == node and not self.nodes.task(node).steps
        return self.for_readers(name) if passes_on or self.is_result(node, name) else None

    def for_readers(self, name: str) -> Given | None:
        """Return the rows that somebody has given for all readers of a node."""
        mock = self.mocks.for_all(name)
        return Given(f"mock {name}", mock, self.schemas.of_result(name)) if mock is not None else None

    def made_up(self, node: str, name: str, *, flows: bool) -> Given | None:
        """Return rows that nobody has given; flows: the node of this name can run on mocks itself."""
        if self.source_schema is None or (flows and not self.alone):
            return None
        from odibi_nb.workspaces.made_up import made_up_rows

        schema = self.schema(node, name)
        if schema is None and not self.is_result(node, name):
            schema = self.source_schema(node, name)
        return None if schema is None else Given(_place(node, name), Mock(name, made_up_rows(schema), node), schema)


class MockSearch:
    """Rows by node and input, found for some nodes and what they need.

    order: those nodes. found: rows that are given; the other inputs flow from nodes that run on mocks. obstacles: what
    keeps a node from running.
    """

    def __init__(self, inputs: MockedInputs, names: Iterable[str]) -> None:
        self.inputs, self.order = inputs, inputs.order(names)
        self.found: dict[tuple[str, str], Given] = {}
        self.obstacles: dict[str, OdibiException] = {}
        self._runnable: set[str] = set()
        for name in self.order:
            if (obstacle := self._obstacle(name)) is None:
                self._runnable.add(name)
            else:
                self.obstacles[name] = obstacle.at(node=name, **inputs.nodes[name].place.locate(None))

    def gaps(self, name: str) -> list[str]:
        """Return the inputs of a node that there are no rows for."""
        return [one for one in self.inputs.names(name) if (name, one) not in self.found and not self._flows(name, one)]

    def _obstacle(self, name: str) -> OdibiException | None:
        inputs = self.inputs
        if inputs.nodes[name].config.returns == "none":  # it is not performed
            return None
        if (problem := inputs.nodes.problem(name)) is not None:  # of such a node not even the inputs are known
            return problem
        try:
            self._find(name)
        except OdibiException as exc:
            return exc
        error = _outside(inputs.nodes.task(name), inputs.names(name))
        gaps = self.gaps(name) if error is None else []
        return self._lacking(name, gaps[0]) if gaps else error

    def _find(self, name: str) -> None:
        inputs = self.inputs
        for mock in inputs.mocks.of(name).values():
            inputs.check(mock)
        for one in inputs.names(name):
            given = inputs.written(name, one) or inputs.made_up(name, one, flows=self._flows(name, one))
            if given is not None:
                self.found[name, one] = given

    def _flows(self, name: str, wanted: str) -> bool:
        return wanted in self._runnable and self.inputs.is_result(name, wanted)

    def _lacking(self, name: str, wanted: str) -> ValidationError:
        if (strayed := self._strayed(name, wanted)) is not None:
            return strayed
        above = self.obstacles.get(wanted) if self.inputs.is_result(name, wanted) else None
        example = f"%%odibi_mock {name}, below it {wanted}: [{{column: value}}]"
        hint = f"give rows: {example}; --mock=auto makes some up"
        if above is not None:
            hint = f"mock it, or what it comes from: {_root(above)}"
        what = f"input '{wanted}'" if wanted != name else "the source"
        error = ValidationError(f"{what} of node '{name}' has no mock", hint=hint)
        error.__cause__ = above
        return error

    def _strayed(self, name: str, wanted: str) -> ValidationError | None:
        """Return the error of rows for all readers of what nobody reads, where this input may have been meant."""
        read = {one for node in self.order for one in self.inputs.names(node)}
        stray = {m.input: m for m in self.inputs.mocks if m.node is None and m.input not in read | {*self.inputs.nodes}}
        near = next((mock for one, mock in stray.items() if did_you_mean(one, [wanted]) is not None), None)
        if near is None:
            return None
        message = f"there are mock rows for '{near.input}', which is no node, and none for '{wanted}' of node '{name}'"
        return ValidationError(message, hint=f"did you mean '{wanted}'?", **near.locate(()))


def _root(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return error.message if isinstance(error, OdibiException) else str(error)


def _place(node: str, name: str) -> str:
    return f"{node} mock {name}"  # no node has such a name


def _outside(task: NodeTask, names: Collection[str]) -> ValidationError | None:
    """Return what is to be said of a node that would read what no mock can stand in for."""
    if files := literals_of(task):
        message = f"node '{task.name}' names the file '{files[0]}' in its SQL: no mock can stand in for it"
        return ValidationError(message, hint="read it in a node of its own: %%odibi_node NAME --read CONN:PATH")
    if task.is_python and not names:
        hint = f"give rows for its readers: %%odibi_mock, below it {task.name}: [{{column: value}}]"
        return ValidationError(f"node '{task.name}' has no input to mock and may read the outside world", hint=hint)
    return None
