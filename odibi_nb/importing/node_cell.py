"""A node of a project file as the text of a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.body import parse_node_cell
from odibi_nb.cells.language import Language
from odibi_nb.cells.queries import parse_expect_line
from odibi_nb.exceptions import OdibiException, UsageError
from odibi_nb.importing.blocks import mapping_text
from odibi_nb.importing.line import option_texts, quoted

if TYPE_CHECKING:
    from odibi_nb.project_file.tree import Tree

__all__ = ["Body", "NodeText", "SqlTest", "node_cell", "split_tests"]

_LONGEST_LINE = 100
_WORK = frozenset({"read", "inputs", "transform", "write"})
# What moves below the line first where that gets too long.
_MOVES = ("description", "validation", "depends_on", "tags", "preview", "returns", "materialize", "write", "read")


@dataclass(frozen=True, slots=True)
class NodeText:
    """A node as a file says it, its `${…}` unresolved.

    tree: as it is written. fields: what its cell is to say, in the file's order, without its name.
    """

    name: str
    pipeline: str
    tree: Tree
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Body:
    """What a cell says below its header in place of `transform`; is_cell: it is all that the cell says."""

    language: Language
    text: str
    is_cell: bool = False


@dataclass(frozen=True, slots=True)
class SqlTest:
    """A data test that has a cell of its own: a SELECT of the bad rows."""

    line: str
    sql: str
    name: str


def node_cell(node: NodeText, body: Body | None, *, briefly: bool = True) -> str:
    """Return the text of a node's cell.

    body: in place of its `transform`; None: it has none, or says it in YAML. briefly: what is short stands on the line.
    """
    but = {"transform"} if body is not None else set()
    fields = {key: value for key, value in node.fields.items() if key not in but}
    options = option_texts(node.name, fields) if briefly else {}
    on_line = _fitting(node.name, options)
    rest = mapping_text(node.tree, fields, but=on_line.keys()) if fields.keys() - on_line.keys() else ""
    is_yaml = body is None and bool(_WORK & (fields.keys() - on_line.keys()))
    header = rest if is_yaml or not rest else f"{rest}\n---"
    text = "\n".join(filter(None, [header, body.text if body is not None else ""]))
    wanted = "yaml" if is_yaml else body.language if body is not None else "none"
    for lang in ("", f" --lang {wanted}"):
        line = " ".join([node.name, *on_line.values()]) + lang
        if _says(line, text, wanted, body):
            break
    return f"%%odibi_node {line}\n{text}".rstrip()


def split_tests(node: NodeText) -> tuple[NodeText, list[SqlTest]]:
    """Take the named SELECTs off the end of a node's data tests: they get cells of their own."""
    validation = node.fields.get("validation")
    tests = validation.get("tests") if isinstance(validation, Mapping) else None
    if not isinstance(validation, Mapping) or not isinstance(tests, list):
        return node, []
    mode = validation.get("mode", "fail")
    found: list[SqlTest] = []
    while len(found) < len(tests) and (test := _own_cell(node.name, tests[-1 - len(found)], mode)) is not None:
        found.insert(0, test)
    kept = {**validation, "tests": tests[: len(tests) - len(found)]}
    kept = {key: value for key, value in kept.items() if key != "tests" or value}
    fields = {key: kept if key == "validation" else value for key, value in node.fields.items()}
    fields = {key: value for key, value in fields.items() if key != "validation" or value}
    return (NodeText(node.name, node.pipeline, node.tree, fields), found) if found else (node, [])


def _own_cell(node: str, test: Any, mode: Any) -> SqlTest | None:
    if not isinstance(test, Mapping) or test.keys() - {"type", "name", "sql", "on_fail"} or "${" in str(test):
        return None
    name, sql, on_fail = test.get("name"), test.get("sql"), test.get("on_fail", mode)
    # A cell says what differs from the node's mode, as an export of it does.
    is_usual = on_fail == mode and (mode != "fail" or "on_fail" in test)
    if not isinstance(name, str) or not isinstance(sql, str) or is_usual:
        return None
    try:
        line = f"{node} {quoted(name)}" + (" --warn" if on_fail == "warn" else "")
        said = parse_expect_line(line)
    except UsageError:
        return None
    return SqlTest(line, sql.strip("\n").rstrip(), name) if said.name == name else None


def _fitting(name: str, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options that a line has room for."""
    kept = dict(options)
    for field in _MOVES:
        if len(" ".join(["%%odibi_node", name, *kept.values()])) <= _LONGEST_LINE:
            break
        kept.pop(field, None)
    return kept


def _says(line: str, text: str, language: str, body: Body | None) -> bool:
    """Whether a cell is read as it is meant."""
    try:
        said = parse_node_cell(line, text)
    except OdibiException:
        return False
    return said.language == language and (body is None or said.body == body.text)
