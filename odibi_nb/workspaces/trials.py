"""Nodes on mock rows: what is run, and what is said of the results, which never mix with real ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from odibi_nb.engine.base import Readers, Source
from odibi_nb.exceptions import OdibiException, UnknownNameError
from odibi_nb.pipeline.mocks import mocked
from odibi_nb.runner import Listener, NodeResult, NodeTask, RunOptions, RunOutcome
from odibi_nb.workspaces.declared import CellOrigin
from odibi_nb.workspaces.given_types import GivenTypes, types_of
from odibi_nb.workspaces.inferred_schemas import InferredSchemas
from odibi_nb.workspaces.jobs import Job
from odibi_nb.workspaces.mock_cell import mocks_of_cell
from odibi_nb.workspaces.mock_data import explain_left_out, given_table, left_out_of, mock_dataset
from odibi_nb.workspaces.mock_plan import plan_mocks
from odibi_nb.workspaces.mock_search import Given, MockedInputs, MockSearch
from odibi_nb.workspaces.mocks import Mock, Mocks, are_rows
from odibi_nb.workspaces.nodes import Nodes
from odibi_nb.workspaces.result import Result
from odibi_nb.workspaces.runs import Runs

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset
    from odibi_nb.engine.schema import Schema
    from odibi_nb.workspaces.capturing import CaptureRequest
    from odibi_nb.workspaces.masking import Mask

__all__ = ["MOCK", "DeclaredMocks", "Trial", "Trials", "Tried"]

MOCK = "MOCK"


@dataclass(frozen=True, slots=True)
class Trial:
    """A run on mock rows, ready to be executed.

    order: all nodes that it tells of. told: results that need no run. left_out: columns that the mocks of a node's
    inputs leave out, by node: (what the rows are called, column). types: of given rows. kept: its results are to be
    looked at later on.
    """

    job: Job
    order: Sequence[str]
    told: Mapping[str, NodeResult] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    types: Sequence[GivenTypes] = ()
    kept: bool = True


class Tried(NamedTuple):
    """What a node gave on given rows, and the types that these had."""

    result: NodeResult
    types: Sequence[GivenTypes]


class DeclaredMocks(NamedTuple):
    """What a mock cell has declared: the node (None: for all readers), its inputs, and what is doubtful."""

    node: str | None
    inputs: Sequence[str]
    notes: Sequence[str]


class Trials:
    """The mocks of a workspace, and runs on them; `trials["by_region"]` is what a node gave on its mocks."""

    def __init__(self, nodes: Nodes, runs: Runs, lock: threading.RLock) -> None:
        self._nodes, self._runs, self._lock = nodes, runs, lock
        self.mocks = Mocks()
        self._broken: list[tuple[str | None, OdibiException]] = []
        self._mask: Mask | None = None
        self._results: dict[str, NodeResult] = {}
        self._schemas = InferredSchemas(nodes, runs)

    def __getitem__(self, name: str) -> Result:
        """Return a node's last rows on mocks; raises UnknownNameError."""
        result = self.result(name)
        return Result(result, name, result.status)

    def result(self, name: str) -> NodeResult:
        """Return the record of a node's last run on mocks; raises UnknownNameError."""
        if name not in self._results:
            hint = f"%odibi run {self._nodes[name].name} --mock"
            raise UnknownNameError(f"node '{name}' never ran on mock rows", hint=hint, node=name)
        return self._results[name]

    def drop_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """Forget the mocks of deleted cells; return what they were for."""
        with self._lock:
            return self.mocks.drop_cells(cell_ids)

    def forget(self, name: str) -> None:
        """Forget what a node gave on mocks; the mocks stay, as their cells do."""
        self._results.pop(name, None)
        self._schemas.forget(name)

    def declare(self, mocks: Iterable[Mock]) -> list[str]:
        """Take in mocks, as far as they can be checked now; return what is doubtful."""
        with self._lock:
            mocks = list(mocks)
            for mock in mocks:
                self._check(mock)
            return self.mocks.put(mocks)

    def declare_cell(self, line: str, cell: str, origin: CellOrigin, *, magic_line: int = 1) -> DeclaredMocks:
        """Take in the mocks of a `%%odibi_mock` cell; raises at the cell's line, and then nothing has changed."""
        mocks = mocks_of_cell(line, cell, origin, magic_line=magic_line)
        return DeclaredMocks(mocks[0].node, [mock.input for mock in mocks], self.declare(mocks))

    def put_aside(self, line: str, cell: str, origin: CellOrigin, *, magic_line: int = 1) -> None:
        """Take in a mock cell that may never be needed: what is wrong with it can wait until it is (see `problems`)."""
        try:
            self.mocks.put(mocks_of_cell(line, cell, origin, magic_line=magic_line))
        except OdibiException as exc:
            first = line.split(maxsplit=1)[:1]  # an option comes first where the mock is for all readers
            self._broken.append(
                (first[0] if first and first[0].isidentifier() else None, exc.at(cell=origin.label, file=origin.file))
            )

    @property
    def unread(self) -> list[OdibiException]:
        """What is wrong with mock cells that couldn't be read."""
        return [error for _, error in self._broken]

    def problems(self) -> list[OdibiException]:
        """Return what is wrong with the mocks, as far as it can be told before they are used."""
        found = self.unread
        for mock in self.mocks:
            try:
                self._check(mock)
            except OdibiException as exc:
                found.append(exc.at(node=mock.node, cell=mock.origin.label, file=mock.origin.file))
        return found

    def try_node(self, name: str, *, auto: bool = False, listeners: Iterable[Listener] = ()) -> NodeResult:
        """Run one node on its mocks, and keep the result apart.

        auto: rows are made up for what has no mock. Raises ValidationError for an input without rows; a node that
        fails is in the result.
        """
        return self.execute(lambda: self.prepare([name], RunOptions(), auto=auto, alone=True), listeners).of(name)

    def try_given(
        self, name: str, given: Mapping[str, Any], *, params: Mapping[str, Any] | None = None, guess: bool = False
    ) -> Tried:
        """Run one node on given rows alone, see `prepare_given`; nothing is kept."""
        types: list[GivenTypes] = []

        def prepare() -> Trial:
            trial = self.prepare_given(self._nodes.task_with(name, params or {}), given, guess=guess)
            types.extend(trial.types)
            return trial

        return Tried(self.execute(prepare).of(name), types)

    def durations(self, names: Iterable[str]) -> dict[str, float]:
        """Return the seconds that nodes took on mocks the last time that they gave rows, of those that did."""
        with self._lock:
            found = {name: self._results.get(name) for name in names}
        return {name: result.duration for name, result in found.items() if result is not None and result.rows_stand}

    def execute(self, prepare: Callable[[], Trial], listeners: Iterable[Listener] = ()) -> RunOutcome:
        """Run what `prepare` returns; failures and an interrupt are in the outcome."""
        with self._runs.exclusively():
            self._nodes.set_up()
            with self._lock:
                trial = prepare()
            outcome = self._runs.execute(trial.job, listeners)
            with self._lock:
                self._finish(trial, outcome)
        if outcome.listener_error is not None:
            raise outcome.listener_error
        return outcome

    def capture(self, request: CaptureRequest) -> str:
        """Return the text of a `%%odibi_mock` cell with a few of a node's real input rows."""
        from odibi_nb.workspaces.capturing import captured_cell
        from odibi_nb.workspaces.masking import Mask

        with self._runs.exclusively(), self._lock:
            self._mask = self._mask or Mask()
            return captured_cell(request, self._nodes, self._runs, self._mask)

    def mocks_of(self, name: str) -> dict[str, Mock]:
        """Return the mocks of a node's inputs, as `Workspace.try_node` takes them; an input may have none."""
        with self._lock:
            inputs = self._inputs([name])
            found = {one: inputs.written(name, one) for one in inputs.names(name)}
            return {one: given.mock for one, given in found.items() if given is not None}

    def gaps(self, name: str) -> list[str]:
        """Return the inputs of a node that it has no mock rows for."""
        return MockSearch(self._inputs([name]), [name]).gaps(name)

    def prepare(self, names: Collection[str], options: RunOptions, *, auto: bool = False, alone: bool = False) -> Trial:
        """Return the run of the named nodes on mocks; auto: rows are made up for what has none.

        alone: see `MockedInputs`. Raises ValidationError for an input without rows.
        """
        plan = plan_mocks(names, self._inputs(self._nodes.with_upstream(names), auto=auto, alone=alone))
        given = {place: mock_dataset(one, self._runs.engine) for place, one in plan.given.items()}
        told = {name: _stand_in(name, given[place]) for name, place in plan.stand_ins.items()}
        told |= {name: _not_performed(name) for name in plan.side_effects}
        given |= {name: _nothing() for name in plan.side_effects}
        left_out = {
            name: [column for place in places.values() for column in left_out_of(plan.given[place], given[place])]
            for name, places in plan.inputs.items()
        }
        job = Job(tuple(plan.tasks), replace(options, write=frozenset()), given)
        return Trial(job, plan.order, told, left_out)

    def prepare_given(self, task: NodeTask, rows: Mapping[str, Any], *, guess: bool = False) -> Trial:
        """Return the run of one task on given rows alone; raises ValidationError for an input without any.

        rows: by input, as `mock_table` takes them, a frame, or a Mock. guess: as if nothing were known of the inputs.
        """
        name, inputs = task.name, self._inputs()  # its rows are given: no mock is asked for
        mocks = {one: given if isinstance(given, Mock) else Mock(one, given) for one, given in rows.items()}
        for one, mock in mocks.items():
            inputs.check(replace(mock, input=one, node=name))
        task = mocked(task, self._nodes[name].config, mocks)
        found = {one: Given(one, mock, None if guess else inputs.schema(name, one)) for one, mock in mocks.items()}
        data = {one: mock_dataset(given, self._runs.engine) for one, given in found.items()}
        left_out = [column for one, given in found.items() for column in left_out_of(given, data[one])]
        sql = {one for one in found if one != name and self._schemas.is_told_by_sql(one)}
        types = [types_of(given, data[one], settled=one in sql) for one, given in found.items()]
        job = Job((task,), RunOptions(write=frozenset()), data)
        return Trial(job, [name], left_out={name: left_out}, types=types, kept=False)

    def _finish(self, trial: Trial, outcome: RunOutcome) -> None:
        """Put every node of the trial into the outcome, each with its badge."""
        results = {name: trial.told.get(name) or outcome.results[name] for name in trial.order}
        for name, result in results.items():
            result.badges = (MOCK,)
            explain_left_out(result, trial.left_out.get(name, ()))
            if trial.kept and name in self._nodes:
                self._results[name] = result
        outcome.results = results

    def clear(self) -> None:
        self.mocks.clear()
        self._broken.clear()
        self._results.clear()
        self._schemas.clear()

    def _inputs(self, asked: Collection[str] = (), *, auto: bool = False, alone: bool = False) -> MockedInputs:
        """Return what mocks are looked up in; asked: the nodes that need theirs, raises where these can't be read."""
        for node, error in self._broken:
            if node in asked or (node is None and asked):
                raise error
        sources = self._source_schema if auto else None
        return MockedInputs(self._nodes, self.mocks, self._schemas, sources, alone)

    def _check(self, mock: Mock) -> None:
        # Looking at files takes long for a mock that may never be used.
        inputs = MockedInputs(self._nodes, self.mocks, self._runs.schemas)
        inputs.check(mock)
        node = mock.node if mock.node in self._nodes else None
        schema = inputs.schemas.of_result(mock.input) if node is None else inputs.schema(node, mock.input)
        given = Given("", mock, schema)
        if are_rows(mock.rows):  # needs no engine, which is not made for a look
            given_table(given)
        else:
            mock_dataset(given, self._runs.engine)

    def _source_schema(self, node: str, name: str) -> Schema:
        """Ask a source for its columns; of its rows nothing is shown."""
        task = self._nodes.ready(node)
        source = task.source if name == node else task.inputs[name]
        assert isinstance(source, Source)  # noqa: S101 - what is no result is read
        return self._runs.engine.read(source, f"{node} columns {name}", Readers(overrule="view")).schema


def _stand_in(name: str, data: Dataset) -> NodeResult:
    return NodeResult(name, "completed", dataset=data, notes=("these are its mock rows; it wasn't run",))


def _not_performed(name: str) -> NodeResult:
    return NodeResult(name, "skipped", reason="a side effect is not performed on mocks")


def _nothing() -> Dataset:
    """Return what a node that isn't performed gives to those that read it."""
    from odibi_nb.engine.values import ObjectDataset

    return ObjectDataset(None)
