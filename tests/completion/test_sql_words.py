"""The words that are offered are DuckDB's."""

from __future__ import annotations

import duckdb

from odibi_nb.completion.sql_words import AFTER_TABLE, FUNCTIONS, KEYWORDS, OPENINGS


def test_every_function_is_one_of_duckdb() -> None:
    known = {name for (name,) in duckdb.sql("SELECT function_name FROM duckdb_functions()").fetchall()}
    syntax = {"coalesce", "ifnull", "unnest"}  # its grammar's, or of no entry in some versions
    assert set(FUNCTIONS) - known <= syntax


def test_every_keyword_is_one_of_duckdb() -> None:
    known = {name.upper() for (name,) in duckdb.sql("SELECT keyword_name FROM duckdb_keywords()").fetchall()}
    words = {word for phrase in (*KEYWORDS, *AFTER_TABLE, *OPENINGS) for word in phrase.split()}
    assert words - known <= {"EXCLUDE", "RENAME", "DATE"}
