"""SQL laid out anew keeps its meaning, its comments, and stays as it is the second time."""

import duckdb
import pytest
import sqlglot

from odibi_nb.exceptions import TransformError
from odibi_nb.sql.analysis import check_syntax
from odibi_nb.sql.formatting import format_sql
from odibi_nb.sql.pieces import pieces
from odibi_nb.sql.tokens import tokenize

# Run on `t`; sqlglot parses these too.
STATEMENTS = [
    (
        "select region, count(*) as n, sum(amount)::decimal(9,2) total "
        "from t where amount>=1 and region != 'x' group by all"
    ),
    "from t select region where amount > 1",
    "from t",
    "table t",
    "pivot t on region using sum(amount)",
    "unpivot (select amount, id from t) on amount, id into name n value v",
    (
        "select * exclude (id) replace (amount+1 as amount) "
        "from t qualify row_number() over (partition by region order by id) = 1"
    ),
    "select [x*2 for x in [1,2,3] if x > 1] as a, {'a': 1, 'b': [1,2]} as b, map {'k': 1} as c",
    "select list_transform([1], lambda x: x+1), list_filter([1, 2], lambda x: x > 1)",
    "select columns('a.*') from t",
    (
        "select case when amount > 1 then 'more' when amount is null then null else 'less' end "
        "from t order by id desc nulls last"
    ),
    "select a.amount, b.id from t as a asof join t b on a.region = b.region and a.id >= b.id order by all",
    "select * from t positional join t as u",
    "select * from t semi join t u using (id)",
    "select e'a\\nb', $$ab'c$$, $x$ $$ $x$, 'it''s', 1e3, .5",
    "select l[1:2], l[-1], - -1, 2 ** 3, 5//2 from (select [1, 2, 3] as l)",
    "select amount between 1 and 2 and true, region not in ('a','b'), not region like 'b%' from t",
    (
        "select sum(amount) filter (where id > 1), list(id order by id desc), extract(year "
        "from date '2024-01-02') from t"
    ),
    (
        "with recursive r as (select 1 as n union all select n+1 "
        "from r where n < 5), s as materialized (select 2) select * from r, s"
    ),
    "select 1 as x union by name select 2 as y order by all",
    "select amount is distinct from 2, amount is not distinct from 2 from t",
    "select id, from t order by id limit 2 offset 1;",
    'select 1 as desc, t.id as "Weird Name" from t order by id',
    "select left(region, 1), right(region, 1), if(id > 1, 1, 2) from t order by id",
    "select cast({'a': 1, 'b': ['x']} as struct(a int, b varchar[])), try_cast('y' as int)",
    "select 'two\nlines' as text, id from t order by id",
    (
        "select region from t where id in (select max(id) "
        "from t group by region having count(*) > 1) and exists (select 1)"
    ),
    "select * from (values (1, 'a'), (2, 'b')) as v(n, s)",
    (
        "select max(id) over w "
        "from t window w as (partition by region order by id rows between 1 preceding and current row)"
    ),
    "select " + ", ".join(f"amount + {n} as a_rather_long_name_{n}" for n in range(12)) + " from t order by id",
    "select coalesce("
    + ", ".join(f"nullif(amount, {n}00000)" for n in range(12))
    + ") as first_one from t order by id",
]
# What sqlglot doesn't take, or takes for something else.
BEYOND_SQLGLOT = [
    "create macro plus(a, b := 1) as a + b; select plus(id) from t order by id",
    "create or replace temp macro upto(x) as table select * from range(x); select * from upto(3)",
    "select 0x10, 1_000",
    "select 'a'\n'b' as joined",
    "summarize t",
]
# Words that are reserved only in some places, as names.
AS_NAMES = [
    "select name from (select region as name from t) group by name order by name",
    "from (select region as name, id, amount from t) pivot (sum(amount) for id in (1) group by name)",
    "select id * exclude from (select id, 2 as exclude from t)",
]
BODY = """-- how much
select region, -- of the shop
  sum(amount) /* in euros */ as total, count(*) n
-- the clean ones
from clean_sales s -- one row a sale
join shops using (shop_id) where amount >= $min_amount -- a parameter
   and /* always */ status = 'paid'
group by region; -- that's it"""
COMMENTS = ("-- c\n", "\n-- c\n", "/* c */ ", "\n/* c */\n", " /* a\nb */ ")


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as con:
        con.execute(
            "create table t as select range as id, 'r' || range % 2 as region, range * 1.5 as amount from range(5)"
        )
        yield con


@pytest.mark.parametrize("sql", AS_NAMES)
def test_a_name_keeps_its_case(sql):
    names = [token.text for token in tokenize(sql) if token.text in {"name", "exclude"}]
    assert [token.text for token in tokenize(format_sql(sql)) if token.text in names] == names


def test_words_behind_stars_and_set_operations_are_in_capitals():
    assert format_sql("select * exclude (id) from t union by name select t.* replace (1 as id) from t") == (
        "SELECT * EXCLUDE (id)\nFROM t\nUNION BY NAME\nSELECT t.* REPLACE (1 AS id)\nFROM t"
    )


def test_a_comment_below_a_word_leaves_no_blank_behind_it():
    assert format_sql("select id\nfrom\n-- all\nt") == "SELECT id\nFROM\n    -- all\n    t"


def test_what_is_nested_too_deeply_is_one_error():
    with pytest.raises(TransformError, match="nested too deeply"):
        format_sql("select " + "(" * 600 + "1" + ")" * 600)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_formatted_statement_parses_to_the_same_tree(sql):
    assert sqlglot.parse(format_sql(sql), read="duckdb") == sqlglot.parse(sql, read="duckdb")


@pytest.mark.parametrize("sql", STATEMENTS + BEYOND_SQLGLOT + AS_NAMES)
def test_a_formatted_statement_gives_the_same_rows_and_column_names(connection, sql):
    before = connection.sql(sql) if ";" not in sql.rstrip(";") else None
    if before is None:
        assert connection.execute(format_sql(sql)).fetchall() == connection.execute(_again(sql)).fetchall()
        return
    after = connection.sql(format_sql(sql))
    assert after.columns == before.columns
    assert sorted(map(repr, after.fetchall())) == sorted(map(repr, before.fetchall()))


def _again(sql):
    return sql.replace("create macro", "create or replace macro")


@pytest.mark.parametrize("sql", [*STATEMENTS, *BEYOND_SQLGLOT, BODY])
def test_what_is_formatted_stays_as_it_is(sql):
    assert format_sql(format_sql(sql)) == format_sql(sql)


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize("sql", [*STATEMENTS[:12], *BEYOND_SQLGLOT[:2], BODY])
def test_a_comment_stays_wherever_it_stands(sql, comment):
    for token in tokenize(sql):
        commented = f"{sql[: token.end]} {comment}{sql[token.end :]}"
        try:
            check_syntax(commented)
        except TransformError:  # in the middle of `>=`
            continue
        formatted = format_sql(commented)
        assert _comments(formatted) == _comments(commented)
        assert format_sql(formatted) == formatted


def _comments(sql):
    return [piece.text for piece in pieces(sql) if piece.kind == "comment"]


def test_clauses_begin_lines_and_comments_stay_where_they_belong():
    assert format_sql(BODY) == (
        "-- how much\n"
        "SELECT\n"
        "    region, -- of the shop\n"
        "    sum(amount) /* in euros */ AS total,\n"
        "    count(*) n\n"
        "-- the clean ones\n"
        "FROM clean_sales s -- one row a sale\n"
        "JOIN shops USING (shop_id)\n"
        "WHERE amount >= $min_amount -- a parameter\n"
        "    AND /* always */ status = 'paid'\n"
        "GROUP BY region; -- that's it"
    )


def test_what_is_long_is_broken_at_commas_conditions_and_brackets():
    long = "a_long_name_of_something_that_fills_lines"
    conditions = f"{long} = 1 and ({long} or {long}_too) and x in (select {long} from b)"
    sql = f"select f({long}, {long}, {long}) from a where {conditions}"
    assert format_sql(sql) == (
        f"SELECT f(\n    {long},\n    {long},\n    {long}\n)\n"
        "FROM a\n"
        f"WHERE {long} = 1\n"
        f"    AND ({long} OR {long}_too)\n"
        f"    AND x IN (SELECT {long} FROM b)"
    )


def test_names_keep_their_case_also_where_they_are_words_of_sql():
    assert format_sql("select t.end, 1 as desc from t") == "SELECT t.end, 1 AS desc\nFROM t"


@pytest.mark.parametrize("sql", ["select a frm b where", "select (1", "select 'a"])
def test_what_does_not_parse_is_an_error_with_its_place(sql):
    with pytest.raises(TransformError, match="in line 1"):
        format_sql(sql)


def test_a_template_is_an_error_with_what_to_write():
    with pytest.raises(TransformError, match="write orders"):
        format_sql("select * from {{ ref('orders') }}")


def test_nothing_is_an_error():
    with pytest.raises(TransformError, match="empty"):
        format_sql("-- nothing")
