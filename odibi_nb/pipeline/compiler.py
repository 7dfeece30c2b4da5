"""From a node's config to a task: dependencies inferred, functions and parameters checked, connections looked up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from odibi_nb.exceptions import (
    ConnectionError,  # noqa: A004
    DependencyError,
    OdibiException,
    SourceNotFoundError,
    TransformError,
    ValidationError,
    did_you_mean,
)
from odibi_nb.pipeline.bad_rows import bad_rows_query, meaning_in_test, name_of_test
from odibi_nb.pipeline.statements import compile_statement, parameter_values
from odibi_nb.registry import Functions, bind_arguments, is_node_function
from odibi_nb.registry.signatures import signature_of
from odibi_nb.runner.tasks import (
    NOWHERE,
    BadRowsQuery,
    Dependency,
    FunctionStep,
    NodeTask,
    OperationStep,
    Place,
    SqlStep,
    Step,
)
from odibi_nb.sql.operations import check_operation, operation_parameters

if TYPE_CHECKING:
    from odibi_nb.config import CheckConfig, NodeConfig, ReadConfig, TransformStep, WriteConfig
    from odibi_nb.connections import BaseConnection
    from odibi_nb.engine.base import Source, Target
    from odibi_nb.sql import SqlFacts

__all__ = ["Compiler", "UnconfiguredError", "connected", "source_of"]


@dataclass(frozen=True)
class Compiler:
    """Knows what names in a node can mean.

    names: the nodes there are. params: values for `$name` in SQL and for function parameters with defaults.
    root: the folder that `sql_file` paths start from. open_names: an undeclared name is a dependency still
    to be declared (a notebook's cells come in any order), not an error, unless `is_frame` says that it is
    a DataFrame of the notebook.
    """

    functions: Functions
    names: Collection[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    root: Path = field(default_factory=Path.cwd)
    open_names: bool = False
    is_frame: Callable[[str], bool] = lambda name: False

    def compile(
        self, config: NodeConfig, place: Place = NOWHERE, *, bodies: Sequence[Place] = (), tests: Sequence[Place] = ()
    ) -> NodeTask:
        """Return the node's task, without source and target (see `connected`).

        place: where the node stands. bodies, tests: where the text of each step and of each data test does, when
        that is known by the line.
        Raises TransformError, ParameterError, DependencyError at the place.
        """
        try:
            return self._compile(config, place, bodies, tests)
        except OdibiException as exc:
            raise place.of(exc, config.name) from exc.__cause__

    def _compile(self, config: NodeConfig, place: Place, bodies: Sequence[Place], tests: Sequence[Place]) -> NodeTask:
        found = _Found()
        for name in config.depends_on:
            found.add(name, "depends_on")
        for alias, given in config.inputs.items():
            if isinstance(given, str):
                found.add(given, f"input {alias}")
        has_start = bool(config.read or config.inputs or config.depends_on)
        steps = tuple(
            self._step(step, config, found, _nth(bodies, number, place), has_current=has_start or number > 0)
            for number, step in enumerate(config.transform.steps if config.transform else ())
        )
        queries = tuple(
            self._bad_rows(sql, test, fails, config, found, _nth(tests, number, place))
            for number, (test, fails) in enumerate(_tests(config))
            if (sql := bad_rows_query(test, config.name)) is not None
        )
        if not (steps or has_start):
            raise ValidationError(f"node '{config.name}' has nothing to write", hint="give it a read, or depends_on")
        if config.process and not any(isinstance(step, FunctionStep) for step in steps):
            hint = "SQL runs in DuckDB's own threads: leave 'process' out"
            raise TransformError("'process: true' is for Python, and the node has none", hint=hint)
        return NodeTask(
            name=config.name,
            kind=_kind(config, steps),
            dependencies=tuple(d if self._declared(d.name) else replace(d, resolved=False) for d in found),
            steps=steps,
            checks=tuple((test, fails) for test, fails in _tests(config) if bad_rows_query(test, config.name) is None),
            queries=queries,
            returns=config.returns,
            materialize=config.materialize,
            process=config.process,
            enabled=config.enabled,
            fail_fast=config.on_error == "fail_fast",
            place=place,
        )

    def _step(self, step: TransformStep, config: NodeConfig, found: _Found, body: Place, *, has_current: bool) -> Step:
        if step.function is not None or step.operation is not None:
            try:
                return self._call(step, config, found, body, has_current=has_current)
            except OdibiException as exc:
                raise body.of(exc, config.name) from exc.__cause__
        if step.sql_file is not None:
            text, place = self._sql_file(step.sql_file)
            return self._sql(text, step, config, found, place, has_current)
        return self._sql(step.sql or "", step, config, found, body, has_current)

    def _call(self, step: TransformStep, config: NodeConfig, found: _Found, body: Place, *, has_current: bool) -> Step:
        if step.operation is None:
            return self._function(step, config, found, body, has_current)
        check_operation(step.operation, step.params)
        values = parameter_values(operation_parameters(step.operation, step.params), self.params)
        return OperationStep(step.operation, step.params, body, values)

    def _sql_file(self, path: str) -> tuple[str, Place]:
        file = self.root / path
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as exc:
            raise SourceNotFoundError(
                f"sql_file '{path}' can't be read: {exc.strerror}", hint=f"paths start at {self.root}"
            ) from exc
        return text, Place(file=str(file), lines=tuple(text.splitlines()))

    def _sql(
        self, text: str, step: TransformStep, config: NodeConfig, found: _Found, place: Place, has_current: bool
    ) -> SqlStep:
        def meaning(facts: SqlFacts) -> tuple[dict[str, str], bool]:
            return self._tables(facts, config, found, place, has_current=has_current)

        params = {**self.params, **step.params}
        return compile_statement(text, meaning, params=params, root=self.root, place=place)

    def _bad_rows(
        self, sql: str, test: CheckConfig, fails: bool, config: NodeConfig, found: _Found, place: Place
    ) -> BadRowsQuery:
        meaning = meaning_in_test(test, config, [dependency.name for dependency in found])
        step = compile_statement(sql, meaning, params=self.params, root=self.root, place=place)
        return BadRowsQuery(name_of_test(test), config.name, step, fails)

    def _tables(
        self, facts: SqlFacts, config: NodeConfig, found: _Found, place: Place, *, has_current: bool
    ) -> tuple[dict[str, str], bool]:
        """Return the upstream nodes by the names that the SQL uses; whether it reads `df`."""
        aliases = {alias.casefold(): alias for alias in config.inputs}
        inputs: dict[str, str] = {}
        reads_current = False
        for table in facts.tables:
            if table.name.casefold() == "df" and has_current:
                reads_current = True
            elif (alias := aliases.get(table.name.casefold())) is not None:
                inputs[table.name] = alias
            elif (name := self._declared(table.name)) is None and self.is_frame(table.name):
                raise TransformError(
                    f"'{table.name}' is a DataFrame of the notebook, not a node",
                    hint=f"make it a node: %%odibi_node NAME, with the body {table.name}",
                    line=table.line,
                )
            elif name is not None or self.open_names:
                inputs[table.name] = name or table.name
                found.add(name or table.name, f"{table.clause}, line {table.line + place.first_line - 1}")
            else:
                raise _unknown_table(table, config.name, self.names)
        return inputs, reads_current

    def _function(
        self, step: TransformStep, config: NodeConfig, found: _Found, body: Place, has_current: bool
    ) -> FunctionStep:
        name = step.function or ""
        function = self.functions.get(name)
        reasons: Mapping[str, str] = getattr(function, "node_reasons", {})
        names = _Above(config.name, self.names, {*config.inputs, *(reasons if self.open_names else ())})
        params = {**self._params_for(function, step.params), **step.params}
        binding = bind_arguments(function, params, node_names=names, has_current=has_current, name=name)
        for argument in binding.nodes:
            if argument.node not in config.inputs:
                found.add(argument.node, reasons.get(argument.parameter, f"parameter {argument.parameter}"))
        return FunctionStep(name, function, binding, getattr(function, "place", body))

    def _declared(self, name: str) -> str | None:
        """Return a name as its node spells it, since SQL doesn't tell cases apart; None when there is no such node."""
        return name if name in self.names else self._by_fold.get(name.casefold())

    @cached_property
    def _by_fold(self) -> dict[str, str]:
        return {name.casefold(): name for name in self.names}

    def _params_for(self, function: Callable[..., Any], own: Mapping[str, Any]) -> dict[str, Any]:
        """Return the project's parameters that a node's own function takes."""
        names: Collection[str] = getattr(function, "parameters", ())
        if is_node_function(function):
            names = signature_of(function).named
        return {name: self.params[name] for name in names if name in self.params and name not in own}


class _Above(Collection[str]):
    """What a node's parameters may mean: other nodes, and names of its own. Fast when they are."""

    def __init__(self, node: str, names: Collection[str], own: Collection[str]) -> None:
        self._node, self._names, self._own = node, names, own

    def __contains__(self, name: object) -> bool:
        return name != self._node and (name in self._names or name in self._own)

    def __iter__(self) -> Iterator[str]:
        return (name for name in {*self._names, *self._own} if name != self._node)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Found:
    """Dependencies in the order in which they were found, each with its first reason."""

    def __init__(self) -> None:
        self._by_fold: dict[str, Dependency] = {}

    def add(self, name: str, reason: str) -> None:
        self._by_fold.setdefault(name.casefold(), Dependency(name, reason))

    def __iter__(self) -> Iterator[Dependency]:
        return iter(self._by_fold.values())


def connected(task: NodeTask, config: NodeConfig, connections: Mapping[str, BaseConnection]) -> NodeTask:
    """Return the task with its source and target looked up.

    Raises ConnectionError for a connection that isn't configured and a path that leaves it, FormatError for an
    unknown format.
    """
    if not (config.read or config.write or config.inputs):
        return task
    try:
        inputs: dict[str, str | Source] = {
            alias: given if isinstance(given, str) else source_of(given, connections)
            for alias, given in config.inputs.items()
        }
        source = source_of(config.read, connections) if config.read else None
        target = _target(config.write, connections) if config.write else None
    except OdibiException as exc:
        if isinstance(exc, UnconfiguredError) and task.place.cell is not None:
            exc.in_cells()
        raise task.place.of(exc, config.name) from exc.__cause__
    return replace(task, source=source, target=target, inputs=inputs)


def source_of(read: ReadConfig, connections: Mapping[str, BaseConnection]) -> Source:
    """Return what a `read` reads, looked up; raises what `connected` does."""
    from odibi_nb.engine.base import Source
    from odibi_nb.formats import format_of

    path, connection = _path(read), _connection(read.connection, connections)
    connection.get_path(path)
    return Source(connection, format_of(path, read.format), path, read.options)


def _target(write: WriteConfig, connections: Mapping[str, BaseConnection]) -> Target:
    from odibi_nb.engine.base import Target
    from odibi_nb.formats import format_of

    path = _path(write)
    options = {key: value for key, value in write.options.items() if key != "keys"}
    connection = _connection(write.connection, connections)
    connection.get_path(path)
    return Target(connection, format_of(path, write.format), path, str(write.mode), tuple(write.keys), options)


def _path(access: ReadConfig | WriteConfig) -> str:
    if access.path is None:
        raise ConnectionError(
            f"connection '{access.connection}' holds files: 'table' needs a database",
            hint="give 'path'; SQL databases are not built yet",
        )
    return access.path


class UnconfiguredError(ConnectionError):
    """A connection that a node names and nobody has configured."""

    def in_cells(self) -> Self:
        """Say where it is configured in a notebook."""
        if (self.hint or "").startswith("connections: "):
            self.hint = f"write a cell of two lines: %%odibi_project, and below it {self.hint}"
        return self


def _connection(name: str, connections: Mapping[str, BaseConnection]) -> Any:
    if name not in connections:
        known = ", ".join(connections) or "none"
        others = "…, " if connections else ""
        declared = f"connections: {{{others}{name}: {{type: local, base_path: ./data}}}}"
        raise UnconfiguredError(
            f"connection '{name}' is not configured; there are: {known}",
            hint=did_you_mean(name, connections) or declared,
        )
    return connections[name]


def _unknown_table(table: Any, node: str, names: Collection[str]) -> OdibiException:
    if table.name.casefold() == "df":
        return TransformError(
            "'df' is the current frame, and this node starts from nothing",
            hint="give it a read, or depends_on",
            line=table.line,
        )
    return DependencyError(
        f"node '{node}' reads '{table.name}', which is not declared",
        hint=did_you_mean(table.name, names),
        line=table.line,
    )


def _nth(bodies: Sequence[Place], number: int, place: Place) -> Place:
    return bodies[number] if number < len(bodies) else Place(place.cell, place.file, first_line=0)


def _tests(config: NodeConfig) -> list[tuple[CheckConfig, bool]]:
    """Return a node's data tests, each with whether a broken one fails the node."""
    validation = config.validation
    return [(test, (test.on_fail or validation.mode) == "fail") for test in validation.tests] if validation else []


def _kind(config: NodeConfig, steps: tuple[Step, ...]) -> Literal["source", "sql", "python", "sink", "pass"]:
    if any(isinstance(step, FunctionStep) for step in steps):
        return "python"
    if steps:
        return "sql"
    if config.read:
        return "source"
    return "sink" if config.write else "pass"
