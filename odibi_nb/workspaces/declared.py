"""A declared node: its config, where it was declared, and what its cell asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Literal

from odibi_nb.cells.body import parse_node_cell
from odibi_nb.cells.python_body import PythonBody, read_python
from odibi_nb.cells.spelling import on_the_line
from odibi_nb.exceptions import OdibiException, UsageError, article
from odibi_nb.runner.tasks import Place
from odibi_nb.workspaces.sources import escaped

if TYPE_CHECKING:
    from odibi_nb.cells.body import Declaration
    from odibi_nb.config import NodeConfig
    from odibi_nb.workspaces.expectations import Expectation

__all__ = ["CellOrigin", "DeclaredNode", "declared_as", "declared_from_cell", "declared_from_python", "renamed"]


@dataclass(frozen=True, slots=True)
class CellOrigin:
    """The cell that declares a node.

    label: as people count it ("5"). id: the front end's, None where it sends none. text: the whole cell.
    code_file: the file name under which its Python is compiled. alone: no other node can stand in this cell.
    """

    label: str | None = None
    id: str | None = None
    text: str = ""
    file: str | None = None
    code_file: str | None = None
    alone: bool = True

    def place(self, first_line: int = 1) -> Place:
        """Return where a part of the cell stands, from its first line."""
        lines = tuple(self.text.split("\n"))
        return Place(self.label, self.file, first_line, lines, self.code_file)

    def is_same_cell(self, other: CellOrigin) -> bool:
        """Whether both are one cell, as far as front ends tell."""
        return self.id is not None and self.id == other.id

    def is_other_cell(self, other: CellOrigin) -> bool:
        """Whether both are cells, and not the same: if they declare one name, both may still be meant."""
        if self.id is None or other.id is None:
            return False
        if self.file is not None and self.file == other.file:  # used twice, as this notebook and as another one
            return self.id.rpartition("#")[2] != other.id.rpartition("#")[2]
        return self.id != other.id

    def is_run(self, label: str) -> bool:
        """Whether this is the run of a cell under that label, and not what a file says."""
        return self.file is None and self.label == label

    def both(self, before: CellOrigin, do: str) -> str:
        """Say what this cell and one before it do: `cells 1 and 2 both declare 'x': that of cell 2 counts`."""
        of = f" of {Path(before.file).name}" if before.file is not None and self.file is None else ""
        both = f"cell {before.label}{of} and cell {self.label}" if of else f"cells {before.label} and {self.label}"
        return f"{both} both {do}: that of cell {self.label} counts"


@dataclass(frozen=True, slots=True, repr=False)
class DeclaredNode:
    """One node of a workspace.

    body_places, test_places: where the text of each step, and of each data test, begins.
    expectations: the data tests, the last ones of `config`, that are declared apart.
    body: the Python of its cell, when it has one. function: a function given by hand instead.
    written: its fields as they are written, with their references, but for what its body says.
    namespace: gives the globals that its body sees; None: the workspace's.
    mock: its cell runs it on mock rows. upstream: what its cell takes for the nodes above it.
    declared: when a node of this name last was declared differently, in seconds since 1970.
    """

    config: NodeConfig
    language: str
    code: str
    origin: CellOrigin
    place: Place
    body_places: tuple[Place, ...]
    pipeline: str | None = None
    body: PythonBody | None = None
    function: Callable[..., Any] | None = None
    no_run: bool = False
    into: str | None = None
    mock: Literal["given", "auto"] | None = None
    upstream: Literal["fresh", "stored", "sample"] | None = None
    declared: float = 0.0
    notes: tuple[str, ...] = field(default=())
    test_places: tuple[Place, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)
    namespace: Callable[[], dict[str, Any]] | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"<node {self.name}: {self.language}>"

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def head(self) -> dict[str, Any]:
        """Where it begins, as errors take it: the line of its magic, else the place alone."""
        return self.place.locate(1 if self.place.cell else None)

    @property
    def body_step(self) -> int:
        """Which of its steps runs its body."""
        steps = self.config.transform.steps if self.config.transform and self.body else []
        return next((at for at, step in enumerate(steps) if self.body and step.function == self.body.node), 0)

    @property
    def body_called(self) -> str:
        """The name by which that step calls its body; a node that was renamed calls it by its new one."""
        steps = self.config.transform.steps if self.config.transform else []
        return (steps[self.body_step].function if steps else None) or self.name

    @property
    def has_start(self) -> bool:
        """Whether its steps find a current frame, `df`."""
        return bool(self.config.read or self.config.inputs or self.config.depends_on)

    @property
    def reads_sql_file(self) -> bool:
        """Whether a file, which anybody may edit, holds some of its SQL."""
        return any(step.sql_file for step in self.config.transform.steps) if self.config.transform else False

    def same_as(self, other: DeclaredNode) -> bool:
        """Whether both mean the same; where they stand doesn't count."""
        return (self.config, self.code, self.function) == (other.config, other.code, other.function)

    def says_same(self, other: DeclaredNode) -> bool:
        """Whether both are one node under two names."""
        mine, others = self.config, other.config
        places = (mine.read, mine.write, mine.inputs, mine.depends_on)
        return self.code == other.code and places == (others.read, others.write, others.inputs, others.depends_on)


def declared_from_cell(
    line: str, cell: str, origin: CellOrigin, *, variables: Mapping[str, Any], magic_line: int = 1
) -> DeclaredNode:
    """Return the node that a `%%odibi_node` cell declares.

    line: what follows the magic's name. cell: the text below, of the whole in `origin`. variables: for
    `${vars.x}` in its YAML. Raises TransformError, ConfigValidationError, UsageError at the line.
    """
    try:
        declaration = parse_node_cell(line, cell, magic_line=magic_line)
        return declared_as(declaration, origin, variables)
    except OdibiException as exc:
        if exc.hint is not None and "--write" in line:
            exc.hint = on_the_line(exc.hint)
        raise exc.at(**origin.place().locate(exc.where.line)) from exc.__cause__


def declared_as(
    declaration: Declaration, origin: CellOrigin, variables: Mapping[str, Any], pipeline: str | None = None
) -> DeclaredNode:
    """Return the node that a declaration, read from a cell, makes; pipeline: where it says none."""
    body = None
    if declaration.language == "python":
        body = read_python(declaration.body, node=declaration.name, first_line=declaration.body_line)
    config = _config(declaration, variables)
    on_line = declaration.options.read is not None or declaration.options.write is not None
    place = origin.place(declaration.magic_line)
    return DeclaredNode(
        config=config,
        language=declaration.language,
        code=declaration.body,
        origin=origin,
        place=replace(place, spelt=on_the_line) if on_line else place,
        body_places=_body_places(declaration, origin, config),
        test_places=_test_places(declaration, origin, config),
        pipeline=declaration.options.pipeline or pipeline,
        body=body,
        no_run=declaration.options.no_run,
        into=declaration.options.into,
        mock=declaration.options.mock,
        upstream=declaration.options.upstream,
        written=declaration.fields,
    )


def _body_places(declaration: Declaration, origin: CellOrigin, config: NodeConfig) -> tuple[Place, ...]:
    if declaration.yaml is None or declaration.language in {"sql", "python"}:
        return (origin.place(declaration.body_line),)
    steps = range(len(config.transform.steps) if config.transform else 0)
    texts = (declaration.yaml.text_place(("transform", "steps", step, "sql")) for step in steps)
    return tuple(origin.place(text.first_line) for text in texts)


def _test_places(declaration: Declaration, origin: CellOrigin, config: NodeConfig) -> tuple[Place, ...]:
    tests = config.validation.tests if config.validation else ()
    if declaration.yaml is None:
        return (origin.place(declaration.magic_line),) * len(tests)
    keys = ("condition" if test.sql is None else "sql" for test in tests)
    texts = (declaration.yaml.text_place(("validation", "tests", test, key)) for test, key in enumerate(keys))
    return tuple(origin.place(text.first_line) for text in texts)


def _config(declaration: Declaration, variables: Mapping[str, Any]) -> NodeConfig:
    from odibi_nb.config import NodeConfig
    from odibi_nb.project_file import build, substitute

    fields = substitute(dict(declaration.fields), variables, locate=declaration.place)
    if declaration.language == "sql":
        fields["transform"] = {"steps": [{"sql": declaration.body}]}
    elif declaration.language == "python":
        fields["transform"] = {"steps": [{"function": declaration.name}]}
    return build(NodeConfig, _passing_on(fields), locate=declaration.place)


def declared_from_python(
    name: str, body: str | Callable[..., Any] | None, fields: Mapping[str, Any], pipeline: str | None, code_file: str
) -> DeclaredNode:
    """Return the node that `Workspace.node(name, body, **fields)` declares; body: SQL, Python or a function."""
    from odibi_nb.cells.language import detect_language
    from odibi_nb.config import NodeConfig
    from odibi_nb.project_file import build

    function = body if callable(body) else None
    if body is not None and function is None and not isinstance(body, str):
        what, hint = article(type(body).__name__), f"for a value make it one: ws.node('{name}', lambda: value)"
        raise UsageError(f"a body is SQL, Python or a function, not {what}", hint=hint, node=name)
    if body and "transform" in fields:
        raise UsageError("the node has a 'transform' and a body", hint="keep one of the two", node=name)
    text = dedent(body).strip() if isinstance(body, str) else ""
    language = "python" if function else detect_language(text)
    fields, written = {**fields, "name": name}, escaped(fields)
    if language == "sql":
        fields["transform"] = {"steps": [{"sql": text}]}
    elif language == "python":
        fields["transform"] = {"steps": [{"function": name}]}
    elif language == "yaml":
        raise UsageError("a body in YAML is given as keyword arguments here", hint="ws.node('x', read={…})", node=name)
    origin = CellOrigin(text=text, code_file=code_file)
    return DeclaredNode(
        config=build(NodeConfig, _passing_on(fields)),
        language=language,
        code=text,
        origin=origin,
        place=Place(),
        body_places=(origin.place(),),
        pipeline=pipeline,
        body=None if function or language != "python" else read_python(text, node=name),
        function=function,
        written=written,
    )


def renamed(node: DeclaredNode, new: str) -> DeclaredNode:
    """Return the node under another name."""
    from odibi_nb.config import NodeConfig
    from odibi_nb.project_file import build

    fields = node.config.model_dump(exclude_unset=True)
    fields["name"] = new
    if node.body is not None or node.function is not None:
        fields["transform"] = {"steps": [{"function": new}]}
    return replace(node, config=build(NodeConfig, fields))


def _passing_on(fields: dict[str, Any]) -> dict[str, Any]:
    """A node with nothing but `depends_on` passes its first dependency on."""
    if not any(fields.get(work) for work in ("read", "inputs", "transform", "write")) and fields.get("depends_on"):
        first = fields["depends_on"][0]
        return {**fields, "inputs": {first: first}}
    return fields
