"""All cells of the notebook that a project becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from odibi_nb.exporting.module import HEAD
from odibi_nb.exporting.nodes import SQL_HEAD
from odibi_nb.importing.beside import Beside
from odibi_nb.importing.blocks import comments_above
from odibi_nb.importing.cell import NewCell
from odibi_nb.importing.code import CodeCells
from odibi_nb.importing.node_cell import Body, NodeText, node_cell, split_tests
from odibi_nb.importing.project import Project

__all__ = ["cells_of"]

_ALL_YAML = 2


def cells_of(project: Project, plainer: Mapping[str, int] = MappingProxyType({})) -> list[NewCell]:
    """Return the cells. plainer: nodes whose steps stay YAML (1), or all that they say (2)."""
    nodes = list(project.nodes())
    bodies = _bodies(project, nodes, plainer)
    code = _code(project, nodes, bodies)
    heads, beside = project.pipeline_heads(), Beside(project.tree)
    cells = [*project.heads(), *_code_cells(project, code), *beside.for_all()]
    pipeline = None
    for node in nodes:
        if node.pipeline != pipeline:
            pipeline = node.pipeline
            cells += heads.get(pipeline, [])
        cells += _node_cells(node, bodies.get(node.name), code, is_brief=plainer.get(node.name, 0) < _ALL_YAML)
        cells += beside.of(node.name)
    return [*cells, *beside.others()]


def _bodies(project: Project, nodes: Sequence[NodeText], plainer: Collection[str]) -> dict[str, Body]:
    """Return what cells say in SQL or Python, by node."""
    calls = Counter(step["function"] for node in nodes for step in _functions(node))
    own = {name for name, count in calls.items() if count == 1}
    found, above = dict[str, Body](), list[str]()
    for node in nodes:
        if node.name not in plainer and (body := _body(project, node, own, above)) is not None:
            found[node.name] = body
        above += [step["function"] for step in _functions(node)]
    return found


def _body(project: Project, node: NodeText, own: Collection[str], above: Iterable[str]) -> Body | None:
    """Return the body of a node's cell; own: functions that a single step calls. above: those of nodes above."""
    steps = _steps(node)
    if len(steps) != 1:
        return None
    step = {"sql": steps[0]} if isinstance(steps[0], str) else steps[0]
    kind = "".join(step)  # params would be a second key
    if project.is_exported and not (_has_file(node) or project.code.is_marked(step.get("function", ""))):
        return None  # the cell said it in YAML, and is to say so again
    text = None
    if kind == "sql" and "${" not in step["sql"]:  # a reference means something in YAML alone
        text = step["sql"]
    elif kind == "sql_file":
        text = project.sql_of(step["sql_file"])
    elif kind == "function" and step["function"] in own:
        text = project.code.body(step["function"], node.name)
        options = _as_options(node)
        if text is None and (cell := project.code.declaration(step["function"], node.name, options, above=above)):
            return Body("python", cell, is_cell=True)
    return Body("python" if kind == "function" else "sql", _trimmed(text)) if text is not None else None


def _as_options(node: NodeText) -> str:
    """Return a node's fields as options of `@node`."""
    said = {key: _short(value) for key, value in node.fields.items() if key != "transform"}
    return ", ".join(f"{key}={value!r}" for key, value in said.items())


def _short(value: Any) -> Any:
    """Return a place to read or write in one word, if that says it all."""
    is_place = isinstance(value, Mapping) and value.keys() == {"connection", "path"}
    return f"{value['connection']}:{value['path']}" if is_place else value


def _code(project: Project, nodes: Iterable[NodeText], bodies: Mapping[str, Body]) -> CodeCells:
    """Return the plain cells: what of the project's code is no body."""
    gone, declared = list[str](), list[str]()
    calls: dict[str, list[str]] = {}
    for node in nodes:
        names, body = [step["function"] for step in _functions(node)], bodies.get(node.name)
        if body is None:
            calls[node.name] = names
        else:
            (declared if body.is_cell else gone).extend(names)
    return project.code.cells(gone, calls, declared)


def _code_cells(project: Project, code: CodeCells) -> Iterator[NewCell]:
    is_ours = project.code.docstring in HEAD
    told = project.code.docstring if not is_ours and any(cell.name == "code" for cell in code.above) else ""
    for cell in code.above:
        if told and cell.name == "code":
            yield NewCell("code-text", told, "markdown")
            told = ""
        yield cell


def _node_cells(node: NodeText, body: Body | None, code: CodeCells, *, is_brief: bool) -> Iterator[NewCell]:
    name = node.name
    told = [str(node.fields.get("description") or "").strip(), comments_above(node.tree)]
    if text := "\n\n".join(filter(None, told)):
        yield NewCell(f"{name}-text", text, "markdown")
    if function := code.by_node.get(name):
        yield NewCell(f"{name}-function", function)
    if body is not None and body.is_cell:
        yield NewCell(name, body.text)
        return
    node, tests = split_tests(node) if is_brief else (node, [])
    yield NewCell(name, node_cell(node, body, briefly=is_brief))
    for test in tests:
        yield NewCell(f"{name}-expect-{test.name}", f"%%odibi_expect {test.line}\n{test.sql}")


def _steps(node: NodeText) -> Sequence[Any]:
    transform = node.fields.get("transform")
    return transform["steps"] if isinstance(transform, Mapping) else ()


def _has_file(node: NodeText) -> bool:
    """Whether a node's SQL has a file of its own; what names other files may be written into the node since."""
    (step,) = node.tree.plain()["transform"]["steps"]
    return isinstance(step, Mapping) and "sql_file" in step


def _functions(node: NodeText) -> list[Mapping[str, Any]]:
    return [step for step in _steps(node) if isinstance(step, Mapping) and "function" in step]


def _trimmed(text: str) -> str:
    """Return a text without blank lines around it, and without the mark of an export."""
    lines = text.removeprefix(SQL_HEAD).rstrip().split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[first:])
