from __future__ import annotations

import duckdb
import pytest

from odibi_nb.exceptions import TransformError
from odibi_nb.sql import FileRef, TableRef, analyze

COLUMNS = "x INTEGER, y VARCHAR, z INTEGER, d DATE, xs INTEGER[], s STRUCT(b INTEGER, x INTEGER)"

# Each statement and the tables that it reads, in order of first mention.
READS = {
    "SELECT 1": "",
    "SELECT * FROM a": "a",
    "select * from a": "a",
    "FROM a": "a",
    "FROM a SELECT x": "a",
    "TABLE a": "a",
    "TABLE a UNION ALL TABLE b": "a b",
    "VALUES (1), (2)": "",
    "VALUES (1) UNION ALL FROM b SELECT x": "b",
    "VALUES ((SELECT max(x) FROM a))": "a",
    "SELECT * FROM df": "df",
    "SELECT * FROM a, b": "a b",
    "SELECT x, FROM a,": "a",
    "SELECT * FROM a AS b(q, r), c": "a c",
    "SELECT b.x FROM a b": "a",
    "SELECT a.x FROM a JOIN b ON a.x = b.x, c": "a b c",
    "SELECT * FROM a JOIN b USING (x, y) JOIN c USING (x)": "a b c",
    "SELECT * FROM a POSITIONAL JOIN b": "a b",
    "SELECT * FROM a ASOF LEFT JOIN b ON a.y = b.y AND a.x >= b.x": "a b",
    "SELECT * FROM a SEMI JOIN b USING (x)": "a b",
    "SELECT * FROM a ANTI JOIN b USING (x)": "a b",
    "SELECT * FROM a NATURAL JOIN b": "a b",
    "SELECT * FROM a CROSS JOIN b": "a b",
    "SELECT * FROM (a JOIN b USING (x))": "a b",
    "SELECT * FROM (a JOIN b USING (x)), c": "a b c",
    "SELECT * FROM (a AS q JOIN (b JOIN c USING (x)) ON q.x = b.x)": "a b c",
    "SELECT * FROM (SELECT * FROM a) q, b": "a b",
    "SELECT * FROM ((SELECT x FROM a) UNION ALL (FROM b SELECT x))": "a b",
    "SELECT * FROM ((SELECT x FROM a) UNION ALL SELECT x FROM b, c AS q(m))": "a b c",
    "((SELECT x FROM a) UNION ALL (FROM b SELECT x))": "a b",
    "(((SELECT x FROM a)))": "a",
    "SELECT * FROM a, LATERAL (SELECT a.x + z FROM b) q(w)": "a b",
    "SELECT * FROM a JOIN LATERAL (SELECT max(z) FROM b WHERE b.x = a.x) q ON true": "a b",
    "SELECT * FROM a, unnest(a.xs) t(i)": "a",
    "SELECT i FROM range(3) t(i)": "",
    "SELECT i FROM range(3) t(i), a": "a",
    "SELECT * FROM range((SELECT max(x) FROM a))": "a",
    "SELECT * FROM generate_series(1, 2) WITH ORDINALITY, a": "a",
    "SELECT unnest(xs) FROM a": "a",
    "SELECT * FROM (VALUES (1)) t(a), b": "b",
    "SELECT x FROM a WHERE x IN (SELECT x FROM b)": "a b",
    "SELECT x FROM a WHERE x IN (FROM b SELECT x)": "a b",
    "SELECT x FROM a WHERE (x, y) IN (VALUES (1, 'p'))": "a",
    "SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.x = a.x)": "a b",
    "SELECT x FROM a WHERE EXISTS (FROM b)": "a b",
    "SELECT x FROM a WHERE x = ANY (SELECT x FROM b)": "a b",
    "SELECT (SELECT max(x) FROM a)": "a",
    "SELECT (FROM a SELECT max(x))": "a",
    "SELECT ((SELECT max(x) FROM a) + 1), x FROM b": "a b",
    "SELECT ((SELECT x FROM a) UNION ALL SELECT x FROM b LIMIT 1)": "a b",
    "SELECT array(FROM a SELECT x)": "a",
    "SELECT [(SELECT max(x) FROM a)], {'k': (SELECT max(x) FROM b)}": "a b",
    "SELECT CASE WHEN x > 1 THEN (SELECT max(x) FROM b) END FROM a": "b a",
    "SELECT x FROM a UNION SELECT x FROM b": "a b",
    "SELECT * FROM a UNION ALL BY NAME SELECT * FROM b": "a b",
    "SELECT x FROM a INTERSECT SELECT x FROM b EXCEPT SELECT x FROM c": "a b c",
    "WITH q AS (SELECT * FROM a) SELECT * FROM q": "a",
    "WITH a AS (SELECT * FROM b) SELECT * FROM a": "b",
    "WITH a AS (SELECT * FROM a) SELECT * FROM a": "a",
    "WITH a AS (SELECT * FROM A) SELECT * FROM a, b": "A b",
    "WITH q AS (FROM a), r AS (FROM q) FROM r": "a",
    "WITH b AS (FROM a), c AS (FROM b) FROM b, c, d": "a d",
    "WITH b AS (FROM c), c AS (SELECT 1) FROM b": "c",
    "WITH q(u) AS NOT MATERIALIZED (SELECT x FROM a) SELECT u FROM q": "a",
    'WITH "Q" AS MATERIALIZED (SELECT x FROM a) SELECT * FROM q': "a",
    "WITH RECURSIVE b AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM b WHERE n < 3) SELECT n FROM b, a": "a",
    "WITH RECURSIVE q AS (FROM b), b AS (SELECT 99) FROM q": "b",
    "WITH RECURSIVE q(u, v) AS (SELECT x, z FROM a UNION SELECT u, v FROM q) SELECT * FROM q": "a",
    "SELECT * FROM (WITH b AS (FROM a) FROM b), b": "a b",
    "SELECT (WITH b AS (FROM a) SELECT max(x) FROM b), x FROM b": "a b",
    "WITH q AS (SELECT 1 AS x) SELECT * FROM a WHERE x IN (SELECT x FROM q)": "a",
    "WITH q AS (WITH r AS (FROM a) FROM r) SELECT * FROM q, b AS r": "a b",
    "WITH q AS (FROM b) PIVOT q ON y USING sum(x)": "b",
    "PIVOT a ON y USING sum(x)": "a",
    "PIVOT a ON y, z USING sum(x), max(x) GROUP BY d": "a",
    "PIVOT a JOIN (SELECT x, z AS w FROM b) USING (x) ON y, w USING sum(x)": "a b",
    "PIVOT (SELECT y, x FROM a JOIN b USING (x, y)) ON y USING sum(x)": "a b",
    "SELECT * FROM (PIVOT a ON y USING sum(x))": "a",
    "SELECT * FROM a PIVOT (sum(x) FOR y IN ('p', 'q')), b": "a b",
    "UNPIVOT (SELECT x, z FROM a) ON x, z": "a",
    "SELECT * FROM (SELECT x, z FROM a) UNPIVOT (v FOR k IN (x, z))": "a",
    "SUMMARIZE a": "a",
    "SUMMARIZE FROM a": "a",
    "SUMMARIZE SELECT x FROM a": "a",
    "DESCRIBE a": "a",
    "DESCRIBE SELECT x FROM a": "a",
    "SELECT * FROM (DESCRIBE a)": "a",
    "SELECT * FROM (SUMMARIZE a), b": "a b",
    "FROM q: a SELECT q.x": "a",
    "SELECT q: r.x FROM r: a, b": "a b",
    'SELECT * FROM "a"': "a",
    'SELECT * FROM "A"': "A",
    'SELECT * FROM "select" JOIN a USING (x)': "select a",
    "SELECT * FROM 'a'": "a",
    "SELECT a FROM a": "a",
    "SELECT s.b FROM a": "a",
    "SELECT a.s.b FROM a": "a",
    "SELECT b.x FROM a, b": "a b",
    "SELECT x AS b, 1 AS from, 2 AS join FROM a": "a",
    "SELECT list_transform(xs, lambda b: b + 1) FROM a": "a",
    "SELECT [b + 1 for b in xs if b > 1] FROM a": "a",
    "SELECT ' FROM b ', $$ FROM c $$, E'\\' FROM d' FROM a": "a",
    "SELECT x -- FROM b\n FROM /* FROM c /* nested */ FROM d */ a": "a",
    "SELECT extract(year FROM d) FROM a": "a",
    "SELECT substring(y FROM 2 FOR 1) FROM a": "a",
    "SELECT trim(FROM y), trim(BOTH 'b' FROM y) FROM a": "a",
    "SELECT x IS DISTINCT FROM z, x IS NOT DISTINCT FROM z FROM a": "a",
    "SELECT x FROM a WHERE x IS DISTINCT FROM z": "a",
    "SELECT x::UNION(n INTEGER) FROM a": "a",
    "SELECT count(DISTINCT x) FILTER (WHERE x > (SELECT min(x) FROM b)) FROM a": "b a",
    "SELECT string_agg(y, ',' ORDER BY x), sum(x) OVER (PARTITION BY y) FROM a GROUP BY y, x": "a",
    "SELECT x FROM a QUALIFY row_number() OVER (PARTITION BY y ORDER BY z) = 1": "a",
    "SELECT x, y FROM a GROUP BY GROUPING SETS ((x, y), (x)) HAVING x > 1 ORDER BY 1, 2 LIMIT 5": "a",
    "SELECT COLUMNS('x|y') FROM a": "a",
    "SELECT * EXCLUDE (x) REPLACE (z + 1 AS z) FROM a": "a",
    "SELECT * FROM a USING SAMPLE 10 ROWS": "a",
    "SELECT * FROM a TABLESAMPLE 10%, b": "a b",
    "SELECT * FROM query_table('a')": "a",
    "SELECT * FROM query_table(['a', 'b'])": "a b",
    "SELECT count(*) FROM information_schema.tables, a": "a",
    "SELECT x FROM a; -- done": "a",
    "CREATE MACRO f(p) AS p + 1; SELECT f(x) FROM a": "a",
    "CREATE MACRO f(p) AS (SELECT max(x) FROM b WHERE z = p); SELECT f(x) FROM a": "b a",
    "CREATE OR REPLACE TEMP MACRO f(p, q := 1) AS TABLE SELECT x + p FROM b, c AS t(w); SELECT * FROM f(1), a": "b c a",
    "CREATE FUNCTION f(p) AS p, (p, q) AS p + (SELECT max(x) FROM b) + q; SELECT f(x) FROM a": "b a",
    "CREATE MACRO f() AS TABLE (FROM b), (p, q) AS TABLE (FROM c); FROM f(), f(1, 2)": "b c",
}


def database(tables: list[str]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"python_enable_replacements": "false"})
    for table in tables:
        con.execute(f'CREATE TABLE "{table}" ({COLUMNS})')
        con.execute(f"INSERT INTO \"{table}\" VALUES (1, 'p', 2, '2020-01-01', [1], {{b: 1, x: 2}})")
    return con


@pytest.mark.parametrize("text", READS)
def test_tables_read(text: str) -> None:
    assert [table.name for table in analyze(text).tables] == READS[text].split()


@pytest.mark.parametrize("text", READS)
def test_duckdb_needs_exactly_these_tables(text: str) -> None:
    tables = READS[text].split()
    database(tables).execute(text)
    for missing in tables:
        con = database([table for table in tables if table != missing])
        with pytest.raises((duckdb.CatalogException, duckdb.BinderException), match=r"does not exist|[Cc]ircular"):
            con.execute(text)


def test_a_table_knows_its_line_and_its_clause() -> None:
    text = "WITH q AS (\n  SELECT * FROM a\n)\nSELECT *\nFROM q\nJOIN b USING (x), c"
    assert analyze(text).tables == (TableRef("a", 2, "FROM"), TableRef("b", 6, "JOIN"), TableRef("c", 6, "FROM"))


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("PIVOT a ON x", "PIVOT"),
        ("TABLE a", "TABLE"),
        ("SUMMARIZE a", "SUMMARIZE"),
        ("FROM (a JOIN a AS b USING (x))", "FROM"),
    ],
)
def test_the_clause_of_other_statements(text: str, clause: str) -> None:
    assert analyze(text).tables == (TableRef("a", 1, clause),)


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("SELECT * FROM a", 1),
        ("SELECT * FROM a WHERE x > (SELECT avg(x) FROM A)", 2),
        ("SELECT * FROM a AS one JOIN a AS two USING (k) WHERE k IN (SELECT k FROM a)", 3),
        ("WITH c AS (SELECT * FROM a) SELECT * FROM c WHERE x > (SELECT avg(x) FROM c)", 1),
        ("SELECT * FROM query_table('a') UNION ALL FROM a", 2),
        ("SELECT * FROM b", 0),
    ],
)
def test_how_often_a_text_reads_a_table(text: str, mentions: int) -> None:
    assert analyze(text).mentions("a") == mentions


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("FROM 'x.csv' AS t", [("x.csv", "csv")]),
        ("SELECT * FROM a JOIN 'dir/x.parquet' USING (x)", [("dir/x.parquet", "parquet")]),
        ("FROM 'x.json.gz', 'y.ndjson'", [("x.json.gz", "json"), ("y.ndjson", "json")]),
        ("FROM read_csv('x.txt', header = true)", [("x.txt", "csv")]),
        (
            "FROM read_parquet(['a/*.parquet', 'b.parquet'], union_by_name = true)",
            [("a/*.parquet", "parquet"), ("b.parquet", "parquet")],
        ),
        ("FROM read_text('x.txt')", [("x.txt", None)]),
        ("FROM glob('*.csv')", [("*.csv", "csv")]),
        ('FROM "x.csv"', [("x.csv", "csv")]),
        ("FROM x.csv", [("x.csv", "csv")]),
        ("FROM 'sub dir/no extension'", [("sub dir/no extension", None)]),
        ("SELECT 'x.csv', y FROM a WHERE y = 'z.csv'", []),
    ],
)
def test_files_read(text: str, files: list[tuple[str, str | None]]) -> None:
    assert analyze(text).files == tuple(FileRef(path, 1, kind) for path, kind in files)


def test_a_computed_path_counts_as_volatile() -> None:
    facts = analyze("FROM read_csv('data/' || $day || '.csv')")
    assert (facts.files, facts.volatile) == ((), ("read_csv",))


def test_parameters_are_named_once_and_in_order() -> None:
    facts = analyze("SELECT $b, $a + 1, '$c', $b FROM a -- $d")
    assert facts.parameters == ("b", "a")


def test_the_statement_keeps_the_lines_and_columns_of_the_text() -> None:
    text = "-- a note\r\nCREATE MACRO one() AS 1;\n  SELECT one()\nFROM a; -- end"
    facts = analyze(text)
    assert facts.macros == ("CREATE MACRO one() AS 1",)
    assert facts.statement.strip() == "SELECT one()\nFROM a"
    assert facts.statement.index("SELECT") == text.index("SELECT")
    assert facts.statement.count("\n") == 3


def test_the_statement_can_stand_in_parentheses() -> None:
    facts = analyze("SELECT 1 AS one -- the end")
    assert duckdb.sql(f"SELECT one FROM ({facts.statement})").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("SELECT random(), now() FROM a", ("random", "now")),
        ("SELECT current_timestamp, current_date", ("current_timestamp", "current_date")),
        ("SELECT UUID()", ("uuid",)),
        ("SELECT * FROM a WHERE x > (SELECT random())", ("random",)),
        ("SELECT * FROM a USING SAMPLE 3", ("sample",)),
        ("SELECT * FROM a TABLESAMPLE 10%", ("sample",)),
        ("CREATE MACRO luck() AS random(); SELECT luck()", ("random",)),
        ("SELECT now, a.today, 'random()' FROM a", ()),
        ("SELECT x AS current_date FROM a", ()),
    ],
)
def test_volatile_calls(text: str, calls: tuple[str, ...]) -> None:
    assert analyze(text).volatile == calls


@pytest.mark.parametrize(
    "text",
    [
        "SELECT sum(x) FROM a",
        "SELECT round(avg(x), 2) + 1 FROM a",
        "SELECT x FROM a GROUP BY x",
        "SELECT x FROM a ORDER BY x",
        "SELECT x FROM a LIMIT 3",
        "SELECT DISTINCT x FROM a",
        "SELECT x, row_number() OVER (ORDER BY x) FROM a",
        "SELECT 1 + lag(x) OVER w FROM a WINDOW w AS (ORDER BY x)",
        "SELECT x FROM a UNION SELECT x FROM b",
        "SELECT x FROM a EXCEPT SELECT x FROM b",
        "SELECT * FROM (SELECT x FROM a ORDER BY x)",
        "SELECT * FROM (a JOIN (SELECT DISTINCT x FROM b) USING (x))",
        "WITH q AS (SELECT max(x) AS x FROM a), r AS (FROM q) SELECT * FROM r",
        "WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q WHERE n < 3) FROM q",
        "(SELECT x FROM a LIMIT 1)",
        "PIVOT a ON y USING sum(x)",
        "SUMMARIZE a",
        "SELECT x.max() FROM a",
        "CREATE MACRO total(v) AS sum(v); SELECT total(x) FROM a",
    ],
)
def test_blocking(text: str) -> None:
    assert analyze(text).blocking


@pytest.mark.parametrize(
    "text",
    [
        "SELECT x + 1 FROM a WHERE x > 1",
        "SELECT * FROM a JOIN b USING (x)",
        "SELECT x FROM a UNION ALL SELECT x FROM b",
        "SELECT x FROM a WHERE x > (SELECT avg(x) FROM b ORDER BY 1 LIMIT 1)",
        "SELECT x FROM a WHERE x IN (SELECT DISTINCT x FROM b)",
        "WITH unused AS (SELECT max(x) FROM a) SELECT x FROM b",
        "SELECT list_sum(xs), max, over FROM a",
        "SELECT x IS DISTINCT FROM z FROM a",
    ],
)
def test_streaming(text: str) -> None:
    assert not analyze(text).blocking


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM a",
        "FROM a",
        "TABLE a",
        "FROM a SELECT x + 1 AS y",
        "SELECT q.x, upper(y), (SELECT max(x) FROM b) FROM a AS q",
        "SELECT x FROM a ORDER BY x",
        "SELECT x, row_number() OVER () FROM a",
    ],
)
def test_row_preserving(text: str) -> None:
    assert analyze(text).row_preserving_of == "a"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "SELECT x FROM a WHERE x > 1",
        "SELECT DISTINCT x FROM a",
        "SELECT max(x) FROM a",
        "SELECT coalesce(max(x), 0) FROM a",
        "SELECT unnest(xs) FROM a",
        "SELECT generate_subscripts(xs, 1) FROM a",
        "SELECT x FROM a LIMIT 5",
        "SELECT * FROM a, b",
        "SELECT * FROM a JOIN b USING (x)",
        "SELECT * FROM a LEFT JOIN b USING (x)",
        "SELECT * FROM a, range(2)",
        "SELECT * FROM a, (SELECT 1)",
        "SELECT * FROM 'a.csv'",
        "SELECT * FROM a USING SAMPLE 5",
        "SELECT * FROM a TABLESAMPLE 50%",
        "SELECT x FROM a UNION ALL SELECT x FROM a",
        "SELECT x FROM a QUALIFY row_number() OVER () = 1",
        "SELECT * FROM a PIVOT (sum(x) FOR y IN ('p'))",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "SUMMARIZE a",
        "DESCRIBE a",
        "PIVOT a ON x",
        "CREATE MACRO f(p) AS unnest(p); SELECT f(xs) FROM a",
    ],
)
def test_not_surely_row_preserving(text: str) -> None:
    assert analyze(text).row_preserving_of is None


REFUSED = {
    "": ("empty", "write a query"),
    " -- only a note\n": ("empty", "write a query"),
    "SELECT 1; SELECT 2": ("2 queries", "a node is one query"),
    "CREATE MACRO f() AS 1": ("no query", "end with a SELECT"),
    "SELECT 1; CREATE MACRO f() AS 1": ("follows", "before the query"),
    "INSERT INTO a VALUES (1)": ("INSERT is not a query", "--write CONN:PATH"),
    "CREATE TABLE t AS SELECT 1": ("CREATE is not a query", "--write CONN:PATH"),
    "COPY a TO 'x.csv'": ("COPY is not a query", "--write CONN:PATH"),
    "ATTACH 'x.db'": ("ATTACH is not a query", "connection"),
    "USE x": ("USE is not a query", "connection"),
    "INSTALL excel": ("INSTALL is not a query", "extension"),
    "LOAD excel": ("LOAD is not a query", "extension"),
    "PRAGMA x": ("PRAGMA is not a query", "settings"),
    "SET threads = 1; SELECT 1": ("SET is not a query", "settings"),
    "RESET threads": ("RESET is not a query", "settings"),
    "EXPLAIN SELECT 1": ("EXPLAIN is not a query", "%%odibi_sql"),
    "BEGIN": ("BEGIN is not a query", "transaction"),
    "SHOW TABLES": ("SHOW TABLES", "%odibi ls"),
    "WITH q AS (SELECT 1) INSERT INTO a FROM q": ("INSERT can't stand", "--write"),
    "SELECT * FROM main.a": ("'main.a' is a qualified name", "bare names: a"),
    "SELECT * FROM memory.main.a": ("'memory.main.a'", "bare names: a"),
    "SELECT * FROM a WHERE x = ?": ("'?' is a positional parameter", "use $name"),
    "SELECT $1": ("'$1' is a positional parameter", "use $name"),
    "CREATE MACRO f() AS $x; SELECT f()": ("a macro can't read '$x'", "argument"),
    "SELECT * FROM {{ ref('a') }}": ("is a template", "write a"),
    'SELECT * FROM {{ref("pkg", "a")}}': ("is a template", "write a"),
    "SELECT * FROM {{ source('raw', 'a') }}": ("is a template", "write a"),
    "SELECT {{ var('low') }}": ("is a template", "write $low"),
    "{% if x %} SELECT 1 {% endif %}": ("a template", "plain SQL"),
    "{# it's a note #} SELECT 1": ("a template", "plain SQL"),
    "FROM query('FROM a')": ("query() hides", "write the query itself"),
    "FROM query_table($t)": ("query_table()", "write the node's name"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_one_query_is_refused_with_what_to_do(text: str) -> None:
    message, hint = REFUSED[text]
    with pytest.raises(TransformError) as caught:
        analyze(text)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["SELECT x FORM a b", "SELEC x FROM a", "SELECT (1", "SELECT 'x"])
def test_a_syntax_error_is_duckdbs(text: str) -> None:
    with pytest.raises(TransformError) as caught:
        analyze(text)
    assert isinstance(caught.value.__cause__, duckdb.ParserException)
    assert "LINE" not in caught.value.message


def test_an_error_points_at_its_line_and_column() -> None:
    with pytest.raises(TransformError) as caught:
        analyze("SELECT x,\n  y\n  FROM main.a")
    where = caught.value.where
    assert (where.line, where.column, where.source) == (3, 8, "  FROM main.a")


def test_a_syntax_error_points_at_its_line_and_column() -> None:
    with pytest.raises(TransformError) as caught:
        analyze("SELECT 1\n\nFROM x y z")
    where = caught.value.where
    assert (where.line, where.column, where.source) == (3, 10, "FROM x y z")


@pytest.mark.parametrize(
    "create", ["CREATE MACRO lower(x)", "CREATE OR REPLACE TEMP MACRO LOWER(x)", "create function sum(x)"]
)
def test_a_macro_in_place_of_a_function_of_duckdb_is_refused(create: str) -> None:
    """Lazy results above would be computed with it: DuckDB looks functions up where a view is read."""
    with pytest.raises(TransformError, match="has the name of a function of DuckDB") as caught:
        analyze(f"{create} AS upper(x);\nSELECT 1 AS x")
    assert (caught.value.where.line, caught.value.hint) == (1, "give it another name")
