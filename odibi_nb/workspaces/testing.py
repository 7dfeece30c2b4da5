"""Running unit tests: a node on the rows that its test gives, and what came out against what was expected."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.exceptions import (
    OdibiException,
    UnitTestFailed,
    UsageError,
    ValidationError,
    did_you_mean,
    plural,
    shortened,
)
from odibi_nb.matching import Difference, Sameness, compare_rows
from odibi_nb.runner.tasks import FunctionStep, NodeTask, OperationStep, Step
from odibi_nb.workspaces.given_rows import given_rows
from odibi_nb.workspaces.given_types import conflicts, guesses, pins

if TYPE_CHECKING:
    from odibi_nb.config.node_tests import ExpectedErrorConfig
    from odibi_nb.engine.base import Dataset
    from odibi_nb.engine.schema import Schema
    from odibi_nb.runner import NodeResult
    from odibi_nb.workspaces.given_types import GivenTypes
    from odibi_nb.workspaces.node_tests import NodeTest, ReadTest
    from odibi_nb.workspaces.trials import Tried
    from odibi_nb.workspaces.workspace import Workspace

__all__ = ["Verdict", "problems_of_tests", "run_test"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a unit test came out.

    status: "failed" when the node gave something else than expected, "error" when it raised or can't be tried.
    duration: seconds. error: what is to be raised for it. difference, schema: of rows that aren't as expected,
    and of the result. raised: the node's error where another one was expected. output: what the node printed.
    guessed: the inputs whose types only their rows told. notes: on types.
    """

    test: NodeTest
    status: Literal["passed", "failed", "error"] = "passed"
    duration: float = 0.0
    error: OdibiException | None = None
    difference: Difference | None = None
    schema: Schema = ()
    raised: OdibiException | None = None
    output: str = ""
    guessed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def run_test(workspace: Workspace, test: NodeTest) -> Verdict:
    """Run one test; whatever is wrong with it is in the verdict. No result of the workspace changes."""
    begun = time.perf_counter()
    try:
        read = test.read()
        verdict = _tested(workspace, test, read)
    except OdibiException as exc:
        if exc.where.line is None and exc.where.cell is None:
            exc.at(**test.place)
        verdict = Verdict(test, "error", error=exc.at(node=test.node, file=test.origin.file))
    if test.node in workspace.nodes:
        workspace.tests.note(test, workspace.nodes[test.node].declared, verdict.status)
    return replace(verdict, duration=time.perf_counter() - begun)


def problems_of_tests(workspace: Workspace) -> list[OdibiException]:
    """Return what keeps tests from being run, as far as it shows without running anything."""
    found: list[OdibiException] = []
    for test in workspace.tests.values():
        try:
            test.read()
            if not workspace.broken.declares(test.node):
                workspace.nodes[test.node]
        except OdibiException as exc:
            found.append(exc.at(**test.place))
    return found


def _tested(workspace: Workspace, test: NodeTest, read: ReadTest) -> Verdict:
    result, types = _tried(workspace, test, read)
    verdict = _judged(test, read, result)
    notes = conflicts(types)
    if verdict.status != "passed":
        notes += guesses(types)
    elif not workspace.nodes.task(test.node).is_python and any(one.unlike_guess for one in types):
        notes += _elsewhere(workspace, test, read, types)
    guessed = tuple(one.given.mock.input for one in types if one.doubtful)
    return replace(verdict, guessed=guessed, notes=tuple(notes))


def _elsewhere(workspace: Workspace, test: NodeTest, read: ReadTest, types: Iterable[GivenTypes]) -> list[str]:
    """Say so where a test passes only because something is known here of its inputs."""
    try:
        verdict = _judged(test, read, _tried(workspace, test, read, guess=True).result)
    except OdibiException as exc:
        verdict = Verdict(test, "error", error=exc)
    if verdict.error is None:
        return []
    message = shortened(verdict.error.message.partition("\n")[0])
    why = f"guessed from the rows, as where neither data nor a run tells them, it fails ({message})"
    return [f"it passes with the types known here; with types {why}. To have these everywhere: {pins(types)}"]


def _tried(workspace: Workspace, test: NodeTest, read: ReadTest, *, guess: bool = False) -> Tried:
    params = read.config.params
    with workspace.lock:
        task = workspace.nodes.task_with(test.node, params)
    if task.returns == "none":
        message = f"node '{test.node}' is a side effect, which only a run performs"
        raise UsageError(message, hint="test the nodes that it reads", **test.place)
    _check_params(task, params, read)
    try:
        given = given_rows(read, lambda: _mocks_of(workspace, test.node))
        return workspace.trials.try_given(test.node, given, params=params, guess=guess)
    except OdibiException as exc:
        if exc.where.line is None and exc.where.cell is None:
            exc.at(**read.place("given"))
        raise


def _mocks_of(workspace: Workspace, node: str) -> Mapping[str, Any]:
    """Return the mock rows of a node's inputs."""
    if mocks := workspace.trials.mocks_of(node):
        return mocks
    raise ValidationError(f"node '{node}' has no mocks", hint=f"declare them: %%odibi_mock {node}", node=node)


def _check_params(task: NodeTask, params: Iterable[str], read: ReadTest) -> None:
    taken = {name for step in (*task.steps, *(one.query for one in task.queries)) for name in _parameters(step)}
    for name in params:
        if name not in taken:
            hint = did_you_mean(name, taken) or f"its parameters: {', '.join(sorted(taken)) or 'none'}"
            where = read.place("params", name)
            raise UsageError(f"node '{task.name}' takes no parameter '{name}'", hint=hint, **where)


def _parameters(step: Step) -> Iterable[str]:
    if isinstance(step, FunctionStep):
        return step.binding.params
    return step.values if isinstance(step, OperationStep) else step.params


def _judged(test: NodeTest, read: ReadTest, result: NodeResult) -> Verdict:
    """Compare what came out with what was expected."""
    expect = read.config.expect
    if result.error is None and not result.success:
        verdict = _failed(test, read, f"the node was not run: {result.reason}")
    elif expect.error is not None:
        verdict = _judged_error(test, read, expect.error, result.error)
    elif result.error is not None:
        verdict = Verdict(test, "error", error=result.error)
    elif result.dataset is None or not result.dataset.schema:
        verdict = _failed(test, read, "the node returns no rows to compare", "only an error can be expected of it")
    elif expect.count is not None:
        verdict = _judged_count(test, read, expect.count, result.dataset.count())
    else:
        verdict = _judged_rows(test, read, expect.rows or [], result.dataset)
    return replace(verdict, output=result.output.text if result.output is not None else "")


def _judged_count(test: NodeTest, read: ReadTest, expected: int, count: int) -> Verdict:
    message = f"the result has {plural(count, 'row')}, not {expected:,}"
    return Verdict(test) if count == expected else _failed(test, read, message)


def _judged_error(
    test: NodeTest, read: ReadTest, expected: ExpectedErrorConfig, error: OdibiException | None
) -> Verdict:
    wanted = " ".join(filter(None, [expected.type, expected.message and f"'{expected.message}'"]))
    if error is None:
        return _failed(test, read, f"the node raised nothing where an error was expected: {wanted}")
    kinds = {kind.__name__ for kind in (*type(error.__cause__ or error).__mro__, type(error))}
    if (expected.type or type(error).__name__) in kinds and (expected.message or "") in error.message:
        return Verdict(test)
    is_spelt_so = (expected.message or "").casefold() in error.message.casefold()
    hint = "upper and lower case count" if is_spelt_so and (expected.message or "") not in error.message else None
    message = f"the node raised another error than the one expected: {wanted}"
    return replace(_failed(test, read, message, hint), raised=error)


def _judged_rows(test: NodeTest, read: ReadTest, expected: Sequence[Mapping[str, Any]], data: Dataset) -> Verdict:
    config = read.config
    names = [column.name for column in data.schema]
    columns = list(expected[0]) if expected else names
    for column in columns:
        if column not in names:
            hint = did_you_mean(column, names) or f"its columns: {', '.join(names)}"
            return _failed(test, read, f"the result has no column '{column}'", hint)
    if config.exact and columns != names:
        return _failed(test, read, _other_columns(columns, names))
    from odibi_nb.engine.values import python_values

    table = data.arrow().select(columns)
    got = list(zip(*map(python_values, table.columns), strict=True))
    rows = [tuple(row[column] for column in columns) for row in expected]
    same = Sameness(config.tolerance, strict=config.exact)
    difference = compare_rows(columns, rows, got, same, ordered=config.ordered)
    if not difference:
        return Verdict(test)
    schema = tuple(data.schema[names.index(column)] for column in columns)
    numbers = [*(pair.number for pair in difference.pairs), *(number for number, _ in difference.missing)]
    verdict = _failed(test, read, difference.summary, row=min(numbers, default=0))
    return replace(verdict, difference=difference, schema=schema)


def _other_columns(expected: Sequence[str], got: Sequence[str]) -> str:
    """Say in what the columns of a result aren't exactly those expected, which are all there."""
    if more := [column for column in got if column not in expected]:
        return f"the result has more columns than expected: {', '.join(more)}"
    return f"the columns come in another order than expected: {', '.join(got)}"


def _failed(test: NodeTest, read: ReadTest, message: str, hint: str | None = None, *, row: int = 0) -> Verdict:
    """Say what isn't as expected, at the line of `expect`, or of its nth row."""
    path = ["expect", *([] if isinstance(read.document.data["expect"], list) else ["rows"]), row - 1]
    where = {**read.place(*(path if row else path[:1])), "node": test.node, "file": test.origin.file}
    return Verdict(test, "failed", error=UnitTestFailed(message, hint=hint, **where))
