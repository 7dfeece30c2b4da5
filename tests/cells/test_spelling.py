from __future__ import annotations

import pytest

from odibi_nb.cells.options import parse_node_line
from odibi_nb.cells.spelling import as_new_node, on_the_line


@pytest.mark.parametrize(
    ("hint", "spelt"),
    [
        ("set options: {sep: ';'} (or {sep: ','} if not)", "set --option sep=';' (or --option sep=',' if not)"),
        ("mend it, or set options: {types: {zip: VARCHAR}}", 'mend it, or set --option "types={zip: VARCHAR}"'),
        ("give all: options: {names: [...]}", 'give all: --option "names=[...]"'),
        ("set options: {keys: [id, day]}", "set --key id day"),
        ("set format: csv, json", "say --format, one of csv, json"),
        ("connections: {local: {type: local}}", "connections: {local: {type: local}}"),
    ],
)
def test_a_hint_is_said_as_it_is_written_on_the_line(hint, spelt):
    assert on_the_line(hint) == spelt == on_the_line(spelt)


def test_a_query_is_told_to_become_a_node():
    hint = as_new_node("set options: {sep: ';'}", "local:x.csv")
    assert hint == "make it a node: %odibi_node NAME --read local:x.csv; set --option sep=';'"
    assert as_new_node(hint, "local:x.csv") == hint
    assert as_new_node("close the quote", "local:x.csv") == "close the quote"


@pytest.mark.parametrize(
    ("hint", "options"),
    [
        ("options: {sep: ';'}", {"sep": ";"}),
        ("options: {types: {zip: VARCHAR, n: 5}}", {"types": {"zip": "VARCHAR", "n": 5}}),
        ("options: {names: [a, NO]}", {"names": ["a", "NO"]}),
    ],
)
def test_what_a_hint_says_can_be_written(hint, options):
    assert parse_node_line(f"n --read local:x.csv {on_the_line(hint)}").options == options
