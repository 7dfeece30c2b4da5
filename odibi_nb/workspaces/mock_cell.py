"""The text of a `%%odibi_mock` cell, as the mocks it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from odibi_nb.cells.option_parser import Option, OptionParser
from odibi_nb.exceptions import ConfigValidationError, OdibiException, UsageError
from odibi_nb.workspaces.mocks import Mock, are_rows

if TYPE_CHECKING:
    from odibi_nb.project_file import YamlDocument
    from odibi_nb.workspaces.declared import CellOrigin

__all__ = ["MOCK_LINE", "mocks_of_cell"]

MOCK_LINE = OptionParser(
    "odibi_mock",
    [Option("--input", metavar="NAME", help="the input that the rows stand for; they are CSV then, with a header")],
    words=("[NODE]",),
)
_EXAMPLE = "clean_sales: [{region: N, amount: 5}]"


def mocks_of_cell(line: str, text: str, origin: CellOrigin, *, magic_line: int = 1) -> list[Mock]:
    """Return what a `%%odibi_mock` cell says; raises UsageError, ConfigValidationError at its line.

    line: what follows the magic's name. text: below it.
    """
    try:
        parsed = MOCK_LINE.parse(line)
        node = parsed.words[0] if parsed.words else None
        if not text.strip():
            raise UsageError("the cell has no rows", hint=f"write them below, in YAML: {_EXAMPLE}")
        if (name := parsed.values.get("input")) is not None:
            return [Mock(name, text, node, origin, partial(_csv_place, origin, magic_line + 1))]
        return _of_yaml(text, node, origin, magic_line)
    except OdibiException as exc:
        raise exc.at(**origin.place().locate(exc.where.line or magic_line)) from exc.__cause__


def _of_yaml(text: str, node: str | None, origin: CellOrigin, magic_line: int) -> list[Mock]:
    from odibi_nb.project_file import parse_yaml

    document = parse_yaml(text.rstrip(), cell=origin.label, first_line=magic_line + 1)
    data = document.data
    if not isinstance(data, Mapping):
        hint = f"{_EXAMPLE}; for CSV say --input NAME on the first line"
        raise ConfigValidationError("mock rows are a mapping: input: [rows]", hint=hint, **document.place())
    for name, rows in data.items():
        if not isinstance(name, str) or isinstance(rows, str) or not are_rows(rows):
            hint = f"write a list of rows: {_EXAMPLE}"
            raise ConfigValidationError(f"the rows of '{name}' are no rows", hint=hint, **document.place([name]))
    return [Mock(name, rows, node, origin, partial(_yaml_place, document, origin, name)) for name, rows in data.items()]


def _yaml_place(document: YamlDocument, origin: CellOrigin, name: str, path: Sequence[Any]) -> dict[str, Any]:
    return {**document.place([name, *path]), "file": origin.file}


def _csv_place(origin: CellOrigin, first_line: int, path: Sequence[Any]) -> dict[str, Any]:
    return origin.place(first_line).locate(1 + (path[0] if path else 0))
