"""What nodes compute and return: the bad is refused where it was made, the unusual survives."""

import pytest

from .projects import FUNCTIONS, GOOD, copy, python, source, sql

LOAD = source("a.csv")
LOAD_CELL = "%%odibi_node load --read local:a.csv"
OUT = "%%odibi_node out --write local:out.csv\n"


def function(body, arguments="load"):
    return FUNCTIONS + f"def f({arguments}):\n    {body}\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("load.drop(columns='id')", ("NotAFrameError", "returned None", "return a DataFrame"), id="None"),
        pytest.param("return load.id.sum()", ("NotAFrameError", "where a frame is needed"), id="scalar"),
        pytest.param("return [{'id': 1}]", ("returned a list", "return pd.DataFrame(…) of it"), id="rows"),
        pytest.param("return load.id", ("returned a Series", "call .to_frame()"), id="series"),
        pytest.param(
            "return pd.concat([load, load], axis=1)",
            ("ValidationError", "two columns are named 'id'", "rename or drop one"),
            id="doubled columns",
        ),
        pytest.param(
            "return load.set_axis([0, 'b'], axis=1)", ("column 0", "df.columns.map(str)"), id="number as name"
        ),
        pytest.param(
            "return load.assign(id=[1, 'x'])", ("column 'id' mixes types", "int, str", ".astype(str)"), id="mixed types"
        ),
        pytest.param(
            "return load[['regoin']]", ("regoin", "transforms.py, line 10", "did you mean 'region'?"), id="columns"
        ),
        pytest.param("return load[load['regoin'] > 1]", ("regoin", "line 10", "did you mean 'region'?"), id="column"),
    ],
)
def test_a_bad_result_fails_its_node(project, engine, body, expected):
    nodes, files = [LOAD, python("out.csv")], {"a.csv": GOOD, "out.csv": "old"}
    target = project(nodes, engine=engine, files=files, functions=function(body))
    text = target.run().failure(1)
    for part in ("in node 'out'", *expected):
        assert part in text
    assert target.text() == "old"
    assert target.listing() == ["a.csv", "out.csv"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "SELECT id,\n  regoin\nFROM load",
            ('column "regoin" not found', "node 'out', cell 3", "line 3", "3 │   regoin", "did you mean 'region'?"),
            id="column in SQL",
        ),
        pytest.param(
            "def out(load):\n    limit = 2\n    return load[load['regoin'] > limit]",
            ("regoin", "node 'out', cell 3", "line 4", "4 │     return load[", "did you mean 'region'?"),
            id="column in Python, line 4",
        ),
        pytest.param(
            "def out(load):\n    limit = 2\n    raise ValueError(f'{limit} is too much')",
            ("ValueError", "2 is too much", "node 'out', cell 3", "line 4", "4 │     raise ValueError"),
            id="error in Python, line 4",
        ),
        pytest.param("load.id.sum()", ("NotAFrameError", "cell 3", "--returns object"), id="scalar"),
        pytest.param("total = load.id.sum()", ("NotAFrameError", "returned None", "cell 3"), id="no last expression"),
    ],
)
def test_a_bad_result_fails_its_cell(cells, body, expected):
    target = cells(LOAD_CELL, OUT + body, files={"a.csv": GOOD, "out.csv": "old"})
    text = target.run().failure(1)
    for part in expected:
        assert part in text
    assert target.text() == "old"


def test_the_kind_of_an_error_is_told_once(cells):
    outcome = cells(LOAD_CELL, OUT + "load['regoin']", files={"a.csv": GOOD}).run()
    assert outcome.status == 1
    assert (outcome.out.count("KeyError"), outcome.err.count("KeyError")) == (1, 1)  # the result, and the log's line


@pytest.mark.parametrize("leaving", ["import sys; sys.exit()", "raise SystemExit(3)"])
def test_a_node_that_exits_has_failed(project, leaving):
    target = project([LOAD, python("out.csv")], files={"a.csv": GOOD}, functions=function(leaving))
    assert "in node 'out'" in target.run().failure(1)


def test_a_bad_cast_deep_in_a_file_blames_the_node_that_casts(project, engine):
    """`out` evaluates `coded` as part of its own query; the first 20,000 rows are fine."""
    rows = "id,code\n" + "".join(f"{i},{i}\n" for i in range(30_000)) + "7,x7\n"
    text_column = {"duckdb": {"types": {"code": "VARCHAR"}}, "pandas": {"dtype": {"code": "str"}}}[engine]
    nodes = [
        source("a.csv", options=text_column),
        sql("SELECT id,\n  CAST(code AS INT) AS code\nFROM load", name="coded"),
        sql("SELECT * FROM coded WHERE code >= 0", "out.parquet"),
    ]
    target = project(nodes, engine=engine, files={"a.csv": rows, "out.parquet": "old"})
    text = target.run().failure(1)
    assert "\ncoded\n" in text
    assert "'x7'" in text
    assert "TRY_CAST" in text
    assert "1 completed, 1 failed, 1 skipped" in text
    assert target.text("out.parquet") == "old"


@pytest.mark.parametrize("last", ["3,E,x", "x7,E"])
def test_a_bad_row_deep_in_a_file_blames_the_node_that_reads(project, last):
    rows = GOOD + "3,N\n" * 30_000 + f"{last}\n"
    nodes = [LOAD, sql("SELECT region, sum(id) AS ids FROM load GROUP BY region", "out.parquet")]
    text = project(nodes, engine="duckdb", files={"a.csv": rows}).run().failure(1)
    assert "1 failed, 1 skipped" in text


def test_a_named_index_survives(project, engine):
    functions = function("return load.groupby('region').sum()")
    target = project([LOAD, python("out.csv")], engine=engine, files={"a.csv": GOOD}, functions=functions)
    target.run().success()
    assert target.text() == "region,id\nN,1\nS,2\n"


def test_an_id_above_2_to_the_53_beside_a_null_survives(project, engine):
    content = "id,region\n9007199254740993,N\n,S\n"
    nodes = [
        LOAD,
        python("py.csv", name="py"),
        sql("SELECT * FROM py", "out.csv"),
        sql("SELECT * FROM load", "p.parquet", "p"),
    ]
    nodes += [source("p.parquet", name="again", format="parquet") | {"depends_on": ["p"]}]
    nodes += [sql("SELECT * FROM again", "again.json", "back")]
    target = project(nodes, engine=engine, files={"a.csv": content}, functions=function("return load.copy()"))
    target.run().success()
    assert target.text("py.csv") == target.text() == content
    assert "9007199254740993" in target.text("again.json")


def test_an_import_may_open_a_python_body(cells):
    code = "from datetime import date\n\n\ndef out(load):\n    return load.assign(day=date(2024, 2, 29))"
    target = cells(LOAD_CELL, OUT + code, files={"a.csv": GOOD})
    target.run().success()
    assert target.text() == "id,region,day\n1,N,2024-02-29\n2,S,2024-02-29\n"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("SELECT sum(x) AS s FROM (VALUES (9223372036854775807), (1)) AS t(x)", "fit a BIGINT", id="sum"),
        pytest.param("SELECT 9223372036854775807 + id AS s FROM load", "verflow", id="addition"),
        pytest.param("SELECT TIMESTAMP '999999-01-01' AS t", "out of range", id="timestamp"),
        pytest.param("SELECT DATE '2023-02-29' AS d", "2023-02-29", id="date"),
    ],
)
def test_what_no_type_can_hold_is_an_error(project, engine, statement, expected):
    target = project([LOAD, sql(statement, "out.parquet")], engine=engine, files={"a.csv": GOOD, "out.parquet": "old"})
    text = target.run().failure(1)
    assert expected in text
    assert "in node 'out'" in text
    assert target.text("out.parquet") == "old"


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "9" * 60])
def test_an_integer_beyond_bigint_in_a_file_is_exact_or_an_error(project, engine, number):
    target = project([LOAD, copy()], engine=engine, files={"a.csv": f"id,region\n{number},N\n1,S\n"})
    outcome = target.run()
    if outcome.status == 0:
        assert target.text() == f"id,region\n{number},N\n1,S\n"
    else:
        assert number in outcome.out
        assert "out.csv" not in target.listing()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_dates_beyond_nanoseconds_survive(project, engine, day):
    body = f"return load.assign(day=dt.date.fromisoformat('{day}'), moment=dt.datetime.fromisoformat('{day}T12:30:00'))"
    nodes = [
        LOAD,
        python("out.parquet"),
        sql("SELECT day::VARCHAR AS day, moment::VARCHAR AS moment FROM out", "t.csv", "t"),
    ]
    target = project(nodes, engine=engine, files={"a.csv": GOOD}, functions=function(body))
    target.run().success()
    assert target.text("t.csv").splitlines()[1] == f"{day},{day} 12:30:00"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("pd.DataFrame({'id': [2**63, -1]})", "2**63 in BIGINT", id="beyond BIGINT and below 0"),
        pytest.param("pd.DataFrame({'id': ['\\ud800']})", "column 'id'", id="half a character"),
        pytest.param("pd.DataFrame({'': [1]})", "no name", id="column without a name"),
        pytest.param("pd.DataFrame({'a\\0b': [1]})", "NUL", id="NUL in a name"),
        pytest.param("pd.DataFrame(index=range(3))", "no columns", id="no columns"),
    ],
)
def test_a_frame_that_no_table_can_be_fails_its_node_without_traces(project, engine, value, expected):
    """Wording is the engine's; here: one error, the node's own, and nothing written."""
    functions = function(f"return {value}", arguments="")
    target = project([python("out.csv")], engine=engine, files={"out.csv": "old"}, functions=functions)
    assert "in node 'out'" in target.run().failure(1)
    assert target.text() == "old"
