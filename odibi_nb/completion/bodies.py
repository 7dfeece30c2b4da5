"""What may stand at a place in the text below a magic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from odibi_nb.cells.body import split_header
from odibi_nb.cells.option_parser import OptionParser
from odibi_nb.completion.keys import NODE, PROJECT, TEST, keys_at, words_at
from odibi_nb.completion.known import Known
from odibi_nb.completion.lines import line_spot
from odibi_nb.completion.node_cell import NodeCell
from odibi_nb.completion.offers import Offer, Offers, beginning_with, of_kind
from odibi_nb.completion.python import python_offers
from odibi_nb.completion.sql import sql_offers
from odibi_nb.completion.sql_words import OPENINGS
from odibi_nb.completion.yaml_values import Grammar, yaml_offers

__all__ = ["BODIES", "Body"]


@dataclass(frozen=True, slots=True)
class Body:
    """The text below a cell's magic, with the cursor's offset in it.

    line: what stands behind the magic's name. parser: that of the line; None where nothing may stand on it.
    """

    line: str
    text: str
    offset: int
    known: Known
    parser: OptionParser | None = None

    @property
    def node(self) -> str:
        """The node that the cell is about, the first word of its line; "" without one."""
        words = line_spot(self.parser, f"{self.line} ").words if self.parser is not None else ()
        return next(iter(words), "")


def _node_body(body: Body) -> Offers:
    header, node = split_header(body.text).header, NodeCell(body.line, body.text, body.known)
    start = body.text.index("---", len(header)) + 3 if header else 0
    if body.offset < start or node.language == "yaml":
        return yaml_offers(body.text, body.offset, body.known, _node_grammar(_settled(body)))
    text, offset = body.text[start:], body.offset - start
    first_word = re.fullmatch(r"\s*(\w*)", text[:offset])
    if first_word and not text[offset:].strip() and not node.says_language:
        return beginning_with(first_word[1], _openings(node, first_word[1]))
    if node.language == "sql":
        return sql_offers(text, offset, body.known, node.columns_of, node.tables)
    return python_offers(text, offset, node.name, body.known)


def _settled(body: Body) -> NodeCell:
    """Return the node's cell without the line that is being written: half a line makes nonsense of the rest."""
    start = body.text.rfind("\n", 0, body.offset) + 1
    end = body.text.find("\n", body.offset)
    rest = body.text[end:] if end >= 0 else ""
    return NodeCell(body.line, body.text[:start] + rest, body.known)


def _openings(node: NodeCell, begun: str) -> list[Offer]:
    """Offer what a body may begin with, as long as nothing tells its language."""
    return [
        *of_kind("keyword", map(str.lower, OPENINGS) if begun.islower() else OPENINGS),
        Offer(f"def {node.name}(", "function"),
        *of_kind("key", (f"{key}: " for key in keys_at(NODE, ()))),
        *of_kind("node", (name for name in node.tables if name != "df")),
    ]


def _node_grammar(node: NodeCell) -> Grammar:
    return Grammar(partial(keys_at, NODE), partial(words_at, NODE), node.columns, node.columns_of)


def _project_body(body: Body) -> Offers:
    return yaml_offers(
        body.text, body.offset, body.known, Grammar(partial(keys_at, PROJECT), partial(words_at, PROJECT))
    )


def _sql_body(body: Body) -> Offers:
    return sql_offers(body.text, body.offset, body.known, body.known.columns, body.known.nodes())


def _expect_body(body: Body) -> Offers:
    """A data test sees its node, and what that reads."""
    tables = [body.node, *body.known.inputs(body.node)] if body.node else body.known.nodes()
    return sql_offers(body.text, body.offset, body.known, body.known.columns, tables)


def _mock_body(body: Body) -> Offers:
    """Rows by input: `{input: [{column: value}]}`."""

    def keys(path: Sequence[str]) -> list[str]:
        if path:
            return body.known.columns(path[0]) if len(path) == 1 else []
        return body.known.inputs(body.node) if body.node else body.known.nodes()

    return yaml_offers(body.text, body.offset, body.known, Grammar(keys, lambda path: ()))


def _test_body(body: Body) -> Offers:
    known, node = body.known, body.node

    def keys(path: Sequence[str]) -> Sequence[str]:
        match path:
            case ["given" | "fill" | "types"]:
                return known.inputs(node)
            case ["given" | "fill" | "types", name]:
                return known.columns(name)
            case ["expect"]:  # a list there is one of rows
                return [*keys_at(TEST, path), *known.columns(node)]
            case ["expect", "rows"]:
                return known.columns(node)
            case ["params"]:
                return known.parameters()
            case _:
                return keys_at(TEST, path)

    def words(path: Sequence[str]) -> Sequence[str]:
        return _TEST_WORDS.get(".".join(path), ())

    return yaml_offers(body.text, body.offset, known, Grammar(keys, words))


_TEST_WORDS: Mapping[str, tuple[str, ...]] = {"given": ("mock",), "ordered": ("true",), "exact": ("true",)}

BODIES: Mapping[str, Callable[[Body], Offers]] = {
    "odibi_node": _node_body,
    "odibi_project": _project_body,
    "odibi_sql": _sql_body,
    "odibi_expect": _expect_body,
    "odibi_mock": _mock_body,
    "odibi_test": _test_body,
}
