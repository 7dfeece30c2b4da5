"""What may stand at a place in a cell: on a magic's line, or in the text below it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from odibi_nb.cells.magics import CellMagic, find_magic
from odibi_nb.cells.option_parser import OptionParser
from odibi_nb.cells.options import NODE_LINE
from odibi_nb.cells.queries import EXPECT_LINE, SQL_LINE
from odibi_nb.commands.table import commands_at, find_command
from odibi_nb.completion.bodies import BODIES, Body
from odibi_nb.completion.known import Known
from odibi_nb.completion.node_cell import NodeCell
from odibi_nb.completion.offers import NOTHING, Offers, beginning_with, of_kind
from odibi_nb.completion.sql import sql_offers
from odibi_nb.completion.values import LineAround, line_offers
from odibi_nb.workspaces.mock_cell import MOCK_LINE
from odibi_nb.workspaces.node_tests import TEST_LINE

__all__ = ["complete"]

_MAGIC = re.compile(r"\s*(%%?)(odibi\w*)[ \t]+(.*)\Z", re.DOTALL)
_OPTIONS = re.compile(r"\A(?:--[\w-]+(?:=|\s+)\S+\s+)*")

_LINES: Mapping[str, OptionParser] = {
    "odibi_node": NODE_LINE,
    "odibi_sql": SQL_LINE,
    "odibi_expect": EXPECT_LINE,
    "odibi_mock": MOCK_LINE,
    "odibi_test": TEST_LINE,
}


def complete(text: str, offset: int, known: Known) -> Offers:
    """Return what may stand at an offset of a cell's text; nothing where that isn't for odibi_nb to say."""
    offers = _complete(text, offset, known)
    # What is escaped in YAML reads otherwise than it is written: it can't be replaced.
    return offers if text[:offset].endswith(offers.fragment) else NOTHING


def _complete(text: str, offset: int, known: Known) -> Offers:
    magic = find_magic(text)
    line_number = text.count("\n", 0, offset) + 1
    if magic is None or line_number < magic.magic_line:
        return _in_line(_logical_line(text, offset), known)
    if line_number == magic.magic_line:
        return _in_line(text[text.rfind("\n", 0, offset) + 1 : offset], known, magic)
    below = offset - (len(text) - len(magic.body))
    body = BODIES.get(magic.name)
    return body(Body(magic.line, magic.body, below, known, _LINES.get(magic.name))) if body is not None else NOTHING


def _logical_line(text: str, offset: int) -> str:
    """Return the line up to the cursor, with the lines that it continues by a backslash."""
    lines = text[:offset].split("\n")
    line = lines.pop()
    while lines and lines[-1].endswith("\\"):
        line = f"{lines.pop()[:-1]} {line}"
    return line


def _in_line(before: str, known: Known, cell: CellMagic | None = None) -> Offers:
    """Return what may stand at the end of a line with a magic; cell: the one that it opens."""
    found = _MAGIC.match(before)
    if found is None or (found[1] == "%%") != (cell is not None):
        return NOTHING
    name, line = found[2], found[3]
    if cell is None and name == "odibi":
        return _command(line, known)
    if cell is None and name == "odibi_sql":
        return _query(line, known)
    if name not in _LINES or (cell is None and name != "odibi_node"):
        return NOTHING
    node = NodeCell(line, cell.body if cell else "", known)
    return line_offers(_LINES[name], line, LineAround(known, node.columns))


def _query(line: str, known: Known) -> Offers:
    """Return what `%odibi_sql [options] SELECT …` may go on with."""
    query = _OPTIONS.sub("", line, count=1)
    if query.startswith("-"):
        return line_offers(_LINES["odibi_sql"], line, LineAround(known))
    return sql_offers(query, len(query), known, known.columns, known.nodes())


def _command(line: str, known: Known) -> Offers:
    name, space, rest = line.partition(" ")
    here = [row.name for row in commands_at("cell")]
    if not space:
        return beginning_with(name, of_kind("command", here))
    if name not in here:
        return NOTHING
    return line_offers(find_command(name, "cell").parser("cell"), rest, LineAround(known))
