"""SQL as far as it is written: which tables can be seen, and what columns queries have."""

from __future__ import annotations

from pathlib import Path

import pytest

from odibi_nb.completion import Known
from odibi_nb.completion.statement import Statement
from odibi_nb.sql.tokens import tokenize
from odibi_nb.workspaces import Workspace

TABLES = {"sales": ["region", "amount", "status"], "regions": ["region", "name"]}


def _known(name: str) -> list[str]:
    return TABLES.get(name.casefold(), [])


def _visible(marked: str) -> list[str]:
    before, _, after = marked.partition("|")
    return [ref.alias or ref.name for ref in Statement(before + after).visible(len(before))]


@pytest.mark.parametrize(
    ("marked", "visible"),
    [
        ("SELECT | FROM sales", ["sales"]),
        ("FROM sales SELECT |", ["sales"]),
        ("SELECT * FROM sales s JOIN regions AS r USING (|)", ["s", "r"]),
        ("SELECT * FROM sales, regions r WHERE |", ["sales", "r"]),
        ("SELECT * FROM (sales JOIN regions ON |", ["sales", "regions"]),
        ("SELECT | FROM (SELECT 1 AS x FROM regions) q", ["q"]),
        ("SELECT * FROM (SELECT | FROM regions) q", ["regions", "q"]),
        ("SELECT (SELECT max(|) FROM sales) FROM regions", ["sales", "regions"]),
        ("WITH t AS (SELECT | FROM sales) SELECT * FROM regions", ["sales", "regions"]),
        ("WITH t AS (FROM sales) SELECT | FROM t", ["t"]),
        ("SELECT | FROM range(3) t(i), sales", ["sales"]),
        ("SELECT | FROM main.sales", ["sales"]),
        ("SELECT | FROM sales TABLESAMPLE 10%", ["sales"]),
        ("SELECT * FROM | WHERE x", []),
        ("SELECT (((", []),
        (") FROM ( | JOIN", []),
    ],
)
def test_the_tables_seen_from_a_place(marked: str, visible: list[str]) -> None:
    assert _visible(marked) == visible


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT region, sum(amount) AS total, count(*) n FROM sales", ["region", "total", "n"]),
        ("SELECT * FROM sales", ["region", "amount", "status"]),
        ("FROM sales", ["region", "amount", "status"]),
        ("SELECT * EXCLUDE (amount, status) FROM sales", ["region"]),
        ("SELECT s.region, r.* FROM sales s JOIN regions r USING (region)", ["region", "name"]),
        ("SELECT amount * 2, amount + x FROM sales", []),
        ('SELECT amount AS "two words" FROM sales', ["two words"]),
        ("SELECT CASE WHEN amount > 1 THEN region END AS c FROM sales", ["c"]),
        ("WITH t AS (SELECT region AS r FROM sales), u(a) AS (FROM t) SELECT * FROM t, u", ["r"]),
        ("WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r) FROM r", ["x"]),
        ("SELECT q.* FROM (SELECT amount AS d FROM sales) q", ["d"]),
        ("SELECT region AS r FROM sales UNION ALL SELECT name FROM regions", ["r"]),
        ("SELECT a FROM nowhere", ["a"]),
        ("", []),
    ],
)
def test_the_columns_that_a_query_makes(text: str, columns: list[str]) -> None:
    assert Statement(text).outputs(_known) == columns


def test_each_cte_is_looked_into_once() -> None:
    """Twice the work for each step would take hours for forty of them."""
    steps = (f"c{at} AS (SELECT a.* FROM c{at - 1} a JOIN c{at - 1} b USING (x))" for at in range(1, 41))
    text = f"WITH c0 AS (SELECT 1 AS x), {', '.join(steps)} SELECT * FROM c40"
    assert Statement(text).outputs(_known) == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a.b, \"two words\" || 'it''s' /* c /* d */ */ FROM t -- e\nWHERE x>=1.5e3 ",
        "SELECT E'a\\'b', $$ c ' d $$, $t$ e $t$, $f, \"open FROM t",
        "SELECT 'open FROM t",
        "SELECT a /* open",
        "",
    ],
)
def test_what_stands_before_a_place_is_read_as_if_nothing_followed(text: str) -> None:
    statement = Statement(text)
    for offset in range(len(text) + 1):
        assert statement.until(offset) == tokenize(text[:offset] + "x"), text[:offset]


def test_queries_within_queries_may_be_deep() -> None:
    deep = Statement("SELECT x FROM " + "(SELECT x FROM sales JOIN " * 2_000 + "regions" + ")" * 2_000)
    assert [len(deep.refs), deep.refs[-1].name] == [4_001, "regions"]


def test_a_cte_shadows_a_node_within_its_statement_only() -> None:
    statement = Statement("WITH sales AS (SELECT region AS r FROM sales) SELECT * FROM sales")
    assert statement.outputs(_known) == ["r"]


def test_nodes_without_results_are_looked_into_once(tmp_path: Path) -> None:
    ws = Workspace(tmp_path)
    ws.node("n0", "SELECT 1 AS x")
    for at in range(1, 19):
        ws.node(f"n{at}", f"SELECT a.* FROM n{at - 1} a JOIN n{at - 1} b USING (x)")
    assert Known(ws).columns("n18") == ["x"]
    ws.close()
