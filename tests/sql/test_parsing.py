"""A text is parsed once, however often it is executed."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import pytest

from odibi_nb.sql import analyze, parsing
from odibi_nb.sql.parsing import parsed, statements_of


@pytest.fixture
def parses(monkeypatch):
    """Return the texts that DuckDB has parsed since."""
    statements_of.cache_clear()
    analyze.cache_clear()
    texts, parser = [], duckdb.connect()
    spy = SimpleNamespace(extract_statements=lambda text: texts.append(text) or parser.extract_statements(text))
    monkeypatch.setattr(parsing._parser, "_connection", spy)
    return texts


def test_a_node_is_not_parsed_again_when_it_runs(parses):
    analyze("SELECT 1 AS a")
    assert isinstance(parsed("SELECT 1 AS a"), duckdb.Statement)
    assert parses == ["SELECT 1 AS a"]


def test_one_statement_is_executed_many_times():
    statement = parsed("SELECT $x + 1")
    assert [duckdb.connect().execute(statement, {"x": x}).fetchall() for x in (1, 2)] == [[(2,)], [(3,)]]


def test_what_is_carried_out_as_several_statements_gives_its_rows():
    pivot = "PIVOT (VALUES (1, 'a')) AS t(v, k) ON k USING sum(v)"
    assert duckdb.connect().execute(parsed(pivot)).fetchall() == [(1,)]


def test_a_text_of_several_statements_stays_text():
    assert parsed("SELECT 1; SELECT 2") == "SELECT 1; SELECT 2"


def test_what_cannot_be_parsed_raises_each_time():
    for _ in range(2):
        with pytest.raises(duckdb.ParserException):
            parsed("SELECT FROM WHERE")


def test_an_engine_takes_the_database_of_the_parser_and_gives_it_back():
    parsing._parser.give_back(parsing._parser._taken)
    first, second = parsing.take_database(), parsing.take_database()
    first.execute("CREATE TABLE a AS SELECT 1 AS x")
    with parsing._parser.connection() as connection:
        assert connection.execute("FROM a").fetchall() == [(1,)]
    with pytest.raises(duckdb.CatalogException):
        second.execute("FROM a")
    parsing.give_back(second)
    with parsing._parser.connection() as connection:
        assert connection.execute("FROM a").fetchall() == [(1,)]
    parsing.give_back(first)
    with parsing._parser.connection() as connection, pytest.raises(duckdb.CatalogException):
        connection.execute("FROM a")
