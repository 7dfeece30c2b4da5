"""Which columns a query's columns come from, held against what DuckDB makes of the same query."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb
import pytest

from odibi_nb.sql import analyze
from odibi_nb.sql.lineage import trace
from odibi_nb.sql.relations import Flow, Owner, Relation, leaf
from tests.sql import tpch
from tests.sql.test_analysis import COLUMNS, READS

TABLES = {
    "t": {"a": "INTEGER", "b": "INTEGER", "k": "INTEGER", "s": "STRUCT(x INTEGER, b INTEGER)", "l": "INTEGER[]"},
    "u": {"k": "INTEGER", "c": "INTEGER", "a": "INTEGER"},
    "v": {"k": "INTEGER", "d": "INTEGER"},
}

# Each statement, and for each of its columns where it comes from.
TRACED = {
    "SELECT a, b + k AS n FROM t": "t.a | t.b t.k",
    "SELECT A, T.B FROM t": "t.a | t.b",
    "SELECT (a), -a, a::VARCHAR, 'x' || a FROM t": "t.a | t.a | t.a | t.a",
    "SELECT 1, 'x', $p, count(*), current_date, user FROM t": " |  |  |  |  | ",
    "SELECT count(DISTINCT a), sum(b) FILTER (k > 1), list(a ORDER BY b) FROM t": "t.a | t.b t.k | t.a t.b",
    "SELECT a FROM t WHERE b IN (SELECT c FROM u) GROUP BY a, k HAVING max(b) > 0 ORDER BY max(b) LIMIT 3": "t.a",
    "SELECT CASE WHEN a = 1 THEN b ELSE k END FROM t": "t.a t.b t.k",
    "SELECT x: a, FROM t": "t.a",
    "FROM t SELECT a": "t.a",
    "SELECT s.x, t.s.b, s['x'], l[1], (s).x FROM t": "t.s | t.s | t.s | t.l | t.s",
    "SELECT t FROM t": "t.a t.b t.k t.s t.l",
    "SELECT a.add(b), t.a.add(k).abs() FROM t": "t.a t.b | t.a t.k",
    "SELECT extract(day FROM DATE '2020-01-01' + b::INTEGER), INTERVAL (a) day FROM t": "t.b | t.a",
    "SELECT struct_pack(q := a), {'b': k}, MAP {a: b} FROM t": "t.a | t.k | t.a t.b",
    "SELECT list_transform(l, lambda x: X + a), [x + i + b FOR x, i IN l IF x > k] FROM t": "t.l t.a | t.l t.b t.k",
    "SELECT list_transform(l, lambda a: a + 1) FROM t": "t.l",
    # names: the tables' columns first, then the aliases so far, then the query around
    "SELECT a + 1 AS b, b AS n FROM t": "t.a | t.b",
    "SELECT a + 1 AS n, n * 2 AS m FROM t": "t.a | t.a",
    "SELECT (SELECT max(c) FROM u WHERE u.k = t.k), (SELECT b) FROM t": "u.c | t.b",
    "SELECT a, EXISTS (SELECT 1 FROM u WHERE c = b), a IN (SELECT c FROM u) FROM t": "t.a |  | t.a u.c",
    "SELECT s.b FROM t, (SELECT 7 AS b) s": "",
    "SELECT user FROM (SELECT a AS user FROM t)": "t.a",
    # windows
    "SELECT sum(a) OVER (PARTITION BY b ORDER BY k), count(*) OVER () FROM t": "t.a t.b t.k | ",
    "SELECT rank() OVER w, lag(a) OVER (w ORDER BY k) FROM t WINDOW w AS (PARTITION BY b)": "t.b | t.b t.a t.k",
    # stars
    "SELECT * FROM u": "u.k | u.c | u.a",
    "TABLE u": "u.k | u.c | u.a",
    "SELECT u.*, v.d FROM u, v": "u.k | u.c | u.a | v.d",
    "SELECT * EXCLUDE (c) REPLACE (a + c AS a) FROM u": "u.k | u.a u.c",
    "SELECT * RENAME (c AS n) FROM u": "u.k | u.c | u.a",
    "SELECT * EXCLUDE (v.k) FROM u, v": "u.k | u.c | u.a | v.d",
    # joins
    "SELECT * FROM u JOIN v ON u.k = v.k": "u.k | u.c | u.a | v.k | v.d",
    "SELECT * FROM u JOIN v USING (k)": "u.k | u.c | u.a | v.d",
    "SELECT *, k FROM u LEFT JOIN v USING (k)": "u.k | u.c | u.a | v.d | u.k",
    "SELECT *, k FROM u RIGHT JOIN v USING (k)": "v.k | u.c | u.a | v.d | v.k",
    "SELECT * FROM u FULL JOIN v USING (k)": "u.k v.k | u.c | u.a | v.d",
    "SELECT k FROM u FULL JOIN v USING (k) FULL JOIN t USING (k)": "u.k v.k t.k",
    "SELECT *, v.k FROM v JOIN u USING (k) JOIN t USING (k, a)": "v.k | v.d | u.c | u.a | t.b | t.s | t.l | v.k",
    "SELECT * FROM v, u JOIN (SELECT k, b FROM t) USING (k)": "v.k | v.d | u.k | u.c | u.a | t.b",
    "SELECT * FROM u NATURAL JOIN v": "u.k | u.c | u.a | v.d",
    "SELECT * FROM u SEMI JOIN v USING (k)": "u.k | u.c | u.a",
    "SELECT * FROM u ANTI JOIN v USING (k)": "u.k | u.c | u.a",
    "SELECT * FROM u ASOF LEFT JOIN v USING (k)": "u.k | u.c | u.a | v.d",
    "SELECT * FROM u POSITIONAL JOIN v": "u.k | u.c | u.a | v.k | v.d",
    "SELECT x.c, d FROM (u JOIN v USING (k)) , (SELECT 1 AS c) x": " | v.d",
    "SELECT q.c, r.a FROM u q, u r": "u.c | u.a",
    "SELECT * FROM v, LATERAL (SELECT d + c AS n FROM u) x": "v.k | v.d | v.d u.c",
    "SELECT * FROM v x(p)": "v.k | v.d",
    # subqueries and CTEs
    "SELECT p FROM (SELECT a, b FROM t) z(p, q)": "t.a",
    "SELECT * FROM (SELECT u.k, v.k, u.a FROM u, v)": "u.k | v.k | u.a",
    "SELECT k_1 FROM (SELECT u.k, v.k FROM u, v)": "v.k",
    "WITH q AS (SELECT a AS n FROM t), r(m) AS (SELECT n FROM q) SELECT m FROM r": "t.a",
    "WITH t AS (SELECT c AS a FROM u) SELECT a FROM t": "u.c",
    "WITH w AS (WITH t AS (SELECT d FROM v) FROM t) SELECT w.d, t.a FROM w, t": "v.d | t.a",
    "WITH RECURSIVE r AS (SELECT a, b FROM t UNION ALL SELECT r.b, c FROM r JOIN u ON r.a = u.k) FROM r":
        "t.a t.b u.c | t.b u.c",
    "WITH RECURSIVE r(n) AS (SELECT a FROM t UNION SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r": "t.a",
    # set operations
    "SELECT a, b FROM t UNION ALL SELECT c, k FROM u": "t.a u.c | t.b u.k",
    "SELECT a FROM t INTERSECT SELECT c FROM u": "t.a u.c",
    "SELECT a FROM t EXCEPT SELECT c FROM u": "t.a",
    "SELECT a, b FROM t UNION ALL BY NAME SELECT k, a FROM u": "t.a u.a | t.b | u.k",
    "(SELECT a FROM t ORDER BY b LIMIT 1) UNION ALL (SELECT c FROM u) ORDER BY 1": "t.a u.c",
    "VALUES (1, 2)": " | ",
    "SELECT p, q FROM t, (VALUES (a, 1), (2, b)) z(p, q)": "t.a | t.b",
    # functions that make rows
    "SELECT i, n FROM t, range(a) r(i), unnest(l) z(n)": "t.a | t.l",
    "SELECT unnest(l) AS n, unnest([a, b]) AS m FROM t": "t.l | t.a t.b",
    # macros
    "CREATE MACRO f(x) AS x + 1; SELECT f(a + b) FROM t": "t.a t.b",
}  # fmt: skip

# What can't be followed, and a word of the reason.
UNKNOWN = {
    "PIVOT t ON a USING sum(b)": "PIVOT",
    "SELECT * FROM t PIVOT (sum(b) FOR a IN (1, 2))": "PIVOT",
    "UNPIVOT u ON c, a": "PIVOT",
    "SUMMARIZE t": "SUMMARIZE",
    "SELECT COLUMNS('a|b') FROM t": "COLUMNS",
    "SELECT max(COLUMNS(*)) FROM v": "COLUMNS",
    "SELECT * LIKE 'a%' FROM t": "pattern",
    "SELECT unnest(s) FROM t": "struct",
    "SELECT #1 FROM t": "#1",
    "SELECT rowid FROM t": "rowid",
    "SELECT coalesce(s -> 'x', b) FROM t": "JSON",
    "SELECT * EXCLUDE (u.k) FROM u JOIN v USING (k)": "EXCLUDE",
    "SELECT n FROM query_table('t') q(n)": "query_table",
    "CREATE MACRO f(x) AS x + (SELECT max(c) FROM u); SELECT f(a) FROM t": "macro 'f'",
    "CREATE MACRO f(x, y := 1) AS x; SELECT f(a) FROM t": "macro 'f'",
    "CREATE MACRO f(x, y) AS x; SELECT f(a, b) FROM t": "macro 'f'",
    "CREATE MACRO f() AS TABLE FROM t; SELECT * FROM f()": "f() in FROM",
    "WITH r AS (PIVOT t ON a USING sum(b)) SELECT k FROM r": "PIVOT",
}

# Tables of which nobody knows the columns: `t` and `u`; those of `v` are known.
OPEN = {
    "SELECT region, sum(amount) AS total FROM t GROUP BY region": "t.region | t.amount",
    "SELECT t.a, c FROM t JOIN v ON t.k = v.k": "t.a | t.c",
    "SELECT d FROM t, v": "v.d",
    "SELECT t.a, u.c FROM t, u": "t.a | u.c",
    "SELECT a FROM t, u": "? told apart",
    "SELECT a AS b, b AS c FROM t": "t.a | ? told apart",
    "SELECT n FROM (SELECT * FROM t WHERE a > 1) q": "t.n",
    "SELECT a, b, c FROM (SELECT * EXCLUDE (a) REPLACE (k AS b) FROM t)": "? no column | t.k | t.c",
    "SELECT n FROM (SELECT *, a AS n FROM t)": "? one of several",
    "SELECT n FROM (SELECT a AS n, * FROM t)": "t.a",
    "SELECT k, a FROM v JOIN t USING (k)": "v.k | t.a",
    "SELECT k FROM (SELECT * FROM t RIGHT JOIN v USING (k))": "v.k",
    "SELECT (SELECT max(a) FROM t), (SELECT max(d) FROM v) FROM u": "? told apart | v.d",
    "SELECT main.t.a, t FROM t": "? a field | ? told apart",
    "SELECT current_date FROM t": "? DuckDB's own",
    "SELECT a FROM t NATURAL JOIN v": "? NATURAL",
    "SELECT x FROM (SELECT * FROM t UNION ALL SELECT * FROM u)": "? UNION",
}


# Where a column of the input has a say in which rows there are.
CHOOSES_ROWS = {"WHERE", "JOIN", "LIMIT", "INTERSECT", "EXCEPT", "range"}

ALIKE = ("a", "b", "c", "d", "df", "select")

# Words of SQL with a syntax of their own; sqlglot takes `apply` for a join.
UNUSUAL = {"apply", "columns", "if", "map", "overlay", "trim", "unnest"}


@pytest.fixture(scope="module")
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(' '.join(column) for column in columns.items())})")
        yield connection


def traced(sql: str, unknown: Collection[str] = ()) -> Relation:
    tables = {
        name: leaf([Owner("table", name)], None if name in unknown else columns.items(), reason=f"what is in {name}")
        for name, columns in TABLES.items()
    }
    return trace(analyze(sql), tables, lambda table: None)


def shown(flow: Flow | None) -> str:
    if flow is None or flow.unknown:
        return f"? {flow.unknown if flow else 'no such column'}"
    return " ".join(f"{origin.owner}.{origin.column}" for origin in flow.origins)


def names_in(db: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    facts = analyze(sql)
    for macro in facts.macros:
        db.execute(macro.replace("CREATE ", "CREATE OR REPLACE ", 1))
    return db.sql(facts.statement, params=dict.fromkeys(facts.parameters, 1)).columns


@pytest.mark.parametrize("sql", TRACED)
def test_each_column_comes_from_these(sql: str) -> None:
    relation = traced(sql)
    assert relation.is_closed, relation.why_open
    expected = [set(part.split()) for part in TRACED[sql].split("|")]
    assert [set(shown(one.flow).split()) for one in relation.outputs] == expected


@pytest.mark.parametrize("sql", TRACED)
def test_the_columns_are_those_that_duckdb_gives(sql: str, db: duckdb.DuckDBPyConnection) -> None:
    outputs, names = traced(sql).outputs, names_in(db, sql)
    assert [one.name if one.named else name for one, name in zip(outputs, names, strict=True)] == names


@pytest.mark.parametrize("sql", UNKNOWN)
def test_what_is_not_followed_says_why(sql: str) -> None:
    relation = traced(sql)
    reasons = [*(rest.reason for rest in relation.rests), *(r for one in relation.outputs for r in one.flow.unknown)]
    assert any(UNKNOWN[sql] in reason for reason in reasons), reasons


@pytest.mark.parametrize("sql", OPEN)
def test_a_table_of_unknown_columns_is_followed_as_far_as_it_is_certain(sql: str) -> None:
    outputs = traced(sql, unknown="tu").outputs or traced(sql, unknown="tu").rests
    for part, expected in zip(outputs, OPEN[sql].split(" | "), strict=True):
        found = shown(part.flow) if not hasattr(part, "owners") else f"? {part.reason}"
        assert found == expected or (expected[0] == "?" == found[0] and expected[2:] in found), found


@pytest.fixture(scope="module")
def alike() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of tables that all have the same columns."""
    with duckdb.connect() as connection:
        for name in ALIKE:
            connection.execute(f'CREATE TABLE "{name}" ({COLUMNS})')
        yield connection


@pytest.mark.parametrize("sql", READS)
def test_whatever_the_analysis_reads_is_exact_or_says_why_not(sql: str, alike: duckdb.DuckDBPyConnection) -> None:
    columns = [row[:2] for row in alike.sql("DESCRIBE a").fetchall()]
    relation = trace(analyze(sql), {name: leaf([Owner("table", name)], columns) for name in ALIKE}, lambda table: None)
    if not relation.is_closed:
        assert relation.why_open
        return
    try:
        names = names_in(alike, sql)
    except duckdb.BinderException:  # reads well, but means nothing with these columns
        return
    assert [one.name if one.named else name for one, name in zip(relation.outputs, names, strict=True)] == names


def test_no_function_of_duckdb_loses_an_argument() -> None:
    kinds = "('scalar', 'aggregate', 'macro')"
    query = f"SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN {kinds}"
    calls = [
        f"{name}(a, b, k)" for (name,) in duckdb.sql(query).fetchall() if name.isidentifier() and name not in UNUSUAL
    ]
    relation = traced(f"SELECT {', '.join(filter(_is_syntax, calls))} FROM t")
    assert len(relation.outputs) > 500
    assert [one.name for one in relation.outputs if shown(one.flow) != "t.a t.b t.k"] == []


def _is_syntax(call: str) -> bool:
    try:
        return bool(duckdb.extract_statements(f"SELECT {call}"))
    except duckdb.ParserException:
        return False


@pytest.mark.parametrize("sql", [sql for sql in TRACED if not CHOOSES_ROWS & set(sql.replace("(", " ").split())])
def test_what_changes_a_column_is_one_of_its_origins(sql: str) -> None:
    rows = "SELECT i AS a, i * 3 % 7 AS b, i AS k, {'x': i, 'b': i * 2} AS s, [i, i + 5] AS l FROM range(1, 5) r(i)"
    others = {"u": "SELECT i AS k, i * 5 % 7 AS c, i * 2 AS a", "v": "SELECT i AS k, i * i AS d"}
    changes = {
        "a": "a + 50",
        "b": "b + 50",
        "k": "k + 50",
        "s": "{'x': s.x + 50, 'b': s.b + 50}",
        "l": "[l[1] + 50, 7]",
    }
    with duckdb.connect() as db:
        for name, other in others.items():
            db.execute(f"CREATE TABLE {name} AS {other} FROM range(1, 5) r(i)")
        before = _values(db, sql, rows)
        for column, change in changes.items():
            after = _values(db, sql, f"SELECT * REPLACE ({change} AS {column}) FROM ({rows})")
            assert len(after) == len(before)
            for output, old, new in zip(traced(sql).outputs, before, after, strict=True):
                assert old == new or f"t.{column}" in shown(output.flow).split(), (output.name, column)


def _values(db: duckdb.DuckDBPyConnection, sql: str, rows: str) -> list[list[str]]:
    """Return the values of each column, in no order."""
    db.execute(f"CREATE OR REPLACE TABLE t AS {rows}")
    facts = analyze(sql)
    for macro in facts.macros:
        db.execute(macro.replace("CREATE ", "CREATE OR REPLACE ", 1))
    found = db.sql(facts.statement, params=dict.fromkeys(facts.parameters, 1)).fetchall()
    return [sorted(map(repr, column)) for column in zip(*found, strict=True)]


@pytest.mark.parametrize("query", tpch.QUERIES)
def test_queries_of_tpch(query: str) -> None:
    sql, expected = tpch.QUERIES[query]
    tables = {name: leaf([Owner("table", name)], tpch.columns(name)) for name in tpch.TABLES}
    relation = trace(analyze(sql), tables, lambda table: None)
    assert {one.name: {origin.column for origin in one.flow.origins} for one in relation.outputs} == expected
    assert not [one.flow.unknown for one in relation.outputs if one.flow.unknown]
    with duckdb.connect() as db:
        for name, columns in tpch.TABLES.items():
            db.execute(f"CREATE TABLE {name} ({columns})")
        assert db.sql(sql).columns == list(expected)


def test_files_are_end_points() -> None:
    asked = []

    def columns(table: str) -> list[tuple[str, str]] | None:
        asked.append(table)
        return [("p", "BIGINT"), ("q", "VARCHAR")] if "x.csv" in table else None

    sql = """
    SELECT x.p, b.r, c.* FROM 'in/x.csv' JOIN read_parquet(['b.parquet', 'c.parquet']) b ON true,
    (FROM read_csv('in/x.csv', sep = ';')) c
    """
    relation = trace(analyze(sql), {}, columns)
    assert [shown(one.flow) for one in relation.outputs] == [
        "in/x.csv.p", "b.parquet.r c.parquet.r", "in/x.csv.p", "in/x.csv.q",
    ]  # fmt: skip
    assert asked[0] == "'in/x.csv'"
    assert asked[2].lower() == "read_csv('in/x.csv', sep = ';')"


def test_a_statement_that_sqlglot_does_not_read_says_so() -> None:
    relation = traced("PIVOT t JOIN (SELECT c FROM u) ON true ON a USING sum(b)")
    assert "sqlglot can't read it" in relation.why_open


def test_a_query_nested_too_deeply_says_so() -> None:
    assert "too deep" in traced(f"SELECT {'(' * 900}a{')' * 900} FROM t").why_open
