"""Commands get their completion by what their help pages call their words and values."""

from __future__ import annotations

import pytest

from odibi_nb.cells.option_parser import Option, OptionParser
from odibi_nb.completion import Known
from odibi_nb.completion.values import LineAround, line_offers
from odibi_nb.workspaces import Workspace

COMMAND = OptionParser(
    "command",
    [
        Option("--where", metavar="SQL"),
        Option("--against", metavar="WHAT"),
        Option("-k", metavar="EXPR"),
        Option("--key", takes="many", metavar="COLUMN…"),
    ],
    words=("NODE", "[COLUMN…]"),
)
USE = OptionParser("use", words=("[FILE]",))
LINEAGE = OptionParser("lineage", words=("NODE[.COLUMN]",))


@pytest.mark.parametrize(
    ("parser", "line", "first"),
    [
        (COMMAND, "by", ["by_region"]),
        (COMMAND, "by_region to", ["total"]),
        (COMMAND, "by_region region ", ["total"]),
        (COMMAND, "by_region --key ", ["region", "total"]),
        (COMMAND, "by_region --where 'to", ["total"]),
        (COMMAND, "by_region --against ", ["previous", "written", "local:"]),
        (COMMAND, "by_region --against local:sa", ["sales.csv"]),
        (COMMAND, "by_region -k no", []),
        (LINEAGE, "by_", ["by_region"]),
        (USE, "", ["data/", "sales.ipynb"]),
        (USE, "sa", ["sales.ipynb"]),
        (USE, "data/", ["archive/"]),
        (LINEAGE, "by_region.", ["region", "total"]),
    ],
)
def test_a_name_in_a_help_page_says_what_may_stand_there(
    workspace: Workspace, parser: OptionParser, line: str, first: list[str]
) -> None:
    found = [offer.text for offer in line_offers(parser, line, LineAround(Known(workspace))).found]
    assert found[: len(first)] == first
    assert found or not first
