"""Fingerprints of declared nodes: what a declaration fixes is read once, what may change meanwhile at each look."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from types import CodeType
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.as_function import as_function
from odibi_nb.exceptions import OdibiException
from odibi_nb.fingerprints import Fingerprint, Value, Values, imports_of
from odibi_nb.fingerprints.code import normal_python, normal_sql
from odibi_nb.runner.overlap import Read, literals_of, sources_of
from odibi_nb.runner.tasks import FunctionStep, NodeTask, OperationStep, SqlStep, Step
from odibi_nb.workspaces.functions import CellFunction, GivenFunction
from odibi_nb.workspaces.source_functions import SourceFunction
from odibi_nb.workspaces.stamps import StampLook, Stamps

if TYPE_CHECKING:
    from odibi_nb.config import NodeConfig
    from odibi_nb.workspaces.declared import DeclaredNode
    from odibi_nb.workspaces.nodes import Nodes

__all__ = ["Fingerprints", "Look"]

_NO_VALUE = Value("", "")


@dataclass(frozen=True, slots=True)
class _Fixed:
    """What holds until the node is compiled anew.

    functions: the node's functions that are not in its own text, to be looked at each time; names: what its text
    takes from the notebook, or, where its text stands in a module, from there: namespace; imports: the code of its
    text, if that imports anything. tests: its data tests, which change no rows.
    """

    task: NodeTask
    depends_on: tuple[str, ...]
    code: str
    options: Mapping[str, str]
    params: Mapping[str, Value]
    functions: Mapping[str, Callable[[], Any]]
    names: frozenset[str]
    imports: tuple[CodeType, ...]
    reads_files: bool
    outside: str
    varies: bool
    namespace: Callable[[], dict[str, Any]] | None
    digest: bytes
    tests: bytes


@dataclass(slots=True)
class _Moving:
    """What may be another at each look."""

    helpers: dict[str, Value] = field(default_factory=dict)
    files: dict[str, object] = field(default_factory=dict)

    @property
    def digest(self) -> bytes:
        if not self.helpers and not self.files:
            return b""
        return repr(([(name, value.digest) for name, value in self.helpers.items()], self.files)).encode()


class Fingerprints:
    """Fingerprints of a workspace's nodes.

    engine: its name and version, and settings. stamps: how versions of source files are told apart.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._process = uuid.uuid4().hex
        self._fixed: dict[str, _Fixed] = {}
        self.stamps = Stamps()
        self.engine = ""

    def look(self, names: Iterable[str]) -> Look:
        """Return what the nodes stand for now; names: in topological order, with all that is above them."""
        fixed = [known for name in names if (known := self._known(name)) is not None]
        return Look(self, fixed, self.stamps.look())

    def _known(self, name: str) -> _Fixed | None:
        """Return what a node's declaration fixes, read again only when it was compiled anew.

        None for one that can't run: it has nothing that could be fresh.
        """
        try:
            task = self._nodes.ready(name)
        except OdibiException:
            return None
        known = self._fixed.get(name)
        if known is None or known.task is not task:
            known = self._fixed[name] = _fix(task, self._nodes[name], Values(self._process))
        return known

    @property
    def process(self) -> str:
        return self._process

    def go_on_as(self, process: str) -> None:
        """Take what reads the outside world for the same as in another process, whose run goes on here."""
        if process != self._process:
            self._process = process
            self._fixed.clear()

    def forget_outside(self) -> None:
        """Take what reads the outside world for another than before, as in a new process."""
        self._process = uuid.uuid4().hex
        self._fixed.clear()

    def variables(self) -> Mapping[str, Any]:
        """Return the notebook's globals; none where defining them fails, which a run will tell."""
        try:
            return self._nodes.variables()
        except OdibiException:
            return {}


class Look:
    """The nodes' fingerprints at one moment; what several use is read once."""

    def __init__(self, fingerprints: Fingerprints, fixed: Iterable[_Fixed], stamps: StampLook) -> None:
        self._all, self._values = fingerprints, Values(fingerprints.process)
        self._variables: Mapping[str, Any] | None = None
        self._named: dict[tuple[str, int], Value] = {}
        self._fixed: dict[str, _Fixed] = {}
        self._moving: dict[str, _Moving] = {}
        self._digests: dict[str, str] = {}
        self._rows: dict[str, bytes] = {}
        self._varying: set[str] = set()
        self._stamps = stamps
        self._engine = blake2b(fingerprints.engine.encode(), digest_size=8).digest()
        for one in fixed:
            self._take(one)

    def after_run(self, *, has_read: bool = True) -> Look:
        """Return the same with the notebook's values of now: what a run itself has done to them is no edit.

        A function that remembers what it has fetched would be out of date as soon as it has run. has_read: the run has
        computed something; what it has read of files that somebody has replaced meanwhile isn't known.
        """
        if has_read:
            self._stamps.note_changed(one.task for one in self._fixed.values() if one.reads_files)
        return Look(self._all, self._fixed.values(), self._stamps)

    def look_again(self, name: str, reads: Iterable[Read]) -> None:
        """Take for one node files as they are now, which shows in the look after the run; see `StampLook`."""
        self._stamps.look_again(name, reads)

    @property
    def digests(self) -> Mapping[str, str]:
        """The digest of each node that can run, in topological order."""
        return self._digests

    def digest(self, name: str) -> str:
        """Return a node's digest; "" for one that can't run."""
        return self._digests.get(name, "")

    def rows(self, name: str) -> str:
        """Return the digest of what a node's rows stand for, in which its name, data tests and engine have no part.

        What one engine has appended is not appended again by another.
        """
        return self._rows.get(name, b"").hex()

    def varies(self, name: str) -> bool:
        """Whether computing a node, or what is above it, again may give other rows though nothing seems changed."""
        return name in self._varying

    def fingerprint(self, name: str) -> Fingerprint | None:
        """Return a node's fingerprint; None for one that can't run."""
        if (fixed := self._fixed.get(name)) is None:
            return None
        moving = self._moving.get(name, _Moving())
        return Fingerprint(
            digest=self.digest(name),
            rows=self.rows(name),
            code=fixed.code,
            options=fixed.options,
            params=fixed.params,
            helpers=moving.helpers,
            engine=self._all.engine,
            files=moving.files,
            upstream={above: self.rows(above) for above in fixed.depends_on},
            outside=(fixed.outside, self._all.process) if fixed.outside else ("", ""),
        )

    def moved(self, name: str, after: Look) -> list[str]:
        """Return the names that a node takes from the notebook whose values were others at a later look."""
        before, now = self._moving.get(name), after._moving.get(name)
        if before is None or now is None or before.helpers == now.helpers:
            return []
        return [one for one, value in before.helpers.items() if not value.own and now.helpers.get(one) != value]

    def _take(self, fixed: _Fixed) -> None:
        name, digest = fixed.task.name, blake2b(fixed.digest, digest_size=16)
        self._fixed[name] = fixed
        if fixed.functions or fixed.names or fixed.imports or fixed.reads_files:
            moving = self._moving[name] = self._look_at(fixed)
            digest.update(moving.digest)
        if fixed.outside:
            digest.update(self._all.process.encode())
        for above in fixed.depends_on:
            digest.update(self._rows.get(above, b"-"))
        rows = self._rows[name] = digest.digest()
        if fixed.tests:
            digest.update(fixed.tests)
            rows = digest.digest()
        self._digests[name] = (rows + self._engine).hex()
        if fixed.varies or not self._varying.isdisjoint(fixed.depends_on):
            self._varying.add(name)

    def _look_at(self, fixed: _Fixed) -> _Moving:
        moving = _Moving()
        if fixed.names or fixed.functions:
            for name, function in fixed.functions.items():
                moving.helpers[name] = self._value((name, id(function)), function)
            self._add_used(moving.helpers, self._variables_for(fixed), fixed.names)
        for code in fixed.imports:
            for name, imported in imports_of(code).items():
                moving.helpers[f"import {name}"] = self._value((name, 1), partial(_same, imported))
        if fixed.reads_files:
            moving.files = self._stamps.of(fixed.task)
        return moving

    def _variables_for(self, fixed: _Fixed) -> Mapping[str, Any]:
        if fixed.namespace is not None:
            return fixed.namespace()
        if self._variables is None:
            self._variables = self._all.variables()
        return self._variables

    def _add_used(self, helpers: dict[str, Value], variables: Mapping[str, Any], names: Iterable[str]) -> None:
        """Add what the named globals are, and those that they use: the digest has them, and a reason may name them."""
        waiting = sorted(names)
        for name in waiting:
            if name in variables and name not in helpers:
                helpers[name] = self._value((name, id(variables)), partial(variables.__getitem__, name))
                waiting.extend(helpers[name].uses)

    def _value(self, name: tuple[str, int], get: Callable[[], Any]) -> Value:
        if name not in self._named:
            try:
                self._named[name] = self._values.look(get())
            except OdibiException:  # a notebook's definitions fail: so will the node
                self._named[name] = _NO_VALUE
        return self._named[name]


def _fix(task: NodeTask, node: DeclaredNode, values: Values) -> _Fixed:
    config = node.config
    params = {name: values.look(value) for step in task.steps for name, value in _params(step).items()}
    asked = {name: values.look(value) for test in task.queries for name, value in test.query.params.items()}
    functions = dict(pair for step in task.steps for pair in _functions(step))
    code = "\n".join(map(_code, task.steps))
    options, tests = _options(config), _tests(config)
    inputs = tuple(config.inputs)  # it starts from the first
    values_of = [(name, value.digest) for name, value in params.items()]
    # Not its name: a node that is renamed gives the rows that it gave before.
    said = (code, sorted(options.items()), inputs, values_of, task.depends_on, sorted(functions))
    return _Fixed(
        task,
        task.depends_on,
        code,
        options | tests,
        asked | params,
        functions,
        frozenset().union(*(_names(step, task) for step in task.steps)),
        tuple(code for step in task.steps for code in _importing(step)),
        bool(sources_of(task) or literals_of(task)),
        (outside := _outside(task, config)),
        bool(outside) or config.cache is False,
        node.namespace,
        repr(said).encode(),
        repr((tests, [(name, value.digest) for name, value in asked.items()])).encode() if tests else b"",
    )


def _code(step: Step) -> str:
    """Return the normal form of a step's own text, which is what an export writes."""
    if isinstance(step, SqlStep):
        return normal_sql(step.written)
    if isinstance(step, OperationStep):
        return f"{step.name} {step.params!r}"
    if isinstance(step.function, CellFunction) and (body := step.function.body).source:
        source = body.source if body.form == "function" else as_function(body, step.function.inputs)
        return normal_python(source, body.node)
    return _called(step)


def _called(step: FunctionStep) -> str:
    """Return the name of a step's function; one that was handed over keeps its own, whatever the node's name is."""
    return step.function.__name__ if isinstance(step.function, GivenFunction) else step.name


def _params(step: Step) -> Mapping[str, Any]:
    if isinstance(step, SqlStep):
        return step.params
    return step.values if isinstance(step, OperationStep) else step.binding.params


def _functions(step: Step) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what gives the function of a step whose code isn't the node's own text, by its name."""
    if not isinstance(step, FunctionStep) or isinstance(step.function, CellFunction):
        return
    function = step.function
    if isinstance(function, SourceFunction):
        yield _called(step), lambda: function.real
    else:
        yield _called(step), lambda: function.given if isinstance(function, GivenFunction) else function


def _names(step: Step, task: NodeTask) -> frozenset[str]:
    """Return the names that a node's Python takes from the notebook: no node's, no parameter's."""
    if not isinstance(step, FunctionStep) or not isinstance(step.function, CellFunction):
        return frozenset()
    function = step.function
    if function.body.form == "function":  # what it takes from nodes are its parameters, which hide the notebook's
        return function.body.uses
    return function.body.uses.difference(task.depends_on, step.binding.params, function.node_reasons)


def _importing(step: Step) -> Iterator[CodeType]:
    """Yield the code of a node's own Python if it may import anything."""
    function = step.function if isinstance(step, FunctionStep) else None
    if not isinstance(function, CellFunction) or "import" not in function.body.source:
        return
    try:
        yield function.code
    except OdibiException:  # it can't be compiled, which its run will tell
        return


def _outside(task: NodeTask, config: NodeConfig) -> str:
    """Say why a result may be another each time although nothing that can be seen has changed; "" when it can't."""
    if config.cache is not None:
        return ""
    if volatile := sorted({call for step in task.steps if isinstance(step, SqlStep) for call in step.facts.volatile}):
        return f"reads the outside world: {', '.join(volatile)}"
    is_given = bool(task.depends_on or config.read or config.inputs)
    return "reads the outside world" if task.is_python and not is_given else ""


def _options(config: NodeConfig) -> dict[str, str]:
    """Return what a node's declaration says beside its code and parameters that may change its result."""
    said: dict[str, str] = {}
    if (read := config.read) is not None:
        said["read"] = read.place
        said |= {"format": read.format} if read.format else {}
        said |= {f"option {key}": str(value) for key, value in read.options.items()}
    said |= {f"input {alias}": str(given) for alias, given in config.inputs.items()}
    if config.returns != "frame":
        said["returns"] = config.returns
    return said


def _tests(config: NodeConfig) -> dict[str, str]:
    has_tests = config.validation is not None and config.validation.tests
    return {"expectations": repr(config.validation)} if has_tests else {}


def _same(value: Any) -> Any:
    return value
