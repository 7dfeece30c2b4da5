"""Much of everything: columns, characters, names."""

import pytest

from .projects import FUNCTIONS, GOOD, copy, python, source, sql

MEGABYTES_5 = 5_000_000


def test_5_000_columns(project, engine):
    names = [f"column_{number}" for number in range(5_000)]
    content = f"{','.join(names)}\n{','.join('1' for _ in names)}\n"
    target = project([source("a.csv"), copy()], engine=engine, files={"a.csv": content})
    assert len(target.run("--json").data["nodes"]["out"]["schema"]) == 5_000
    assert target.text() == content


@pytest.mark.parametrize("extension", ["csv", "json", "parquet"])
def test_a_value_of_5_megabytes(project, engine, extension):
    big = sql(f"SELECT repeat('x', {MEGABYTES_5}) AS text", f"big.{extension}", "big")
    size = sql("SELECT max(length(text)) AS n FROM load", "n.csv", depends_on=["big"])
    options = {"max_line_size": 2 * MEGABYTES_5} if (engine, extension) == ("duckdb", "csv") else {}
    load = source(f"big.{extension}", options=options) | {"depends_on": ["big"]}
    target = project([big, load, size], engine=engine)
    target.run().success()
    assert target.text("n.csv") == f"n\n{MEGABYTES_5}\n"


def test_a_line_longer_than_duckdb_reads_is_told_with_the_option(project):
    content = f"id,text\n1,{'x' * MEGABYTES_5}\n"
    text = project([source("a.csv"), copy()], files={"a.csv": content}).run().failure(1)
    assert "longer than the 2,000,000 that DuckDB reads" in text
    assert "max_line_size" in text
    assert len(text) < 10_000


def test_a_long_field_above_a_ragged_row_is_not_blamed(project, engine):
    content = f"id,text\n1,{'x' * 500_000}\n2,b,c\n"
    text = project([source("a.csv")], engine=engine, files={"a.csv": content}).run().failure(1)
    assert "never closed" not in text
    assert len(text) < 10_000


def test_names_of_10_000_characters(project, engine):
    name = "n" * 10_000
    content = f"{name},b\n1,2\n"
    nodes = [source("a.csv", name=name), sql(f"SELECT * FROM {name}", "out.csv")]
    target = project(nodes, engine=engine, files={"a.csv": content})
    assert target.run("--json").data["completed"] == [name, "out"]
    assert target.text() == content


@pytest.mark.parametrize("where", ["node", "column", "dependency"])
def test_an_error_stays_readable_however_long_the_name(project, where):
    name = "n" * 10_000
    nodes = {
        "node": [source("missing.csv", name=name)],
        "column": [source("a.csv"), sql(f"SELECT {name} FROM load")],
        "dependency": [source("a.csv"), sql(f"SELECT * FROM {name}")],
    }[where]
    outcome = project(nodes, files={"a.csv": GOOD}).run()
    assert outcome.status in (1, 2)
    assert "Traceback" not in outcome.err
    assert len(outcome.out + outcome.err) < 10_000


def test_no_rows_of_a_typed_frame(project, engine):
    functions = FUNCTIONS + "def f(load):\n    return load[load.id > 9]\n"
    nodes = [source("a.csv"), python("out.parquet"), sql("SELECT count(*) AS n FROM out", "n.csv", "n")]
    target = project(nodes, engine=engine, files={"a.csv": GOOD}, functions=functions)
    assert target.run("--json").data["nodes"]["out"]["schema"][0] == {"name": "id", "type": "BIGINT"}
    assert target.text("n.csv") == "n\n0\n"
