"""What a run will make of its results, told before it runs by what decides when it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from odibi_nb.engine.base import Readers, Source
from odibi_nb.engine.foresight import as_input, literal_inputs, shape_of_kept, shape_of_read, watched_literals
from odibi_nb.engine.policy import (
    ABOUT,
    BYTES_PER_CELL,
    FUSED,
    SLIGHT_BYTES,
    SMALL_ROWS,
    Choice,
    Input,
    Shape,
    shape_of,
)
from odibi_nb.engine.recalled import Recalled
from odibi_nb.exceptions import OdibiException
from odibi_nb.formats.bytestreams import without_compression
from odibi_nb.runner.overlap import targets_of
from odibi_nb.runner.reading import readers_of, writes_in
from odibi_nb.runner.schedule import Schedule
from odibi_nb.runner.tasks import FunctionStep, NodeTask, OperationStep, Step
from odibi_nb.sql import analyze
from odibi_nb.sql.functions import ROW_MAKERS
from odibi_nb.sql.operations import BLOCKING, operation_sql

if TYPE_CHECKING:
    from odibi_nb.engine.base import Dataset, Engine, Form
    from odibi_nb.workspaces.jobs import Job
    from odibi_nb.workspaces.kept import KeptResults
    from odibi_nb.workspaces.plan import Plan, PlannedNode

__all__ = ["with_forms"]

_MOST_CASES = 1024
_NAMES = 3
_FEW, _MANY, _HUGE = 0, SMALL_ROWS + 1, 10**15
_NOT_SLIGHT = SLIGHT_BYTES // BYTES_PER_CELL + 1
# What gives more rows than it is given.
_GROWS = re.compile(r"\b(?:range|generate_series|repeat\w*|" + "|".join(sorted(ROW_MAKERS)) + r")\s*\(", re.IGNORECASE)

Cases = tuple[Input, ...]
"""What a result may turn out to be; where there is one case, that is known."""


def _tables(most_bytes: int) -> Cases:
    """Return what a table of an unknown number of rows may turn out to be."""
    largest = max(_MANY, most_bytes // BYTES_PER_CELL)
    return tuple(
        Input(rows=rows, columns=1) for rows in dict.fromkeys((_FEW, _MANY, min(_NOT_SLIGHT, largest), largest))
    )


_NOTHING: Mapping[str, Cases] = {}
_FRAME = _tables(_HUGE)
# A view of an earlier session, which is bound anew only once it is needed.
_VIEW: Cases = (Input(lazy=True, depth=1), Input(lazy=True, depth=1, file_bytes=_HUGE, parses=True))


def with_forms(job: Job, engine: Engine, results: KeptResults) -> Plan:
    """Return the plan of a run with what becomes of each result, and why; results: the last ones."""
    if engine.choose(Shape(), Readers()) is None:
        return job.plan
    foresight = _Foresight(job, engine, results)
    for task in job.tasks:
        foresight.look_at(task)
    return tuple(foresight.told(one) for one in job.plan)


class _Foresight:
    """The results of a run, as far as they are known before it."""

    def __init__(self, job: Job, engine: Engine, results: KeptResults) -> None:
        self._options, self._look, self._engine, self._results = job.options, job.look, engine, results
        self._schedule = Schedule(job.tasks, job.done)
        self._targets = targets_of(task for task in job.tasks if writes_in(task, job.options))
        self._cases: dict[str, Cases] = {name: _cases_of(data) for name, data in job.given.items()}
        self._told: dict[str, tuple[Form | None, str]] = {}

    def told(self, planned: PlannedNode) -> PlannedNode:
        if planned.action != "run" or planned.name not in self._told:
            return planned
        form, reason = self._told[planned.name]
        if reason == FUSED:
            reason = f"fused into {', '.join(self._schedule.readers(planned.name)) or 'its tests'}"
        return replace(planned, form=form, form_reason=reason)

    def look_at(self, task: NodeTask) -> None:
        """Foresee a task's result; what it reads has been looked at before."""
        readers = readers_of(task, self._schedule, self._options, self._targets)
        inner = Readers(count=1, snapshot=readers.snapshot)
        current = self._start(task, inner if task.steps else readers, inner)
        for number, step in enumerate(task.steps, start=1):
            final = number == len(task.steps)
            current = self._step(task, step, current, readers if final else inner)
        is_python = bool(task.steps) and isinstance(task.steps[-1], FunctionStep)
        if is_python and task.returns == "frame" and readers.overrule == "store":
            self._told[task.name] = "store", "materialize: store"
        self._cases.setdefault(task.name, current)

    def _start(self, task: NodeTask, readers: Readers, inner: Readers) -> Cases:
        if task.source is not None:
            return self._read(task.source, readers, "" if task.steps else task.name)
        first = next(iter(task.inputs), None) or next(iter(task.depends_on), None)
        return self._input(task, first, inner) if first is not None else _FRAME

    def _input(self, task: NodeTask, name: str, inner: Readers) -> Cases:
        given = task.inputs.get(name, name)
        return self._read(given, inner) if isinstance(given, Source) else self._cases.get(given, _FRAME)

    def _read(self, source: Source, readers: Readers, name: str = "") -> Cases:
        try:
            size = sum(file.size_bytes for file in source.files())
        except OdibiException:  # the run will say it
            return _FRAME
        if not source.format.is_scanned:
            return _FRAME
        kept = self._engine.snapshots.find(source, source.files())
        shape = shape_of_read(source, size) if kept is None else shape_of_kept(kept)
        view = Input(lazy=True, file_bytes=size, parses=shape.reparses)
        # A row of text is a character and the end of a line, at least.
        few = shape.reparses and size // 2 <= SMALL_ROWS and without_compression(source.path) == source.path
        return self._made(name, [(shape, view)], readers, (Input(rows=_FEW),) if few else _tables(shape.bytes_below))

    def _step(self, task: NodeTask, step: Step, current: Cases, readers: Readers) -> Cases:
        inner = Readers(count=1, snapshot=readers.snapshot)
        name = task.name if step is task.steps[-1] else ""
        if isinstance(step, FunctionStep):
            return self._as_before(name) or _FRAME
        if isinstance(step, OperationStep):
            return self._made(name, [_of_operation(step, read) for read in current], readers, _tables(_HUGE))
        above = {alias: self._input(task, node, inner) for alias, node in step.inputs.items()}
        above |= {"df": current} if step.reads_current else {}
        if prod(map(len, above.values())) > _MOST_CASES:
            self._told[name] = None, _undecided(["view", "table", "store"], above)
            return _FRAME
        literals = literal_inputs(watched_literals(step.facts))
        found = []
        for read in product(*above.values()):
            shape = shape_of(step.facts, dict(zip(above, read, strict=True)), literals)
            found.append((shape, _view_of(shape, (*read, *literals))))
        grows = _GROWS.search(step.facts.statement) is not None or any(shape.joins for shape, _ in found)
        most = max(shape.bytes_below for shape, _ in found)
        return self._made(name, found, readers, _tables(_HUGE if grows or not most else most), above)

    def _made(
        self,
        name: str,
        found: Sequence[tuple[Shape, Input]],
        readers: Readers,
        kept: Cases,
        above: Mapping[str, Cases] = _NOTHING,
    ) -> Cases:
        """Decide in each case; return what the result may be then. kept: that is, as a table or file."""
        kept = self._as_before(name) or kept
        choices, cases = dict[Choice, None](), dict[Input, None]()
        for shape, view in found:
            choice = self._engine.choose(shape, readers)
            assert choice is not None  # noqa: S101 - see `with_forms`
            choices[choice] = None
            cases.update(dict.fromkeys([view] if choice.form == "view" else kept))
        forms = {choice.form for choice in choices}
        reason = _undecided(forms, above) if len(forms) > 1 else _united(choice.reason for choice in choices)
        self._told[name] = forms.pop() if len(forms) == 1 else None, reason
        return tuple(cases)

    def _as_before(self, name: str) -> Cases | None:
        """Return what a node's result will be if it has the same rows again, as far as that is known."""
        kept = self._results.kept(name)
        if kept is None or self._look is None or self._look.varies(name):
            return None
        data = kept.result.dataset
        if data is None or data.known_rows is None or kept.fingerprint.rows != self._look.rows(name):
            return None
        return (Input(rows=data.known_rows, columns=len(data.schema)),)


def _cases_of(data: Dataset) -> Cases:
    """Return what a result at hand is to a query; rows that are still to be fetched stay where they are."""
    if not isinstance(data, Recalled):
        return (as_input(data),)
    return _VIEW if data.lazy else (Input(rows=data.known_rows, columns=len(data.schema)),)


def _view_of(shape: Shape, read: Sequence[Input]) -> Input:
    files = sum(one.file_bytes for one in read if one.lazy)
    return Input(lazy=True, depth=shape.depth, scans=shape.scans, file_bytes=files, parses=shape.reparses)


def _of_operation(step: OperationStep, read: Input) -> tuple[Shape, Input]:
    """Return the shape of an operation; only a filter's SQL is known before the columns are."""
    if step.name == "filter":
        shape = shape_of(analyze(operation_sql(step.name, step.params, ())), {"df": read})
    else:
        shape = Shape(
            small=read.is_small,
            blocking=step.name in BLOCKING,
            only_table=step.name == "pivot",
            reparses=read.parses,
            depth=1 + read.depth,
            scans=read.scans,
            bytes_below=read.memory_bytes,
        )
    return shape, _view_of(shape, [read])


def _united(reasons: Iterable[str]) -> str:
    """Return the reasons of which one will be it."""
    found = dict.fromkeys(reasons)
    return " or ".join(found if len(found) == 1 else dict.fromkeys(one.partition(ABOUT)[0] for one in found))


def _undecided(forms: Iterable[str], above: Mapping[str, Cases]) -> str:
    """Say what a result may become, and by which results that will be decided."""
    names = [name for name, cases in above.items() if name != "df" and len(cases) > 1]
    listed = f"{', '.join(names[:_NAMES])}{'…' if len(names) > _NAMES else ''}"
    return f"{' or '.join(sorted(forms))}: decided when it runs{f', by the rows of {listed}' if names else ''}"
