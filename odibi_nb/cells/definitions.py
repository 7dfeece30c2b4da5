"""What a pipeline needs of a notebook's plain code: the statements that define the names its nodes use.

The same slice serves headless runs, exports and fingerprints; `validate` lists what it leaves out.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

from odibi_nb.cells.future import future_features, future_flags
from odibi_nb.cells.in_python import declares, workspace_names
from odibi_nb.cells.magics import SpecialLine, python_text
from odibi_nb.cells.names import AMBIENT, names_of
from odibi_nb.cells.parsing import parse_python
from odibi_nb.cells.star_imports import expanded
from odibi_nb.exceptions import OdibiException, TransformError, shortened

__all__ = [
    "LeftOut",
    "PlainCell",
    "Slice",
    "Statement",
    "cell_filename",
    "cell_label",
    "execute_slice",
    "slice_definitions",
]

# A definition under a condition (`try: import polars …`) is one; a loop's mutations are not.
_DEFINES = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign,
    ast.AugAssign, ast.If, ast.Try, ast.TryStar, ast.With, getattr(ast, "TypeAlias", ast.Import),
)  # fmt: skip
_CHANGING = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault"}
    | {"sort", "update"}
)
_OURS = re.compile(r"%+(odibi\w*|(re)?load_ext\s+odibi_nb)\b")


@dataclass(frozen=True, slots=True)
class PlainCell:
    """A code cell that is no `%%odibi…` magic.

    is_setup: it runs whole (tag `odibi-setup`). gives: names that reach nodes in another way: papermill's, and those
    of functions that are nodes. nodes: these.
    """

    label: str
    source: str
    is_setup: bool = False
    gives: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, or a whole setup cell, at its line of its cell; `names` are those it defines.

    future: the features that `from __future__ import` above it turns on, as IPython has them hold from there on.
    """

    source: str
    cell: str
    line: int
    names: tuple[str, ...]
    future: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a headless run doesn't run: plain code, or a command of the session; its first line, shortened, and why.

    changes: a name that nodes use and that this may change: without it they may compute something else.
    """

    cell: str
    line: int
    text: str
    reason: str
    changes: str | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The definitions that a set of names needs, in the order of the notebook.

    missing: names that are needed, and that neither a cell nor Python defines. has_setup: whether a setup cell is
    among them. texts: the source of each cell that a statement comes from, by label, for tracebacks.
    """

    statements: tuple[Statement, ...]
    left_out: tuple[LeftOut, ...]
    missing: tuple[str, ...]
    has_setup: bool
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    statement: Statement
    uses: frozenset[str]
    is_definition: bool
    is_setup: bool


def slice_definitions(cells: Sequence[PlainCell], wanted: Iterable[str], folder: Path | None = None) -> Slice:
    """Return the statements that define the wanted names, transitively; no code is run.

    folder: where the notebook is, with the modules beside it; for `from m import *`.

    Definitions are imports, functions, classes and assignments, also under `if`, `try` and `with`; every
    definition of a needed name counts, in order, as later ones may build on earlier ones. `x.append(…)`
    and `x[…] = …` are none: a setup cell is the place for them.
    """
    candidates: list[_Candidate] = []
    left_out: list[LeftOut] = []
    future: dict[str, None] = {}
    for cell in cells:
        python = python_text(cell.source)
        left_out.extend(_left_out_special(cell, special) for special in python.special if not _OURS.match(special.text))
        try:
            candidates.extend(_candidates(cell, python.text, folder or Path.cwd(), future))
        except SyntaxError as exc:
            line = exc.lineno or 1
            left_out.append(LeftOut(cell.label, line, _line(cell.source, line), f"not Python: {exc.msg}"))
    picked, missing, needed = _pick(candidates, wanted)
    given = {(cell.label, name) for cell in cells for name in cell.gives}
    workspaces = workspace_names(candidate.statement.source for candidate in candidates)
    left_out.extend(
        _left_out(candidate, needed, workspaces)
        for at, candidate in enumerate(candidates)
        if at not in picked and not _is_given(candidate.statement, given)
    )
    statements = tuple(candidates[at].statement for at in sorted(picked))
    order = {cell.label: at for at, cell in enumerate(cells)}
    left_out.sort(key=lambda each: (order[each.cell], each.line))
    used = {statement.cell for statement in statements}
    texts = {cell.label: cell.source for cell in cells if cell.label in used}
    has_setup = any(candidate.is_setup for candidate in candidates)
    return Slice(statements, tuple(left_out), missing, has_setup, texts)


def cell_filename(label: str, notebook: str = "notebook") -> str:
    """Return the file name under which a cell is compiled, as tracebacks show it."""
    return f"<{notebook}, cell {label}>"


def cell_label(file: str, notebook: str = "notebook") -> str | None:
    """Return the label of the cell that is compiled under a file name; None for what is no cell."""
    start = f"<{notebook}, cell "
    return file.removeprefix(start).removesuffix(">") if file.startswith(start) else None


def execute_slice(definitions: Slice, namespace: dict[str, Any], *, notebook: str = "notebook") -> None:
    """Run the statements in `namespace`; tracebacks show the cells' own lines.

    Raises TransformError naming cell and line, chained to what a statement raised.
    """
    for label, text in definitions.texts.items():
        filename = cell_filename(label, notebook)
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    for statement in definitions.statements:
        filename = cell_filename(statement.cell, notebook)
        try:
            namespace.update({name: getattr(__future__, name) for name in statement.future})
            exec(_compiled(statement, filename), namespace)  # noqa: S102 - running the user's definitions is what this is for
        except Exception as exc:
            line = _raising_line(exc, filename) or statement.line
            place: dict[str, Any] = {
                "cell": statement.cell,
                "line": line,
                "source": _line(definitions.texts[statement.cell], line),
            }
            if isinstance(exc, OdibiException):
                exc.at(**place)
                raise
            raise TransformError(f"{type(exc).__name__}: {exc}", **place) from exc


def _compiled(statement: Statement, filename: str) -> CodeType:
    """Compile a statement with the features above it; its own imports of them may stand anywhere, as in IPython."""
    tree = ast.parse("\n" * (statement.line - 1) + statement.source, filename)
    tree.body = [one for one in tree.body if not future_features(one)]
    code: CodeType = compile(tree, filename, "exec", flags=future_flags(statement.future), dont_inherit=True)
    return code


def _candidates(cell: PlainCell, text: str, folder: Path, future: dict[str, None]) -> Iterator[_Candidate]:
    """Yield a cell's statements; `future` takes up the features that it turns on."""
    tree = expanded(parse_python(text), folder)
    if cell.is_setup:
        future.update(dict.fromkeys(name for node in tree.body for name in future_features(node)))
        names = names_of(tree.body)
        statement = Statement(text, cell.label, 1, tuple(sorted(names.bound)), tuple(future))
        yield _Candidate(statement, names.uses, is_definition=True, is_setup=True)
        return
    lines = text.encode().splitlines(keepends=True)
    for node in tree.body:
        future.update(dict.fromkeys(future_features(node)))
        if isinstance(node, ast.Pass) or future_features(node):
            continue
        names = names_of([node])
        source, line = _source(node, lines)
        bound = tuple(sorted(names.bound))
        is_definition = bool(bound) and isinstance(node, _DEFINES)
        statement = Statement(source, cell.label, line, bound, tuple(future))
        yield _Candidate(statement, names.uses, is_definition, is_setup=False)


def _source(node: ast.stmt, lines: Sequence[bytes]) -> tuple[str, int]:
    """Return a statement's text, decorators included, and its first line.

    lines: of the whole text. `ast.get_source_segment` would cut it up anew for every statement, and a line of
    megabytes takes it hours.
    """
    decorators = getattr(node, "decorator_list", [])
    first, column = (decorators[0].lineno, 0) if decorators else (node.lineno, node.col_offset)
    segment = list(lines[first - 1 : node.end_lineno])
    segment[-1] = segment[-1][: node.end_col_offset]
    segment[0] = segment[0][column:]
    return b"".join(segment).decode(), first


def _pick(candidates: Sequence[_Candidate], wanted: Iterable[str]) -> tuple[set[int], tuple[str, ...], frozenset[str]]:
    """Return where the wanted names are defined, transitively, the names that nothing defines, and those defined."""
    definers: dict[str, list[int]] = {}
    for at, candidate in enumerate(candidates):
        if candidate.is_definition:
            for name in candidate.statement.names:
                definers.setdefault(name, []).append(at)
    picked = {at for at, candidate in enumerate(candidates) if candidate.is_setup}
    pending = deque([*wanted, *(name for at in sorted(picked) for name in sorted(candidates[at].uses))])
    seen: dict[str, None] = {}
    while pending:
        name = pending.popleft()
        if name in seen:
            continue
        seen[name] = None
        for at in definers.get(name, ()):
            if at not in picked:
                picked.add(at)
                pending.extend(sorted(candidates[at].uses))
    missing = tuple(name for name in seen if name not in definers and name not in AMBIENT)
    return picked, missing, frozenset(seen).intersection(definers)


def _is_given(statement: Statement, given: Collection[tuple[str, str]]) -> bool:
    return bool(statement.names) and all((statement.cell, name) in given for name in statement.names)


def _left_out(candidate: _Candidate, needed: frozenset[str], workspaces: Collection[str]) -> LeftOut:
    statement = candidate.statement
    tree = ast.parse(statement.source)
    changes = next((name for name in _changed(tree) if name in needed), None)
    reason = "no node uses it" if candidate.is_definition else "defines nothing"
    if "*" in statement.names:
        reason = "what it would import can't be told: there is no such module here"
    if changes is not None:
        reason = f"may change '{changes}', which nodes use: tag the cell odibi-setup to run it"
    elif declares(tree, workspaces):
        reason, changes = "it acts on the session alone: write cells, or export from the session", "other nodes"
    return LeftOut(statement.cell, statement.line, _first_line(statement.source), reason, changes)


def _changed(tree: ast.AST) -> Iterator[str]:
    """Yield the names whose values a statement binds anew, assigns into, or calls a changing method of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            yield _root(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
            yield _root(node.func)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _left_out_special(cell: PlainCell, special: SpecialLine) -> LeftOut:
    return LeftOut(cell.label, special.line, _first_line(special.text), "written for IPython")


def _line(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line - 1] if line <= len(lines) else ""


def _first_line(source: str) -> str:
    return shortened(source.partition("\n")[0], 60)


def _raising_line(exc: BaseException, filename: str) -> int | None:
    """Return the line of `filename` on which an exception arose, the innermost one."""
    if isinstance(exc, SyntaxError) and exc.filename == filename:
        return exc.lineno
    line: int | None = None
    step: TracebackType | None = exc.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            line = step.tb_lineno
        step = step.tb_next
    return line
