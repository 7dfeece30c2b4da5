"""The EXPLAIN before a query."""

from __future__ import annotations

import pytest

from odibi_nb.sql.statements import without_explain


@pytest.mark.parametrize(
    ("text", "explain", "query"),
    [
        ("SELECT 1", "", "SELECT 1"),
        ("EXPLAIN SELECT 1", "EXPLAIN", "SELECT 1"),
        ("-- why\nexplain analyze\nFROM a", "explain analyze", "FROM a"),
        ("EXPLAIN (FORMAT json) SELECT (1)", "EXPLAIN (FORMAT json)", "SELECT (1)"),
        ("EXPLAIN (SELECT 1)", "EXPLAIN", "(SELECT 1)"),
        ("EXPLAIN", "EXPLAIN", ""),
        ("SELECT 'EXPLAIN'", "", "SELECT 'EXPLAIN'"),
        ("", "", ""),
    ],
)
def test_it_is_told_from_the_query_which_keeps_its_place(text: str, explain: str, query: str) -> None:
    found, rest = without_explain(text)
    assert (found, rest.strip().removeprefix("-- why").strip()) == (explain, query)
    assert len(rest) == len(text)
    assert rest.count("\n") == text.count("\n")
    assert rest.endswith(query)
