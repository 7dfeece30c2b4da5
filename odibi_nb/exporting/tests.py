"""`tests.yaml`: the mocks and unit tests, in the authors' own text where that can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import indent
from typing import TYPE_CHECKING, Any, TypeVar

from odibi_nb.cells.magics import find_magic
from odibi_nb.exceptions import OdibiException, ValidationError
from odibi_nb.project_file import parse_yaml, yaml_text
from odibi_nb.workspaces.mock_text import yaml_value
from odibi_nb.workspaces.mocks import are_rows
from odibi_nb.workspaces.project_tests import FOR_ALL

if TYPE_CHECKING:
    from odibi_nb.workspaces import Workspace
    from odibi_nb.workspaces.mocks import Mock
    from odibi_nb.workspaces.node_tests import NodeTest

__all__ = ["tests_text"]

T = TypeVar("T")


def tests_text(ws: Workspace) -> str:
    """Return the file's text, "" where there is nothing to say.

    Raises ValidationError for mock rows that are data of the session.
    """
    mocks: dict[str, list[Mock]] = {}
    for mock in ws.trials.mocks:
        mocks.setdefault(mock.node or FOR_ALL, []).append(mock)
    tests: dict[str, list[NodeTest]] = {}
    for test in ws.tests.values():
        tests.setdefault(test.node, []).append(test)
    # In the order of the nodes, wherever their cells stand: what is imported from here has it too.
    order = {name: at for at, name in enumerate([FOR_ALL, *ws.nodes])}
    parts = []
    if any(mocks.values()):
        parts += ["mocks:", *(part for node, own in _ordered(mocks, order) for part in _mocks_of(node, own))]
    if tests:
        parts += ["tests:", *(part for node, own in _ordered(tests, order) for part in _tests_of(node, own))]
    return "".join(f"{part.rstrip()}\n" for part in parts)


def _ordered(by_node: Mapping[str, list[T]], order: Mapping[str, int]) -> list[tuple[str, list[T]]]:
    return sorted(by_node.items(), key=lambda item: order.get(item[0], len(order)))


def _mocks_of(node: str, mocks: Iterable[Mock]) -> Iterable[str]:
    """Yield the mocks of one node: those of a cell as that says them, if they are all that it says."""
    yield indent(_key(node), "  ")
    cells: dict[str, list[Mock]] = {}
    for mock in mocks:
        cells.setdefault(mock.origin.text or mock.input, []).append(mock)
    for text, own in cells.items():
        said = {mock.input: _rows(mock) for mock in own}
        magic = find_magic(text)
        body = magic.body if magic is not None and magic.name == "odibi_mock" else ""
        yield indent(body if _reads_as(body, said) else yaml_text(_with_line_end(said)), "    ")


def _tests_of(node: str, tests: Iterable[NodeTest]) -> Iterable[str]:
    yield indent(_key(node), "  ")
    for test in tests:
        data = test.read().document.data
        yield indent(_key(test.name), "    ")
        yield indent(test.body if _reads_as(test.body, data) else yaml_text(data), "      ")


def _rows(mock: Mock) -> Any:
    """Return mock rows as YAML has them."""
    rows = mock.rows
    if not are_rows(rows):
        of = f" of '{mock.node}'" if mock.node else ""
        hint = f"write its rows into a cell: %odibi capture {mock.node or mock.input} gives its text"
        message = f"the mock '{mock.input}'{of} is a {type(rows).__name__}: data is no part of an export"
        raise ValidationError(message, hint=hint, node=mock.node)
    if isinstance(rows, Mapping):  # columns
        rows = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
    return rows if isinstance(rows, str) else parse_yaml(f"rows: {yaml_value(list(rows))}").data["rows"]


def _with_line_end(mocks: Mapping[str, Any]) -> dict[str, Any]:
    """Return mock rows with a line end behind CSV, which a cell hasn't there, and which YAML says without a sign."""
    return {
        name: f"{rows}\n" if isinstance(rows, str) and not rows.endswith("\n") else rows for name, rows in mocks.items()
    }


def _reads_as(text: str, data: Any) -> bool:
    """Whether a text can stand below a key and say the same."""
    if not text.strip():
        return False
    try:
        return bool(parse_yaml(f"below:\n{indent(text, '  ')}").data == {"below": data})
    except OdibiException:
        return False


def _key(name: str) -> str:
    """Return a key as YAML has it, with its colon."""
    return yaml_text({name: None}).removesuffix(" null\n")
